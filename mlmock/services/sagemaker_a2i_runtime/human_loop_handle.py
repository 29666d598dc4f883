"""`ml.a2i.human_loop(name)`: one loop in the hands of its reviewer."""

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
    """One human loop, there already or not yet."""

    progress = ProgressAttribute()

    def __init__(self, a2i: ServiceHandle, name: str) -> None:
        self._a2i = a2i
        self.name = name
        flows = a2i.state.shared(Flows)
        self.progress = flows.loop_progress.get_or_add(name, a2i.at, a2i.progress.child)

    def __repr__(self) -> str:
        return f"<human loop {self.name}: {self.status or 'not started'}>"

    # -- what is known of it (None before it is started) --------------------------------------

    @property
    def status(self) -> str | None:
        """Its HumanLoopStatus; looking at it here counts as no look."""
        return self._of("status")  # type: ignore[no-any-return]

    @property
    def input(self) -> Any:
        """Its parsed InputContent."""
        return self._of("input")

    @property
    def output_uri(self) -> str | None:
        """Where its answers go."""
        return self._of("output_uri")  # type: ignore[no-any-return]

    @property
    def arn(self) -> str | None:
        """Its ARN."""
        found = self._find()
        return loop_arn(found[0].scope, self.name) if found else None

    # -- what its workers do --------------------------------------------------------------------

    def complete(self, *answers: dict[str, Any]) -> Rule | None:
        """Let workers submit `answers`, one each; as many as the flow definition asks end it.

        Before the loop is started this is a rule, which waits for it. InvalidRule for what isn't a
        JSON object, for a loop that has ended, and for more answers than the loop asks.
        """
        contents = tuple(map(answer_content, answers))
        if not contents:
            raise InvalidRule('complete() needs an answer: complete({"decision": "approve"})')
        return self._now_or_then(Submitted(contents))

    def fail(self, code: str, reason: str | None = None) -> Rule | None:
        """Fail the loop with a FailureCode and a FailureReason; before it is started, a rule.

        `code` is ``ValidationError``, ``Expired`` or ``InternalError``. InvalidRule for any other,
        and for a loop that has ended.
        """
        return self._now_or_then(failure(code, reason))

    def expire(self) -> Rule | None:
        """Let the loop's time be over before enough workers answered (the text is judged)."""
        return self.fail("Expired", "The time for workers to answer is over.")

    def finish(self) -> None:
        """End a stop that is under way: Stopping becomes Stopped. InvalidRule if none is."""
        found = self._find()
        if found is None:
            raise InvalidRule(f"human loop {self.name} has not been started")
        loop = found[1]
        if loop.stopping is None:
            raise InvalidRule(f"human loop {self.name} is {loop.status}: nothing is under way")
        loop.stopping.finish()

    def _now_or_then(self, outcome: Submitted | Failed) -> Rule | None:
        found = self._find()
        if found is None:
            title = f'ml.a2i.human_loop("{self.name}")'
            rule = worker_rule(self._a2i, loop_key(self.name), title).times(1)
            return rule.reply(outcome)
        backend, loop = found
        with backend.lock:
            backend.endings.carry_out(loop, outcome)
        return None

    def _of(self, name: str) -> Any:
        found = self._find()
        return getattr(found[1], name) if found else None

    def _find(self) -> tuple[HumanLoops, HumanLoopRecord] | None:
        for backend in self._a2i.backends():
            if self.name in backend.loops:
                return backend, backend.loops[self.name]
        return None


def worker_rule(a2i: ServiceHandle, key: tuple[str, str], title: str) -> Rule:
    """Return a new rule about workers."""
    subject = RuleTarget(
        key=key, title=title, check=lambda answer: answer, allows_connection_failures=False
    )
    return a2i.rule(subject)
