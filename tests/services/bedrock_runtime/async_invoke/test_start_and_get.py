"""StartAsyncInvoke and GetAsyncInvoke, with client tokens, models and accounts."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from mlmock import MockML, after, manually, mock_ml
from tests.services.bedrock_runtime.async_helpers import (
    NOON,
    REEL,
    TEXT_VIDEO,
    arns,
    get_invoke,
    start,
    start_error,
)
from tests.services.bedrock_runtime.converse_helpers import bedrock_client

# -- start and get ----------------------------------------------------------------------------


def test_get_returns_the_started_invocation(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.async_invokes.progress = manually()
    arn = start(bedrock, clientRequestToken="t-1")
    name = arn.rpartition("/")[2]
    assert arn == f"arn:aws:bedrock:us-east-1:123456789012:async-invoke/{name}"
    assert len(name) == 12
    assert get_invoke(bedrock, arn) == {
        "invocationArn": arn,
        "modelArn": "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-reel-v1:0",
        "clientRequestToken": "t-1",
        "status": "InProgress",
        "submitTime": NOON,
        "lastModifiedTime": NOON,
        "outputDataConfig": {"s3OutputDataConfig": {"s3Uri": f"s3://videos/clips/{name}"}},
    }


def test_submit_and_end_times(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.async_invokes.progress = after(90)
    arn = start(bedrock)
    ml.clock.advance(seconds=89)
    assert "endTime" not in get_invoke(bedrock, arn)
    ml.clock.advance(seconds=60)
    ended = get_invoke(bedrock, arn)
    assert ended["status"] == "Completed"
    assert (ended["endTime"] - ended["submitTime"]).total_seconds() == 90
    assert ended["lastModifiedTime"] == ended["endTime"]
    assert "failureMessage" not in ended


def test_the_output_config_includes_key_and_owner(ml: MockML, bedrock: Any) -> None:
    key = "arn:aws:kms:us-east-1:123456789012:alias/videos"
    destination = {"s3Uri": "s3://videos/", "kmsKeyId": key, "bucketOwner": "123456789012"}
    arn = bedrock.start_async_invoke(
        modelId=REEL,
        modelInput=TEXT_VIDEO,
        outputDataConfig={"s3OutputDataConfig": destination},
        tags=[{"key": "team", "value": "media"}],
    )["invocationArn"]
    output = get_invoke(bedrock, arn)["outputDataConfig"]["s3OutputDataConfig"]
    assert output == destination | {"s3Uri": f"s3://videos/{arn.rpartition('/')[2]}"}
    assert ml.bedrock.async_invoke(arn).tags == {"team": "media"}


def test_a_profile_has_the_arn_of_its_model(bedrock: Any) -> None:
    text = {"inputType": "text", "inputText": "a dog"}
    arn = start(bedrock, "us.twelvelabs.marengo-embed-2-7-v1:0", text)
    assert get_invoke(bedrock, arn)["modelArn"] == (
        "arn:aws:bedrock:us-east-1::foundation-model/twelvelabs.marengo-embed-2-7-v1:0"
    )


def test_a_foundation_model_arn_is_returned_unchanged(bedrock: Any) -> None:
    given = f"arn:aws:bedrock:us-east-1::foundation-model/{REEL}"
    assert get_invoke(bedrock, start(bedrock, given))["modelArn"] == given


def test_base_declares_the_model_of_a_provisioned_model(ml: MockML, bedrock: Any) -> None:
    given = "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abcdefghijkl"
    ml.bedrock.model(given, base=REEL)
    assert get_invoke(bedrock, start(bedrock, given))["modelArn"] == given


def test_regions_and_accounts_are_isolated(ml: MockML, bedrock: Any) -> None:
    west = bedrock_client("us-west-2")
    other = bedrock_client(aws_access_key_id="111122223333", aws_secret_access_key="x")
    east_arn, west_arn, other_arn = start(bedrock), start(west), start(other)
    assert ":us-west-2:123456789012:" in west_arn
    assert ":us-east-1:111122223333:" in other_arn
    assert (arns(bedrock), arns(west), arns(other)) == ([east_arn], [west_arn], [other_arn])
    assert len(ml.bedrock.async_invokes) == 3
    assert len(ml.at(region="us-west-2").bedrock.async_invokes) == 1


def test_the_same_seed_gives_the_same_arns() -> None:
    found = []
    for _ in range(2):
        with mock_ml(seed=7):
            found.append(start(bedrock_client(), clientRequestToken="t"))
    assert found[0] == found[1]


def test_an_unknown_arn_is_rejected(bedrock: Any) -> None:
    arn = "arn:aws:bedrock:us-east-1:123456789012:async-invoke/abcdefghijkl"
    with pytest.raises(bedrock.exceptions.ValidationException) as caught:
        bedrock.get_async_invoke(invocationArn=arn)
    message = caught.value.response["Error"]["Message"]
    assert message == "The provided invocation ARN does not exist."


def test_a_malformed_arn_is_rejected(bedrock: Any) -> None:
    with pytest.raises(bedrock.exceptions.ValidationException, match="regular expression"):
        bedrock.get_async_invoke(invocationArn="clip-1")


# -- client tokens ----------------------------------------------------------------------------


def test_the_same_token_and_input_return_the_same_invocation(ml: MockML, bedrock: Any) -> None:
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
        {"tags": [{"key": "team", "value": "media"}]},
    ],
)
def test_the_same_token_with_other_input_is_a_conflict(bedrock: Any, change: Any) -> None:
    start(bedrock, clientRequestToken="t-1")
    assert start_error(bedrock, clientRequestToken="t-1", **change) == (
        "ConflictException",
        "The client request token is already in use with different request parameters.",
    )


def test_a_rejected_start_does_not_use_up_its_token(bedrock: Any) -> None:
    start_error(bedrock, clientRequestToken="t-1", modelInput={"taskType": "TEXT_VIDEO"})
    start(bedrock, clientRequestToken="t-1")
    assert len(arns(bedrock)) == 1


def test_many_threads_with_one_token_start_one_invocation(bedrock: Any) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: start(bedrock, clientRequestToken="t"), range(32)))
    assert arns(bedrock) == list(set(found))


def test_a_retry_does_not_start_a_second_invocation(ml: MockML, bedrock: Any) -> None:
    ml.on("bedrock-runtime", "StartAsyncInvoke").fail("ThrottlingException", times=1)
    arn = start(bedrock)
    assert arns(bedrock) == [arn]
