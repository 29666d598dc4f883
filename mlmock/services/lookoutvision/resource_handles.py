"""What a test author holds of one project and of what is in it."""

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
    """The next training, or the next hosting, of which nothing has been said yet.

    What is written one after another speaks of one after another.
    """

    def __init__(self, handle: ServiceHandle, what: str, name: str, title: str) -> None:
        self._handle = handle
        self._subject = RuleTarget(
            key=key_of(what, name), title=title, check=_kept, allows_connection_failures=False
        )

    def __repr__(self) -> str:
        return f"<{self._subject.title}>"

    def fail(self, message: str) -> Rule:
        """Let it end as failed, with this StatusMessage. The call itself succeeds."""
        return self._says(Outcome(failure=str(message)))

    def _says(self, outcome: Outcome) -> Rule:
        return self._handle.rule(self._subject).times(1).reply(outcome)


@exposed("lookoutvision.NextTraining", "metrics")
class NextTraining(NextOutcome):
    """The next training of which nothing has been said yet."""

    def metrics(self, *, precision: float, recall: float) -> Rule:
        """Let it succeed, however few images there are, with these metrics (each 0 to 1)."""
        for name, value in (("precision", precision), ("recall", recall)):
            if not 0 <= value <= 1:
                raise InvalidRule(f"{name} is a number from 0 to 1, not {value!r}")
        return self._says(Outcome(metrics=Metrics(float(precision), float(recall))))


def _kept(outcome: Any) -> Any:
    return outcome


@exposed("lookoutvision.DetectionRules", "on reply detect")
class DetectionRules:
    """What is detected: by one model, by those of a project, or by all."""

    def __init__(self, handle: ServiceHandle, name: str, title: str) -> None:
        self._handle = handle
        self._subject = RuleTarget(
            key=key_of(DETECTION, name), title=title, check=check_finding, scripts_resource=True
        )

    def on(self, *, image: Any = None) -> Rule:
        """Return a rule for the detections in `image`; it exists once it has an answer.

        `image`: its bytes, a match value, or a predicate of its bytes; None is every image. The
        rule's answers are True, False, a dict of what `detect` takes, or a function of the Call.
        """
        members = {} if image is None else {"image": image}
        return self._handle.rule(self._subject, members)

    def reply(self, *answers: Any) -> Rule:
        """Answer every detection with `answers`: one for all, or several in order."""
        return self.on().reply(*answers)

    def detect(self, answer: Any = None, /, *, image: Any = None, **found: Any) -> Rule:
        """Answer detections: anomalous=, confidence=, anomalies=, mask=, colors=.

        Those of every image, or of `image` (see `on`); or `answer`, a function of the Call that
        returns True, False or a dict of the same keywords. InvalidRule for what can't be answered.
        """
        if answer is not None and found:
            raise InvalidRule("detect() takes a function or keywords, not both")
        if answer is None and "anomalous" not in found:
            raise InvalidRule("detect() needs anomalous=True or anomalous=False")
        return self.on(image=image).reply(finding(**found) if answer is None else answer)


@exposed("lookoutvision.ResourceHandle", "status message progress finish fail")
class ResourceHandle:
    """One thing of the service, there already or not yet."""

    progress = ProgressAttribute()

    def __init__(self, backend: LookoutVisionBackend, what: str, *key: str) -> None:
        self._backend = backend
        self._what = what
        self._key = key
        self.progress = backend.pace(*key)

    def __repr__(self) -> str:
        return f"<{self._what} {self._key[0]}/{self._key[-1]}: {self.status or 'not there'}>"

    def _find(self) -> StatefulResource | None:
        raise NotImplementedError

    @property
    def status(self) -> str | None:
        """Its Status, or None where it isn't there. Not a look."""
        found = self._find()
        return found.status if found else None

    @property
    def message(self) -> str | None:
        """Its StatusMessage, or None where it isn't there."""
        found = self._find()
        return found.message if found else None

    def finish(self) -> None:
        """End what is under way now; InvalidRule if nothing is."""
        with self._backend.lock:
            work = self._busy().work
            assert work is not None
            work.finish()

    def fail(self, message: str) -> None:
        """End what is under way as failed, with this StatusMessage; InvalidRule if nothing is."""
        with self._backend.lock:
            thing = self._busy()
            self._backend.undo_log.set(thing, failure=str(message))
            assert thing.work is not None
            thing.work.finish()

    def _busy(self) -> StatefulResource:
        found = self._there()
        if found.work is None:
            raise InvalidRule(f"{self!r}: nothing is under way")
        return found

    def _there(self) -> StatefulResource:
        found = self._find()
        if found is None:
            raise InvalidRule(f"there is no {self._what} {self._key[0]}/{self._key[-1]}")
        return found


@exposed("lookoutvision.DatasetHandle", "entries")
class DatasetHandle(ResourceHandle):
    """The train or the test dataset of a project."""

    def _find(self) -> Dataset | None:
        project = self._backend.projects.get(self._key[0])
        return project.datasets.get(self._key[-1]) if project else None

    @property
    def entries(self) -> list[str]:
        """Its JSON lines; none where it isn't there."""
        found = self._find()
        return [entry.text for entry in found.content.entries] if found else []


@exposed("lookoutvision.JobHandle")
class JobHandle(ResourceHandle):
    """One model packaging job."""

    def _find(self) -> Job | None:
        project = self._backend.projects.get(self._key[0])
        return project.jobs.get(self._key[-1]) if project else None


@exposed("lookoutvision.ModelHandle", "next_hosting system_update")
class ModelHandle(DetectionRules, ResourceHandle):
    """One version of a project's model; it may be scripted before it exists."""

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
        """End the training or the start that is under way as failed; InvalidRule if none is."""
        if self.status not in ("TRAINING", "STARTING_HOSTING"):
            raise InvalidRule(f"{self!r}: it can't fail now")
        super().fail(message)

    def system_update(self) -> None:
        """Let AWS update the system under a hosted model, until `finish()`."""
        self._move("system update", "The system is being updated.")

    def finish(self) -> None:
        """End what is under way now: a training, hosting, stop, deletion or system update."""
        if self.status == "SYSTEM_UPDATING":
            self._move("updated", "The model is running.")
        else:
            super().finish()

    def _move(self, event: str, message: str) -> None:
        with self._backend.lock:
            found = self._there()
            if not MODEL.allows(found.status, event):
                raise InvalidRule(f"{self!r}: it can't have a {event} now")
            self._backend.move(found, MODEL, event, message)
