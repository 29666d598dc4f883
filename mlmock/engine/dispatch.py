"""One trip of one call: read, checked, answered, written.

The order is the life of a request: the journal notes it, the model reads and checks it, rules at
the door may answer, else the service does; the model writes the answer.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any

from mlmock.aws.protocol import errors as faults
from mlmock.aws.protocol.messages import Answer
from mlmock.aws.protocol.rest_json import Operation
from mlmock.call import Call
from mlmock.engine.callables import run
from mlmock.engine.state import Block, World
from mlmock.errors import AuthorError, ConnectionFault, ServiceError
from mlmock.rules.answers import Default, Later, Result, result_of
from mlmock.rules.corruption import damaged
from mlmock.rules.operation_rules import door_keys
from mlmock.rules.rule import given


def answer(block: Block, call: Call) -> Answer:
    """Take `call` through the house and return its answer.

    Raises AuthorError, ConnectionFault, or what a rule raises; a service's error is an answer.
    """
    outcome = begin(block, call)
    while type(outcome) is Later:
        value = _attempt(block, call, partial(run, outcome.work))
        outcome = proceed(block, call, outcome, value)
    return outcome  # type: ignore[return-value]


async def answer_async(block: Block, call: Call) -> Answer:
    """Do what `answer` does, and await the callables of rules in the caller's own loop."""
    outcome = begin(block, call)
    while type(outcome) is Later:
        value = _attempt(block, call, outcome.work)
        if inspect.isawaitable(value):
            value = await _awaited(block, call, value)
        outcome = proceed(block, call, outcome, value)
    return outcome  # type: ignore[return-value]


def begin(block: Block, call: Call) -> Answer | Later:
    """Read and check `call`, and let rules or the service answer; Later: user code has to run."""
    world = block.world
    clock = world.clock
    if clock.jobs:
        clock.settle()
    call.started_at = clock.seconds()
    call.offset = clock.offset
    call.request_id = next(block.request_ids or block.count_requests())
    world.calls.add(call)
    return _stage(world, call, _answered, world, call)


def proceed(block: Block, call: Call, later: Later, value: Any) -> Answer | Later:
    """Go on with what user code returned."""
    return _stage(block.world, call, later.then, value)


def _answered(world: World, call: Call) -> Any:
    plan = call.plan
    try:
        call.params = plan.parse(call.request)
    except ServiceError as fault:
        raise _backend(world, call).refusal(call, fault) from None
    if world.book.any:
        found = world.book.find(door_keys(plan), call)
        if found is not None:
            return _at_the_door(world, call, *found)
    return _served(world, call)


def _at_the_door(world: World, call: Call, rule: Any, found: Any) -> Any:
    world.wait(call, rule.seconds)
    call.damage = rule.damage
    if isinstance(found, Default):
        return _served(world, call)
    return given(found, call, lambda value: _result(call.plan, value))


def _result(plan: Operation, value: Any) -> dict[str, Any]:
    return value if type(value) is Result else result_of(plan, value)


def _served(world: World, call: Call) -> Any:
    return getattr(_backend(world, call), call.plan.method)(call)


def _backend(world: World, call: Call) -> Any:
    return world.backend(call.plan.service, call.account_id, call.region)


def _stage(world: World, call: Call, make: Callable[..., Any], *given: Any) -> Answer | Later:
    """Let `make` work on the call, and turn what comes out into an answer."""
    try:
        result = make(*given)
        if type(result) is Later:
            return result
        found = call.plan.serialise(result)
    except ServiceError as fault:
        call.error = fault
        call.params = {}  # whatever had been read: `_sealed` lets go of it
        found = faults.answer_of(call.plan.model, fault)
    except BaseException as fault:
        if isinstance(fault, ConnectionFault) and fault.kind == "read_timeout":
            _stall(world, call)
        _close(world, call, fault)
        if isinstance(fault, AuthorError):
            world.blame(fault)
        raise
    return _sealed(world, call, found)


def _close(world: World, call: Call, fault: BaseException | None) -> None:
    """Close the entry of a call that ends without an answer."""
    call.error = fault
    call.duration = world.clock.offset - call.offset
    call.forget_params()


def _sealed(world: World, call: Call, found: Answer) -> Answer:
    """Put on the headers that every answer has, and close the call's entry."""
    call.duration = duration = world.clock.offset - call.offset
    if call.damage is not None:
        found = damaged(call.plan, found, call.damage, partial(_stall, world, call))
    headers = found.headers
    headers["x-amzn-RequestId"] = call.request_id
    headers["Date"] = world.date_header(call.started_at + duration)
    headers["Connection"] = "keep-alive"
    if type(found.body) is bytes and not found.broken:
        headers["Content-Length"] = str(len(found.body))
    call.answer = found
    del call.params
    return found


def _stall(world: World, call: Call) -> None:
    world.clock.advance(seconds=call.patience or 0.0)


# -- user code -------------------------------------------------------------------------------


def _attempt(block: Block, call: Call, work: Callable[[], Any]) -> Any:
    try:
        return work()
    except BaseException as fault:
        _close(block.world, call, fault)
        raise


async def _awaited(block: Block, call: Call, value: Any) -> Any:
    try:
        return await value
    except BaseException as fault:
        _close(block.world, call, fault)
        raise
