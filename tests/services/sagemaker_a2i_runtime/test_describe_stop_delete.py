"""DescribeHumanLoop, StopHumanLoop and DeleteHumanLoop in every state."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from botocore.exceptions import ClientError

from mlmock import InvalidRule, MockML, after, after_polls, manually
from tests.helpers import FLOW, start
from tests.services.sagemaker_a2i_runtime.human_loop_helpers import describe, names, status


def error_of(operation: Any, name: str = "invoice-1") -> tuple[int, str, str]:
    """Return HTTP status, code and message of a failed call."""
    with pytest.raises(ClientError) as caught:
        operation(HumanLoopName=name)
    response = caught.value.response
    error = response["Error"]
    return response["ResponseMetadata"]["HTTPStatusCode"], error["Code"], error["Message"]


# -- describe ---------------------------------------------------------------------------------


@pytest.mark.mlmock(now=datetime(2026, 2, 3, 4, 5, 6, 789123, tzinfo=timezone.utc))
def test_every_member_of_a_loop_in_progress(a2i: Any, ml: MockML) -> None:
    ml.a2i.flow_definition("review", output="s3://bucket/out")
    start(a2i, "invoice-1")
    assert describe(a2i, "invoice-1") == {
        "CreationTime": datetime(2026, 2, 3, 4, 5, 6, 789000, tzinfo=timezone.utc),
        "HumanLoopStatus": "InProgress",
        "HumanLoopName": "invoice-1",
        "HumanLoopArn": "arn:aws:sagemaker:us-east-1:123456789012:human-loop/invoice-1",
        "FlowDefinitionArn": FLOW,
        "HumanLoopOutput": {
            "OutputS3Uri": "s3://bucket/out/review/2026/02/03/04/05/06/invoice-1/output.json"
        },
    }


def test_failed_loop_has_code_and_reason(a2i: Any, ml: MockML) -> None:
    start(a2i, "invoice-1")
    before = describe(a2i, "invoice-1")
    ml.a2i.human_loop("invoice-1").fail("ValidationError", "Task failed to render")
    failed = {
        "HumanLoopStatus": "Failed",
        "FailureCode": "ValidationError",
        "FailureReason": "Task failed to render",
    }
    assert describe(a2i, "invoice-1") == before | failed


def test_failure_without_a_reason(a2i: Any, ml: MockML) -> None:
    start(a2i, "invoice-1")
    ml.a2i.human_loop("invoice-1").fail("InternalError")
    assert "FailureReason" not in describe(a2i, "invoice-1")


@pytest.mark.parametrize("name", ["missing", "stop"])
def test_missing_loop_raises_resource_not_found(a2i: Any, name: str) -> None:
    expected = (404, "ResourceNotFoundException", f"Human loop {name} not found.")
    for operation in (a2i.describe_human_loop, a2i.stop_human_loop, a2i.delete_human_loop):
        assert error_of(operation, name) == expected


@pytest.mark.parametrize("name", ["Upper", "a/b", "a b", "../x", "x" * 64])
def test_invalid_name_is_rejected(a2i: Any, name: str) -> None:
    for operation in (a2i.describe_human_loop, a2i.stop_human_loop, a2i.delete_human_loop):
        code, error, message = error_of(operation, name)
        assert (code, error) == (400, "ValidationException")
        assert f"Value '{name}' at 'humanLoopName' failed to satisfy constraint" in message


# -- stop and delete --------------------------------------------------------------------------


def test_stop_completes_immediately_by_default(a2i: Any) -> None:
    start(a2i, "invoice-1")
    answer = a2i.stop_human_loop(HumanLoopName="invoice-1")
    del answer["ResponseMetadata"]
    assert answer == {}
    assert status(a2i, "invoice-1") == "Stopped"


def test_stop_completes_after_two_polls(a2i: Any, ml: MockML) -> None:
    ml.a2i.progress = after_polls(2)
    start(a2i, "invoice-1")
    a2i.stop_human_loop(HumanLoopName="invoice-1")
    assert status(a2i, "invoice-1") == "Stopping"
    [listed] = a2i.list_human_loops(FlowDefinitionArn=FLOW)["HumanLoopSummaries"]
    assert listed["HumanLoopStatus"] == "Stopping"
    assert status(a2i, "invoice-1") == "Stopped"


@pytest.mark.mlmock(progress=after(60))
def test_stop_completes_after_a_minute(a2i: Any, ml: MockML) -> None:
    start(a2i, "invoice-1")
    a2i.stop_human_loop(HumanLoopName="invoice-1")
    ml.clock.advance(seconds=59)
    assert status(a2i, "invoice-1") == "Stopping"
    ml.clock.advance(seconds=1)
    assert [event.detail["humanLoopStatus"] for event in ml.events] == ["Stopped"]


@pytest.mark.mlmock(progress=manually())
def test_stop_completes_manually(a2i: Any, ml: MockML) -> None:
    for name in ("one", "two"):
        start(a2i, name)
        a2i.stop_human_loop(HumanLoopName=name)
    ml.a2i.human_loop("one").finish()
    assert (status(a2i, "one"), status(a2i, "two")) == ("Stopped", "Stopping")
    ml.progress.step()
    assert status(a2i, "two") == "Stopped"


@pytest.mark.mlmock(progress=manually())
def test_single_loop_can_be_stepped(a2i: Any, ml: MockML) -> None:
    ml.a2i.human_loop("known")  # looked up before it is started; "late" after it is stopped
    for name in ("known", "late", "other"):
        start(a2i, name)
        a2i.stop_human_loop(HumanLoopName=name)
    for name in ("known", "late"):
        ml.a2i.human_loop(name).progress.step()
        assert status(a2i, name) == "Stopped"
    assert status(a2i, "other") == "Stopping"
    ml.a2i.progress.step()
    assert status(a2i, "other") == "Stopped"


def test_policy_of_a_flow_definition_and_of_a_loop(a2i: Any, ml: MockML) -> None:
    ml.a2i.flow_definition("review").progress = manually()
    ml.a2i.human_loop("quick").progress = after_polls(0)
    for name in ("slow", "quick"):
        start(a2i, name)
        a2i.stop_human_loop(HumanLoopName=name)
    assert (status(a2i, "slow"), status(a2i, "quick")) == ("Stopping", "Stopped")
    ml.a2i.flow_definition("review").progress.step()
    assert status(a2i, "slow") == "Stopped"


@pytest.mark.mlmock(progress=manually())
def test_answer_completes_a_pending_stop(a2i: Any, ml: MockML) -> None:
    ml.a2i.flow_definition("review", workers=3)
    start(a2i, "invoice-1")
    a2i.stop_human_loop(HumanLoopName="invoice-1")
    ml.a2i.human_loop("invoice-1").complete({"decision": "approve"})
    assert status(a2i, "invoice-1") == "Stopped"
    assert b"approve" in ml.s3.get(str(ml.a2i.human_loop("invoice-1").output_uri))
    ml.progress.step()
    assert len(ml.events) == 1


@pytest.mark.mlmock(progress=manually())
def test_loop_may_fail_while_it_is_stopping(a2i: Any, ml: MockML) -> None:
    start(a2i, "invoice-1")
    a2i.stop_human_loop(HumanLoopName="invoice-1")
    ml.a2i.human_loop("invoice-1").expire()
    ml.progress.step()
    assert status(a2i, "invoice-1") == "Failed"
    assert describe(a2i, "invoice-1")["FailureCode"] == "Expired"


@pytest.mark.mlmock(progress=manually())
def test_repeated_stop_changes_nothing(a2i: Any) -> None:
    start(a2i, "invoice-1")
    for _ in range(2):
        a2i.stop_human_loop(HumanLoopName="invoice-1")
    assert status(a2i, "invoice-1") == "Stopping"


def start_in_state(state: str, a2i: Any, ml: MockML) -> None:
    """Start a loop and bring it into `state`."""
    start(a2i, "invoice-1")
    if state == "Completed":
        ml.a2i.human_loop("invoice-1").complete({})
    elif state == "Failed":
        ml.a2i.human_loop("invoice-1").fail("InternalError")
    elif state != "InProgress":
        ml.a2i.progress = manually() if state == "Stopping" else after_polls(0)
        a2i.stop_human_loop(HumanLoopName="invoice-1")
    assert status(a2i, "invoice-1") == state


@pytest.mark.parametrize("state", ["Completed", "Failed", "Stopped"])
def test_ended_loop_cannot_be_stopped_but_deleted(a2i: Any, ml: MockML, state: str) -> None:
    start_in_state(state, a2i, ml)
    assert error_of(a2i.stop_human_loop) == (
        400,
        "ValidationException",
        f"Human loop invoice-1 cannot be stopped in status {state}.",
    )
    a2i.delete_human_loop(HumanLoopName="invoice-1")
    assert error_of(a2i.describe_human_loop)[1] == "ResourceNotFoundException"
    assert names(a2i) == []


@pytest.mark.parametrize("state", ["InProgress", "Stopping"])
def test_active_loop_cannot_be_deleted(a2i: Any, ml: MockML, state: str) -> None:
    start_in_state(state, a2i, ml)
    assert error_of(a2i.delete_human_loop) == (
        400,
        "ValidationException",
        f"Human loop invoice-1 cannot be deleted in status {state}. Stop it first.",
    )
    assert status(a2i, "invoice-1") == state


def test_deleting_a_loop_keeps_its_output(a2i: Any, ml: MockML) -> None:
    start(a2i, "invoice-1")
    ml.a2i.human_loop("invoice-1").complete({"decision": "approve"})
    uri = str(ml.a2i.human_loop("invoice-1").output_uri)
    a2i.delete_human_loop(HumanLoopName="invoice-1")
    assert b"approve" in ml.s3.get(uri)


# -- the handle -------------------------------------------------------------------------------


def test_attributes_of_the_handle(a2i: Any, ml: MockML) -> None:
    loop = ml.a2i.human_loop("invoice-1")
    assert (loop.status, loop.input, loop.output_uri, loop.arn) == (None, None, None, None)
    assert repr(loop) == "<human loop invoice-1: not started>"
    arn = start(a2i, "invoice-1")
    assert (loop.status, loop.input, loop.arn) == ("InProgress", {"total": 12.5}, arn)
    assert loop.output_uri == describe(a2i, "invoice-1")["HumanLoopOutput"]["OutputS3Uri"]
    assert repr(loop) == "<human loop invoice-1: InProgress>"
    assert repr(ml.a2i) == "<a2i: 1 human loops>"


def test_finish_requires_a_pending_task(a2i: Any, ml: MockML) -> None:
    with pytest.raises(InvalidRule, match="has not been started"):
        ml.a2i.human_loop("invoice-1").finish()
    start(a2i, "invoice-1")
    with pytest.raises(InvalidRule, match="is InProgress, not Stopping: nothing to finish"):
        ml.a2i.human_loop("invoice-1").finish()


def test_savepoint_restores_everything(a2i: Any, ml: MockML) -> None:
    start(a2i, "kept")
    ml.a2i.progress = manually()
    with ml.savepoint():
        start(a2i, "gone")
        a2i.stop_human_loop(HumanLoopName="kept")
        ml.progress.step()
        a2i.delete_human_loop(HumanLoopName="kept")
        assert names(a2i) == ["gone"]
    assert names(a2i) == ["kept"]
    assert status(a2i, "kept") == "InProgress"
    assert len(ml.events) == 0


def test_reset_removes_loops_and_flow_definitions(a2i: Any, ml: MockML) -> None:
    ml.a2i.flow_definition("review").delete()
    start(a2i, "other", flow=FLOW.replace("review", "other"))
    ml.reset()
    assert names(a2i) == []
    start(a2i, "other")
    assert names(a2i) == ["other"]
