"""The handle's `reset`, `savepoint`, `at`, `s3` and `events`."""

from __future__ import annotations

import datetime
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from mlmock import MockML, UnusedRule, after, manually, mock_ml
from tests.helpers import A2I, FLOW, client, client_for, names, start

NOW = datetime.datetime(2026, 5, 1, tzinfo=datetime.timezone.utc)

# -- reset ------------------------------------------------------------------------------------


def test_reset_clears_everything(a2i: Any) -> None:
    with mock_ml(seed=9, now=NOW) as ml:
        kept_handle = ml.a2i
        ids = []
        for _ in range(2):
            ml.a2i.flow_definition("review", workers=3)
            ml.a2i.progress = manually()
            ml.on(A2I, "StopHumanLoop").fail("ThrottlingException")
            ml.s3.put("s3://bucket/key", b"1")
            start(a2i)
            ids.append(ml.calls.last.request_id)
            ml.a2i.human_loop("invoice-1").fail("InternalError")
            ml.clock.advance(hours=1)
            ml.reset()
            assert (len(ml.calls), len(ml.events), ml.unmatched) == (0, 0, [])
            assert ml.calls.total == 0
            assert ml.clock.now() == NOW
            assert ml.s3.list("s3://bucket/") == []
            assert repr(ml.a2i.progress) == "<progress immediately()>"
            assert ml.a2i.human_loop("invoice-1").status is None
            assert names(a2i) == []
            ml.reset()
        assert ids[0] == ids[1]  # the random sequence restarts as well
        # a service handle kept from before the reset refers to the new state
        kept_handle.progress = manually()
        start(a2i)
        a2i.stop_human_loop(HumanLoopName="invoice-1")
        assert kept_handle.human_loop("invoice-1").status == "Stopping"


def test_reset_of_an_inner_mock_keeps_outer_handles_valid(a2i: Any) -> None:
    with mock_ml() as outer:
        outer.a2i.flow_definition("review", workers=2)
        with mock_ml() as inner:
            inner.reset()
        outer.a2i.progress = manually()
        start(a2i)
        a2i.stop_human_loop(HumanLoopName="invoice-1")
        assert inner.a2i.human_loop("invoice-1").status == "Stopping"
        outer.a2i.progress.step()
        assert inner.a2i.human_loop("invoice-1").status == "Stopped"


def test_pending_tasks_do_not_complete_after_a_reset(a2i: Any) -> None:
    with mock_ml(progress=after(60)) as ml:
        start(a2i)
        a2i.stop_human_loop(HumanLoopName="invoice-1")
        ml.reset()
        ml.clock.advance(hours=1)
        assert len(ml.events) == 0


# -- savepoints -------------------------------------------------------------------------------


def test_a_savepoint_rolls_back_resources_journal_clock_and_remaining_answers(a2i: Any) -> None:
    with mock_ml(now=NOW) as ml:
        start(a2i, "a")
        rule = ml.on(A2I, "DeleteHumanLoop").fail("ValidationException", times=2)
        with ml.savepoint():
            start(a2i, "b")
            ml.a2i.human_loop("a").complete({"x": 1})
            ml.a2i.flow_definition("review", workers=2)
            ml.clock.advance(days=1)
            ml.s3.put("s3://bucket/key", b"1")
            with pytest.raises(ClientError):
                a2i.delete_human_loop(HumanLoopName="a")
            assert len(ml.events) == 1
            assert names(a2i) == ["a", "b"]
        assert names(a2i) == ["a"]
        assert ml.a2i.human_loop("a").status == "InProgress"
        assert ml.clock.now() == NOW
        assert len(ml.events) == 0
        assert ml.s3.list("s3://bucket/") == []
        assert [call.operation for call in ml.calls] == ["StartHumanLoop", "ListHumanLoops"]
        assert rule.used == 1  # the count of uses is kept
        for _ in range(2):
            with pytest.raises(ClientError, match="DeleteHumanLoop"):
                a2i.delete_human_loop(HumanLoopName="a")
        ml.a2i.human_loop("a").complete({"x": 1})
        assert ml.a2i.human_loop("a").status == "Completed"


