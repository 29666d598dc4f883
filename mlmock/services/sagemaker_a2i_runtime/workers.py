"""Scripted workers: which answers they submit, and when."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from mlmock.call import Call
from mlmock.errors import InvalidRule
from mlmock.rules.answers import Deferred, ErrorAnswer
from mlmock.services.sagemaker_a2i_runtime.human_loops import HumanLoopRecord
from mlmock.services.sagemaker_a2i_runtime.input_content import answer_content
from mlmock.services.sagemaker_a2i_runtime.outcomes import Failed, Submitted, failure

if TYPE_CHECKING:
    from mlmock.engine.state import MockState
    from mlmock.services.sagemaker_a2i_runtime.completion import LoopCompletion


@dataclass(frozen=True, slots=True)
class LoopView:
    """A human loop as a worker sees it.

    Attributes:
        name: The HumanLoopName.
        input: The parsed InputContent.
        flow_definition_arn: The ARN of the flow definition.
        created: The CreationTime, in UTC.
        content_classifiers: The ContentClassifiers.
    """

    name: str
    input: Any
    flow_definition_arn: str
    created: datetime
    content_classifiers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Automatic:
    """An outcome that a function of the loop returns, sync or async."""

    worker: Callable[[LoopView], Any]


Outcome = Submitted | Failed | Automatic


def flow_key(name: str) -> tuple[str, str]:
    """Return the key of the rules for the workers of a flow definition."""
    return ("flow definition", name)


def loop_key(name: str) -> tuple[str, str]:
    """Return the key of the rules for a human loop."""
    return ("human loop", name)


class Workers:
    """The scripted workers of one account and region."""

    def __init__(self, state: MockState, completion: LoopCompletion) -> None:
        self._state = state
        self._completion = completion

    def offer(self, loop: HumanLoopRecord, call: Call) -> Deferred | None:
        """Apply the rules for a loop until it ends or no rule matches.

        The newest rule wins, whether it is for the loop or for its flow definition. Returns a
        `Deferred` if a function has to run, because user code must not run inside a lock.

        Args:
            loop: The human loop.
            call: The StartHumanLoop call.
        """
        index = self._state.rules
        if not index.has_rules:
            return None
        keys = tuple(
            filter(index.has_rules_for, (loop_key(loop.name), flow_key(loop.settings.flow_name)))
        )
        while loop.status == "InProgress":
            found = index.find(keys, call, {}) if keys else None
            if found is None:
                return None
            rule, outcome = found
            if rule.latency:
                self._schedule(rule.latency, loop, outcome, call)
                return None
            if isinstance(outcome, Automatic):
                return self._call_worker(loop, outcome)
            with self._state.lock:
                self._completion.apply(loop, outcome)
        return None

    def _call_worker(self, loop: HumanLoopRecord, automatic: Automatic) -> Deferred:
        """Call the function once for every worker whose answer is missing."""
        view = LoopView(
            name=loop.name,
            input=loop.input,
            flow_definition_arn=loop.flow_arn,
            created=loop.created,
            content_classifiers=loop.classifiers or (),
        )

        def then(value: Any) -> Deferred | None:
            outcome = _outcome(value)
            if loop.is_open:  # Otherwise the loop has ended while the function ran.
                self._completion.apply(loop, outcome)
            return self._call_worker(loop, automatic) if loop.status == "InProgress" else None

        return Deferred(partial(automatic.worker, view), then)

    def _schedule(
        self, seconds: float, loop: HumanLoopRecord, outcome: Outcome, call: Call
    ) -> None:
        """Apply `outcome` after `seconds` of virtual time, then offer the loop again."""

        def answer_now() -> None:
            if not loop.is_open:
                return
            if isinstance(outcome, Automatic):
                _run_deferred(self._call_worker(loop, outcome))
            else:
                self._completion.apply(loop, outcome)
            _run_deferred(self.offer(loop, call))

        clock = self._state.clock
        clock.call_at(clock.seconds() + seconds, answer_now)


def _outcome(value: Any) -> Submitted | Failed:
    """Return the outcome for the return value of a function: an answer or ``error(…)``."""
    if isinstance(value, ErrorAnswer):
        return failure(value.code, value.message)
    return Submitted((answer_content(value),))


def _run_deferred(deferred: Deferred | None) -> None:
    """Run functions outside a call, while the clock advances."""
    while deferred is not None:
        value = deferred.work()
        if inspect.iscoroutine(value):
            value.close()
            raise InvalidRule(
                "a worker with a delay must be a plain function, not a coroutine function"
            )
        deferred = deferred.then(value)
