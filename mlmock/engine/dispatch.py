"""The dispatch of calls, from the request to the HTTP response.

A call is added to the journal, parsed and validated by the service model, then answered by an
operation rule or by the backend of the service; the result is serialized by the model.
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
    """Dispatch `call` and return the HTTP response.

    Args:
        context: The active mock context.
        call: The call, with its request.

    Returns:
        The response. A service error is a response too.

    Raises:
        MlmockError: The test author has to fix something, such as an unmatched call.
        ConnectionFailure: A rule fails the connection.
        BaseException: A rule raises this exception.
    """
    outcome = start(context, call)
    while type(outcome) is Deferred:
        value = _attempt(context, call, partial(run_callable, outcome.work))
        outcome = resume(context, call, outcome, value)
    return outcome  # type: ignore[return-value]


async def dispatch_async(context: MockContext, call: Call) -> HttpResponse:
    """Dispatch `call` like `dispatch`, and await asynchronous callables in the running loop.

    Args:
        context: The active mock context.
        call: The call, with its request.

    Raises:
        BaseException: As for `dispatch`.
    """
    outcome = start(context, call)
    while type(outcome) is Deferred:
        value = _attempt(context, call, outcome.work)
        if inspect.isawaitable(value):
            value = await _awaited(context, call, value)
        outcome = resume(context, call, outcome, value)
    return outcome  # type: ignore[return-value]


def start(context: MockContext, call: Call) -> HttpResponse | Deferred:
    """Validate `call` and produce a response.

    Args:
        context: The active mock context.
        call: The call, with its request.

    Returns:
        The response, or a `Deferred` if a user callable must run first.

    Raises:
        BaseException: As for `dispatch`.
    """
    state = context.state
    clock = state.clock
    if clock.callbacks:
        clock.run_due()
    call.started_at = clock.seconds()
    call.clock_offset = clock.offset
    call.request_id = next(context.request_ids or context.request_id_sequence())
    state.calls.add(call)
    return _run_stage(state, call, _respond, state, call)


def resume(
    context: MockContext, call: Call, deferred: Deferred, value: Any
) -> HttpResponse | Deferred:
    """Continue a dispatch after a user callable has run.

    Args:
        context: The active mock context.
        call: The call.
        deferred: What `start` or `resume` returned.
        value: What the user callable returned.

    Returns:
        The response, or another `Deferred`.

    Raises:
        BaseException: As for `dispatch`.
    """
    return _run_stage(context.state, call, deferred.then, value)


def _respond(state: MockState, call: Call) -> Any:
    operation = call.compiled_operation
    try:
        call.params = operation.parse(call.request)
    except ServiceError as error:
        raise _backend(state, call).translate_error(call, error) from None
    if state.rules.has_rules:
        match = state.rules.find(operation_rule_keys(operation), call)
        if match is not None:
            return _apply_operation_rule(state, call, *match)
    return _call_backend(state, call)


def _apply_operation_rule(state: MockState, call: Call, rule: Any, answer: Any) -> Any:
    state.simulate_latency(call, rule.latency)
    call.corruption = rule.corruption
    if isinstance(answer, DefaultAnswer):
        return _call_backend(state, call)
    return resolve_answer(answer, call, lambda value: _result(call.compiled_operation, value))


def _result(operation: Operation, value: Any) -> dict[str, Any]:
    return value if type(value) is Result else to_result(operation, value)


def _call_backend(state: MockState, call: Call) -> Any:
    return getattr(_backend(state, call), call.compiled_operation.method)(call)


def _backend(state: MockState, call: Call) -> Any:
    return state.backend(call.compiled_operation.service, call.account_id, call.region)


def _run_stage(
    state: MockState, call: Call, stage: Callable[..., Any], *arguments: Any
) -> HttpResponse | Deferred:
    """Run one stage of the dispatch, and turn its result or error into a response."""
    try:
        result = stage(*arguments)
        if type(result) is Deferred:
            return result
        response = call.compiled_operation.serialize(result)
    except ServiceError as error:
        call.error = error
        call.params = {}  # `_finalize` deletes the attribute, which is not set if parsing failed.
        response = errors.serialize_error(call.compiled_operation.model, error)
    except BaseException as error:
        if isinstance(error, ConnectionFailure) and error.kind == "read_timeout":
            _exhaust_read_timeout(state, call)
        _close_entry(state, call, error)
        if isinstance(error, MlmockError):
            state.record_failure(error)
        raise
    return _finalize(state, call, response)


def _close_entry(state: MockState, call: Call, error: BaseException | None) -> None:
    """Complete the journal entry of a call that ends without a response."""
    call.error = error
    call.duration = state.clock.offset - call.clock_offset
    call.release_params()


def _finalize(state: MockState, call: Call, response: HttpResponse) -> HttpResponse:
    """Add the headers that every response has, and complete the journal entry of the call."""
    call.duration = duration = state.clock.offset - call.clock_offset
    if call.corruption is not None:
        response = corrupt(
            call.compiled_operation,
            response,
            call.corruption,
            partial(_exhaust_read_timeout, state, call),
        )
    headers = response.headers
    headers["x-amzn-RequestId"] = call.request_id
    headers["Date"] = state.date_header(call.started_at + duration)
    headers["Connection"] = "keep-alive"
    if type(response.body) is bytes and not response.broken:
        headers["Content-Length"] = str(len(response.body))
    call.answer = response
    del call.params
    return response


def _exhaust_read_timeout(state: MockState, call: Call) -> None:
    state.clock.advance(seconds=call.read_timeout or 0.0)


# -- user callables --------------------------------------------------------------------------


def _attempt(context: MockContext, call: Call, work: Callable[[], Any]) -> Any:
    try:
        return work()
    except BaseException as error:
        _close_entry(context.state, call, error)
        raise


async def _awaited(context: MockContext, call: Call, value: Any) -> Any:
    try:
        return await value
    except BaseException as error:
        _close_entry(context.state, call, error)
        raise
