"""What the service stores: projects, datasets, models, packaging jobs, and how each is shown."""

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
    """A resource with a status: `work` is what is under way, `failure` why it is going to fail."""

    status: str
    message: str
    created: datetime
    work: Task | None = field(default=None, kw_only=True)
    failure: str | None = field(default=None, kw_only=True)

    def end_if_unseen(self, status: str) -> None:
        """End the work that keeps it in `status` if that only waits for looks, and nobody looks."""
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
        """Its ResourceId."""
        return f"{self.project}/{self.kind}"

    def metadata(self) -> Description:
        """Return it as DescribeProject and CreateDataset show it."""
        return {
            "DatasetType": self.kind,
            "CreationTimestamp": self.created,
            "Status": self.status,
            "StatusMessage": self.message,
        }

    def description(self) -> Description:
        """Return it as DescribeDataset shows it."""
        return {
            "ProjectName": self.project,
            **self.metadata(),
            "LastUpdatedTimestamp": self.updated,
            "ImageStats": self.content.stats,
        }


@dataclass(frozen=True, slots=True)
class Metrics:
    """How well a model does: each from 0 to 1; positives are the anomalies."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """The harmonic mean of the two."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0

    def performance(self) -> Description:
        """Return them as the service shows them."""
        return {"F1Score": self.f1, "Recall": self.recall, "Precision": self.precision}


@dataclass(slots=True)
class Model(StatefulResource):
    """One version of a project's model."""

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
        """Its ResourceId."""
        return f"{self.project}/{self.version}"

    @property
    def colours(self) -> Mapping[str, str]:
        """The anomaly labels that it tells apart; none makes it a classification model."""
        return self.train.colours

    def key(self, what: str) -> str:
        """Return the S3 key of its ``EvaluationManifest`` or ``EvaluationResult``."""
        return f"{self.prefix or ''}{what}-{self.project}-{self.version}.json"

    def metadata(self) -> Description:
        """Return it as ListModels and CreateModel show it."""
        shown: Description = {
            "CreationTimestamp": self.created,
            "ModelVersion": str(self.version),
            "ModelArn": self.arn,
            "Status": self.status,
            "StatusMessage": self.message,
        }
        if self.description is not None:
            shown["Description"] = self.description
        if self.metrics is not None:
            shown["Performance"] = self.metrics.performance()
        return shown

    def details(self) -> Description:
        """Return it as DescribeModel shows it."""
        location = {"Bucket": self.bucket}
        if self.prefix is not None:
            location["Prefix"] = self.prefix
        shown = {**self.metadata(), "OutputConfig": {"S3Location": location}}
        if self.evaluated is not None:
            for what in ("EvaluationManifest", "EvaluationResult"):
                shown[what] = {"Bucket": self.bucket, "Key": self.key(what)}
            shown["EvaluationEndTimestamp"] = self.evaluated
        if self.kms_key is not None:
            shown["KmsKeyId"] = self.kms_key
        return shown | self._units()

    def _units(self) -> Description:
        if self.units is None:
            return {}
        least, most = self.units
        extra = {} if most is None else {"MaxInferenceUnits": most}
        return {"MinInferenceUnits": least, **extra}


@dataclass(slots=True)
class Job(StatefulResource):
    """One model packaging job."""

    project: str
    name: str
    version: int
    place: SortKey
    configuration: Description
    component: str
    updated: datetime
    description: str | None = None
    output: Description | None = None

    @property
    def id(self) -> str:
        """Its ResourceId."""
        return f"{self.project}/{self.name}"

    def metadata(self) -> Description:
        """Return it as ListModelPackagingJobs shows it."""
        shown: Description = {
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
            shown["ModelPackagingJobDescription"] = self.description
        return shown

    def details(self) -> Description:
        """Return it as DescribeModelPackagingJob shows it."""
        shown = {**self.metadata(), "ModelPackagingConfiguration": self.configuration}
        if self.output is not None:
            shown["ModelPackagingOutputDetails"] = {"Greengrass": self.output}
        return shown


@dataclass(slots=True)
class Project:
    """One project with what it has."""

    name: str
    arn: str
    created: datetime
    place: SortKey
    model_shelf: SortedKeys
    job_shelf: SortedKeys
    datasets: dict[str, Dataset] = field(default_factory=dict)
    models: dict[int, Model] = field(default_factory=dict)
    jobs: dict[str, Job] = field(default_factory=dict)
    versions: int = 0

    def metadata(self) -> Description:
        """Return it as ListProjects and CreateProject show it."""
        return {
            "ProjectArn": self.arn,
            "ProjectName": self.name,
            "CreationTimestamp": self.created,
        }
