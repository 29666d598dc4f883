"""The workers that a test scripts: what they answer, and when they are asked."""

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
    """What a worker sees of a human loop; `input` is its parsed InputContent."""

    name: str
    input: Any
    flow_definition_arn: str
    created: datetime
    content_classifiers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Automatic:
    """Workers that are a function of the loop, sync or async."""

    worker: Callable[[LoopView], Any]


Outcome = Submitted | Failed | Automatic


def flow_key(name: str) -> tuple[str, str]:
    """Return the key of the rules about a flow definition's workers."""
    return ("flow definition", name)


def loop_key(name: str) -> tuple[str, str]:
    """Return the key of the rules about one human loop."""
    return ("human loop", name)


class Workers:
    """The scripted workers of one account and region."""

    def __init__(self, state: MockState, endings: LoopCompletion) -> None:
        self._state = state
        self._endings = endings

    def offer(self, loop: HumanLoopRecord, call: Call) -> Deferred | None:
        """Offer a loop to the workers that are scripted for it, until none has an answer.

        Of the rules about the loop and about its flow definition the later wins. Returns Later
        where a function is to be asked: user code doesn't run inside a lock.
        """
        index = self._state.rules
        if not index.has_rules:
            return None
        keys = tuple(
            filter(index.has_rules_for, (loop_key(loop.name), flow_key(loop.terms.flow_name)))
        )
        while loop.status == "InProgress":
            found = index.find(keys, call, {}) if keys else None
            if found is None:
                return None
            rule, outcome = found
            if rule.latency:
                self._come_later(rule.latency, loop, outcome, call)
                return None
            if isinstance(outcome, Automatic):
                return self._ask(loop, outcome)
            with self._state.lock:
                self._endings.carry_out(loop, outcome)
        return None

    def _ask(self, loop: HumanLoopRecord, automatic: Automatic) -> Deferred:
        """Ask the function once for every worker whose answer is missing."""
        view = LoopView(
            name=loop.name,
            input=loop.input,
            flow_definition_arn=loop.flow_arn,
            created=loop.created,
            content_classifiers=loop.classifiers or (),
        )

        def then(value: Any) -> Deferred | None:
            outcome = _outcome(value)
            if loop.is_open:  # else the worker comes too late: somebody has ended the loop
                self._endings.carry_out(loop, outcome)
            return self._ask(loop, automatic) if loop.status == "InProgress" else None

        return Deferred(partial(automatic.worker, view), then)

    def _come_later(
        self, seconds: float, loop: HumanLoopRecord, outcome: Outcome, call: Call
    ) -> None:
        """Let the worker come after `seconds` of virtual time, and offer the loop again then."""

        def come() -> None:
            if not loop.is_open:
                return
            if isinstance(outcome, Automatic):
                _run(self._ask(loop, outcome))
            else:
                self._endings.carry_out(loop, outcome)
            _run(self.offer(loop, call))

        clock = self._state.clock
        clock.call_at(clock.seconds() + seconds, come)


def _outcome(value: Any) -> Submitted | Failed:
    """Return what a function's value means: an answer, or ``error(code, reason)``."""
    if isinstance(value, ErrorAnswer):
        return failure(value.code, value.message)
    return Submitted((answer_content(value),))


def _run(later: Deferred | None) -> None:
    """Ask functions outside a call: while the clock moves."""
    while later is not None:
        value = later.work()
        if inspect.iscoroutine(value):
            value.close()
            raise InvalidRule("a worker that comes later is a plain function, not a coroutine one")
        later = later.then(value)
