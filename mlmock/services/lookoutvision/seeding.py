"""Seeded state: datasets and models that a test creates without API calls."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from mlmock.services.lookoutvision.backend import LookoutVisionBackend
from mlmock.services.lookoutvision.dataset_content import Content
from mlmock.services.lookoutvision.manifest import ANOMALY, NORMAL, InvalidManifest, parse_manifest
from mlmock.services.lookoutvision.resources import Metrics, Model, Project
from mlmock.services.lookoutvision.state_machines import MODEL, USABLE
from mlmock.simulation.clock import to_seconds

Lines = int | str | Sequence[str | Mapping[str, Any]]
SEEDED = ("TRAINED", "HOSTED")
_WITHOUT_IMAGES = Metrics(0.95, 0.95)


def json_line(uri: str, anomalous: bool | None, created: str) -> str:
    """Return the JSON line of an image.

    Args:
        uri: The S3 URI of the image.
        anomalous: The label, or None for an unlabeled image.
        created: The creation date of the label.
    """
    line: dict[str, Any] = {"source-ref": uri}
    if anomalous is not None:
        line["anomaly-label"] = int(anomalous)
        line["anomaly-label-metadata"] = {
            "confidence": 1,
            "job-name": "labeling-job/anomaly-label",
            "class-name": ANOMALY if anomalous else NORMAL,
            "human-annotated": "yes",
            "creation-date": created,
            "type": "groundtruth/image-classification",
        }
    return json.dumps(line)


def seed_dataset(backend: LookoutVisionBackend, project: Project, kind: str, lines: Lines) -> None:
    """Create a dataset, or replace its content.

    Args:
        backend: The backend.
        project: The project.
        kind: ``train`` or ``test``.
        lines: A number of labeled images (a third of them anomalous), the S3 URI of a manifest
            in the object store, or JSON lines as strings or objects.

    Raises:
        ValueError: A line is not valid, or work on the dataset is in progress.
    """
    content = _content(backend, project, kind, lines)
    dataset = project.datasets.get(kind)
    if dataset is not None and dataset.work is not None:
        raise ValueError(
            f"the {kind} dataset of project {project.name!r} can't be seeded in status "
            f"{dataset.status}"
        )
    if dataset is not None and dataset.status in USABLE:
        backend.undo_log.set(dataset, content=content, updated=backend.now())
    else:
        backend.fill(backend.add_dataset(project, kind), content)


def _content(backend: LookoutVisionBackend, project: Project, kind: str, lines: Lines) -> Content:
    if isinstance(lines, str):
        body = backend.state.store.get(lines, scope=backend.scope)
    else:
        body = "\n".join(_texts(backend, project, kind, lines)).encode()
    if not body.strip():
        return Content()
    try:
        return Content(parse_manifest(body, to_seconds(backend.now())))
    except InvalidManifest as error:
        raise ValueError(f"the {kind} dataset of project {project.name!r}: {error}") from None


def _texts(
    backend: LookoutVisionBackend,
    project: Project,
    kind: str,
    lines: int | Sequence[str | Mapping[str, Any]],
) -> list[str]:
    if not isinstance(lines, int):
        return [line if isinstance(line, str) else json.dumps(line) for line in lines]
    folder = f"s3://lookoutvision-{backend.scope.region}-{backend.scope.account_id}"
    created, anomalies = backend.now().isoformat(), lines // 3
    labels = [index >= lines - anomalies for index in range(lines)]
    return [
        json_line(
            f"{folder}/{project.name}/{kind}/{ANOMALY if label else NORMAL}-{index}.png",
            label,
            created,
        )
        for index, label in enumerate(labels, 1)
    ]


def seed_model(backend: LookoutVisionBackend, project: Project, status: str) -> Model:
    """Create and return a new version of the model of a project.

    Args:
        backend: The backend.
        project: The project.
        status: TRAINED or HOSTED.

    Raises:
        ValueError: The status is neither.
    """
    if status not in SEEDED:
        raise ValueError(f"a model can be seeded as {' or '.join(SEEDED)}, not as {status!r}")
    bucket = f"lookoutvision-{backend.scope.region}-{backend.scope.account_id}"
    backend.state.store.ensure_bucket(bucket, backend.scope)
    model = backend.add_model(project, bucket, f"projects/{project.name}/models/")
    test = project.datasets.get("test")
    if "train" in project.datasets:
        train = project.datasets["train"].content
        backend.undo_log.set(model, train=train, test=test.content if test else None)
    has_images = bool(model.train.stats["Labeled"])
    backend.evaluate(model, None if has_images else _WITHOUT_IMAGES)
    backend.move(model, MODEL, "trained", "Training completed successfully.")
    if status == "HOSTED":
        backend.move(model, MODEL, "StartModel", "")
        backend.move(model, MODEL, "hosted", "The model is running.")
        backend.undo_log.set(model, units=(1, None))
    return model
