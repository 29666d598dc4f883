"""The ends of human loops, with the output object and the event of each."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from mlmock.aws.scope import Scope
from mlmock.engine.state import MockState
from mlmock.errors import InvalidRule
from mlmock.services.common.buckets import default_bucket
from mlmock.services.sagemaker_a2i_runtime.flow_definitions import Flows
from mlmock.services.sagemaker_a2i_runtime.human_loops import (
    HUMAN_LOOP,
    HumanLoopRecord,
    WorkerAnswer,
    event_detail,
    loop_arn,
    output_json,
)
from mlmock.services.sagemaker_a2i_runtime.outcomes import Failed, Submitted
from mlmock.simulation.events import Event
from mlmock.simulation.object_store import NoSuchBucket, json_bytes, parse_s3_uri

_log = logging.getLogger("mlmock.a2i")
_SECONDS_PER_TASK = 30.0  # Assumption: the longest time that an answer reports.


class LoopCompletion:
    """The completion of the human loops of one account and region."""

    def __init__(self, state: MockState, scope: Scope) -> None:
        self._state = state
        self._scope = scope
        self._undo_log = state.undo_log

    def apply(self, loop: HumanLoopRecord, outcome: Submitted | Failed) -> None:
        """Submit the answers of `outcome`, or fail the loop.

        Args:
            loop: The human loop.
            outcome: Submitted answers, or a failure.

        Raises:
            InvalidRule: The loop has ended, or takes fewer answers.
        """
        if isinstance(outcome, Failed):
            self.fail(loop, outcome.code, outcome.reason)
        else:
            self.submit(loop, outcome.contents)

    def submit(self, loop: HumanLoopRecord, contents: tuple[Any, ...]) -> None:
        """Store answers, one per worker. The last answer that is required completes the loop.

        Args:
            loop: The human loop.
            contents: The answers as JSON values.

        Raises:
            InvalidRule: The loop has ended, or takes fewer answers.
        """
        _check_answers(loop, len(contents))
        new = tuple(map(self._answer_maker(loop), contents))
        self._undo_log.set(loop, answers=loop.answers + new)
        if loop.status == "Stopping":
            self._stopped(loop)
        elif len(loop.answers) >= (loop.settings.workers or 1):
            self._complete(loop)

    def _answer_maker(self, loop: HumanLoopRecord) -> Any:
        now = self._state.clock.now()
        accepted = max(loop.created, now - timedelta(seconds=_SECONDS_PER_TASK))
        source = self._state.context.random
        return lambda content: WorkerAnswer(
            content, f"{source.getrandbits(64):016x}", accepted, now
        )

    def fail(self, loop: HumanLoopRecord, code: str, reason: str | None) -> None:
        """Fail a loop, as A2I itself does.

        Args:
            loop: The human loop.
            code: The FailureCode.
            reason: The FailureReason.

        Raises:
            InvalidRule: The loop has ended.
        """
        if not HUMAN_LOOP.allows(loop.status, "fail"):
            raise InvalidRule(
                f"human loop {loop.name!r} has ended as {loop.status} and can no longer fail"
            )
        self._end_work(loop)
        self._undo_log.set(loop, failure_code=code, failure_reason=reason)
        self._transition(loop, "fail")

    def stop(self, loop: HumanLoopRecord) -> None:
        """Stop a loop. It is Stopping until the policy or an answer of a worker ends it."""
        self._undo_log.set(loop, status=HUMAN_LOOP.after(loop.status, "StopHumanLoop"))
        flows = self._state.shared(Flows)
        progress = flows.progress_of(loop.name, loop.flow_arn, self._scope)
        work = progress.begin(lambda: self._stopped(loop))
        if not work.done:
            self._undo_log.set(loop, stopping=work)

    def stop_at_once(self, loop: HumanLoopRecord) -> None:
        """Stop a loop at once, because its flow definition is being deleted."""
        if loop.status == "InProgress":
            self._undo_log.set(loop, status="Stopping")
        self._stopped(loop)

    def _stopped(self, loop: HumanLoopRecord) -> None:
        if loop.status != "Stopping":
            return
        self._end_work(loop)
        if loop.answers:
            self._write_output(loop)
        self._transition(loop, "stopped")

    def _complete(self, loop: HumanLoopRecord) -> None:
        if self._write_output(loop):
            self._transition(loop, "complete")
        else:
            bucket, _ = parse_s3_uri(loop.output_uri)
            self.fail(loop, "ValidationError", f"The bucket {bucket} does not exist.")

    def _end_work(self, loop: HumanLoopRecord) -> None:
        if loop.stopping is not None:
            loop.stopping.cancel()
            self._undo_log.set(loop, stopping=None)

    def _transition(self, loop: HumanLoopRecord, event: str) -> None:
        self._undo_log.set(loop, status=HUMAN_LOOP.after(loop.status, event))
        scope = self._scope
        self._state.emit(
            Event(
                source="aws.sagemaker",
                detail_type="SageMaker A2I HumanLoop Status Change",
                detail=event_detail(loop, scope),
                resources=(loop_arn(scope, loop.name),),
                time=self._state.clock.now(),
                region=scope.region,
                account_id=scope.account_id,
                id=self._state.new_id(),
            )
        )

    def _write_output(self, loop: HumanLoopRecord) -> bool:
        """Write the answers, and return whether moto's S3 has the bucket.

        Assumption: the loop fails if it does not.
        """
        store = self._state.store
        bucket, _ = parse_s3_uri(loop.output_uri)
        if bucket == default_bucket(self._scope):
            store.ensure_bucket(bucket, self._scope)
        body = json_bytes(output_json(loop))
        try:
            store.put(loop.output_uri, body, "application/json", scope=self._scope)
        except NoSuchBucket:
            _log.warning(
                "human loop %r ended, and its output is lost: moto's S3 has no bucket %r. "
                "Create the bucket before the loop ends.",
                loop.name,
                bucket,
            )
            return False
        return True


def _check_answers(loop: HumanLoopRecord, count: int) -> None:
    if not loop.is_open:
        raise InvalidRule(
            f"human loop {loop.name!r} has ended as {loop.status} and takes no more answers"
        )
    workers = loop.settings.workers
    if workers is not None and len(loop.answers) + count > workers:
        raise InvalidRule(
            f"human loop {loop.name!r} takes {_counted(workers, 'answer')}, has "
            f"{_counted(len(loop.answers), 'answer')} and got {count} more; to change the number, "
            f'call ml.a2i.flow_definition("{loop.settings.flow_name}", workers=...) '
            "before the loop starts"
        )


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count or 'no'} {noun}s"
