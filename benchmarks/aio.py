"""aiobotocore: its calls against its own floor. Runs where it is installed: `make bench` does."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from typing import Any

from aiobotocore.awsrequest import AioAWSResponse
from aiobotocore.session import get_session

from benchmarks.calls import _NAMES, inside
from benchmarks.floor import KEYS
from benchmarks.paired import Row, Subject, rounds_of
from mlmock import current
from mlmock.interception.aiobotocore.bodies import RawBody

_A2I, _SAGEMAKER = "sagemaker-a2i-runtime", "sagemaker-runtime"
_AT_ONCE = 10  # calls that are awaited in one run of the loop

Call = Callable[[Any], Awaitable[object]]


def describe() -> Call:
    names = itertools.cycle(_NAMES)
    return lambda caller: caller.describe_human_loop(HumanLoopName=next(names))


async def invoke(caller: Any) -> object:
    found = await caller.invoke_endpoint(EndpointName="churn", Body=b"1,2")
    return await found["Body"].read()


def subject(loop: asyncio.AbstractEventLoop, caller: Any, call: Call) -> Subject:
    """Return what makes some calls in a run of the loop."""

    async def some() -> None:
        for _ in range(_AT_ONCE):
            await call(caller)

    return lambda: loop.run_until_complete(some())


async def floor_client(stack: AsyncExitStack, service: str, answer: Any) -> Any:
    """Return a client that is answered with exactly this, whatever it asks."""
    found = await client(stack, service)
    status, headers, body = answer.status, dict(answer.headers), answer.body

    def ready(request: Any, **kwargs: Any) -> Any:
        raw = RawBody(request.url, headers, body)
        return AioAWSResponse(request.url, status, dict(headers), raw)

    found.meta.events.register("before-send", ready)
    return found


async def client(stack: AsyncExitStack, service: str) -> Any:
    """Return a client of a session of its own."""
    return await stack.enter_async_context(get_session().create_client(service, **KEYS))


def rows() -> Iterator[Row]:
    loop, stack = asyncio.new_event_loop(), AsyncExitStack()
    for service, name, call in (
        (_A2I, "describe_human_loop", describe()),
        (_SAGEMAKER, "invoke_endpoint", invoke),
    ):
        ours = loop.run_until_complete(client(stack, service))
        with inside(strict=False)():
            loop.run_until_complete(_once(call, ours))
            answer = current().calls.last.answer
        floor = loop.run_until_complete(floor_client(stack, service, answer))
        for way, options in (("with the memos", {}), ("without", {"memos": False})):
            found = rounds_of(
                subject(loop, floor, call),
                {"aio": subject(loop, ours, call)},
                calls=8,
                around={"aio": inside(strict=False, **options)},
            )
            yield Row(f"aiobotocore, {name}, {way}", found["aio"].ratio, 1.10)
    loop.run_until_complete(stack.aclose())
    loop.close()


async def _once(call: Call, caller: Any) -> object:
    return await call(caller)