def test_savepoints_nest_and_survive_exceptions(mlmock: MockML, a2i: Any) -> None:
    def inside() -> None:
        with mlmock.savepoint():
            start(a2i, "c")
            raise LookupError

    with mlmock.savepoint():
        start(a2i, "a")
        with mlmock.savepoint():
            start(a2i, "b")
        assert names(a2i) == ["a"]
        with pytest.raises(LookupError):
            inside()
        assert names(a2i) == ["a"]
    assert names(a2i) == []


def test_unused_rules_of_a_savepoint_are_still_reported() -> None:
    def run() -> None:
        with mock_ml() as ml:
            with ml.savepoint():
                ml.on(A2I, "StopHumanLoop").fail("ThrottlingException")
            assert client().list_human_loops(FlowDefinitionArn=FLOW)

    with pytest.raises(UnusedRule, match="StopHumanLoop"):
        run()


def test_repeated_savepoint_gives_the_same_ids(mlmock: MockML, a2i: Any) -> None:
    event_ids = []
    for _ in range(2):
        with mlmock.savepoint():
            start(a2i)
            mlmock.a2i.human_loop("invoice-1").complete({"x": 1})
            event_ids.append(mlmock.events.last.id)
    assert event_ids[0] == event_ids[1]


def test_task_completed_inside_a_savepoint_is_pending_again_after_it(a2i: Any) -> None:
    with mock_ml(progress=after(60)) as ml:
        start(a2i)
        a2i.stop_human_loop(HumanLoopName="invoice-1")
        loop = ml.a2i.human_loop("invoice-1")
        with ml.savepoint():
            loop.finish()
            assert loop.status == "Stopped"
        with ml.savepoint():
            ml.clock.advance(seconds=60)
            assert loop.status == "Stopped"
        with ml.savepoint():
            loop.finish()
            ml.clock.advance(seconds=60)
        assert loop.status == "Stopping"
        ml.clock.advance(seconds=60)
        assert loop.status == "Stopped"
        assert len(ml.events) == 1


def test_reset_inside_a_savepoint_is_rolled_back(a2i: Any) -> None:
    with mock_ml(progress=after(60)) as ml:
        start(a2i)
        start(a2i, "invoice-2")
        a2i.stop_human_loop(HumanLoopName="invoice-2")
        ml.a2i.human_loop("invoice-1").complete({"x": 1})
        ml.on(A2I, "StopHumanLoop").fail("ThrottlingException", times=1)
        ml.clock.advance(seconds=30)
        before = ml.clock.now()
        with ml.savepoint():
            ml.reset()
            start(a2i, "other")
            assert (len(ml.calls), len(ml.events), names(a2i)) == (1, 0, ["other"])
        assert names(a2i) == ["invoice-1", "invoice-2"]
        assert [call.operation for call in ml.calls][:3] == [
            *["StartHumanLoop"] * 2,
            "StopHumanLoop",
        ]
        assert (len(ml.events), len(ml.s3.list("s3://sagemaker-us-east-1-123456789012/"))) == (1, 1)
        assert ml.clock.now() >= before
        no_retries: Any = boto3.client(A2I, config=Config(retries={"total_max_attempts": 1}))
        with pytest.raises(ClientError, match="ThrottlingException"):
            no_retries.stop_human_loop(HumanLoopName="invoice-2")
        ml.clock.advance(seconds=30)
        assert ml.a2i.human_loop("invoice-2").status == "Stopped"


# -- at ---------------------------------------------------------------------------------------


