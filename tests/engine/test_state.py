"""The handle: `reset`, `savepoint`, `at`, `s3` and `events`."""

from __future__ import annotations

import datetime
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from mlmock import MockML, UnusedRule, after, manually, mock_ml
from tests.helpers import A2I, FLOW, client, names, start

NOW = datetime.datetime(2026, 5, 1, tzinfo=datetime.timezone.utc)


def client_of(account_id: str, region: str = "us-east-1") -> Any:
    """Return a client of an account and region."""
    return boto3.client(
        A2I, region_name=region, aws_access_key_id=account_id, aws_secret_access_key="x"
    )


# -- reset ------------------------------------------------------------------------------------


def test_reset_forgets_everything(a2i: Any) -> None:
    with mock_ml(seed=9, now=NOW) as ml:
        held = ml.a2i
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
            assert ml.calls.started == 0
            assert ml.clock.now() == NOW
            assert ml.s3.list("s3://bucket/") == []
            assert repr(ml.a2i.progress) == "<progress immediately()>"
            assert ml.a2i.human_loop("invoice-1").status is None
            assert names(a2i) == []
            ml.reset()
        assert ids[0] == ids[1]  # also the draws of the seed
        # a service's handle that the test kept speaks of the new state
        held.progress = manually()
        start(a2i)
        a2i.stop_human_loop(HumanLoopName="invoice-1")
        assert held.human_loop("invoice-1").status == "Stopping"


def test_reset_takes_what_the_outer_handle_kept_with_it(a2i: Any) -> None:
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


def test_work_that_was_under_way_does_not_end_after_a_reset(a2i: Any) -> None:
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
        assert rule.used == 1  # that it was used stays known
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


def test_rules_written_inside_a_savepoint_go_but_stay_to_be_used() -> None:
    def work() -> None:
        with mock_ml() as ml:
            with ml.savepoint():
                ml.on(A2I, "StopHumanLoop").fail("ThrottlingException")
            assert client().list_human_loops(FlowDefinitionArn=FLOW)

    with pytest.raises(UnusedRule, match="StopHumanLoop"):
        work()


def test_the_same_savepoint_gives_the_same_ids_again(mlmock: MockML, a2i: Any) -> None:
    seen = []
    for _ in range(2):
        with mlmock.savepoint():
            start(a2i)
            mlmock.a2i.human_loop("invoice-1").complete({"x": 1})
            seen.append(mlmock.events.last.id)
    assert seen[0] == seen[1]


def test_work_that_ended_inside_a_savepoint_is_still_to_end_after_it(a2i: Any) -> None:
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


def test_a_reset_inside_a_savepoint_is_rolled_back_with_the_rest(a2i: Any) -> None:
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
        once: Any = boto3.client(A2I, config=Config(retries={"total_max_attempts": 1}))
        with pytest.raises(ClientError, match="ThrottlingException"):
            once.stop_human_loop(HumanLoopName="invoice-2")
        ml.clock.advance(seconds=30)
        assert ml.a2i.human_loop("invoice-2").status == "Stopped"


# -- at ---------------------------------------------------------------------------------------


def test_at_narrows_rules_declarations_and_what_is_seen(mlmock: MockML) -> None:
    far = mlmock.at(region="eu-west-1")
    other = far.at(account_id="111122223333")
    far.on(A2I, "DescribeHumanLoop").fail("AccessDeniedException")
    for region, code in (("eu-west-1", "AccessDenied"), ("us-east-1", "ResourceNotFound")):
        with pytest.raises(ClientError, match=code):
            client_of("123456789012", region).describe_human_loop(HumanLoopName="x")
    assert far.a2i.flow_definition("x").arn.split(":")[3:5] == ["eu-west-1", "123456789012"]
    assert other.a2i.flow_definition("x").arn.split(":")[3:5] == ["eu-west-1", "111122223333"]
    assert other.calls is mlmock.calls
    assert other.clock is mlmock.clock

    other.on(A2I, "ListHumanLoops").reply({"HumanLoopSummaries": [], "NextToken": "mine"})
    arn = "arn:aws:sagemaker:eu-west-1:{}:flow-definition/x"
    for account_id, token in (("111122223333", "mine"), ("123456789012", None)):
        found = client_of(account_id, "eu-west-1").list_human_loops(
            FlowDefinitionArn=arn.format(account_id)
        )
        assert found.get("NextToken") == token


@pytest.mark.parametrize("place", [{"account_id": "12"}, {"account_id": 3}, {"region": ""}])
def test_a_place_that_cannot_be_is_refused(mlmock: MockML, place: Any) -> None:
    with pytest.raises(ValueError, match="not "):
        mlmock.at(**place)


def test_a_narrowed_handle_sees_its_own_place(mlmock: MockML, a2i: Any) -> None:
    start(a2i)
    assert mlmock.a2i.human_loop("invoice-1").status == "InProgress"
    assert mlmock.at(region="us-east-1").a2i.human_loop("invoice-1").status == "InProgress"
    assert mlmock.at(region="eu-west-1").a2i.human_loop("invoice-1").status is None


# -- objects and events -----------------------------------------------------------------------


def test_objects_in_memory(mlmock: MockML) -> None:
    mlmock.s3.put("s3://any/a/1", b"one", content_type="text/plain")
    mlmock.s3.put("s3://any/a/2", "two")
    assert mlmock.s3.get("s3://any/a/1") == b"one"
    assert mlmock.s3.object("s3://any/a/1").content_type == "text/plain"
    assert mlmock.s3.list("s3://any/a") == ["s3://any/a/1", "s3://any/a/2"]
    assert mlmock.s3.list("s3://none/") == []
    with pytest.raises(ValueError, match="s3://bucket/key"):
        mlmock.s3.put("any/a", b"")


def test_an_objects_body_is_bytes_or_text(mlmock: MockML) -> None:
    as_any: Any = mlmock.s3
    for body in (5, {"x": 1}, [1, 2], None):
        with pytest.raises(TypeError, match="body is bytes or text"):
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


def test_the_handle_shows_itself(mlmock: MockML, a2i: Any) -> None:
    start(a2i)
    assert "sagemaker-a2i-runtime" in repr(mlmock)
    assert "1 call" in repr(mlmock)
    assert "sagemaker-a2i-runtime.StartHumanLoop" in repr(mlmock.calls)
