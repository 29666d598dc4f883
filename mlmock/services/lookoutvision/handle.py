"""`ml.lookoutvision`: projects, datasets, models, detections."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlmock.aws.scope import Scope, ScopeFilter
from mlmock.engine.state import MockState
from mlmock.exposed import exposed
from mlmock.reporting.resource import Resource
from mlmock.services.common.handle import ServiceHandle
from mlmock.services.common.images import png
from mlmock.services.lookoutvision.backend import LookoutVisionBackend
from mlmock.services.lookoutvision.resource_handles import (
    DatasetHandle,
    DetectionRules,
    JobHandle,
    ModelHandle,
    NextOutcome,
    NextTraining,
)
from mlmock.services.lookoutvision.resources import Project as Stored
from mlmock.services.lookoutvision.scripted_outcomes import EVERY, PACKAGING, TRAINING
from mlmock.services.lookoutvision.seeding import Lines, json_line, seed_dataset, seed_model
from mlmock.services.lookoutvision.state import Quotas
from mlmock.services.lookoutvision.state_machines import DATASET, JOB, MODEL
from mlmock.simulation.progress import ProgressAttribute

_SERVICE = "lookoutvision"
_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_-]{0,254}")


@exposed(
    "lookoutvision.LookoutVision", "next_training project quotas json_line image progress resources"
)
class LookoutVision(DetectionRules, ServiceHandle):
    """Projects, datasets, models, detections."""

    service = _SERVICE

    def __init__(self, state: MockState, at: ScopeFilter) -> None:
        ServiceHandle.__init__(self, state, at)
        DetectionRules.__init__(self, self, EVERY, "ml.lookoutvision")

    def __repr__(self) -> str:
        names = [name for backend in self.backends() for name in backend.projects]
        return f"<lookoutvision: {len(names)} projects>"

    def resources(self) -> list[Resource]:
        """Return projects, and with their states the datasets, models and jobs in them."""
        return [
            resource
            for backend in self.backends()
            for project in list(backend.projects.values())
            for resource in _resources(project, backend.scope)
        ]

    @property
    def next_training(self) -> NextTraining:
        """The next training, of whatever project, of which nothing has been said yet."""
        return NextTraining(self, TRAINING, EVERY, "ml.lookoutvision.next_training")

    def project(
        self,
        name: str,
        *,
        train: Lines | None = None,
        test: Lines | None = None,
        model: str | None = None,
        exists: bool = True,
    ) -> Project:
        """Return the project `name`, seeded if it isn't there; with `exists=False` not even then.

        `train`, `test`: what its datasets hold: so many labelled images (a third of them
        anomalous), JSON lines (texts or objects), or the URI of a manifest in the object store.
        `model`: TRAINED or HOSTED seeds a version of its model if it has none. ValueError for
        names and lines that the service wouldn't take.
        """
        project = Project(self, name)
        if exists:
            project.seed(train=train, test=test, model=model)
        return project

    def quotas(self, **limits: int | None) -> None:
        """Set quotas of the account; None is no limit.

        concurrent_trainings (2), projects, models_per_project, hosted_models, inference_units,
        train_images and test_images (no limit until set). TypeError for another name.
        """
        quotas = self.state.shared(Quotas)
        for name, limit in limits.items():
            if not hasattr(quotas, name):
                raise TypeError(f"there is no quota {name}; there are {', '.join(vars(quotas))}")
            if limit is not None and (type(limit) is not int or limit < 0):
                raise ValueError(f"{name} is a count or None, not {limit!r}")
        self.state.undo_log.set(quotas, **limits)

    def json_line(self, uri: str, *, anomalous: bool | None = None) -> str:
        """Return the JSON line of the image at `uri`, labelled now; None leaves it unlabelled."""
        return json_line(uri, anomalous, self.backend().now().isoformat())

    def image(self, width: int = 64, height: int = 64, color: str = "#808080") -> bytes:
        """Return a small real image: a PNG of one color (``#RRGGBB``), sizes in pixels."""
        return png(width, height, [(color, 1.0)], alpha=False)


@exposed(
    "lookoutvision.Project",
    "name arn exists progress seed dataset model packaging_job",
    "next_training next_packaging",
)
class Project(DetectionRules):
    """One project of the scope of its handle."""

    progress = ProgressAttribute()

    def __init__(self, vision: LookoutVision, name: str) -> None:
        super().__init__(vision, f"{name}/{EVERY}", f'ml.lookoutvision.project("{name}")')
        _check_name(name)
        self.name = name
        self._vision = vision
        self._backend: LookoutVisionBackend = vision.backend()
        self.progress = self._backend.pace(name)

    def __repr__(self) -> str:
        found = self._backend.projects.get(self.name)
        return f"<project {self.name}: {'there' if found else 'not there'}>"

    @property
    def arn(self) -> str:
        """Its ARN."""
        return self._backend.scope.arn(_SERVICE, f"project/{self.name}")

    @property
    def exists(self) -> bool:
        """True when it is there."""
        return self.name in self._backend.projects

    def seed(
        self,
        *,
        train: Lines | None = None,
        test: Lines | None = None,
        model: str | None = None,
    ) -> Project:
        """Put it there without the API, with datasets and a model, as `project` says."""
        backend = self._backend
        with backend.lock:
            found = backend.projects.get(self.name) or backend.add_project(self.name)
            for kind, lines in (("train", train), ("test", test)):
                if lines is not None:
                    seed_dataset(backend, found, kind, lines)
            if model is not None and not found.models:
                seed_model(backend, found, model)
        return self

    def dataset(self, kind: str = "train") -> DatasetHandle:
        """Return its ``train`` or ``test`` dataset, there already or not yet. ValueError."""
        if kind not in ("train", "test"):
            raise ValueError(f"a dataset is train or test, not {kind!r}")
        return DatasetHandle(self._backend, "dataset", self.name, "dataset", kind)

    def model(self, version: str | int = "latest") -> ModelHandle:
        """Return a version of its model, there already or not yet. ValueError."""
        text = str(version)
        if text != "latest" and not (text.isdecimal() and not text.startswith("0")):
            raise ValueError(f'a version is "1", "2" and so on, or "latest", not {version!r}')
        return ModelHandle(self._vision, self.name, text)

    def packaging_job(self, name: str) -> JobHandle:
        """Return one of its model packaging jobs, there already or not yet."""
        return JobHandle(self._backend, "model packaging job", self.name, "job", name)

    @property
    def next_training(self) -> NextTraining:
        """Its next training of which nothing has been said yet."""
        return NextTraining(self._vision, TRAINING, self.name, self._title("next_training"))

    @property
    def next_packaging(self) -> NextOutcome:
        """Its next model packaging job of which nothing has been said yet."""
        return NextOutcome(self._vision, PACKAGING, self.name, self._title("next_packaging"))

    def _title(self, what: str) -> str:
        return f'ml.lookoutvision.project("{self.name}").{what}'


def _resources(project: Stored, scope: Scope) -> Iterator[Resource]:
    """Yield a project and what is in it."""
    steps = (("lookoutvision", ()), ("project", (project.name,)))
    yield Resource("project", project.name, "", scope, None, steps)
    held = [
        *((DATASET, kind, thing, ("dataset", (kind,))) for kind, thing in project.datasets.items()),
        *((MODEL, number, thing, ("model", (number,))) for number, thing in project.models.items()),
        *((JOB, name, thing, ("packaging_job", (name,))) for name, thing in project.jobs.items()),
    ]
    for machine, name, thing, step in held:
        named = f"{project.name}/{name}"
        yield Resource(machine.name, named, thing.status, scope, machine, (*steps, step))


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise ValueError(f"a project's name has letters, digits, - and _, not {name!r}")
