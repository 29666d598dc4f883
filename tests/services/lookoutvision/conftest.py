"""A mock, a client, and manifest lines for the tests of Amazon Lookout for Vision."""

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
    with mock_ml() as handle:
        yield handle


@pytest.fixture
def model(ml: Any) -> Any:
    """Return the handle of a hosted model."""
    return ml.lookoutvision.project("circuits", model="HOSTED").model("1")


@pytest.fixture
def vision(ml: Any) -> Any:
    return boto3.client("lookoutvision", region_name="us-east-1")


def json_line(
    name: str, label: str | None = "normal", *, bucket: str = BUCKET, dated: str | None = None
) -> str:
    """Return the JSON line of an image, labeled unless `label` is None."""
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
    """Return the JSON line of an anomalous image with a mask; `labels` maps labels to colors."""
    found = json.loads(json_line(name, "anomaly"))
    colors = {"background": "#ffffff", **labels}
    found["anomaly-mask-ref"] = f"s3://{BUCKET}/{name}-mask.png"
    found["anomaly-mask-ref-metadata"] = {
        "internal-color-map": {
            str(index): {"class-name": label, "hex-color": color, "confidence": 0}
            for index, (label, color) in enumerate(colors.items())
        },
        "type": "groundtruth/semantic-segmentation",
        "human-annotated": "yes",
        "creation-date": "2021-11-23T20:31:57.758889",
        "job-name": "labeling-job/mask",
    }
    return json.dumps(found)


def source(key: str, bucket: str = "manifests") -> dict[str, Any]:
    """Return a DatasetSource for a manifest."""
    return {"GroundTruthManifest": {"S3Object": {"Bucket": bucket, "Key": key}}}


def error_of(call: Callable[..., Any], **params: Any) -> dict[str, Any]:
    """Return the code, HTTP status and members of the error that a call raises."""
    with pytest.raises(ClientError) as caught:
        call(**params)
    response: dict[str, Any] = dict(caught.value.response)
    status = response.pop("ResponseMetadata")["HTTPStatusCode"]
    return {"Code": response["Error"]["Code"], "Status": status, **response}