def test_at_narrows_rules_declarations_and_lookups(mlmock: MockML) -> None:
    far = mlmock.at(region="eu-west-1")
    other = far.at(account_id="111122223333")
    far.on(A2I, "DescribeHumanLoop").fail("AccessDeniedException")
    for region, code in (("eu-west-1", "AccessDenied"), ("us-east-1", "ResourceNotFound")):
        with pytest.raises(ClientError, match=code):
            client_for("123456789012", region).describe_human_loop(HumanLoopName="x")
    assert far.a2i.flow_definition("x").arn.split(":")[3:5] == ["eu-west-1", "123456789012"]
    assert other.a2i.flow_definition("x").arn.split(":")[3:5] == ["eu-west-1", "111122223333"]
    assert other.calls is mlmock.calls
    assert other.clock is mlmock.clock

    other.on(A2I, "ListHumanLoops").reply({"HumanLoopSummaries": [], "NextToken": "mine"})
    arn = "arn:aws:sagemaker:eu-west-1:{}:flow-definition/x"
    for account_id, token in (("111122223333", "mine"), ("123456789012", None)):
        found = client_for(account_id, "eu-west-1").list_human_loops(
            FlowDefinitionArn=arn.format(account_id)
        )
        assert found.get("NextToken") == token


@pytest.mark.parametrize("scope", [{"account_id": "12"}, {"account_id": 3}, {"region": ""}])
def test_invalid_region_or_account_is_rejected(mlmock: MockML, scope: Any) -> None:
    with pytest.raises(ValueError, match="not "):
        mlmock.at(**scope)


def test_narrowed_handle_sees_only_its_region(mlmock: MockML, a2i: Any) -> None:
    start(a2i)
    assert mlmock.a2i.human_loop("invoice-1").status == "InProgress"
    assert mlmock.at(region="us-east-1").a2i.human_loop("invoice-1").status == "InProgress"
    assert mlmock.at(region="eu-west-1").a2i.human_loop("invoice-1").status is None


# -- objects and events -----------------------------------------------------------------------


def test_in_memory_objects(mlmock: MockML) -> None:
    mlmock.s3.put("s3://any/a/1", b"one", content_type="text/plain")
    mlmock.s3.put("s3://any/a/2", "two")
    assert mlmock.s3.get("s3://any/a/1") == b"one"
    assert mlmock.s3.object("s3://any/a/1").content_type == "text/plain"
    assert mlmock.s3.list("s3://any/a") == ["s3://any/a/1", "s3://any/a/2"]
    assert mlmock.s3.list("s3://none/") == []
    with pytest.raises(ValueError, match="s3://bucket/key"):
        mlmock.s3.put("any/a", b"")


def test_object_body_must_be_bytes_or_text(mlmock: MockML) -> None:
    as_any: Any = mlmock.s3
    for body in (5, {"x": 1}, [1, 2], None):
        with pytest.raises(TypeError, match="bytes or text"):
            as_any.put("s3://bucket/key", body)
    assert mlmock.s3.list("s3://bucket/") == []


def test_events_are_a_sequence(mlmock: MockML, a2i: Any) -> None:
    with pytest.raises(IndexError):
        _ = mlmock.events.last
    for name in "ab":
        start(a2i, name)
        mlmock.a2i.human_loop(name).complete({"x": 1})
    assert len(mlmock.events) == 2
    assert mlmock.events.last is mlmock.events[1]
    event = mlmock.events[0]
    assert (event.source, event.region, event.account_id) == (
        "aws.sagemaker",
        "us-east-1",
        "123456789012",
    )
    assert len(mlmock.events.of(event.detail_type)) == 2
    assert "SageMaker A2I HumanLoop Status Change" in repr(mlmock.events)


def test_repr_of_the_handle_and_the_journal(mlmock: MockML, a2i: Any) -> None:
    start(a2i)
    assert "sagemaker-a2i-runtime" in repr(mlmock)
    assert ": 1 call>" in repr(mlmock)
    assert "sagemaker-a2i-runtime.StartHumanLoop" in repr(mlmock.calls)
