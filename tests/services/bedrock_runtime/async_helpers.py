"""Async invokes as tests start and show them."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import boto3

REEL = "amazon.nova-reel-v1:0"
BUCKET = "s3://videos/clips"
TEXT_VIDEO = {"taskType": "TEXT_VIDEO", "textToVideoParams": {"text": "a dog on a beach"}}
NOON = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)


def client_of(region: str = "us-east-1", **options: Any) -> Any:
    """Return a Bedrock Runtime client."""
    return boto3.client("bedrock-runtime", region_name=region, **options)


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


def show(client: Any, arn: str) -> dict[str, Any]:
    """Return what GetAsyncInvoke shows, without the metadata of the response."""
    shown: dict[str, Any] = client.get_async_invoke(invocationArn=arn)
    del shown["ResponseMetadata"]
    return shown


def arns(client: Any, **filters: Any) -> list[str]:
    """Return the ARNs of one page of ListAsyncInvokes."""
    listed = client.list_async_invokes(**filters)
    return [row["invocationArn"] for row in listed["asyncInvokeSummaries"]]


def folder_of(client: Any, arn: str) -> str:
    """Return the S3 URI under which an async invoke writes."""
    shown = show(client, arn)
    return str(shown["outputDataConfig"]["s3OutputDataConfig"]["s3Uri"])
