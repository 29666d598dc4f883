"""A mock together with Stubber, frozen time, forked processes and threads that outlive it."""

from __future__ import annotations

import multiprocessing
import threading
from datetime import datetime, timezone
from typing import Any

import boto3
import pytest
import time_machine
from botocore.stub import Stubber
from freezegun import freeze_time

from mlmock import NotMocked, mock_ml

NAME = "sagemaker-a2i-runtime"
FLOW = "arn:aws:sagemaker:us-east-1:123456789012:flow-definition/review"
THEN = datetime(2025, 3, 4, 5, 6, 7, tzinfo=timezone.utc)


def client(region: str = "us-east-1") -> Any:
    """Return an Amazon A2I client."""
    return boto3.client(NAME, region_name=region)


def start(a2i: Any) -> None:
    """Start a human loop."""
    a2i.start_human_loop(
        HumanLoopName="one", FlowDefinitionArn=FLOW, HumanLoopInput={"InputContent": "{}"}
    )


def created(a2i: Any) -> datetime:
    """Start a human loop and return its creation time."""
    start(a2i)
    found: datetime = a2i.describe_human_loop(HumanLoopName="one")["CreationTime"]
    return found


def test_stubber_answers_before_the_mock() -> None:
    with mock_ml() as ml:
        a2i = client()
        with Stubber(a2i) as stub:
            stub.add_response("list_human_loops", {"HumanLoopSummaries": []})
            assert a2i.list_human_loops(FlowDefinitionArn=FLOW)["HumanLoopSummaries"] == []
            stub.assert_no_pending_responses()
        assert len(ml.calls.of(NAME, "ListHumanLoops")) <= 1
        start(a2i)
        assert len(a2i.list_human_loops(FlowDefinitionArn=FLOW)["HumanLoopSummaries"]) == 1


def test_freezegun_inside_and_outside() -> None:
    with freeze_time(THEN), mock_ml():
        assert created(client()) == THEN
    with mock_ml(), freeze_time(THEN):
        assert created(client()) == THEN


def test_time_machine_inside_and_outside() -> None:
    with time_machine.travel(THEN, tick=False), mock_ml():
        assert created(client()) == THEN
    with mock_ml(), time_machine.travel(THEN, tick=False):
        assert created(client()) == THEN


def test_thread_that_outlives_the_mock_gets_not_mocked() -> None:
    found: list[BaseException] = []
    ended = threading.Event()

    def call_late(a2i: Any) -> None:
        ended.wait(10)
        try:
            a2i.list_human_loops(FlowDefinitionArn=FLOW)
        except BaseException as error:  # the test asserts its type
            found.append(error)

    with mock_ml():
        thread = threading.Thread(target=call_late, args=(client(),))
        thread.start()
    ended.set()
    thread.join(10)
    assert [type(error) for error in found] == [NotMocked]


def _run_in_child(sender: Any) -> None:
    a2i = client()
    start(a2i)
    sender.send([loop["HumanLoopName"] for loop in _loops(a2i)])


def _loops(a2i: Any) -> Any:
    return a2i.list_human_loops(FlowDefinitionArn=FLOW)["HumanLoopSummaries"]


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="no fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_forked_process_has_a_copy_of_the_state() -> None:
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    with mock_ml() as ml:
        child = context.Process(target=_run_in_child, args=(sender,))
        child.start()
        assert receiver.poll(30)
        assert receiver.recv() == ["one"]
        child.join(10)
        assert len(ml.calls) == 0
        assert _loops(client()) == []


@pytest.mark.parametrize(
    ("region", "options"),
    [
        ("us-east-1", {}),
        ("us-gov-west-1", {}),
        ("cn-north-1", {}),
        ("us-iso-east-1", {}),
        ("us-east-1", {"use_fips_endpoint": True}),
        ("us-east-1", {"use_dualstack_endpoint": True}),
    ],
)
def test_no_kind_of_endpoint_lets_requests_through(region: str, options: dict[str, Any]) -> None:
    from botocore.config import Config

    with mock_ml(strict=False) as ml:
        runtime = boto3.client("sagemaker-runtime", region, config=Config(**options))
        ml.sagemaker.endpoint("e").reply(b"ok")
        assert runtime.invoke_endpoint(EndpointName="e", Body=b"{}")["Body"].read() == b"ok"
        assert ml.calls.last.region == region
        other = boto3.client("sqs", region, config=Config(**options))
        with pytest.raises(NotMocked):
            other.list_queues()
        ml.unmatched.clear()
