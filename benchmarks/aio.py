"""aiobotocore: calls through it, against aiobotocore alone. Runs where aiobotocore is installed."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from typing import Any

from aiobotocore.awsrequest import AioAWSResponse
from aiobotocore.session import get_session

from benchmarks.baseline import KEYS
from benchmarks.calls import _NAMES, inside
from benchmarks.paired import Row, Subject, rounds_of
from mlmock import current
from mlmock.interception.aiobotocore.bodies import RawBody

_A2I, _SAGEMAKER = "sagemaker-a2i-runtime", "sagemaker-runtime"
_CALLS = 10  # awaited in each `run_until_complete`, so that entering the loop counts little

Call = Callable[[Any], Awaitable[object]]


def describe() -> Call:
    names = itertools.cycle(_NAMES)
    return lambda caller: caller.describe_human_loop(HumanLoopName=next(names))


async def invoke(caller: Any) -> object:
    found = await caller.invoke_endpoint(EndpointName="churn", Body=b"1,2")
    return await found["Body"].read()


def subject(loop: asyncio.AbstractEventLoop, caller: Any, call: Call) -> Subject:
    """Return a function that awaits some calls in the event loop."""

    async def some() -> None:
        for _ in range(_CALLS):
            await call(caller)

    return lambda: loop.run_until_complete(some())


async def client(stack: AsyncExitStack, service: str) -> Any:
    """Return a client of a new session."""
    return await stack.enter_async_context(get_session().create_client(service, **KEYS))


async def baseline_client(stack: AsyncExitStack, service: str, answer: Any) -> Any:
    """Return a client that gets this response to every request."""
    found = await client(stack, service)
    status, headers, body = answer.status, dict(answer.headers), answer.body

    def respond(request: Any, **kwargs: Any) -> Any:
        raw = RawBody(request.url, headers, body)
        return AioAWSResponse(request.url, status, dict(headers), raw)

    found.meta.events.register("before-send", respond)
    return found


async def recorded(call: Call, caller: Any) -> Any:
    """Return the mock's response to a call."""
    with inside(strict=False)():
        await call(caller)
        return current().calls.last.answer


def rows() -> Iterator[Row]:
    loop, stack = asyncio.new_event_loop(), AsyncExitStack()
    for service, name, call in (
        (_A2I, "describe_human_loop", describe()),
        (_SAGEMAKER, "invoke_endpoint", invoke),
    ):
        ours = loop.run_until_complete(client(stack, service))
        answer = loop.run_until_complete(recorded(call, ours))
        baseline = loop.run_until_complete(baseline_client(stack, service, answer))
        for variant, options in (("", {}), (", cache=False", {"cache": False})):
            found = rounds_of(
                subject(loop, baseline, call),
                {"aio": subject(loop, ours, call)},
                calls=8,
                around={"aio": inside(strict=False, **options)},
            )
            title = f"aiobotocore, {name}{variant}"
            yield Row(title, found["aio"].ratio, 1.10, "x aiobotocore alone")
    loop.run_until_complete(stack.aclose())
    loop.close()
