"""Data capture: records of requests and responses in S3."""

from __future__ import annotations

import json
import re
from datetime import datetime, timezone
from typing import Any

import boto3
import pytest

from mlmock import MockML, mock_ml

PREFIX = "s3://capture/prefix"
CSV = {"CsvContentTypes": ["text/csv"], "JsonContentTypes": ["application/json"]}


def records(ml: MockML, prefix: str = PREFIX) -> list[Any]:
    return [json.loads(ml.s3.get(uri)) for uri in ml.s3.list(prefix)]


def invoke(client: Any, **members: Any) -> None:
    client.invoke_endpoint(**{"EndpointName": "churn", "Body": b"1,2", **members})


def test_record_has_input_output_and_metadata() -> None:
    with mock_ml(now=datetime(2022, 4, 18, 0, 20, 48, 871_000, tzinfo=timezone.utc)) as ml:
        config = {"DestinationS3Uri": PREFIX, "CaptureContentTypeHeader": CSV}
        ml.sagemaker.endpoint("churn", data_capture=config).reply("9", content_type="text/csv")
        client = boto3.client("sagemaker-runtime")
        invoke(client, ContentType="text/csv", InferenceId="i-1", CustomAttributes="k=v")
        (uri,) = ml.s3.list(PREFIX)
        name = (
            r"s3://capture/prefix/churn/AllTraffic/2022/04/18/00/20-48-871-([0-9a-f-]{36})\.jsonl"
        )
        found = re.fullmatch(name, uri)
        assert found is not None
        assert records(ml) == [
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


def test_unlisted_content_types_are_base64(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("churn", data_capture=PREFIX).reply({"a": 1})
    invoke(client)
    (record,) = records(ml)
    sent, received = record["captureData"]["endpointInput"], record["captureData"]["endpointOutput"]
    assert (sent["encoding"], sent["data"]) == ("BASE64", "MSwy")
    assert sent["observedContentType"] == "application/octet-stream"
    assert (received["encoding"], received["data"]) == ("BASE64", "eyJhIjoxfQ==")


def test_json_encoding(ml: MockML, client: Any) -> None:
    config = {"DestinationS3Uri": PREFIX, "CaptureContentTypeHeader": CSV}
    ml.sagemaker.endpoint("churn", data_capture=config).reply({"a": 1})
    invoke(client)
    assert records(ml)[0]["captureData"]["endpointOutput"]["encoding"] == "JSON"


@pytest.mark.parametrize(
    ("modes", "directions"),
    [
        (["Input"], {"endpointInput"}),
        (["Output"], {"endpointOutput"}),
        (["Input", "Output"], {"endpointInput", "endpointOutput"}),
        (["InputAndOutput"], {"endpointInput", "endpointOutput"}),
    ],
)
def test_capture_options_select_input_and_output(
    ml: MockML, client: Any, modes: list[str], directions: set[str]
) -> None:
    options = [{"CaptureMode": mode} for mode in modes]
    ml.sagemaker.endpoint(
        "churn", data_capture={"DestinationS3Uri": PREFIX, "CaptureOptions": options}
    )
    invoke(client)
    assert set(records(ml)[0]["captureData"]) == directions


def test_sampling_percentage(ml: MockML, client: Any) -> None:
    config = {"DestinationS3Uri": PREFIX, "InitialSamplingPercentage": 30}
    ml.sagemaker.endpoint("churn", data_capture=config)
    for _ in range(200):
        invoke(client)
    assert 40 <= len(records(ml)) <= 80


def test_input_of_a_shadow_variant_is_captured(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("churn", variants=["live"], shadow=["dark"], data_capture=PREFIX)
    invoke(client)
    (dark,) = records(ml, f"{PREFIX}/churn/dark")
    assert set(dark["captureData"]) == {"endpointInput"}
    assert len(records(ml, f"{PREFIX}/churn/live")) == 1


def test_output_of_a_shadow_variant_is_not_captured(ml: MockML, client: Any) -> None:
    options = [{"CaptureMode": "Output"}]
    config = {"DestinationS3Uri": PREFIX, "CaptureOptions": options}
    ml.sagemaker.endpoint("churn", shadow=["dark"], data_capture=config)
    invoke(client)
    assert records(ml, f"{PREFIX}/churn/dark") == []


def test_capture_can_be_disabled(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("churn", data_capture=PREFIX)
    ml.sagemaker.endpoint(
        "churn", data_capture={"DestinationS3Uri": PREFIX, "EnableCapture": False}
    )
    invoke(client)
    assert records(ml) == []


def test_destination_is_required(ml: MockML) -> None:
    with pytest.raises(KeyError, match="DestinationS3Uri"):
        ml.sagemaker.endpoint("churn", data_capture={})
