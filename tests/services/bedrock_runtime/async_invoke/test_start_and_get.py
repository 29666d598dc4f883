"""StartAsyncInvoke and GetAsyncInvoke: what they take, how an invocation ends, what is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from mlmock import MockML, after, after_polls, contains, glob, manually, mock_ml
from mlmock.errors import InvalidRule, UnusedRule
from mlmock.services.bedrock_runtime.async_invoke.jobs import ASYNC_INVOKE
from tests.services.bedrock_runtime.async_helpers import (
    BUCKET,
    NOON,
    REEL,
    TEXT_VIDEO,
    arns,
    client_of,
    folder_of,
    show,
    start,
)

BLOCKED = "The generated video has been blocked by our content filters."


@pytest.fixture
def ml() -> Iterator[MockML]:
    with mock_ml(now=NOON) as ml:
        yield ml


@pytest.fixture
def bedrock(ml: MockML) -> Any:
    return client_of()


def refusal(client: Any, **changes: Any) -> tuple[str, str]:
    """Return code and message of a refused start, after seeing that nothing was stored."""
    request = {
        "modelId": REEL,
        "modelInput": TEXT_VIDEO,
        "outputDataConfig": {"s3OutputDataConfig": {"s3Uri": BUCKET}},
    }
    before = arns(client)
    with pytest.raises(ClientError) as caught:
        client.start_async_invoke(**(request | changes))
    assert arns(client) == before
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] in (400, 403)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


# -- what is started and shown --------------------------------------------------------------------


def test_an_invocation_is_started_and_shown(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.async_invokes.progress = manually()
    arn = start(bedrock, clientRequestToken="t-1")
    name = arn.rpartition("/")[2]
    assert arn == f"arn:aws:bedrock:us-east-1:123456789012:async-invoke/{name}"
    assert len(name) == 12
    assert show(bedrock, arn) == {
        "invocationArn": arn,
        "modelArn": "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-reel-v1:0",
        "clientRequestToken": "t-1",
        "status": "InProgress",
        "submitTime": NOON,
        "lastModifiedTime": NOON,
        "outputDataConfig": {"s3OutputDataConfig": {"s3Uri": f"s3://videos/clips/{name}"}},
    }


def test_times_tell_when_it_was_submitted_and_when_it_ended(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.async_invokes.progress = after(90)
    arn = start(bedrock)
    ml.clock.advance(seconds=89)
    assert "endTime" not in show(bedrock, arn)
    ml.clock.advance(seconds=60)
    shown = show(bedrock, arn)
    assert shown["status"] == "Completed"
    assert (shown["endTime"] - shown["submitTime"]).total_seconds() == 90
    assert shown["lastModifiedTime"] == shown["endTime"]
    assert "failureMessage" not in shown


def test_where_the_output_goes_is_shown_with_key_and_owner(ml: MockML, bedrock: Any) -> None:
    key = "arn:aws:kms:us-east-1:123456789012:alias/videos"
    asked = {"s3Uri": "s3://videos/", "kmsKeyId": key, "bucketOwner": "123456789012"}
    arn = bedrock.start_async_invoke(
        modelId=REEL,
        modelInput=TEXT_VIDEO,
        outputDataConfig={"s3OutputDataConfig": asked},
        tags=[{"key": "team", "value": "films"}],
    )["invocationArn"]
    shown = show(bedrock, arn)["outputDataConfig"]["s3OutputDataConfig"]
    assert shown == asked | {"s3Uri": f"s3://videos/{arn.rpartition('/')[2]}"}
    assert ml.bedrock.async_invoke(arn).tags == {"team": "films"}


def test_a_profile_shows_the_arn_of_its_model(bedrock: Any) -> None:
    text = {"inputType": "text", "inputText": "a dog"}
    arn = start(bedrock, "us.twelvelabs.marengo-embed-2-7-v1:0", text)
    assert show(bedrock, arn)["modelArn"] == (
        "arn:aws:bedrock:us-east-1::foundation-model/twelvelabs.marengo-embed-2-7-v1:0"
    )


def test_the_arn_of_a_foundation_model_is_shown_as_it_was_given(bedrock: Any) -> None:
    given = f"arn:aws:bedrock:us-east-1::foundation-model/{REEL}"
    assert show(bedrock, start(bedrock, given))["modelArn"] == given


def test_a_provisioned_model_is_known_by_the_model_behind_it(ml: MockML, bedrock: Any) -> None:
    given = "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abcdefghijkl"
    ml.bedrock.model(given, base=REEL)
    assert show(bedrock, start(bedrock, given))["modelArn"] == given


def test_each_region_and_account_has_its_own(ml: MockML, bedrock: Any) -> None:
    west = client_of("us-west-2")
    other = client_of(aws_access_key_id="111122223333", aws_secret_access_key="x")
    here, there, theirs = start(bedrock), start(west), start(other)
    assert ":us-west-2:123456789012:" in there
    assert ":us-east-1:111122223333:" in theirs
    assert (arns(bedrock), arns(west), arns(other)) == ([here], [there], [theirs])
    assert len(ml.bedrock.async_invokes) == 3
    assert len(ml.at(region="us-west-2").bedrock.async_invokes) == 1


def test_the_same_seed_makes_the_same_arns() -> None:
    found = []
    for _ in range(2):
        with mock_ml(seed=7):
            found.append(start(client_of(), clientRequestToken="t"))
    assert found[0] == found[1]


def test_an_arn_nobody_knows_is_refused(bedrock: Any) -> None:
    arn = "arn:aws:bedrock:us-east-1:123456789012:async-invoke/abcdefghijkl"
    with pytest.raises(bedrock.exceptions.ValidationException) as caught:
        bedrock.get_async_invoke(invocationArn=arn)
    message = caught.value.response["Error"]["Message"]
    assert message == "The provided invocation ARN does not exist."


def test_an_arn_that_is_none_is_refused_by_its_pattern(bedrock: Any) -> None:
    with pytest.raises(bedrock.exceptions.ValidationException, match="regular expression"):
        bedrock.get_async_invoke(invocationArn="clip-1")


# -- client tokens --------------------------------------------------------------------------------


def test_the_same_token_and_input_is_the_same_invocation(ml: MockML, bedrock: Any) -> None:
    first = start(bedrock, clientRequestToken="t-1")
    ml.clock.advance(days=30)
    assert start(bedrock, clientRequestToken="t-1") == first
    assert arns(bedrock) == [first]


def test_without_a_token_every_start_is_a_new_invocation(bedrock: Any) -> None:
    assert start(bedrock) != start(bedrock)


@pytest.mark.parametrize(
    "change",
    [
        {"modelId": "amazon.nova-reel-v1:1"},
        {"modelInput": {"taskType": "TEXT_VIDEO", "textToVideoParams": {"text": "a cat"}}},
        {"outputDataConfig": {"s3OutputDataConfig": {"s3Uri": "s3://videos/others"}}},
        {"tags": [{"key": "team", "value": "films"}]},
    ],
)
def test_the_same_token_with_other_input_is_a_conflict(bedrock: Any, change: Any) -> None:
    start(bedrock, clientRequestToken="t-1")
    assert refusal(bedrock, clientRequestToken="t-1", **change) == (
        "ConflictException",
        "The client request token is already in use with different request parameters.",
    )


def test_a_refused_start_leaves_its_token_free(bedrock: Any) -> None:
    refusal(bedrock, clientRequestToken="t-1", modelInput={"taskType": "TEXT_VIDEO"})
    start(bedrock, clientRequestToken="t-1")
    assert len(arns(bedrock)) == 1


def test_many_threads_with_one_token_start_one_invocation(bedrock: Any) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: start(bedrock, clientRequestToken="t"), range(32)))
    assert arns(bedrock) == list(set(found))


def test_a_retry_after_a_lost_answer_starts_nothing_new(ml: MockML, bedrock: Any) -> None:
    ml.on("bedrock-runtime", "StartAsyncInvoke").fail("ThrottlingException", times=1)
    arn = start(bedrock)
    assert arns(bedrock) == [arn]


# -- what is refused ------------------------------------------------------------------------------


def test_a_model_nobody_knows_is_refused(bedrock: Any) -> None:
    assert refusal(bedrock, modelId="acme.reel-v1:0") == (
        "ValidationException",
        "The provided model identifier is invalid.",
    )


def test_a_model_without_async_support_is_refused(bedrock: Any) -> None:
    assert refusal(bedrock, modelId="amazon.nova-lite-v1:0") == (
        "ValidationException",
        "The provided request is not valid",
    )


def test_a_model_without_access_is_refused(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.model("amazon.nova-reel-v1:0", access=False)
    assert refusal(bedrock) == (
        "AccessDeniedException",
        "You don't have access to the model with the specified model ID.",
    )


def test_bad_input_is_refused_in_the_words_of_the_models_schema(bedrock: Any) -> None:
    assert refusal(bedrock, modelInput={"taskType": "TEXT_VIDEO"}) == (
        "ValidationException",
        "Malformed input request: #: required key [textToVideoParams] not found, "
        "please reformat your input and try again.",
    )


def test_what_the_service_model_forbids_is_refused(bedrock: Any) -> None:
    bad = {"s3OutputDataConfig": {"s3Uri": "https://videos/clips"}}
    code, message = refusal(bedrock, outputDataConfig=bad)
    assert code == "ValidationException"
    assert "outputDataConfig.s3OutputDataConfig.s3Uri" in message


@pytest.mark.parametrize("key", ["x" * 990, "\u20ac" * 330, "half a \ud83d pair"])
def test_a_uri_under_which_no_object_can_be_is_refused(bedrock: Any, key: str) -> None:
    destination = {"s3OutputDataConfig": {"s3Uri": f"s3://videos/{key}"}}
    assert refusal(bedrock, outputDataConfig=destination) == (
        "ValidationException",
        "The provided S3 URI is invalid.",
    )


def test_a_bucket_that_moto_lacks_is_refused_at_the_start() -> None:
    from moto import mock_aws

    with mock_aws(), mock_ml():
        assert refusal(client_of()) == ("ValidationException", "Invalid S3 credentials")


def test_a_bucket_of_somebody_elses_is_refused_at_the_start() -> None:
    from moto import mock_aws

    with mock_aws(), mock_ml() as ml:
        boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="videos")
        for owner, code in (("123456789012", None), ("210987654321", "ValidationException")):
            place = {"s3Uri": "s3://videos", "bucketOwner": owner}
            given = {"outputDataConfig": {"s3OutputDataConfig": place}}
            if code is None:
                client_of().start_async_invoke(modelId=REEL, modelInput=TEXT_VIDEO, **given)
            else:
                assert refusal(client_of(), **given) == (code, "Invalid S3 credentials")
        assert len(ml.bedrock.async_invokes) == 1


def test_outputs_are_written_to_motos_s3() -> None:
    from moto import mock_aws

    with mock_aws(), mock_ml():
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket="videos")
        arn = start(client_of())
        listed = s3.list_objects_v2(Bucket="videos", Prefix=f"clips/{arn.rpartition('/')[2]}")
        assert [thing["Key"].rpartition("/")[2] for thing in listed["Contents"]] == [
            "manifest.json",
            "output.mp4",
            "video-generation-status.json",
        ]


def test_a_bucket_that_goes_away_fails_the_invocation() -> None:
    from moto import mock_aws

    with mock_aws(), mock_ml(progress=manually()) as ml:
        s3, bedrock = boto3.client("s3", region_name="us-east-1"), client_of()
        s3.create_bucket(Bucket="videos")
        arn, failed = start(bedrock), start(bedrock)
        for thing in s3.list_objects_v2(Bucket="videos")["Contents"]:
            s3.delete_object(Bucket="videos", Key=thing["Key"])
        s3.delete_bucket(Bucket="videos")
        ml.bedrock.async_invoke(failed).fail("broken")
        ml.progress.step()
        assert show(bedrock, arn)["failureMessage"] == "The bucket videos does not exist."
        assert show(bedrock, failed)["failureMessage"] == "broken"


# -- how it ends ----------------------------------------------------------------------------------


def test_by_default_it_is_over_at_once(ml: MockML, bedrock: Any) -> None:
    arn = start(bedrock)
    assert ml.s3.list(f"{BUCKET}/{arn.rpartition('/')[2]}/output.mp4") != []
    assert show(bedrock, arn)["status"] == "Completed"


def test_two_looks_see_it_in_progress(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.async_invokes.progress = after_polls(2)
    arn = start(bedrock)
    assert [show(bedrock, arn)["status"] for _ in range(4)] == [
        "InProgress",
        "InProgress",
        "Completed",
        "Completed",
    ]


def test_the_files_are_there_when_the_work_ends(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.async_invokes.progress = after(60)
    folder = folder_of(bedrock, start(bedrock))
    assert ml.s3.list(folder) == [f"{folder}/manifest.json"]
    ml.clock.advance(minutes=1)
    assert f"{folder}/output.mp4" in ml.s3.list(folder)


def test_the_progress_of_the_service_holds_unless_that_of_async_invokes_is_set(
    ml: MockML, bedrock: Any
) -> None:
    ml.bedrock.progress = manually()
    assert show(bedrock, start(bedrock))["status"] == "InProgress"
    ml.bedrock.progress.step()
    assert show(bedrock, arns(bedrock)[0])["status"] == "Completed"


def test_the_next_ones_fail_as_scripted(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.async_invokes.fail(BLOCKED, times=1)
    failed, completed = show(bedrock, start(bedrock)), show(bedrock, start(bedrock))
    assert (failed["status"], failed["failureMessage"]) == ("Failed", BLOCKED)
    assert failed["endTime"] == failed["lastModifiedTime"]
    assert completed["status"] == "Completed"


def test_some_fail_by_model_and_input(ml: MockML, bedrock: Any) -> None:
    dogs = {"textToVideoParams": {"text": contains("dog")}}
    ml.bedrock.async_invokes.on(modelId=glob("amazon.nova-*"), modelInput=dogs).fail("No dogs.")
    assert show(bedrock, start(bedrock))["failureMessage"] == "No dogs."
    cat = {"taskType": "TEXT_VIDEO", "textToVideoParams": {"text": "a cat"}}
    assert show(bedrock, start(bedrock, REEL, cat))["status"] == "Completed"


def test_a_failure_that_no_start_uses_is_told(bedrock: Any) -> None:
    with pytest.raises(UnusedRule, match=r"ml.bedrock.async_invokes"), mock_ml() as ml:
        ml.bedrock.async_invokes.fail("never")


@pytest.mark.parametrize(
    ("body", "written"),
    [(b"\x00video", b"\x00video"), (b"", b""), ("text", b"text"), ({"data": []}, b'{"data":[]}')],
)
def test_an_output_of_ones_own(ml: MockML, bedrock: Any, body: Any, written: bytes) -> None:
    ml.bedrock.async_invokes.complete(body, times=1)
    folder = folder_of(bedrock, start(bedrock))
    assert ml.s3.get(f"{folder}/output.mp4") == written
    other = folder_of(bedrock, start(bedrock))
    assert ml.s3.get(f"{other}/output.mp4")[4:8] == b"ftyp"


def test_one_completes_by_hand(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.async_invokes.progress = manually()
    arn = start(bedrock)
    invoke = ml.bedrock.async_invoke(arn)
    assert (invoke.status, invoke.failure_message) == ("InProgress", None)
    assert invoke.model_input == TEXT_VIDEO
    invoke.complete(b"mine")
    assert ml.s3.get(f"{invoke.output_uri}/output.mp4") == b"mine"
    assert show(bedrock, arn)["status"] == "Completed"


def test_one_fails_by_hand(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.async_invokes.progress = after(60)
    arn = start(bedrock)
    ml.bedrock.async_invoke(arn).fail(BLOCKED)
    ml.clock.advance(hours=1)
    assert show(bedrock, arn)["failureMessage"] == BLOCKED


def test_one_is_finished_as_it_would_have_ended(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.async_invokes.progress = manually()
    ml.bedrock.async_invokes.fail("scripted", times=1)
    arns_ = [start(bedrock), start(bedrock)]
    for invoke in ml.bedrock.async_invokes:
        invoke.finish()
    assert [show(bedrock, arn)["status"] for arn in arns_] == ["Failed", "Completed"]


def test_what_has_ended_does_not_end_again(ml: MockML, bedrock: Any) -> None:
    invoke = ml.bedrock.async_invoke(start(bedrock))
    for end in (invoke.complete, invoke.finish, lambda: invoke.fail("late")):
        with pytest.raises(InvalidRule, match=r"is Completed and can't end again.*manually\(\)"):
            end()


def test_an_arn_that_was_never_started_is_told_at_once(ml: MockML) -> None:
    with pytest.raises(InvalidRule, match="no async invoke has the ARN arn:x"):
        _ = ml.bedrock.async_invoke("arn:x").status


def test_bad_words_are_told_where_they_are_written(ml: MockML) -> None:
    with pytest.raises(InvalidRule, match="at most 2048 characters"):
        ml.bedrock.async_invokes.fail("x" * 2049)
    with pytest.raises(InvalidRule, match="an output is bytes, text or JSON"):
        ml.bedrock.async_invokes.complete(object())


def test_a_member_that_no_start_has_is_told_at_once(ml: MockML) -> None:
    with pytest.raises(InvalidRule, match="no request member modelID; did you mean modelId"):
        ml.bedrock.async_invokes.on(modelID=REEL)


def test_handles_show_what_they_are(ml: MockML, bedrock: Any) -> None:
    arn = start(bedrock)
    assert repr(ml.bedrock.async_invokes) == "<1 async invokes>"
    assert repr(ml.bedrock.async_invoke(arn)) == f"<async invoke {arn}: Completed>"
    assert [invoke.arn for invoke in ml.bedrock.async_invokes] == [arn]


def test_a_savepoint_takes_back_what_happened_inside(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.async_invokes.progress = manually()
    arn = start(bedrock, clientRequestToken="t-1")
    with ml.savepoint():
        start(bedrock, clientRequestToken="t-2")
        ml.progress.step()
        assert len(arns(bedrock, statusEquals="Completed")) == 2
    assert arns(bedrock) == [arn]
    assert show(bedrock, arn)["status"] == "InProgress"
    assert ml.s3.list(BUCKET) == [f"{folder_of(bedrock, arn)}/manifest.json"]
    ml.bedrock.async_invoke(arn).finish()
    assert start(bedrock, clientRequestToken="t-2") != arn


def test_the_machine_is_the_models() -> None:
    assert ASYNC_INVOKE.states == ("InProgress", "Completed", "Failed")


def test_the_answer_goes_over_the_wire_as_the_service_writes_it(ml: MockML, bedrock: Any) -> None:
    bedrock.get_async_invoke(invocationArn=start(bedrock))
    answer: Any = ml.calls.last.answer
    shown = json.loads(answer.body)
    assert shown["submitTime"].startswith("2026-03-01T12:00:00")
    assert shown["submitTime"].endswith("Z")
