"""Operations on datasets: create, describe, update, list, delete."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mlmock.call import Call
from mlmock.services.common.backend import Result
from mlmock.services.common.pagination import PageTokens
from mlmock.services.lookoutvision import errors
from mlmock.services.lookoutvision.dataset_content import Content, Filter
from mlmock.services.lookoutvision.manifest import InvalidManifest, parse_manifest
from mlmock.services.lookoutvision.resources import Dataset, Project
from mlmock.services.lookoutvision.state import PAGE_SIZE, State
from mlmock.services.lookoutvision.state_machines import DATASET
from mlmock.simulation.clock import to_seconds
from mlmock.simulation.object_store import NoSuchBucket, NoSuchKey
from mlmock.simulation.progress import manually

KINDS = ("train", "test")
_CREATING = "The dataset is being created."
_CREATED = "The dataset was created successfully."
_UPDATING = "The dataset is being updated."
_UPDATED = "The dataset was updated successfully."
_DELETING = "The dataset is being deleted."


class DatasetOperations(State):
    """Operations on datasets."""

    def create_dataset(self, call: Call) -> Result:
        """Create an empty dataset, or start an import from a manifest."""
        return self.run_once(call, self._create_dataset)

    def describe_dataset(self, call: Call) -> Result:
        """Describe a dataset, and count one poll."""
        dataset = self._polled_dataset(call.params)
        return {"DatasetDescription": dataset.description()}

    def update_dataset_entries(self, call: Call) -> Result:
        """Start a change of entries, which is rolled back if one line is not valid."""
        return self.run_once(call, self._update)

    def list_dataset_entries(self, call: Call) -> Result:
        """List the lines that match all filters, in the order of addition."""
        params = call.params
        dataset = self.dataset(self.project(params["ProjectName"]), params["DatasetType"])
        criteria = _filter(params)
        tokens = PageTokens(
            "ListDatasetEntries",
            self.scope.region,
            self.scope.account_id,
            dataset.id,
            to_seconds(dataset.created),
            repr(criteria),
        )
        after = tokens.read(params.get("NextToken") or None)
        after_index = None if after is None else after[0]
        with self.lock:
            texts, last = dataset.content.page(
                criteria, params.get("MaxResults", PAGE_SIZE), after_index
            )
        token = {} if last is None else {"NextToken": tokens.make((last,))}
        return {"DatasetEntries": texts, **token}

    def delete_dataset(self, call: Call) -> Result:
        """Start the deletion of a dataset."""
        return self.run_once(call, self._delete)

    # -- lookup -----------------------------------------------------------------------------

    def dataset(self, project: Project, kind: str) -> Dataset:
        """Return a dataset of a project.

        Args:
            project: The project.
            kind: ``train`` or ``test``.

        Raises:
            ServiceError: The project has no such dataset.
        """
        found = project.datasets.get(kind)
        if found is None:
            raise errors.not_found(errors.DATASET, f"{project.name}/{kind}")
        return found

    def poll_datasets(self, project: Project) -> list[Dataset]:
        """Count one poll of each dataset of a project, and return those that still exist."""
        datasets = project.datasets
        for dataset in tuple(datasets.values()):
            if dataset.work is not None:
                self.poll_dataset(dataset)
        return [datasets[kind] for kind in KINDS if kind in datasets]

    def poll_dataset(self, dataset: Dataset) -> None:
        """Count one poll. The last poll before the end of a rollback starts the rollback status."""
        self.poll_resource(dataset)
        work = dataset.work
        if work is not None and work.ends_on_next_poll and dataset.status == "UPDATE_IN_PROGRESS":
            self._begin_rollback(dataset)

    def _polled_dataset(self, params: dict[str, Any]) -> Dataset:
        project = self.project(params["ProjectName"])
        self.poll_dataset(self.dataset(project, params["DatasetType"]))
        return self.dataset(project, params["DatasetType"])

    # -- creation ---------------------------------------------------------------------------

    def _create_dataset(self, params: dict[str, Any]) -> Result:
        project = self.project(params["ProjectName"])
        kind = params["DatasetType"]
        if kind in project.datasets:  # AWS's SDK deletes and recreates without a poll.
            project.datasets[kind].end_if_polled("DELETE_IN_PROGRESS")
        if kind in project.datasets:
            raise errors.exists(errors.DATASET, f"{project.name}/{kind}")
        location = params.get("DatasetSource", {}).get("GroundTruthManifest", {}).get("S3Object")
        dataset = self.add_dataset(project, kind)
        if location is None:
            self.move(dataset, DATASET, "validated", _CREATED)
            return {"DatasetMetadata": dataset.metadata()}
        metadata = dataset.metadata()
        self._begin_dataset(dataset, lambda: self._import(dataset, location))
        return {"DatasetMetadata": metadata}

    def add_dataset(self, project: Project, kind: str) -> Dataset:
        """Store and return a new empty dataset whose creation is in progress."""
        now = self.now()
        dataset = Dataset(
            DATASET.start, _CREATING, now, project.name, kind, updated=now, content=Content()
        )
        self.undo_log.set_item(project.datasets, kind, dataset)
        return dataset

    def _import(self, dataset: Dataset, location: dict[str, str]) -> None:
        try:
            self.fill(dataset, self._manifest(dataset, location))
        except InvalidManifest as error:
            self.move(dataset, DATASET, "invalid", str(error))

    def fill(self, dataset: Dataset, content: Content) -> None:
        """Complete the creation of a dataset with `content`."""
        self.undo_log.set(dataset, content=content, updated=self.now())
        self.move(dataset, DATASET, "validated", _CREATED)

    def _manifest(self, dataset: Dataset, location: dict[str, str]) -> Content:
        if dataset.failure is not None:
            raise InvalidManifest(dataset.failure)
        uri, version = f"s3://{location['Bucket']}/{location['Key']}", location.get("VersionId")
        try:
            body = self.state.store.get(uri, version=version, scope=self.scope)
        except (NoSuchBucket, NoSuchKey):
            raise InvalidManifest(f"The manifest {uri} can't be read.") from None
        return self.checked(dataset, Content(parse_manifest(body, to_seconds(self.now()))))

    def checked(self, dataset: Dataset, content: Content) -> Content:
        """Return `content`.

        Raises:
            InvalidManifest: It exceeds the quota of images.
        """
        maximum = getattr(self.quotas, f"{dataset.kind}_images")
        if maximum is not None and len(content.entries) > maximum:
            raise InvalidManifest(f"A {dataset.kind} dataset has at most {maximum} images.")
        return content

    # -- change -----------------------------------------------------------------------------

    def _update(self, params: dict[str, Any]) -> Result:
        project = self.project(params["ProjectName"])
        dataset = self._available_dataset(
            project, params["DatasetType"], "UpdateDatasetEntries", "updated"
        )
        self.undo_log.set(dataset, pending=None, failure=None)
        self.move(dataset, DATASET, "UpdateDatasetEntries", _UPDATING)
        try:
            before, now = dataset.content, to_seconds(self.now())
            entries = parse_manifest(params["Changes"], now, before.bucket)
            content = self.checked(dataset, before.changed(entries))
            self.undo_log.set(dataset, pending=content)
        except InvalidManifest as error:
            self.undo_log.set(dataset, failure=str(error))
        self._begin_update(dataset)
        return {"Status": "UPDATE_IN_PROGRESS"}

    def _begin_update(self, dataset: Dataset) -> None:
        setting = self.progress_of(dataset.project, "dataset", dataset.kind)
        is_manual = setting.policy == manually()
        self.begin(dataset, setting, lambda: self._end_update(dataset, is_manual=is_manual))
        work, seconds = dataset.work, setting.policy.seconds
        if work is not None and seconds is not None:
            half = self.clock.seconds() + seconds / 2
            self.clock.call_at(half, lambda: None if work.done else self._begin_rollback(dataset))

    def _end_update(self, dataset: Dataset, *, is_manual: bool) -> None:
        if dataset.failure is None:
            self.undo_log.set(dataset, content=dataset.pending, pending=None, updated=self.now())
            self.move(dataset, DATASET, "validated", _UPDATED)
            return
        self._begin_rollback(dataset)
        if is_manual:
            self._begin_dataset(dataset, lambda: self._roll_back(dataset))
        else:
            self._roll_back(dataset)

    def _begin_rollback(self, dataset: Dataset) -> None:
        if dataset.status == "UPDATE_IN_PROGRESS" and dataset.failure is not None:
            self.move(dataset, DATASET, "invalid", dataset.failure)

    def _roll_back(self, dataset: Dataset) -> None:
        """End a rollback. The content is unchanged, because the change was never applied to it."""
        self.move(dataset, DATASET, "rolled back", str(dataset.failure))

    # -- deletion ---------------------------------------------------------------------------

    def _delete(self, params: dict[str, Any]) -> Result:
        project = self.project(params["ProjectName"])
        dataset = self._available_dataset(
            project, params["DatasetType"], "DeleteDataset", "deleted"
        )
        self.undo_log.set(dataset, failure=None)
        self.move(dataset, DATASET, "DeleteDataset", _DELETING)
        self._begin_dataset(dataset, lambda: self._end_delete(project, dataset))
        return {}

    def _end_delete(self, project: Project, dataset: Dataset) -> None:
        if dataset.failure is not None:
            self.move(dataset, DATASET, "not deleted", dataset.failure)
        elif project.datasets.get(dataset.kind) is dataset:
            self.undo_log.pop_item(project.datasets, dataset.kind)

    # -- shared by operations ---------------------------------------------------------------

    def _begin_dataset(self, dataset: Dataset, finish: Callable[[], object]) -> None:
        self.begin(dataset, self.progress_of(dataset.project, "dataset", dataset.kind), finish)

    def _available_dataset(self, project: Project, kind: str, event: str, done: str) -> Dataset:
        """Return a dataset that `event` is allowed for; ServiceError otherwise."""
        dataset = self.dataset(project, kind)
        if not DATASET.allows(dataset.status, event):
            raise errors.busy(errors.DATASET, dataset.id, dataset.status, done)
        return dataset


def _filter(params: dict[str, Any]) -> Filter:
    before, after = params.get("BeforeCreationDate"), params.get("AfterCreationDate")
    return Filter(
        labeled=params.get("Labeled"),
        label=params.get("AnomalyClass"),
        before=None if before is None else to_seconds(before),
        after=None if after is None else to_seconds(after),
        contains=params.get("SourceRefContains"),
    )
