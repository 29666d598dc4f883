"""Handles of datasets, models and packaging jobs, and of their scripted outcomes."""

from __future__ import annotations

from typing import Any

from mlmock.errors import InvalidRule
from mlmock.exposed import exposed
from mlmock.rules.rule import Rule
from mlmock.rules.target import RuleTarget
from mlmock.services.common.handle import ServiceHandle
from mlmock.services.lookoutvision.backend import LookoutVisionBackend
from mlmock.services.lookoutvision.detection_results import check_finding, finding
from mlmock.services.lookoutvision.resources import Dataset, Job, Metrics, Model, StatefulResource
from mlmock.services.lookoutvision.scripted_outcomes import DETECTION, HOSTING, Outcome, key_of
from mlmock.services.lookoutvision.state_machines import MODEL
from mlmock.simulation.progress import ProgressAttribute


@exposed("lookoutvision.NextOutcome", "fail")
class NextOutcome:
    """The next training, hosting or packaging job that has no scripted outcome yet.

    Several outcomes apply in the order in which they are scripted.
    """

    def __init__(self, handle: ServiceHandle, kind: str, name: str, title: str) -> None:
        self._handle = handle
        self._target = RuleTarget(
            key=key_of(kind, name), title=title, check=_unchanged, allows_connection_failures=False
        )

    def __repr__(self) -> str:
        return f"<{self._target.title}>"

    def fail(self, message: str) -> Rule:
        """Let it fail with this StatusMessage, and return the rule. The API call succeeds."""
        return self._add_rule(Outcome(failure=str(message)))

    def _add_rule(self, outcome: Outcome) -> Rule:
        return self._handle.rule(self._target).times(1).reply(outcome)


@exposed("lookoutvision.NextTraining", "metrics")
class NextTraining(NextOutcome):
    """The next training that has no scripted outcome yet."""

    def metrics(self, *, precision: float, recall: float) -> Rule:
        """Let it succeed with these metrics for any number of images, and return the rule.

        Args:
            precision: The precision, from 0 to 1.
            recall: The recall, from 0 to 1.

        Raises:
            InvalidRule: A value is out of range.
        """
        for name, value in (("precision", precision), ("recall", recall)):
            if not 0 <= value <= 1:
                raise InvalidRule(f"{name} must be a number from 0 to 1, not {value!r}")
        return self._add_rule(Outcome(metrics=Metrics(float(precision), float(recall))))


def _unchanged(outcome: Any) -> Any:
    return outcome


@exposed("lookoutvision.DetectionRules", "on reply detect")
class DetectionRules:
    """The detection results of one model, of the models of a project, or of all models."""

    def __init__(self, handle: ServiceHandle, name: str, title: str) -> None:
        self._handle = handle
        self._target = RuleTarget(
            key=key_of(DETECTION, name), title=title, check=check_finding, scripts_resource=True
        )

    def on(self, *, image: Any = None) -> Rule:
        """Return a new rule for detections. It takes effect once it has an answer.

        An answer is True, False, a dict of arguments of `detect`, or a function of the `Call`.

        Args:
            image: The bytes of the image, another match value, or a predicate of the bytes. By
                default the rule applies to all images.
        """
        members = {} if image is None else {"image": image}
        return self._handle.rule(self._target, members)

    def reply(self, *answers: Any) -> Rule:
        """Answer all detections with `answers`, and return the rule.

        Args:
            *answers: One answer for all detections, or several answers in order; see `on`.

        Raises:
            InvalidRule: An answer is not valid.
        """
        return self.on().reply(*answers)

    def detect(self, answer: Any = None, /, *, image: Any = None, **found: Any) -> Rule:
        """Answer detections with one result, and return the rule.

        Args:
            answer: A function of the `Call` that returns True, False or a dict of the keywords.
            image: The image that the rule applies to; see `on`.
            **found: The result: anomalous (bool), confidence (0 to 1), anomalies (labels with
                their shares of the image), mask (a PNG), colors (labels with ``#RRGGBB``).

        Raises:
            InvalidRule: The service can't return such a result.
        """
        if answer is not None and found:
            raise InvalidRule("detect() requires a function or keywords, not both")
        if answer is None and "anomalous" not in found:
            raise InvalidRule("detect() requires anomalous=True or anomalous=False")
        return self.on(image=image).reply(finding(**found) if answer is None else answer)


