"""Images and calls of DetectAnomalies."""

from __future__ import annotations

from typing import Any

from mlmock.services.common.images import png
from tests.services.lookoutvision.conftest import json_line, masked_line

ONE = {"ProjectName": "circuits", "ModelVersion": "1"}
PNG = png(64, 64, [("#808080", 1.0)], alpha=False)


def detect(client: Any, body: Any = PNG, kind: str = "image/png", **more: Any) -> dict[str, Any]:
    answer = client.detect_anomalies(**{**ONE, **more}, Body=body, ContentType=kind)
    found: dict[str, Any] = answer["DetectAnomalyResult"]
    return found


def segmentation_model(ml: Any, labels: dict[str, str]) -> Any:
    texts = [json_line("1.png"), masked_line("2.png", labels)]
    return ml.lookoutvision.project("circuits", train=texts, model="HOSTED").model("1")
