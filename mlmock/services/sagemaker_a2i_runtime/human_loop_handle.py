"""The handle of a human loop, `ml.a2i.human_loop(name)`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlmock.errors import InvalidRule
from mlmock.exposed import exposed
from mlmock.rules.rule import Rule
from mlmock.rules.target import RuleTarget
from mlmock.services.common.handle import ServiceHandle
from mlmock.services.sagemaker_a2i_runtime.flow_definitions import Flows
from mlmock.services.sagemaker_a2i_runtime.human_loops import HumanLoopRecord, loop_arn
from mlmock.services.sagemaker_a2i_runtime.input_content import answer_content
from mlmock.services.sagemaker_a2i_runtime.outcomes import Failed, Submitted, failure
from mlmock.services.sagemaker_a2i_runtime.workers import loop_key
from mlmock.simulation.progress import ProgressAttribute

if TYPE_CHECKING:
    from mlmock.services.sagemaker_a2i_runtime.backend import HumanLoops


@exposed(
    "a2i.HumanLoop", "name status input output_uri arn progress", "complete fail expire finish"
)
class HumanLoop:
    """The handle of a human loop, which may not be started yet.

    Attributes:
        name: The HumanLoopName.
    """

    progress = ProgressAttribute()
    """The policy for stopping the loop. Assign a policy to replace it."""

    def __init__(self, a2i: ServiceHandle, name: str) -> None:
        self._a2i = a2i
        self.name = name
        flows = a2i.state.shared(Flows)
        self.progress = flows.loop_progress.get_or_add(name, a2i.at, a2i.progress.child)

    def __repr__(self) -> str:
        return f"<human loop {self.name}: {self.status or 'not started'}>"

    # -- state (None before the loop is started) ----------------------------------------------

    @property
    def status(self) -> str | None:
        """The HumanLoopStatus, or None before the loop is started. Does not count as a poll."""
        return self._attribute("status")  # type: ignore[no-any-return]

    @property
    def input(self) -> Any:
        """The parsed InputContent, or None before the loop is started."""
        return self._attribute("input")

    @property
    def output_uri(self) -> str | None:
        """The S3 URI of the output, or None before the loop is started."""
        return self._attribute("output_uri")  # type: ignore[no-any-return]

    @property
    def arn(self) -> str | None:
        """The ARN, or None before the loop is started."""
        found = self._find()
        return loop_arn(found[0].scope, self.name) if found else None

    # -- outcomes -----------------------------------------------------------------------------

    def complete(self, *answers: dict[str, Any]) -> Rule | None:
        """Submit `answers`. The loop completes with as many as its flow definition requires.

        Before the loop is started, this returns a rule that submits them at its start.

        Args:
            *answers: The answers, one per worker, each a JSON object.

        Raises:
            InvalidRule: There is no answer, an answer is not a JSON object, the loop has ended, or
                the loop takes fewer answers.
        """
        contents = tuple(map(answer_content, answers))
        if not contents:
            raise InvalidRule(
                'complete() requires an answer, such as complete({"decision": "approve"})'
            )
        return self._apply_or_script(Submitted(contents))

    def fail(self, code: str, reason: str | None = None) -> Rule | None:
        """Fail the loop.

        Before the loop is started, this returns a rule that fails it at its start.

        Args:
            code: The FailureCode: ``ValidationError``, ``Expired`` or ``InternalError``.
            reason: The FailureReason, at most 1024 characters.

        Raises:
            InvalidRule: `code` or `reason` is not valid, or the loop has ended.
        """
        return self._apply_or_script(failure(code, reason))

    def expire(self) -> Rule | None:
        """Fail the loop as expired before enough workers answered.

        Before the loop is started, this returns a rule. Assumption: the text of the FailureReason.

        Raises:
            InvalidRule: The loop has ended.
        """
        return self.fail("Expired", "The time for workers to answer is over.")

    def finish(self) -> None:
        """Complete a stop: a loop that is Stopping becomes Stopped.

        Raises:
            InvalidRule: The loop is not being stopped.
        """
        found = self._find()
        if found is None:
            raise InvalidRule(f"human loop {self.name!r} has not been started")
        loop = found[1]
        if loop.stopping is None:
            raise InvalidRule(
                f"human loop {self.name!r} is {loop.status}, not Stopping: nothing to finish"
            )
        loop.stopping.finish()

    def _apply_or_script(self, outcome: Submitted | Failed) -> Rule | None:
        found = self._find()
        if found is None:
            title = f'ml.a2i.human_loop("{self.name}")'
            rule = worker_rule(self._a2i, loop_key(self.name), title).times(1)
            return rule.reply(outcome)
        backend, loop = found
        with backend.lock:
            backend.completion.apply(loop, outcome)
        return None

    def _attribute(self, name: str) -> Any:
        found = self._find()
        return getattr(found[1], name) if found else None

    def _find(self) -> tuple[HumanLoops, HumanLoopRecord] | None:
        for backend in self._a2i.backends():
            if self.name in backend.loops:
                return backend, backend.loops[self.name]
        return None


def worker_rule(a2i: ServiceHandle, key: tuple[str, str], title: str) -> Rule:
    """Return a new rule for the workers of `key`."""
    target = RuleTarget(
        key=key, title=title, check=lambda answer: answer, allows_connection_failures=False
    )
    return a2i.rule(target)
