"""One trip of one call: read, checked, answered, written.

The order is the life of a request: the journal notes it, the model reads and checks it, rules at
the door may answer, else the service does; the model writes the answer.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any

from mlmock.aws.protocol import errors
from mlmock.aws.protocol.messages import HttpResponse
from mlmock.aws.protocol.rest_json import Operation
from mlmock.call import Call
from mlmock.engine.callables import run_callable
from mlmock.engine.state import MockContext, MockState
from mlmock.errors import ConnectionFailure, MlmockError, ServiceError
from mlmock.rules.answers import DefaultAnswer, Deferred, Result, to_result
from mlmock.rules.corruption import corrupt
from mlmock.rules.operation_rules import operation_rule_keys
from mlmock.rules.rule import resolve_answer


def dispatch(context: MockContext, call: Call) -> HttpResponse:
    """Take `call` through the house and return its answer.

    Raises MlmockError, ConnectionFault, or what a rule raises; a service's error is an answer.
    """
    outcome = start(context, call)
    while type(outcome) is Deferred:
        value = _attempt(context, call, partial(run_callable, outcome.work))
        outcome = resume(context, call, outcome, value)
    return outcome  # type: ignore[return-value]


async def dispatch_async(context: MockContext, call: Call) -> HttpResponse:
    """Do what `answer` does, and await the callables of rules in the caller's own loop."""
    outcome = start(context, call)
    while type(outcome) is Deferred:
        value = _attempt(context, call, outcome.work)
        if inspect.isawaitable(value):
            value = await _awaited(context, call, value)
        outcome = resume(context, call, outcome, value)
    return outcome  # type: ignore[return-value]


def start(context: MockContext, call: Call) -> HttpResponse | Deferred:
    """Read and check `call`, and let rules or the service answer; Later: user code has to run."""
    state = context.state
    clock = state.clock
    if clock.jobs:
        clock.run_due()
    call.started_at = clock.seconds()
    call.clock_offset = clock.offset
    call.request_id = next(context.request_ids or context.request_id_sequence())
    state.calls.add(call)
    return _run_stage(state, call, _respond, state, call)


def resume(
    context: MockContext, call: Call, later: Deferred, value: Any
) -> HttpResponse | Deferred:
    """Go on with what user code returned."""
    return _run_stage(context.state, call, later.then, value)


def _respond(state: MockState, call: Call) -> Any:
    plan = call.compiled_operation
    try:
        call.params = plan.parse(call.request)
    except ServiceError as fault:
        raise _backend(state, call).translate_error(call, fault) from None
    if state.rules.has_rules:
        found = state.rules.find(operation_rule_keys(plan), call)
        if found is not None:
            return _apply_operation_rule(state, call, *found)
    return _call_backend(state, call)


def _apply_operation_rule(state: MockState, call: Call, rule: Any, found: Any) -> Any:
    state.simulate_latency(call, rule.latency)
    call.corruption = rule.corruption
    if isinstance(found, DefaultAnswer):
        return _call_backend(state, call)
    return resolve_answer(found, call, lambda value: _result(call.compiled_operation, value))


def _result(plan: Operation, value: Any) -> dict[str, Any]:
    return value if type(value) is Result else to_result(plan, value)


def _call_backend(state: MockState, call: Call) -> Any:
    return getattr(_backend(state, call), call.compiled_operation.method)(call)


def _backend(state: MockState, call: Call) -> Any:
    return state.backend(call.compiled_operation.service, call.account_id, call.region)


def _run_stage(
    state: MockState, call: Call, make: Callable[..., Any], *given: Any
) -> HttpResponse | Deferred:
    """Let `make` work on the call, and turn what comes out into an answer."""
    try:
        result = make(*given)
        if type(result) is Deferred:
            return result
        found = call.compiled_operation.serialise(result)
    except ServiceError as fault:
        call.error = fault
        call.params = {}  # whatever had been read: `_sealed` lets go of it
        found = errors.serialize_error(call.compiled_operation.model, fault)
    except BaseException as fault:
        if isinstance(fault, ConnectionFailure) and fault.kind == "read_timeout":
            _exhaust_read_timeout(state, call)
        _close_entry(state, call, fault)
        if isinstance(fault, MlmockError):
            state.record_failure(fault)
        raise
    return _finalize(state, call, found)


def _close_entry(state: MockState, call: Call, fault: BaseException | None) -> None:
    """Close the entry of a call that ends without an answer."""
    call.error = fault
    call.duration = state.clock.offset - call.clock_offset
    call.release_params()


def _finalize(state: MockState, call: Call, found: HttpResponse) -> HttpResponse:
    """Put on the headers that every answer has, and close the call's entry."""
    call.duration = duration = state.clock.offset - call.clock_offset
    if call.corruption is not None:
        found = corrupt(
            call.compiled_operation,
            found,
            call.corruption,
            partial(_exhaust_read_timeout, state, call),
        )
    headers = found.headers
    headers["x-amzn-RequestId"] = call.request_id
    headers["Date"] = state.date_header(call.started_at + duration)
    headers["Connection"] = "keep-alive"
    if type(found.body) is bytes and not found.broken:
        headers["Content-Length"] = str(len(found.body))
    call.answer = found
    del call.params
    return found


def _exhaust_read_timeout(state: MockState, call: Call) -> None:
    state.clock.advance(seconds=call.read_timeout or 0.0)


# -- user code -------------------------------------------------------------------------------


def _attempt(context: MockContext, call: Call, work: Callable[[], Any]) -> Any:
    try:
        return work()
    except BaseException as fault:
        _close_entry(context.state, call, fault)
        raise


async def _awaited(context: MockContext, call: Call, value: Any) -> Any:
    try:
        return await value
    except BaseException as fault:
        _close_entry(context.state, call, fault)
        raise
