"""A running mock, a client in it, and short ways to say what most tests begin with."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from mlmock import mock_ml

BUCKET = "images"


@pytest.fixture
def ml() -> Iterator[Any]:
    with mock_ml() as running:
        yield running


@pytest.fixture
def vision(ml: Any) -> Any:
    return boto3.client("lookoutvision", region_name="us-east-1")


def line(
    name: str, label: str | None = "normal", *, bucket: str = BUCKET, dated: str | None = None
) -> str:
    """The JSON line of one image, labelled unless `label` is None."""
    found: dict[str, Any] = {"source-ref": f"s3://{bucket}/{name}"}
    if label is not None:
        found["anomaly-label"] = 1 if label == "anomaly" else 0
        found["anomaly-label-metadata"] = {
            "class-name": label,
            "human-annotated": "yes",
            "type": "groundtruth/image-classification",
            **({"creation-date": dated} if dated else {}),
        }
    return json.dumps(found)


def masked_line(name: str, labels: dict[str, str]) -> str:
    """The JSON line of an anomalous image with a mask; `labels` have colours."""
    found = json.loads(line(name, "anomaly"))
    colours = {"background": "#ffffff", **labels}
    found["anomaly-mask-ref"] = f"s3://{BUCKET}/{name}-mask.png"
    found["anomaly-mask-ref-metadata"] = {
        "internal-color-map": {
            str(place): {"class-name": label, "hex-color": colour, "confidence": 0}
            for place, (label, colour) in enumerate(colours.items())
        },
        "type": "groundtruth/semantic-segmentation",
        "human-annotated": "yes",
        "creation-date": "2021-11-23T20:31:57.758889",
        "job-name": "labeling-job/mask",
    }
    return json.dumps(found)


def source(key: str, bucket: str = "manifests") -> dict[str, Any]:
    """A DatasetSource."""
    return {"GroundTruthManifest": {"S3Object": {"Bucket": bucket, "Key": key}}}


def refusal(call: Callable[..., Any], **params: Any) -> dict[str, Any]:
    """What a call is refused with: the error's code, text and other members."""
    with pytest.raises(ClientError) as refused:
        call(**params)
    response: dict[str, Any] = dict(refused.value.response)
    status = response.pop("ResponseMetadata")["HTTPStatusCode"]
    return {"Code": response["Error"]["Code"], "Status": status, **response}