@exposed("lookoutvision.ResourceHandle", "status message progress finish fail")
class ResourceHandle:
    """The handle of a resource, which may not exist yet."""

    progress = ProgressAttribute()
    """The policy for the work of the resource. Assign a policy to replace it."""

    def __init__(self, backend: LookoutVisionBackend, kind: str, *key: str) -> None:
        self._backend = backend
        self._kind = kind
        self._key = key
        self.progress = backend.progress_of(*key)

    def __repr__(self) -> str:
        return f"<{self._kind} {self._key[0]}/{self._key[-1]}: {self.status or 'does not exist'}>"

    def _find(self) -> StatefulResource | None:
        raise NotImplementedError

    @property
    def status(self) -> str | None:
        """The Status, or None if the resource does not exist. Does not count as a poll."""
        found = self._find()
        return found.status if found else None

    @property
    def message(self) -> str | None:
        """The StatusMessage, or None if the resource does not exist."""
        found = self._find()
        return found.message if found else None

    def finish(self) -> None:
        """Complete the work in progress.

        Raises:
            InvalidRule: No work is in progress.
        """
        with self._backend.lock:
            work = self._active().work
            assert work is not None
            work.finish()

    def fail(self, message: str) -> None:
        """Fail the work in progress with this StatusMessage.

        Raises:
            InvalidRule: No work is in progress.
        """
        with self._backend.lock:
            resource = self._active()
            self._backend.undo_log.set(resource, failure=str(message))
            assert resource.work is not None
            resource.work.finish()

    def _active(self) -> StatefulResource:
        found = self._existing()
        if found.work is None:
            raise InvalidRule(f"{self!r}: no work is in progress")
        return found

    def _existing(self) -> StatefulResource:
        found = self._find()
        if found is None:
            raise InvalidRule(f"the {self._kind} {self._key[0]}/{self._key[-1]} does not exist")
        return found


@exposed("lookoutvision.DatasetHandle", "entries")
class DatasetHandle(ResourceHandle):
    """The handle of the train or test dataset of a project."""

    def _find(self) -> Dataset | None:
        project = self._backend.projects.get(self._key[0])
        return project.datasets.get(self._key[-1]) if project else None

    @property
    def entries(self) -> list[str]:
        """The JSON lines; none if the dataset does not exist."""
        found = self._find()
        return [entry.text for entry in found.content.entries] if found else []


@exposed("lookoutvision.JobHandle")
class JobHandle(ResourceHandle):
    """The handle of a model packaging job."""

    def _find(self) -> Job | None:
        project = self._backend.projects.get(self._key[0])
        return project.jobs.get(self._key[-1]) if project else None


@exposed("lookoutvision.ModelHandle", "next_hosting system_update")
class ModelHandle(DetectionRules, ResourceHandle):
    """The handle of a version of a model, which may be scripted before it exists.

    Attributes:
        next_hosting: The next start of hosting that has no scripted outcome yet.
    """

    def __init__(self, handle: ServiceHandle, project: str, version: str) -> None:
        title = f'ml.lookoutvision.project("{project}").model("{version}")'
        DetectionRules.__init__(self, handle, f"{project}/{version}", title)
        ResourceHandle.__init__(self, handle.backend(), "model", project, "model", version)
        self.next_hosting = NextOutcome(
            handle, HOSTING, f"{project}/{version}", f"{title}.next_hosting"
        )

    def _find(self) -> Model | None:
        project = self._backend.projects.get(self._key[0])
        if project is None:
            return None
        version = self._key[-1]
        number = max(project.models, default=0) if version == "latest" else int(version)
        return project.models.get(number)

    def fail(self, message: str) -> None:
        """Fail the training or the start of hosting in progress.

        Raises:
            InvalidRule: Neither is in progress.
        """
        if self.status not in ("TRAINING", "STARTING_HOSTING"):
            raise InvalidRule(f"{self!r}: no training or start of hosting is in progress")
        super().fail(message)

    def system_update(self) -> None:
        """Put a hosted model into SYSTEM_UPDATING, until `finish()`.

        Raises:
            InvalidRule: The model is not hosted.
        """
        self._move("system update", "The system is being updated.")

    def finish(self) -> None:
        """Complete a training, start, stop, deletion or system update in progress.

        Raises:
            InvalidRule: None is in progress.
        """
        if self.status == "SYSTEM_UPDATING":
            self._move("updated", "The model is running.")
        else:
            super().finish()

    def _move(self, event: str, message: str) -> None:
        with self._backend.lock:
            found = self._existing()
            if not MODEL.allows(found.status, event):
                raise InvalidRule(f"{self!r}: its status does not allow the event {event!r}")
            self._backend.move(found, MODEL, event, message)
