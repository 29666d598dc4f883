"""Data capture: lines in S3 of what goes in and comes out."""

from __future__ import annotations

import json
import re
from datetime import datetime, timezone
from typing import Any

import boto3
import pytest

from mlmock import MockML, mock_ml

PREFIX = "s3://capture/here"
CSV = {"CsvContentTypes": ["text/csv"], "JsonContentTypes": ["application/json"]}


def lines(ml: MockML, prefix: str = PREFIX) -> list[Any]:
    return [json.loads(ml.s3.get(uri)) for uri in ml.s3.list(prefix)]


def invoke(client: Any, **members: Any) -> None:
    client.invoke_endpoint(**{"EndpointName": "churn", "Body": b"1,2", **members})


def test_a_line_has_both_halves_and_the_metadata() -> None:
    with mock_ml(now=datetime(2022, 4, 18, 0, 20, 48, 871_000, tzinfo=timezone.utc)) as ml:
        config = {"DestinationS3Uri": PREFIX, "CaptureContentTypeHeader": CSV}
        ml.sagemaker.endpoint("churn", data_capture=config).reply("9", content_type="text/csv")
        client = boto3.client("sagemaker-runtime")
        invoke(client, ContentType="text/csv", InferenceId="i-1", CustomAttributes="k=v")
        (uri,) = ml.s3.list(PREFIX)
        name = r"s3://capture/here/churn/AllTraffic/2022/04/18/00/20-48-871-([0-9a-f-]{36})\.jsonl"
        found = re.fullmatch(name, uri)
        assert found is not None
        assert lines(ml) == [
            {
                "captureData": {
                    "endpointInput": {
                        "observedContentType": "text/csv",
                        "mode": "INPUT",
                        "data": "1,2",
                        "encoding": "CSV",
                    },
                    "endpointOutput": {
                        "observedContentType": "text/csv",
                        "mode": "OUTPUT",
                        "data": "9",
                        "encoding": "CSV",
                    },
                },
                "eventMetadata": {
                    "eventId": found[1],
                    "customAttributes": ["k=v"],
                    "inferenceId": "i-1",
                    "inferenceTime": "2022-04-18T00:20:48Z",
                },
                "eventVersion": "0",
            }
        ]


def test_types_that_arent_listed_are_base64(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("churn", data_capture=PREFIX).reply({"a": 1})
    invoke(client)
    (line,) = lines(ml)
    sent, got = line["captureData"]["endpointInput"], line["captureData"]["endpointOutput"]
    assert (sent["encoding"], sent["data"]) == ("BASE64", "MSwy")
    assert sent["observedContentType"] == "application/octet-stream"
    assert (got["encoding"], got["data"]) == ("BASE64", "eyJhIjoxfQ==")


def test_json_is_json(ml: MockML, client: Any) -> None:
    config = {"DestinationS3Uri": PREFIX, "CaptureContentTypeHeader": CSV}
    ml.sagemaker.endpoint("churn", data_capture=config).reply({"a": 1})
    invoke(client)
    assert lines(ml)[0]["captureData"]["endpointOutput"]["encoding"] == "JSON"


@pytest.mark.parametrize(
    ("modes", "halves"),
    [
        (["Input"], {"endpointInput"}),
        (["Output"], {"endpointOutput"}),
        (["Input", "Output"], {"endpointInput", "endpointOutput"}),
        (["InputAndOutput"], {"endpointInput", "endpointOutput"}),
    ],
)
def test_the_options_pick_the_halves(
    ml: MockML, client: Any, modes: list[str], halves: set[str]
) -> None:
    options = [{"CaptureMode": mode} for mode in modes]
    ml.sagemaker.endpoint(
        "churn", data_capture={"DestinationS3Uri": PREFIX, "CaptureOptions": options}
    )
    invoke(client)
    assert set(lines(ml)[0]["captureData"]) == halves


def test_a_sample_is_drawn_from_the_seed(ml: MockML, client: Any) -> None:
    config = {"DestinationS3Uri": PREFIX, "InitialSamplingPercentage": 30}
    ml.sagemaker.endpoint("churn", data_capture=config)
    for _ in range(200):
        invoke(client)
    assert 40 <= len(lines(ml)) <= 80


def test_a_shadow_gets_the_input_under_its_own_name(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("churn", variants=["live"], shadow=["dark"], data_capture=PREFIX)
    invoke(client)
    (dark,) = lines(ml, f"{PREFIX}/churn/dark")
    assert set(dark["captureData"]) == {"endpointInput"}
    assert len(lines(ml, f"{PREFIX}/churn/live")) == 1


def test_a_shadow_of_which_only_the_output_is_wanted_leaves_nothing(
    ml: MockML, client: Any
) -> None:
    options = [{"CaptureMode": "Output"}]
    config = {"DestinationS3Uri": PREFIX, "CaptureOptions": options}
    ml.sagemaker.endpoint("churn", shadow=["dark"], data_capture=config)
    invoke(client)
    assert lines(ml, f"{PREFIX}/churn/dark") == []


def test_a_config_may_say_that_nothing_is_captured(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("churn", data_capture=PREFIX)
    ml.sagemaker.endpoint(
        "churn", data_capture={"DestinationS3Uri": PREFIX, "EnableCapture": False}
    )
    invoke(client)
    assert lines(ml) == []


def test_a_config_needs_its_destination(ml: MockML) -> None:
    with pytest.raises(KeyError, match="DestinationS3Uri"):
        ml.sagemaker.endpoint("churn", data_capture={})
