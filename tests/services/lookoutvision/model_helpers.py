"""Functions shared by the tests of models."""

from __future__ import annotations

from typing import Any

ARN = "arn:aws:lookoutvision:us-east-1:123456789012:model/circuits/1"
OUT = {"S3Location": {"Bucket": "results", "Prefix": "run-1/"}}
ONE = {"ProjectName": "circuits", "ModelVersion": "1"}


def train(client: Any, **more: Any) -> dict[str, Any]:
    created = client.create_model(ProjectName="circuits", OutputConfig=OUT, **more)
    found: dict[str, Any] = created["ModelMetadata"]
    return found


def described(client: Any, version: str = "1") -> dict[str, Any]:
    found: dict[str, Any] = client.describe_model(ProjectName="circuits", ModelVersion=version)[
        "ModelDescription"
    ]
    return found


def status(client: Any) -> str:
    return str(described(client)["Status"])


def evaluation(ml: Any, kind: str) -> bytes:
    """Return the evaluation manifest or result of the first model."""
    found: bytes = ml.s3.get(f"s3://results/run-1/Evaluation{kind}-circuits-1.json")
    return found
