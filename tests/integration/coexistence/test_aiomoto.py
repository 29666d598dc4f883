"""aiomoto and mlmock, started and stopped in every order."""

from __future__ import annotations

import itertools
import json
from typing import Any

import aiomoto
import boto3
import pytest
from aiobotocore.config import AioConfig
from aiobotocore.endpoint import AioEndpoint
from aiobotocore.session import AioSession, get_session
from moto.core.botocore_stubber import BotocoreStubber

from mlmock import NotMocked, mock_ml

pytestmark = pytest.mark.anyio
NAME = "sagemaker-a2i-runtime"
FLOW = "arn:aws:sagemaker:us-east-1:123456789012:flow-definition/review"
KEYS = {"aws_access_key_id": "AKIAREAL", "aws_secret_access_key": "x"}
NO_RETRIES = AioConfig(retries={"total_max_attempts": 1})
STEPS = ("ml", "aws", "/ml", "/aws")
ORDERS = [
    order
    for order in itertools.permutations(STEPS)
    if order.index("ml") < order.index("/ml") and order.index("aws") < order.index("/aws")
]


@pytest.fixture
def anyio_backend() -> str:
    """Run on asyncio, as aiobotocore does."""
    return "asyncio"


def client(service: str, **more: Any) -> Any:
    """Return the context manager of an asynchronous client."""
    return get_session().create_client(service, "us-east-1", config=NO_RETRIES, **KEYS, **more)


async def loops(a2i: Any) -> list[str]:
    """Start a human loop and return the names of all loops."""
    found = await a2i.list_human_loops(FlowDefinitionArn=FLOW)
    await a2i.start_human_loop(
        HumanLoopName=f"loop-{len(found['HumanLoopSummaries'])}",
        FlowDefinitionArn=FLOW,
        HumanLoopInput={"InputContent": "{}"},
    )
    found = await a2i.list_human_loops(FlowDefinitionArn=FLOW)
    return [loop["HumanLoopName"] for loop in found["HumanLoopSummaries"]]


@pytest.mark.parametrize("order", ORDERS, ids=" ".join)
async def test_start_and_stop_in_any_order(order: tuple[str, ...]) -> None:
    before = [dict(vars(kind)) for kind in (AioEndpoint, AioSession, BotocoreStubber)]
    async with client(NAME) as old, client("s3") as old_s3:
        instances = [dict(vars(each._endpoint)) for each in (old, old_s3)]
        mocks: dict[str, Any] = {"ml": mock_ml(), "aws": aiomoto.mock_aws()}
        running: dict[str, Any] = {}
        for step in order:
            name = step.strip("/")
            if step == name:
                running[name] = mocks[name].start()
            else:
                del running[name]
                mocks[name].stop()
            await check_clients(running, old, old_s3)
        assert [dict(vars(each._endpoint)) for each in (old, old_s3)] == instances
    after = [dict(vars(kind)) for kind in (AioEndpoint, AioSession, BotocoreStubber)]
    assert after == before


async def check_clients(running: dict[str, Any], old: Any, old_s3: Any) -> None:
    """Call the active mocks with old and new clients; each answers its own services."""
    async with client(NAME) as a2i, client("s3") as s3:
        if "ml" in running:
            for each in (old, a2i):
                calls = len(running["ml"].calls)
                assert await loops(each)
                assert len(running["ml"].calls) == calls + 3
        if "aws" in running:
            await s3.create_bucket(Bucket="bucket")
            assert [b["Name"] for b in (await s3.list_buckets())["Buckets"]] == ["bucket"]
            await s3.delete_bucket(Bucket="bucket")
        elif "ml" in running:
            for each in (old_s3, s3):
                with pytest.raises(NotMocked):
                    await each.list_buckets()
            running["ml"].unmatched.clear()


@pytest.mark.parametrize("mlmock_outside", [True, False])
async def test_answers_are_stored_in_aiomotos_s3(mlmock_outside: bool) -> None:
    mocks: list[Any] = [mock_ml(), aiomoto.mock_aws()]
    first, second = mocks if mlmock_outside else mocks[::-1]
    async with first as one, second as two:
        ml = one if mlmock_outside else two
        async with client("s3") as s3, client(NAME) as a2i:
            await s3.create_bucket(Bucket="answers")
            ml.a2i.flow_definition("review", output="s3://answers/out")
            ml.a2i.human_loop("loop-0").complete({"decision": "approve"})
            await loops(a2i)
            found = await a2i.describe_human_loop(HumanLoopName="loop-0")
            key = found["HumanLoopOutput"]["OutputS3Uri"].removeprefix("s3://answers/")
            stored = await s3.get_object(Bucket="answers", Key=key)
            answer = json.loads(await stored["Body"].read())
            assert answer["humanAnswers"][0]["answerContent"] == {"decision": "approve"}
            by_boto3 = boto3.client("s3", "us-east-1").list_objects_v2(Bucket="answers")
            assert [each["Key"] for each in by_boto3["Contents"]] == [key]


@aiomoto.mock_aws
@mock_ml
async def test_both_decorators(ml: Any) -> None:
    async with client("s3") as s3, client(NAME) as a2i:
        assert isinstance((await s3.list_buckets())["Buckets"], list)
        assert await loops(a2i) == ["loop-0"]
        assert len(ml.calls) == 3


@mock_ml
@aiomoto.mock_aws
async def test_both_decorators_in_the_other_order(ml: Any) -> None:
    async with client("s3") as s3, client(NAME) as a2i:
        assert isinstance((await s3.list_buckets())["Buckets"], list)
        assert await loops(a2i) == ["loop-0"]
        assert len(ml.calls) == 3
