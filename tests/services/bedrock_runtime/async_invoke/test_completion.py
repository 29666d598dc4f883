"""How async invokes complete and fail, and the handle that controls them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mlmock import MockML, after, after_polls, contains, glob, manually, mock_ml
from mlmock.errors import InvalidRule, UnusedRule
from mlmock.services.bedrock_runtime.async_invoke.jobs import ASYNC_INVOKE
from tests.services.bedrock_runtime.async_helpers import (
    BUCKET,
    REEL,
    TEXT_VIDEO,
    arns,
    get_invoke,
    output_folder,
    start,
)

BLOCKED = "The generated video has been blocked by our content filters."


def test_invocations_complete_at_once_by_default(ml: MockML, bedrock: Any) -> None:
    arn = start(bedrock)
    assert ml.s3.list(f"{BUCKET}/{arn.rpartition('/')[2]}/output.mp4") != []
    assert get_invoke(bedrock, arn)["status"] == "Completed"


def test_after_polls_counts_get_calls(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.async_invokes.progress = after_polls(2)
    arn = start(bedrock)
    assert [get_invoke(bedrock, arn)["status"] for _ in range(4)] == [
        "InProgress",
        "InProgress",
        "Completed",
        "Completed",
    ]


def test_outputs_are_written_on_completion(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.async_invokes.progress = after(60)
    folder = output_folder(bedrock, start(bedrock))
    assert ml.s3.list(folder) == [f"{folder}/manifest.json"]
    ml.clock.advance(minutes=1)
    assert f"{folder}/output.mp4" in ml.s3.list(folder)


def test_the_progress_of_the_service_is_the_default(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.progress = manually()
    assert get_invoke(bedrock, start(bedrock))["status"] == "InProgress"
    ml.bedrock.progress.step()
    assert get_invoke(bedrock, arns(bedrock)[0])["status"] == "Completed"


def test_fail_applies_to_the_next_starts(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.async_invokes.fail(BLOCKED, times=1)
    failed, completed = get_invoke(bedrock, start(bedrock)), get_invoke(bedrock, start(bedrock))
    assert (failed["status"], failed["failureMessage"]) == ("Failed", BLOCKED)
    assert failed["endTime"] == failed["lastModifiedTime"]
    assert completed["status"] == "Completed"


def test_failures_by_model_and_input(ml: MockML, bedrock: Any) -> None:
    dogs = {"textToVideoParams": {"text": contains("dog")}}
    ml.bedrock.async_invokes.on(modelId=glob("amazon.nova-*"), modelInput=dogs).fail("No dogs.")
    assert get_invoke(bedrock, start(bedrock))["failureMessage"] == "No dogs."
    cat = {"taskType": "TEXT_VIDEO", "textToVideoParams": {"text": "a cat"}}
    assert get_invoke(bedrock, start(bedrock, REEL, cat))["status"] == "Completed"


def test_an_unused_failure_is_reported(bedrock: Any) -> None:
    with pytest.raises(UnusedRule, match=r"ml.bedrock.async_invokes"), mock_ml() as ml:
        ml.bedrock.async_invokes.fail("never")


@pytest.mark.parametrize(
    ("body", "written"),
    [(b"\x00video", b"\x00video"), (b"", b""), ("text", b"text"), ({"data": []}, b'{"data":[]}')],
)
def test_complete_with_a_custom_output(ml: MockML, bedrock: Any, body: Any, written: bytes) -> None:
    ml.bedrock.async_invokes.complete(body, times=1)
    folder = output_folder(bedrock, start(bedrock))
    assert ml.s3.get(f"{folder}/output.mp4") == written
    other = output_folder(bedrock, start(bedrock))
    assert ml.s3.get(f"{other}/output.mp4")[4:8] == b"ftyp"


def test_completing_one_invocation(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.async_invokes.progress = manually()
    arn = start(bedrock)
    invoke = ml.bedrock.async_invoke(arn)
    assert (invoke.status, invoke.failure_message) == ("InProgress", None)
    assert invoke.model_input == TEXT_VIDEO
    invoke.complete(b"mine")
    assert ml.s3.get(f"{invoke.output_uri}/output.mp4") == b"mine"
    assert get_invoke(bedrock, arn)["status"] == "Completed"


def test_failing_one_invocation(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.async_invokes.progress = after(60)
    arn = start(bedrock)
    ml.bedrock.async_invoke(arn).fail(BLOCKED)
    ml.clock.advance(hours=1)
    assert get_invoke(bedrock, arn)["failureMessage"] == BLOCKED


def test_finish_applies_the_failure_rule(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.async_invokes.progress = manually()
    ml.bedrock.async_invokes.fail("scripted", times=1)
    started = [start(bedrock), start(bedrock)]
    for invoke in ml.bedrock.async_invokes:
        invoke.finish()
    assert [get_invoke(bedrock, arn)["status"] for arn in started] == ["Failed", "Completed"]


def test_an_ended_invocation_cannot_end_again(ml: MockML, bedrock: Any) -> None:
    invoke = ml.bedrock.async_invoke(start(bedrock))
    for end in (invoke.complete, invoke.finish, lambda: invoke.fail("late")):
        with pytest.raises(InvalidRule, match=r"has already ended.*Completed.*manually\(\)"):
            end()


def test_a_handle_of_an_unknown_arn_is_rejected(ml: MockML) -> None:
    with pytest.raises(InvalidRule, match="no async invoke with the ARN 'arn:x'"):
        _ = ml.bedrock.async_invoke("arn:x").status


def test_invalid_rules_are_rejected(ml: MockML) -> None:
    with pytest.raises(InvalidRule, match="at most 2048 characters"):
        ml.bedrock.async_invokes.fail("x" * 2049)
    with pytest.raises(InvalidRule, match="requires bytes, a str or a JSON value"):
        ml.bedrock.async_invokes.complete(object())


def test_an_unknown_request_member_is_rejected(ml: MockML) -> None:
    with pytest.raises(InvalidRule, match="no request member 'modelID'; did you mean 'modelId'"):
        ml.bedrock.async_invokes.on(modelID=REEL)


def test_repr_of_handles(ml: MockML, bedrock: Any) -> None:
    arn = start(bedrock)
    assert repr(ml.bedrock.async_invokes) == "<1 async invokes>"
    assert repr(ml.bedrock.async_invoke(arn)) == f"<async invoke {arn}: Completed>"
    assert [invoke.arn for invoke in ml.bedrock.async_invokes] == [arn]


def test_a_savepoint_restores_invocations(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.async_invokes.progress = manually()
    arn = start(bedrock, clientRequestToken="t-1")
    with ml.savepoint():
        start(bedrock, clientRequestToken="t-2")
        ml.progress.step()
        assert len(arns(bedrock, statusEquals="Completed")) == 2
    assert arns(bedrock) == [arn]
    assert get_invoke(bedrock, arn)["status"] == "InProgress"
    assert ml.s3.list(BUCKET) == [f"{output_folder(bedrock, arn)}/manifest.json"]
    ml.bedrock.async_invoke(arn).finish()
    assert start(bedrock, clientRequestToken="t-2") != arn


def test_states_are_those_of_the_service_model() -> None:
    assert ASYNC_INVOKE.states == ("InProgress", "Completed", "Failed")


def test_times_in_the_response_are_in_utc(ml: MockML, bedrock: Any) -> None:
    bedrock.get_async_invoke(invocationArn=start(bedrock))
    answer: Any = ml.calls.last.answer
    submitted = json.loads(answer.body)["submitTime"]
    assert submitted.startswith("2026-03-01T12:00:00")
    assert submitted.endswith("Z")
