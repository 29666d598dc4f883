"""Training: when it fails, how well the model does, and what is written about it.

The minimums are the developer guide's; that too few images end the training, and do not refuse the
call, is judged. Where the test says nothing the metrics follow from how many images are labelled.
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

_EVERY = 5  # of a single dataset every fifth image is for testing (judged)


@dataclass(frozen=True, slots=True)
class Split:
    """Which labelled images train a model, and which test it."""

    train: list[Entry]
    test: list[Entry]


def split(model: Model) -> Split:
    """Return how a model's images are split: as given, or every fifth of a single dataset."""
    train = [entry for entry in model.train.entries if entry.label]
    if model.test is not None:
        return Split(train, [entry for entry in model.test.entries if entry.label])
    test = train[_EVERY - 1 :: _EVERY]
    return Split([entry for place, entry in enumerate(train, 1) if place % _EVERY], test)


def too_few(train: Content, test: Content | None) -> str | None:
    """Return why there are too few images to train with, or None if there are enough."""
    labels = train.colours
    if test is None:
        return _missing("training", train, normal=20, anomaly=10) or _rare(
            "training", train, labels, 20
        )
    return (
        _missing("training", train, normal=10, anomaly=0)
        or _missing("test", test, normal=10, anomaly=10)
        or _rare("training", train, labels, 10)
        or _rare("test", test, labels, 10)
    )


def _missing(name: str, content: Content, *, normal: int, anomaly: int) -> str | None:
    stats = content.stats
    if stats["Normal"] >= normal and stats["Anomaly"] >= anomaly:
        return None
    return (
        f"The {name} dataset needs at least {normal} normal and {anomaly} anomalous images; "
        f"it has {stats['Normal']} and {stats['Anomaly']}."
    )


def _rare(name: str, content: Content, labels: Iterable[str], least: int) -> str | None:
    """Return which label of the masks too few images have; only those with that one count."""
    alone = Counter(
        next(iter(found))
        for entry in content.entries
        if len(found := {label for label, _ in entry.colours}) == 1
    )
    label = next((label for label in labels if alone[label] < least), None)
    if label is None:
        return None
    return (
        f"The {name} dataset needs at least {least} images with the label {label} alone; "
        f"it has {alone[label]}."
    )


def default_metrics(model: Model) -> Metrics:
    """Return metrics that follow from the counts: the more images, the nearer to 1."""
    labelled = [entry for part in (model.train, model.test) if part for entry in part.entries]
    stats = count(labelled)
    normal, anomaly = stats["Normal"], stats["Anomaly"]
    return Metrics(round(normal / (normal + 1), 4), round(anomaly / (anomaly + 1), 4))


# -- what is written ---------------------------------------------------------------------------


def evaluation_result(model: Model, metrics: Metrics, ended: datetime) -> bytes:
    """Return the EvaluationResult object (its form as recorded)."""
    parts = split(model)
    scalars: dict[str, Any] = {
        "ROCAUC": round((1 + metrics.recall) / 2, 4),
        "AveragePrecision": metrics.precision,
        "Precision": metrics.precision,
        "Recall": metrics.recall,
        "F1Score": metrics.f1,
    }
    if model.colours:
        scalars["PixelAnomalyClassMetrics"] = [
            {**metrics.performance(), "AIOU": metrics.f1, "ClassName": name}
            for name in model.colours
        ]
    return json_bytes(
        {
            "Version": 1,
            "EvaluationDetails": {
                "ModelArn": model.arn,
                "EvaluationEndTimestamp": _text(ended),
                "NumberOfTrainingImages": len(parts.train),
                "NumberOfTestingImages": len(parts.test),
            },
            "AggregatedEvaluationResults": {"Metrics": scalars},
        }
    )


def evaluation_manifest(model: Model, metrics: Metrics, ended: datetime) -> bytes:
    """Return the EvaluationManifest object: a line a test image, with what was detected in it."""
    images = split(model).test
    wrong = _wrong(images, metrics)
    lines = [_evaluated(model, entry, entry.ref in wrong, _text(ended)) for entry in images]
    # Not sorted: what was labelled stands before what was detected, for whoever imports the lines.
    texts = [json.dumps(line, separators=(",", ":"), ensure_ascii=False) for line in lines]
    return "".join(text + "\n" for text in texts).encode(errors="replace")


def _wrong(images: list[Entry], metrics: Metrics) -> set[str]:
    """Return the images that are detected wrongly, so many that the metrics come out."""
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
        "anomaly-label-metadata": _label(truth, 1.0, ended, entry.dated or ended, "yes"),
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


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
