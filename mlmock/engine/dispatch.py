"""One trip of one call: read, checked, answered, written.

The order is the life of a request: the journal notes it, the model reads and checks it, rules at
the door may answer, else the service does; the model writes the answer.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Coroutine
from functools import lru_cache, partial
from typing import Any

from mlmock.aws.protocol import errors as faults
from mlmock.aws.protocol.messages import Answer
from mlmock.aws.protocol.rest_json import Operation
from mlmock.engine.state import Block, World
from mlmock.errors import AuthorError, BadAnswer, ConnectionFault, ServiceError
from mlmock.reporting.journal import Call
from mlmock.rules.answers import Default, Later, result_of
from mlmock.rules.corruption import damaged
from mlmock.rules.rule import given


class Result(dict[str, Any]):
    """The members of an answer that has been checked where it was written."""


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


@lru_cache(maxsize=256)
def door_keys(plan: Operation) -> tuple[tuple[str, str, str], tuple[str, str, str]]:
    """Return the keys of the rules that stand at the door of an operation."""
    return ("door", plan.service, plan.name), ("door", plan.service, "*")


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


def run(work: Callable[[], Any]) -> Any:
    """Run a callable of a rule; a coroutine is run to its end, in a thread if a loop runs here."""
    value = work()
    if not inspect.isawaitable(value):
        return value
    _refuse_greenlets(value)
    import asyncio  # loaded by whoever has something to await, and dear to everybody else

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(_as_coroutine(value))
    return _run_elsewhere(_as_coroutine(value))


def _refuse_greenlets(value: Any) -> None:
    """Raise BadAnswer where gevent has patched threads: greenlets can't each have an event loop."""
    monkey = sys.modules.get("gevent.monkey")
    if monkey is None or not monkey.is_module_patched("threading"):
        return
    getattr(value, "close", bool)()
    raise BadAnswer(
        "a rule's callable is async def, and gevent has patched this process: asyncio doesn't run "
        "in greenlets. Make the callable a plain function; it may use gevent."
    )


async def _as_coroutine(value: Any) -> Any:
    return await value


def _run_elsewhere(coroutine: Coroutine[Any, Any, Any]) -> Any:
    import asyncio
    import threading

    outcome: list[Any] = []

    def target() -> None:
        try:
            outcome.append((asyncio.run(coroutine), None))
        except BaseException as fault:
            outcome.append((None, fault))

    thread = threading.Thread(target=target, name="mlmock-callable")
    thread.start()
    thread.join()
    value, fault = outcome[0]
    if fault is not None:
        raise fault
    return value


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
