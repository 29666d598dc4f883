"""Stored resources: projects, datasets, models and packaging jobs, with their descriptions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mlmock.services.common.pagination import SortedKeys, SortKey
from mlmock.services.lookoutvision.dataset_content import Content
from mlmock.simulation.progress import Task

Description = dict[str, Any]


@dataclass(slots=True)
class StatefulResource:
    """A resource with a status; `work` is in progress, and fails with the message `failure`."""

    status: str
    message: str
    created: datetime
    work: Task | None = field(default=None, kw_only=True)
    failure: str | None = field(default=None, kw_only=True)

    def end_if_polled(self, status: str) -> None:
        """Complete the work of `status` if its policy counts polls."""
        if self.status == status and self.work is not None and self.work.policy.polls is not None:
            self.work.finish()


@dataclass(slots=True)
class Dataset(StatefulResource):
    """The train or the test dataset of a project."""

    project: str
    kind: str
    updated: datetime
    content: Content
    pending: Content | None = None

    @property
    def id(self) -> str:
        """The ResourceId."""
        return f"{self.project}/{self.kind}"

    def metadata(self) -> Description:
        """Return the metadata in DescribeProject and CreateDataset."""
        return {
            "DatasetType": self.kind,
            "CreationTimestamp": self.created,
            "Status": self.status,
            "StatusMessage": self.message,
        }

    def description(self) -> Description:
        """Return the description in DescribeDataset."""
        return {
            "ProjectName": self.project,
            **self.metadata(),
            "LastUpdatedTimestamp": self.updated,
            "ImageStats": self.content.stats,
        }


@dataclass(frozen=True, slots=True)
class Metrics:
    """The metrics of a model, each from 0 to 1, with anomalies as positives."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """The F1 score."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0

    def performance(self) -> Description:
        """Return the Performance structure."""
        return {"F1Score": self.f1, "Recall": self.recall, "Precision": self.precision}


@dataclass(slots=True)
class Model(StatefulResource):
    """A version of the model of a project."""

    project: str
    version: int
    arn: str
    bucket: str
    prefix: str | None
    description: str | None = None
    kms_key: str | None = None
    train: Content = field(default_factory=Content)
    test: Content | None = None
    metrics: Metrics | None = None
    evaluated: datetime | None = None
    units: tuple[int, int | None] | None = None

    @property
    def id(self) -> str:
        """The ResourceId."""
        return f"{self.project}/{self.version}"

    @property
    def colors(self) -> Mapping[str, str]:
        """The anomaly labels with their colors; empty for a classification model."""
        return self.train.colors

    def key(self, what: str) -> str:
        """Return the S3 key of its ``EvaluationManifest`` or ``EvaluationResult``."""
        return f"{self.prefix or ''}{what}-{self.project}-{self.version}.json"

    def metadata(self) -> Description:
        """Return the metadata in ListModels and CreateModel."""
        members: Description = {
            "CreationTimestamp": self.created,
            "ModelVersion": str(self.version),
            "ModelArn": self.arn,
            "Status": self.status,
            "StatusMessage": self.message,
        }
        if self.description is not None:
            members["Description"] = self.description
        if self.metrics is not None:
            members["Performance"] = self.metrics.performance()
        return members

    def details(self) -> Description:
        """Return the description in DescribeModel."""
        location = {"Bucket": self.bucket}
        if self.prefix is not None:
            location["Prefix"] = self.prefix
        members = {**self.metadata(), "OutputConfig": {"S3Location": location}}
        if self.evaluated is not None:
            for what in ("EvaluationManifest", "EvaluationResult"):
                members[what] = {"Bucket": self.bucket, "Key": self.key(what)}
            members["EvaluationEndTimestamp"] = self.evaluated
        if self.kms_key is not None:
            members["KmsKeyId"] = self.kms_key
        return members | self._units()

    def _units(self) -> Description:
        if self.units is None:
            return {}
        minimum, maximum = self.units
        extra = {} if maximum is None else {"MaxInferenceUnits": maximum}
        return {"MinInferenceUnits": minimum, **extra}


@dataclass(slots=True)
class Job(StatefulResource):
    """A model packaging job."""

    project: str
    name: str
    version: int
    sort_key: SortKey
    configuration: Description
    component: str
    updated: datetime
    description: str | None = None
    output: Description | None = None

    @property
    def id(self) -> str:
        """The ResourceId."""
        return f"{self.project}/{self.name}"

    def metadata(self) -> Description:
        """Return the metadata in ListModelPackagingJobs."""
        members: Description = {
            "JobName": self.name,
            "ProjectName": self.project,
            "ModelVersion": str(self.version),
            "ModelPackagingMethod": "Greengrass",
            "Status": self.status,
            "StatusMessage": self.message,
            "CreationTimestamp": self.created,
            "LastUpdatedTimestamp": self.updated,
        }
        if self.description is not None:
            members["ModelPackagingJobDescription"] = self.description
        return members

    def details(self) -> Description:
        """Return the description in DescribeModelPackagingJob."""
        members = {**self.metadata(), "ModelPackagingConfiguration": self.configuration}
        if self.output is not None:
            members["ModelPackagingOutputDetails"] = {"Greengrass": self.output}
        return members


@dataclass(slots=True)
class Project:
    """A project with its datasets, models and jobs."""

    name: str
    arn: str
    created: datetime
    sort_key: SortKey
    model_keys: SortedKeys
    job_keys: SortedKeys
    datasets: dict[str, Dataset] = field(default_factory=dict)
    models: dict[int, Model] = field(default_factory=dict)
    jobs: dict[str, Job] = field(default_factory=dict)
    versions: int = 0

    def metadata(self) -> Description:
        """Return the metadata in ListProjects and CreateProject."""
        return {
            "ProjectArn": self.arn,
            "ProjectName": self.name,
            "CreationTimestamp": self.created,
        }
