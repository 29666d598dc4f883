"""Training: requirements, default metrics and evaluation files.

Source: developer guide (minimums). Assumption: too few images fail the training, not the call.
Without scripted metrics they follow from the numbers of labeled images.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mlmock.services.lookoutvision.dataset_content import Content
from mlmock.services.lookoutvision.manifest import ANOMALY, NORMAL, Entry, count
from mlmock.services.lookoutvision.resources import Metrics, Model
from mlmock.simulation.object_store import json_bytes

_TEST_INTERVAL = 5  # Assumption: every fifth image of a single dataset is for testing.


@dataclass(frozen=True, slots=True)
class Split:
    """The labeled images for training and for testing."""

    train: list[Entry]
    test: list[Entry]


def split(model: Model) -> Split:
    """Return the images for training and for testing."""
    train = [entry for entry in model.train.entries if entry.label]
    if model.test is not None:
        return Split(train, [entry for entry in model.test.entries if entry.label])
    test = train[_TEST_INTERVAL - 1 :: _TEST_INTERVAL]
    return Split([entry for index, entry in enumerate(train, 1) if index % _TEST_INTERVAL], test)


def too_few(train: Content, test: Content | None) -> str | None:
    """Return the failure message for too few images, or None if there are enough."""
    labels = train.colors
    if test is None:
        return _insufficient_images(
            "training", train, normal=20, anomaly=10
        ) or _insufficient_label("training", train, labels, 20)
    return (
        _insufficient_images("training", train, normal=10, anomaly=0)
        or _insufficient_images("test", test, normal=10, anomaly=10)
        or _insufficient_label("training", train, labels, 10)
        or _insufficient_label("test", test, labels, 10)
    )


def _insufficient_images(name: str, content: Content, *, normal: int, anomaly: int) -> str | None:
    stats = content.stats
    if stats["Normal"] >= normal and stats["Anomaly"] >= anomaly:
        return None
    return (
        f"The {name} dataset needs at least {normal} normal and {anomaly} anomalous images; "
        f"it has {stats['Normal']} and {stats['Anomaly']}."
    )


def _insufficient_label(
    name: str, content: Content, labels: Iterable[str], minimum: int
) -> str | None:
    """Return the failure message for a label with too few images that have no other label."""
    single_label_counts = Counter(
        next(iter(found))
        for entry in content.entries
        if len(found := {label for label, _ in entry.colors}) == 1
    )
    label = next((label for label in labels if single_label_counts[label] < minimum), None)
    if label is None:
        return None
    return (
        f"The {name} dataset needs at least {minimum} images with the label {label} alone; "
        f"it has {single_label_counts[label]}."
    )


def default_metrics(model: Model) -> Metrics:
    """Return metrics that follow from the numbers of images: more images, closer to 1."""
    labeled = [entry for part in (model.train, model.test) if part for entry in part.entries]
    stats = count(labeled)
    normal, anomaly = stats["Normal"], stats["Anomaly"]
    return Metrics(round(normal / (normal + 1), 4), round(anomaly / (anomaly + 1), 4))


# -- evaluation files ---------------------------------------------------------------------------


def evaluation_result(model: Model, metrics: Metrics, ended: datetime) -> bytes:
    """Return the EvaluationResult object. Source: recorded object (format)."""
    parts = split(model)
    scalars: dict[str, Any] = {
        "ROCAUC": round((1 + metrics.recall) / 2, 4),
        "AveragePrecision": metrics.precision,
        "Precision": metrics.precision,
        "Recall": metrics.recall,
        "F1Score": metrics.f1,
    }
    if model.colors:
        scalars["PixelAnomalyClassMetrics"] = [
            {**metrics.performance(), "AIOU": metrics.f1, "ClassName": name}
            for name in model.colors
        ]
    return json_bytes(
        {
            "Version": 1,
            "EvaluationDetails": {
                "ModelArn": model.arn,
                "EvaluationEndTimestamp": _timestamp(ended),
                "NumberOfTrainingImages": len(parts.train),
                "NumberOfTestingImages": len(parts.test),
            },
            "AggregatedEvaluationResults": {"Metrics": scalars},
        }
    )


def evaluation_manifest(model: Model, metrics: Metrics, ended: datetime) -> bytes:
    """Return the EvaluationManifest object: a JSON line with the result for each test image."""
    images = split(model).test
    wrong = _misclassified(images, metrics)
    lines = [_evaluated(model, entry, entry.ref in wrong, _timestamp(ended)) for entry in images]
    # Keys are not sorted: a dataset import uses the first label, which is the ground truth.
    texts = [json.dumps(line, separators=(",", ":"), ensure_ascii=False) for line in lines]
    return "".join(text + "\n" for text in texts).encode(errors="replace")


def _misclassified(images: list[Entry], metrics: Metrics) -> set[str]:
    """Return the misclassified images, as many as the metrics imply."""
    anomalies = [entry.ref for entry in images if entry.label == ANOMALY]
    normals = [entry.ref for entry in images if entry.label == NORMAL]
    hits = round(metrics.recall * len(anomalies))
    precision = metrics.precision
    false = round(hits * (1 - precision) / precision) if precision else len(normals)
    return {*anomalies[hits:], *normals[:false]}


def _evaluated(model: Model, entry: Entry, wrong: bool, ended: str) -> dict[str, Any]:
    truth = entry.label == ANOMALY
    detected = truth is not wrong
    return {
        "source-ref": entry.ref,
        "source-ref-metadata": {"creation-date": ended},
        "anomaly-label": int(truth),
        "anomaly-label-metadata": _label(truth, 1.0, ended, entry.label_date or ended, "yes"),
        "anomaly-label-detected": int(detected),
        "anomaly-label-detected-metadata": {
            **_label(detected, 0.6 if wrong else 0.95, ended, ended, "no"),
            "job-name": "training-job/anomaly-detection",
            "model-arn": model.arn,
            "project-name": model.project,
            "model-version": str(model.version),
        },
    }


def _label(
    anomalous: bool, confidence: float, ended: str, created: str, by_human: str
) -> dict[str, Any]:
    return {
        "class-name": ANOMALY if anomalous else NORMAL,
        "confidence": confidence,
        "type": "groundtruth/image-classification",
        "human-annotated": by_human,
        "creation-date": created,
        "job-name": "anomaly-detection",
    }


def _timestamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
