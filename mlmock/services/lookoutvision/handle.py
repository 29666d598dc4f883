"""The handle `ml.lookoutvision`: projects, datasets, models, detection."""

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
from mlmock.services.lookoutvision.resources import Project as StoredProject
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
    """The handle of Lookout for Vision, `ml.lookoutvision`."""

    service = _SERVICE

    def __init__(self, state: MockState, at: ScopeFilter) -> None:
        ServiceHandle.__init__(self, state, at)
        DetectionRules.__init__(self, self, EVERY, "ml.lookoutvision")

    def __repr__(self) -> str:
        names = [name for backend in self.backends() for name in backend.projects]
        return f"<lookoutvision: {len(names)} projects>"

    def resources(self) -> list[Resource]:
        """Return the projects with their datasets, models and packaging jobs for display."""
        return [
            resource
            for backend in self.backends()
            for project in list(backend.projects.values())
            for resource in _resources(project, backend.scope)
        ]

    @property
    def next_training(self) -> NextTraining:
        """The next training in any project that has no scripted outcome yet."""
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
        """Return the project `name`, and create it if it does not exist.

        The entries of a dataset are a number of labeled images (a third of them anomalous), JSON
        lines (as strings or objects), or the S3 URI of a manifest in the object store.

        Args:
            name: The name of the project.
            train: The entries of the train dataset.
            test: The entries of the test dataset.
            model: TRAINED or HOSTED creates a version of the model if there is none.
            exists: Whether to create the project. If False, `train`, `test` and `model` are
                ignored.

        Raises:
            ValueError: A name, line or status is not valid.
        """
        project = Project(self, name)
        if exists:
            project.seed(train=train, test=test, model=model)
        return project

    def quotas(self, **limits: int | None) -> None:
        """Set quotas of the account.

        Args:
            **limits: The limits by quota, or None for no limit. The quotas are
                concurrent_trainings (by default 2), projects, models_per_project, hosted_models,
                inference_units, train_images and test_images (by default no limit).

        Raises:
            TypeError: There is no such quota.
            ValueError: A limit is not valid.
        """
        quotas = self.state.shared(Quotas)
        for name, limit in limits.items():
            if not hasattr(quotas, name):
                raise TypeError(f"there is no quota {name!r}; use one of {', '.join(vars(quotas))}")
            if limit is not None and (type(limit) is not int or limit < 0):
                raise ValueError(f"the quota {name} must be a number from 0 or None, not {limit!r}")
        self.state.undo_log.set(quotas, **limits)

    def json_line(self, uri: str, *, anomalous: bool | None = None) -> str:
        """Return the JSON line of an image for a manifest.

        Args:
            uri: The S3 URI of the image.
            anomalous: The label, or None for an unlabeled image.
        """
        return json_line(uri, anomalous, self.backend().now().isoformat())

    def image(self, width: int = 64, height: int = 64, color: str = "#808080") -> bytes:
        """Return a PNG of one color.

        Args:
            width: The width in pixels.
            height: The height in pixels.
            color: The color as ``#RRGGBB``.
        """
        return png(width, height, [(color, 1.0)], alpha=False)


@exposed(
    "lookoutvision.Project",
    "name arn exists progress seed dataset model packaging_job",
    "next_training next_packaging",
)
class Project(DetectionRules):
    """The handle of a project, which may not exist yet.

    Attributes:
        name: The name of the project.
    """

    progress = ProgressAttribute()
    """The policy for the work of the project. Assign a policy to replace it."""

    def __init__(self, vision: LookoutVision, name: str) -> None:
        super().__init__(vision, f"{name}/{EVERY}", f'ml.lookoutvision.project("{name}")')
        _check_name(name)
        self.name = name
        self._vision = vision
        self._backend: LookoutVisionBackend = vision.backend()
        self.progress = self._backend.progress_of(name)

    def __repr__(self) -> str:
        found = self._backend.projects.get(self.name)
        return f"<project {self.name}: {'exists' if found else 'does not exist'}>"

    @property
    def arn(self) -> str:
        """The ARN."""
        return self._backend.scope.arn(_SERVICE, f"project/{self.name}")

    @property
    def exists(self) -> bool:
        """Whether the project exists."""
        return self.name in self._backend.projects

    def seed(
        self,
        *,
        train: Lines | None = None,
        test: Lines | None = None,
        model: str | None = None,
    ) -> Project:
        """Create the project, its datasets and its model without API calls, and return the project.

        Args:
            train: The entries of the train dataset; see `LookoutVision.project`.
            test: The entries of the test dataset.
            model: TRAINED or HOSTED creates a version of the model if there is none.

        Raises:
            ValueError: A line or the status is not valid.
        """
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
        """Return the ``train`` or ``test`` dataset, which may not exist yet.

        Raises:
            ValueError: `kind` is neither.
        """
        if kind not in ("train", "test"):
            raise ValueError(f"a dataset must be train or test, not {kind!r}")
        return DatasetHandle(self._backend, "dataset", self.name, "dataset", kind)

    def model(self, version: str | int = "latest") -> ModelHandle:
        """Return a version of the model, which may not exist yet.

        Raises:
            ValueError: `version` is neither a positive number nor ``latest``.
        """
        text = str(version)
        if text != "latest" and not (text.isdecimal() and not text.startswith("0")):
            raise ValueError(f'a version must be "1", "2" and so on, or "latest", not {version!r}')
        return ModelHandle(self._vision, self.name, text)

    def packaging_job(self, name: str) -> JobHandle:
        """Return a model packaging job, which may not exist yet."""
        return JobHandle(self._backend, "model packaging job", self.name, "job", name)

    @property
    def next_training(self) -> NextTraining:
        """The next training in this project that has no scripted outcome yet."""
        return NextTraining(self._vision, TRAINING, self.name, self._title("next_training"))

    @property
    def next_packaging(self) -> NextOutcome:
        """The next model packaging job of this project that has no scripted outcome yet."""
        return NextOutcome(self._vision, PACKAGING, self.name, self._title("next_packaging"))

    def _title(self, what: str) -> str:
        return f'ml.lookoutvision.project("{self.name}").{what}'


def _resources(project: StoredProject, scope: Scope) -> Iterator[Resource]:
    """Yield a project with its datasets, models and packaging jobs."""
    path = (("lookoutvision", ()), ("project", (project.name,)))
    yield Resource("project", project.name, "", scope, None, path)
    contents = [
        *(
            (DATASET, kind, content, ("dataset", (kind,)))
            for kind, content in project.datasets.items()
        ),
        *(
            (MODEL, number, content, ("model", (number,)))
            for number, content in project.models.items()
        ),
        *(
            (JOB, name, content, ("packaging_job", (name,)))
            for name, content in project.jobs.items()
        ),
    ]
    for machine, name, content, step in contents:
        full_name = f"{project.name}/{name}"
        yield Resource(machine.name, full_name, content.status, scope, machine, (*path, step))


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise ValueError(
            f"the name of a project has 1 to 255 letters, digits, - and _, not {name!r}"
        )
