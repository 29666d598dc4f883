"""aiobotocore clients: bodies, streams, pagination, retries, sessions and tasks."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import boto3
import pytest
from aiobotocore import response
from aiobotocore.config import AioConfig
from aiobotocore.stub import AioStubber
from aiobotocore.waiter import create_waiter_with_client
from botocore.exceptions import (
    ClientError,
    EndpointConnectionError,
    ReadTimeoutError,
    WaiterError,
)
from botocore.waiter import WaiterModel

from mlmock import NotMocked, current, error, mock_ml, stream
from tests.integration.aiobotocore.helpers import CLAUDE, FLOW, HELLO, loop, retrying, session

pytestmark = pytest.mark.anyio
ATTEMPTS = {"legacy": 5, "standard": 3, "adaptive": 3}
NAME = "sagemaker-a2i-runtime"


# -- bodies and streams -----------------------------------------------------------------------


async def test_body_is_read_at_once_or_in_parts(ml: Any, sagemaker: Any) -> None:
    ml.sagemaker.endpoint("e").reply(b"0123456789")

    async def body() -> Any:
        return (await sagemaker.invoke_endpoint(EndpointName="e", Body=b"{}"))["Body"]

    assert await (await body()).read() == b"0123456789"
    async with await body() as whole:
        assert await whole.read() == b"0123456789"
    part = await body()
    assert [await part.read(4), await part.read(4), await part.read(4)] == [
        b"0123",
        b"4567",
        b"89",
    ]
    assert [chunk async for chunk in (await body()).iter_chunks(4)] == [b"0123", b"4567", b"89"]
    assert b"".join([line async for line in (await body()).iter_lines()]) == b"0123456789"


async def test_event_stream_yields_one_event_at_a_time(ml: Any, sagemaker: Any) -> None:
    ml.sagemaker.endpoint("s").stream([b"to", b"ken"]).then_error("ModelStreamError", "broken")
    answer = await sagemaker.invoke_endpoint_with_response_stream(EndpointName="s", Body=b"{}")
    events = answer["Body"].__aiter__()
    assert (await events.__anext__())["PayloadPart"] == {"Bytes": b"to"}
    assert (await events.__anext__())["PayloadPart"] == {"Bytes": b"ken"}
    with pytest.raises(ClientError, match="broken"):
        await events.__anext__()


async def test_converse_and_converse_stream_give_the_same_text(ml: Any, bedrock: Any) -> None:
    ml.bedrock.model(CLAUDE).reply(stream("Hel", "lo"))
    whole = await bedrock.converse(modelId=CLAUDE, messages=HELLO)
    assert whole["output"]["message"]["content"] == [{"text": "Hello"}]
    answer = await bedrock.converse_stream(modelId=CLAUDE, messages=HELLO)
    events = [event async for event in answer["stream"]]
    deltas = [e["contentBlockDelta"]["delta"]["text"] for e in events if "contentBlockDelta" in e]
    assert deltas == ["Hel", "lo"]


async def test_async_callable_runs_in_the_loop_of_the_caller(ml: Any, sagemaker: Any) -> None:
    running_loop = asyncio.get_running_loop()

    async def answer(call: Any) -> Any:
        await asyncio.sleep(0)
        return {"same": asyncio.get_running_loop() is running_loop, "asked": call.json()}

    ml.sagemaker.endpoint("e").reply(answer)
    found = await sagemaker.invoke_endpoint(EndpointName="e", Body=b'{"x": 1}')
    assert json.loads(await found["Body"].read()) == {"same": True, "asked": {"x": 1}}


# -- pagination, errors, retries --------------------------------------------------------------


async def test_pagination(ml: Any, a2i: Any) -> None:
    for number in range(5):
        await a2i.start_human_loop(**loop(f"loop-{number}"))
    pages = a2i.get_paginator("list_human_loops").paginate(
        FlowDefinitionArn=FLOW, PaginationConfig={"PageSize": 2}
    )
    assert [len(page["HumanLoopSummaries"]) async for page in pages] == [2, 2, 1]


async def test_errors_are_the_exceptions_of_the_client(a2i: Any) -> None:
    with pytest.raises(a2i.exceptions.ResourceNotFoundException):
        await a2i.describe_human_loop(HumanLoopName="nope")


@pytest.mark.parametrize("mode", ATTEMPTS)
async def test_retries_are_counted_and_nothing_sleeps(ml: Any, mode: str) -> None:
    rule = ml.on(NAME).fail("ThrottlingException")
    async with session().create_client(NAME, config=AioConfig(retries={"mode": mode})) as client:
        with pytest.raises(ClientError, match="ThrottlingException"):
            await client.list_human_loops(FlowDefinitionArn=FLOW)
    assert len(ml.calls) == ATTEMPTS[mode]
    assert [call.attempt for call in ml.calls] == [*range(1, ATTEMPTS[mode] + 1)]
    assert rule is not None


@pytest.mark.parametrize("mode", ATTEMPTS)
async def test_throttled_call_recovers(ml: Any, mode: str) -> None:
    ml.on(NAME).fail("ThrottlingException", times=2)
    async with session().create_client(NAME, config=retrying(mode, 3)) as client:
        found = await client.list_human_loops(FlowDefinitionArn=FLOW)
    assert found["ResponseMetadata"]["RetryAttempts"] == 2
    assert len(ml.calls) == 3


async def test_connection_failures(ml: Any) -> None:
    async with session().create_client(NAME, config=retrying("standard", 1)) as client:
        with ml.savepoint():
            ml.on(NAME).timeout()
            with pytest.raises(ReadTimeoutError):
                await client.list_human_loops(FlowDefinitionArn=FLOW)
        ml.on(NAME).unreachable()
        with pytest.raises(EndpointConnectionError):
            await client.list_human_loops(FlowDefinitionArn=FLOW)


async def test_delay_is_virtual(ml: Any, a2i: Any) -> None:
    before = ml.clock.now()
    ml.on(NAME).delay(50)
    await a2i.list_human_loops(FlowDefinitionArn=FLOW)
    assert (ml.clock.now() - before).total_seconds() >= 50


# -- sessions and clients ---------------------------------------------------------------------


async def test_existing_client_is_mocked_and_restored() -> None:
    keys = {"aws_access_key_id": "AKIAREALREALREALREAL", "aws_secret_access_key": "real-secret"}
    async with session().create_client(NAME, "us-east-1", **keys) as client:
        async with mock_ml() as ml:
            await client.start_human_loop(**loop("one"))
            assert ml.calls.last.account_id == "123456789012"
            assert "REAL" not in repr(ml.calls.last) + str(ml.calls.last.params)
        assert "_send" not in vars(client._endpoint)


async def test_client_created_in_a_mock_raises_not_mocked_after_it() -> None:
    async with mock_ml():
        kept = session().create_client(NAME)
        client = await kept.__aenter__()
    with pytest.raises(NotMocked):
        await client.list_human_loops(FlowDefinitionArn=FLOW)
    await kept.__aexit__(None, None, None)


async def test_another_service_raises_not_mocked(ml: Any) -> None:
    async with session().create_client("s3") as client:
        with pytest.raises(NotMocked, match="s3"):
            await client.list_buckets()
    ml.unmatched.clear()


async def test_sync_and_async_clients_share_one_state(ml: Any, a2i: Any) -> None:
    boto3.client(NAME).start_human_loop(**loop("by-boto3"))
    await a2i.start_human_loop(**loop("by-aiobotocore"))
    found = await a2i.list_human_loops(FlowDefinitionArn=FLOW)
    names = {each["HumanLoopName"] for each in found["HumanLoopSummaries"]}
    assert names == {"by-boto3", "by-aiobotocore"}


async def test_aioboto3_client_shares_the_state(ml: Any) -> None:
    aioboto3 = pytest.importorskip("aioboto3", reason="it has no release for this aiobotocore")
    boto3.client(NAME).start_human_loop(**loop("by-boto3"))
    async with aioboto3.Session().client(NAME) as client:
        found = await client.list_human_loops(FlowDefinitionArn=FLOW)
    assert [each["HumanLoopName"] for each in found["HumanLoopSummaries"]] == ["by-boto3"]


async def test_account_and_region_are_those_of_the_client(ml: Any) -> None:
    keys = {"aws_access_key_id": "111122223333", "aws_secret_access_key": "x"}
    async with session().create_client(NAME, "eu-west-1", **keys) as client:
        await client.list_human_loops(
            FlowDefinitionArn=FLOW.replace("us-east-1:123456789012", "eu-west-1:111122223333")
        )
    assert (ml.calls.last.account_id, ml.calls.last.region) == ("111122223333", "eu-west-1")


async def test_bearer_tokens(ml: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", "a-real-token")
    ml.bedrock.model(CLAUDE).reply("Hello")
    async with session().create_client("bedrock-runtime") as client:
        sent: list[str] = []
        client.meta.events.register(
            "before-send", lambda request, **_: sent.append(str(request.headers))
        )
        await client.converse(modelId=CLAUDE, messages=HELLO)
    assert "a-real-token" not in sent[0]


def httpx_client() -> Any:
    """Return a client that sends with httpx."""
    httpxsession = pytest.importorskip("aiobotocore.httpxsession")
    config = AioConfig(
        http_session_cls=httpxsession.HttpxSession, retries={"total_max_attempts": 2}
    )
    return session().create_client("sagemaker-runtime", config=config)


@pytest.mark.filterwarnings("ignore:.*httpx2:DeprecationWarning")
async def test_httpx_sessions(ml: Any) -> None:
    async with httpx_client() as client:
        ml.sagemaker.endpoint("e").reply(b"line 1\nline 2")
        ml.sagemaker.endpoint("s").stream([b"a", b"b"])
        whole = await client.invoke_endpoint(EndpointName="e", Body=b"{}")
        assert await whole["Body"].read() == b"line 1\nline 2"
        found = await client.invoke_endpoint_with_response_stream(EndpointName="s", Body=b"{}")
        assert [event["PayloadPart"]["Bytes"] async for event in found["Body"]] == [b"a", b"b"]
        ml.on("sagemaker-runtime").fail("ThrottlingException", times=1)
        assert (await client.invoke_endpoint(EndpointName="e", Body=b""))["Body"] is not None
        ml.on("sagemaker-runtime").fail("ThrottlingException")
        with pytest.raises(ClientError, match="ThrottlingException"):
            await client.invoke_endpoint(EndpointName="e", Body=b"")


@pytest.mark.skipif(
    not hasattr(response, "AioHttpxStreamingBody"), reason="such a body can only be read whole"
)
@pytest.mark.filterwarnings("ignore:.*httpx2:DeprecationWarning")
async def test_httpx_body_is_read_in_parts(ml: Any) -> None:
    async with httpx_client() as client:
        ml.sagemaker.endpoint("e").reply(b"line 1\nline 2")

        async def body() -> Any:
            return (await client.invoke_endpoint(EndpointName="e", Body=b"{}"))["Body"]

        part = await body()
        assert [await part.read(4), await part.read(4)] == [b"line", b" 1\nl"]
        await part.close()  # close() of an httpx body is a coroutine
        assert [line async for line in (await body()).iter_lines()] == [b"line 1", b"line 2"]
        async with await body() as whole:
            assert await whole.read() == b"line 1\nline 2"


WAITER = {
    "version": 2,
    "waiters": {
        "LoopStopped": {
            "operation": "DescribeHumanLoop",
            "delay": 300,
            "maxAttempts": 5,
            "acceptors": [
                {
                    "state": "success",
                    "matcher": "path",
                    "argument": "HumanLoopStatus",
                    "expected": "Stopped",
                },
            ],
        }
    },
}


async def test_waiter_uses_the_virtual_clock(ml: Any, a2i: Any) -> None:
    await a2i.start_human_loop(**loop("one"))
    waiter = create_waiter_with_client("LoopStopped", WaiterModel(WAITER), a2i)
    before = ml.clock.now()
    with pytest.raises(WaiterError, match="Max attempts"):
        await waiter.wait(HumanLoopName="one")
    assert (ml.clock.now() - before).total_seconds() >= 4 * 300
    await a2i.stop_human_loop(HumanLoopName="one")
    await waiter.wait(HumanLoopName="one")


async def test_stubber_answers_before_the_mock(ml: Any, a2i: Any) -> None:
    with AioStubber(a2i) as stub:
        stub.add_response("list_human_loops", {"HumanLoopSummaries": []})
        stub.add_client_error("list_human_loops", "ThrottlingException")
        assert (await a2i.list_human_loops(FlowDefinitionArn=FLOW))["HumanLoopSummaries"] == []
        with pytest.raises(ClientError, match="ThrottlingException"):
            await a2i.list_human_loops(FlowDefinitionArn=FLOW)
    assert len(ml.calls) == 0
    await a2i.start_human_loop(**loop("one"))
    assert len(ml.calls) == 1


async def test_cancelled_task_is_recorded_as_cancelled(ml: Any, sagemaker: Any) -> None:
    async def never(call: Any) -> None:
        await asyncio.Event().wait()

    ml.sagemaker.endpoint("e").reply(never)
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(sagemaker.invoke_endpoint(EndpointName="e", Body=b""), 0.01)
    assert isinstance(ml.calls.last.error, asyncio.CancelledError)
    ml.sagemaker.endpoint("e").reply(b"ok")
    found = await sagemaker.invoke_endpoint(EndpointName="e", Body=b"")
    assert await found["Body"].read() == b"ok"


# -- decorators and tasks ---------------------------------------------------------------------


@mock_ml
async def test_decorated_coroutine(ml: Any) -> None:
    assert current() is ml
    async with session().create_client(NAME) as client:
        await client.start_human_loop(**loop("one"))
    assert len(ml.calls) == 1


async def test_event_loops_in_threads_share_one_state(ml: Any, a2i: Any) -> None:
    async def start(number: int) -> None:
        async with session().create_client(NAME) as client:
            await asyncio.gather(
                *(client.start_human_loop(**loop(f"{number}-{n}")) for n in range(5))
            )

    threads = [asyncio.to_thread(asyncio.run, start(number)) for number in range(4)]
    await asyncio.gather(*threads)
    assert len(ml.calls) == 20


@mock_ml
class TestDecorated:
    """A decorated class whose tests are coroutines."""

    ml: Any

    async def test_one(self, ml: Any) -> None:
        async with session().create_client(NAME) as client:
            await client.start_human_loop(**loop("one"))
        assert len(ml.calls) == len(self.ml.calls) == 1


async def test_thousand_tasks(ml: Any, a2i: Any) -> None:
    await asyncio.gather(*(a2i.start_human_loop(**loop(f"loop-{n}")) for n in range(1000)))
    assert len(ml.calls) == 1000
    pages = a2i.get_paginator("list_human_loops").paginate(FlowDefinitionArn=FLOW)
    names = {s["HumanLoopName"] async for page in pages for s in page["HumanLoopSummaries"]}
    assert len(names) == 1000


async def test_error_is_retried_and_then_answered(ml: Any, sagemaker: Any) -> None:
    ml.sagemaker.endpoint("e").reply(error("ModelNotReadyException", "wait"), b"ok")
    found = await sagemaker.invoke_endpoint(EndpointName="e", Body=b"{}")
    assert await found["Body"].read() == b"ok"
    assert found["ResponseMetadata"]["RetryAttempts"] == 1
