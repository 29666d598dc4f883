"""What tests of models share: how one is trained, and what is shown of it."""

from __future__ import annotations

from typing import Any

ARN = "arn:aws:lookoutvision:us-east-1:123456789012:model/circuits/1"
OUT = {"S3Location": {"Bucket": "results", "Prefix": "run-1/"}}
ONE = {"ProjectName": "circuits", "ModelVersion": "1"}


def train(client: Any, **more: Any) -> dict[str, Any]:
    made = client.create_model(ProjectName="circuits", OutputConfig=OUT, **more)
    found: dict[str, Any] = made["ModelMetadata"]
    return found


def described(client: Any, version: str = "1") -> dict[str, Any]:
    found: dict[str, Any] = client.describe_model(ProjectName="circuits", ModelVersion=version)[
        "ModelDescription"
    ]
    return found


def status(client: Any) -> str:
    return str(described(client)["Status"])
