"""Repeated runs give the same bytes: seed, frozen clock, seeded back-off."""

from __future__ import annotations

import random
from datetime import datetime, timezone
from typing import Any

import boto3
import pytest

from mlmock import MockML, after, mock_ml
from tests.helpers import A2I, FLOW, start

NOON = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)
HAIKU = "anthropic.claude-3-haiku-20240307-v1:0"
BUCKET = "s3://sagemaker-us-east-1-123456789012/"


def exchange(ml: MockML) -> list[Any]:
    """Call every service, with some retries, and return everything that was sent."""
    a2i, runtime = boto3.client(A2I), boto3.client("sagemaker-runtime")
    bedrock = boto3.client("bedrock-runtime")
    ml.on(A2I, "StopHumanLoop").fail("ThrottlingException", times=2)
    start(a2i)
    ml.a2i.human_loop("invoice-1").complete({"decision": "approve"})
    start(a2i, "invoice-2")
    a2i.stop_human_loop(HumanLoopName="invoice-2")
    ml.sagemaker.endpoint("churn", variants={"a": 0.5, "b": 0.5}).reply({"score": 0.5})
    for _ in range(5):
        runtime.invoke_endpoint(EndpointName="churn", Body=b"{}")
    message = {"role": "user", "content": [{"text": "hello"}]}
    list(bedrock.converse_stream(modelId=HAIKU, messages=[message])["stream"])
    a2i.list_human_loops(FlowDefinitionArn=FLOW)
    return [sent_bytes(call) for call in ml.calls] + [ml.s3.get(uri) for uri in ml.s3.list(BUCKET)]


def sent_bytes(call: Any) -> Any:
    body = call.answer.body
    return call.answer.headers, body if isinstance(body, bytes) else body.sent


def test_same_seed_and_frozen_clock_give_the_same_bytes() -> None:
    with mock_ml(seed=7, now=NOON) as ml:
        first = exchange(ml)
    random.seed(0)  # the mock does not use the global random generator
    with mock_ml(seed=7, now=NOON) as ml:
        assert exchange(ml) == first


def test_another_seed_gives_other_ids() -> None:
    with mock_ml(seed=7, now=NOON) as ml:
        first = exchange(ml)
    with mock_ml(seed=8, now=NOON) as ml:
        assert exchange(ml) != first


def test_reset_restarts_the_random_sequence() -> None:
    with mock_ml(seed=7, now=NOON) as ml:
        first = exchange(ml)
        ml.reset()
        assert exchange(ml) == first


def test_global_random_state_is_unchanged() -> None:
    random.seed(3)
    expected = random.random()
    random.seed(3)
    with mock_ml() as ml:
        ml.on(A2I).fail("ThrottlingException", times=2)
        boto3.client(A2I).list_human_loops(FlowDefinitionArn=FLOW)
    assert random.random() == expected


@pytest.mark.mlmock(now=NOON)
def test_legacy_back_off_uses_the_seed(mlmock: MockML) -> None:
    from botocore.config import Config

    client = boto3.client(A2I, config=Config(retries={"mode": "legacy"}))
    mlmock.on(A2I).fail("InternalServerException", times=2)
    with mlmock.savepoint():
        client.list_human_loops(FlowDefinitionArn=FLOW)
        first = mlmock.clock.now()
    assert mlmock.clock.now() == NOON
    client.list_human_loops(FlowDefinitionArn=FLOW)
    assert mlmock.clock.now() == first


def test_due_tasks_complete_when_time_machine_moves_the_clock() -> None:
    import time_machine

    with time_machine.travel(NOON, tick=False) as traveller, mock_ml() as ml:
        ml.a2i.progress = after(60)
        client = boto3.client(A2I)
        start(client)
        client.stop_human_loop(HumanLoopName="invoice-1")
        traveller.shift(61)
        assert client.describe_human_loop(HumanLoopName="invoice-1")["HumanLoopStatus"] == "Stopped"
        assert [event.detail["humanLoopStatus"] for event in ml.events] == ["Stopped"]
