"""The workers: how a human loop ends, and what it leaves behind."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from mlmock.answers import Error
from mlmock.errors import BadAnswer
from mlmock.events import Event
from mlmock.objects import MissingBucket, json_bytes, split_uri
from mlmock.rules import Rule
from mlmock.services.a2i_runtime.flows import (
    Automatic,
    Failed,
    Flows,
    Submitted,
    default_bucket,
    flow_key,
    loop_key,
)
from mlmock.services.a2i_runtime.loops import (
    HUMAN_LOOP,
    Answer,
    Loop,
    event_detail,
    loop_arn,
    output_json,
)

if TYPE_CHECKING:
    from mlmock.services.a2i_runtime.backend import HumanLoops

_log = logging.getLogger("mlmock.a2i")
_SECONDS_A_TASK = 30.0  # what a worker's answer says it took (judged)


class Workforce:
    """The workers of one account and region."""

    def __init__(self, backend: HumanLoops) -> None:
        self._backend = backend
        self._world = backend.world
        self._ledger = backend.ledger

    def offer(self, loop: Loop, flow_name: str) -> None:
        """Offer a new loop to the workers that are scripted for it, until none has an answer."""
        while loop.status == "InProgress":
            rule = self._next_rule(loop, flow_name)
            if rule is None:
                return
            self.carry_out(loop, rule.take())

    def carry_out(self, loop: Loop, outcome: Any) -> None:
        """Let the workers do what a rule says: submit answers, or fail the loop."""
        if isinstance(outcome, Automatic):
            outcome = self._automatic(loop, outcome)
        if isinstance(outcome, Failed):
            self.fail(loop, outcome.code, outcome.reason)
        else:
            for content in outcome.contents:
                self.submit(loop, content)

    def submit(self, loop: Loop, content: Any) -> None:
        """Take one worker's answer; the last that is asked for completes the loop."""
        if loop.status not in {"InProgress", "Stopping"}:
            raise BadAnswer(f"human loop {loop.name} is {loop.status}: it takes no answer any more")
        now = self._backend.now()
        accepted = max(loop.created, now - timedelta(seconds=_SECONDS_A_TASK))
        worker_id = f"{self._world.block.random.getrandbits(64):016x}"
        answers = [*loop.answers, Answer(content, worker_id, accepted, now)]
        self._ledger.change(loop, answers=answers)
        if loop.status == "Stopping":
            self._stopped(loop)
        elif len(answers) >= loop.workers:
            self._complete(loop)

    def fail(self, loop: Loop, code: str, reason: str | None) -> None:
        """Fail a loop that has not ended, as A2I itself would."""
        if not HUMAN_LOOP.allows(loop.status, "fail"):
            raise BadAnswer(f"human loop {loop.name} is {loop.status}: it can't fail any more")
        self._end_work(loop)
        self._ledger.change(loop, failure_code=code, failure_reason=reason)
        self._move(loop, "fail")

    def stop(self, loop: Loop) -> None:
        """Stop a loop: Stopping until the policy, or the worker who has begun, ends it."""
        self._ledger.change(loop, status=HUMAN_LOOP.after(loop.status, "StopHumanLoop"))
        flows = self._world.part(Flows)
        work = flows.progress_of(loop.flow_arn, self._backend.scope).begin(
            lambda: self._stopped(loop)
        )
        if not work.done:
            self._ledger.change(loop, stopping=work)

    def _stopped(self, loop: Loop) -> None:
        if loop.status != "Stopping":
            return
        self._end_work(loop)
        if loop.answers:
            self._write_output(loop)
        self._move(loop, "stopped")

    def _complete(self, loop: Loop) -> None:
        try:
            self._write_output(loop)
        except MissingBucket:
            bucket, _ = split_uri(loop.output_uri)
            _log.warning(
                "human loop %s fails: the bucket %s of its output is not in moto's S3; create it",
                loop.name,
                bucket,
            )
            self.fail(loop, "ValidationError", f"The bucket {bucket} does not exist.")
            return
        self._move(loop, "complete")

    def _end_work(self, loop: Loop) -> None:
        if loop.stopping is not None:
            loop.stopping.cancel()
            self._ledger.change(loop, stopping=None)

    def _move(self, loop: Loop, event: str) -> None:
        self._ledger.change(loop, status=HUMAN_LOOP.after(loop.status, event))
        scope = self._backend.scope
        self._world.emit(
            Event(
                source="aws.sagemaker",
                detail_type="SageMaker A2I HumanLoop Status Change",
                detail=event_detail(loop, scope),
                resources=(loop_arn(scope, loop.name),),
                time=self._backend.now(),
                region=scope.region,
                account_id=scope.account_id,
                id=self._world.new_id(),
            )
        )

    def _write_output(self, loop: Loop) -> None:
        store, scope = self._world.store, self._backend.scope
        bucket, _ = split_uri(loop.output_uri)
        if bucket == default_bucket(scope):
            store.ensure_bucket(bucket, scope.owner)
        body = json_bytes(output_json(loop))
        store.put(loop.output_uri, body, "application/json", owner=scope.owner)

    def _next_rule(self, loop: Loop, flow_name: str) -> Rule | None:
        book, scope = self._world.book, self._backend.scope
        for key in (loop_key(loop.name), flow_key(flow_name)):
            for rule in book.about(key):
                match = rule.match
                here = match.region in (None, scope.region)
                if here and match.account_id in (None, scope.account_id) and not rule.is_spent:
                    return rule
        return None

    def _automatic(self, loop: Loop, automatic: Automatic) -> Submitted | Failed:
        missing = loop.workers - len(loop.answers)
        contents = []
        for _ in range(missing):
            content = automatic.worker(LoopView(loop))
            if isinstance(content, Error):
                return Failed(content.code, content.message)
            contents.append(checked_content(content))
        return Submitted(tuple(contents))


class LoopView:
    """What a worker sees of a human loop: `name`, `input`, `flow_definition`, `arn`s are texts."""

    def __init__(self, loop: Loop) -> None:
        self.name = loop.name
        self.input = loop.input
        self.flow_definition_arn = loop.flow_arn
        self.created = loop.created
        self.content_classifiers = loop.classifiers or ()

    def __repr__(self) -> str:
        return f"<human loop {self.name}: {self.input!r}>"


def checked_content(content: Any) -> Any:
    """Return `content` if it can be a worker's answer: a JSON object; BadAnswer otherwise."""
    try:
        json_bytes(content)
    except (TypeError, ValueError) as fault:
        raise BadAnswer(f"a worker's answer is JSON, and {content!r} has none: {fault}") from None
    if not isinstance(content, dict):
        raise BadAnswer(f"a worker's answer is a JSON object (a dict), not {content!r}")
    return content
