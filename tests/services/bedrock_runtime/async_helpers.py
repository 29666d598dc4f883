"""Calls of the async invoke operations."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from botocore.exceptions import ClientError

REEL = "amazon.nova-reel-v1:0"
BUCKET = "s3://videos/clips"
TEXT_VIDEO = {"taskType": "TEXT_VIDEO", "textToVideoParams": {"text": "a dog on a beach"}}
NOON = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)


def start(client: Any, model_id: str = REEL, model_input: Any = None, **changes: Any) -> str:
    """Start an async invoke and return its ARN."""
    uri = changes.pop("uri", BUCKET)
    started = client.start_async_invoke(
        modelId=model_id,
        modelInput=TEXT_VIDEO if model_input is None else model_input,
        outputDataConfig={"s3OutputDataConfig": {"s3Uri": uri}},
        **changes,
    )
    return str(started["invocationArn"])


def get_invoke(client: Any, arn: str) -> dict[str, Any]:
    """Return the response of GetAsyncInvoke without its metadata."""
    response: dict[str, Any] = client.get_async_invoke(invocationArn=arn)
    del response["ResponseMetadata"]
    return response


def arns(client: Any, **filters: Any) -> list[str]:
    """Return the ARNs of one page of ListAsyncInvokes."""
    listed = client.list_async_invokes(**filters)
    return [row["invocationArn"] for row in listed["asyncInvokeSummaries"]]


def output_folder(client: Any, arn: str) -> str:
    """Return the S3 URI of the folder that an async invoke writes to."""
    output = get_invoke(client, arn)["outputDataConfig"]["s3OutputDataConfig"]
    return str(output["s3Uri"])


def start_error(client: Any, **changes: Any) -> tuple[str, str]:
    """Return code and message of a rejected start, after checking that nothing was stored."""
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
