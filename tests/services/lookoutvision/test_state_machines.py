"""Random calls: every reached status and every error is declared."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from mlmock import after, after_polls, immediately, manually, mock_ml
from mlmock.services.lookoutvision.state_machines import DATASET, JOB, MODEL
from tests.services.lookoutvision.conftest import json_line

POLICIES = [immediately(), after_polls(1), after_polls(2), after(30), manually()]
NAMES = st.sampled_from(["a", "b"])
KINDS = st.sampled_from(["train", "test"])
VERSIONS = st.sampled_from(["1", "2", "3", "latest"])
NUMBERS = st.sampled_from(["1", "2", "3"])
OUT = {"S3Location": {"Bucket": "results"}}
SOURCES = st.sampled_from(["good", "bad", "none", None])
CHANGES = st.sampled_from([json_line("9.png"), "nonsense", json_line("9.png", bucket="others")])
PACKAGE = {
    "Greengrass": {
        "TargetDevice": "jetson_xavier",
        "S3OutputLocation": {"Bucket": "results"},
        "ComponentName": "c",
    }
}


class RandomCalls(RuleBasedStateMachine):
    """Random calls on two projects under one policy."""

    @initialize(policy=st.sampled_from(POLICIES))
    def start(self, policy: Any) -> None:
        self.mock = mock_ml(progress=policy)
        self.ml = self.mock.start()
        self.client: Any = boto3.client("lookoutvision", region_name="us-east-1")
        texts = [json_line(f"n{number}.png") for number in range(20)]
        texts += [json_line(f"a{number}.png", "anomaly") for number in range(10)]
        self.ml.s3.put("s3://manifests/good", "\n".join(texts))
        self.ml.s3.put("s3://manifests/bad", "nonsense")
        self.statuses: dict[Any, str] = {}

    def teardown(self) -> None:
        if hasattr(self, "mock"):
            self.mock.stop()

    def call(self, operation: str, **params: Any) -> Any:
        """Make a call, which may fail with a modeled client error only."""
        try:
            return getattr(self.client, operation)(**params)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            name = self.client.meta.method_to_api_mapping[operation]
            modeled = self.client.meta.service_model.operation_model(name).error_shapes
            assert code in {shape.name for shape in modeled}, (operation, code)
            assert code != "InternalServerException"
            return {}

    # -- calls -----------------------------------------------------------------------

    @rule(name=NAMES)
    def create_project(self, name: str) -> None:
        self.call("create_project", ProjectName=name)

    @rule(name=NAMES)
    def delete_project(self, name: str) -> None:
        self.call("delete_project", ProjectName=name)

    @rule(name=NAMES, kind=KINDS, source=SOURCES)
    def create_dataset(self, name: str, kind: str, source: str | None) -> None:
        location = {"S3Object": {"Bucket": "manifests", "Key": source or ""}}
        more = {} if source is None else {"DatasetSource": {"GroundTruthManifest": location}}
        self.call("create_dataset", ProjectName=name, DatasetType=kind, **more)

    @rule(name=NAMES, kind=KINDS, changes=CHANGES)
    def update(self, name: str, kind: str, changes: str) -> None:
        self.call("update_dataset_entries", ProjectName=name, DatasetType=kind, Changes=changes)

    @rule(name=NAMES, kind=KINDS)
    def delete_dataset(self, name: str, kind: str) -> None:
        self.call("delete_dataset", ProjectName=name, DatasetType=kind)

    @rule(name=NAMES, kind=KINDS)
    def list_entries(self, name: str, kind: str) -> None:
        self.call("list_dataset_entries", ProjectName=name, DatasetType=kind)

    @rule(name=NAMES, failing=st.booleans())
    def create_model(self, name: str, failing: bool) -> None:
        if failing:
            self.ml.lookoutvision.next_training.fail("no").optional()
        self.call("create_model", ProjectName=name, OutputConfig=OUT)

    @rule(name=NAMES, version=VERSIONS, failing=st.booleans())
    def start_model(self, name: str, version: str, failing: bool) -> None:
        if failing and version != "latest":
            model = self.ml.lookoutvision.project(name, exists=False).model(version)
            model.next_hosting.fail("no").optional()
        self.call("start_model", ProjectName=name, ModelVersion=version, MinInferenceUnits=1)

    @rule(name=NAMES, version=VERSIONS)
    def stop_model(self, name: str, version: str) -> None:
        self.call("stop_model", ProjectName=name, ModelVersion=version)

    @rule(name=NAMES, version=NUMBERS)
    def delete_model(self, name: str, version: str) -> None:
        self.call("delete_model", ProjectName=name, ModelVersion=version)

    @rule(name=NAMES, version=VERSIONS)
    def detect(self, name: str, version: str) -> None:
        image = self.ml.lookoutvision.image()
        found = self.call(
            "detect_anomalies",
            ProjectName=name,
            ModelVersion=version,
            Body=image,
            ContentType="image/png",
        )
        assert not found or self._model(name, version) in ("HOSTED", "SYSTEM_UPDATING")

    @rule(name=NAMES, version=NUMBERS)
    def system_update(self, name: str, version: str) -> None:
        model = self.ml.lookoutvision.project(name, exists=False).model(version)
        if model.status == "HOSTED":
            model.system_update()
        elif model.status == "SYSTEM_UPDATING":
            model.finish()

    @rule(name=NAMES, version=VERSIONS)
    def package(self, name: str, version: str) -> None:
        self.call(
            "start_model_packaging_job",
            ProjectName=name,
            ModelVersion=version,
            Configuration=PACKAGE,
        )

    @rule()
    def list_and_describe(self) -> None:
        for project in self.call("list_projects")["Projects"]:
            name = project["ProjectName"]
            self.call("describe_project", ProjectName=name)
            self.call("list_models", ProjectName=name)
            self.call("list_model_packaging_jobs", ProjectName=name)

    @rule()
    def advance_the_clock(self) -> None:
        self.ml.clock.advance(seconds=20)

    @rule()
    def step_progress(self) -> None:
        self.ml.progress.step()

    # -- invariants -----------------------------------------------------------------------------

    def _model(self, name: str, version: str) -> str | None:
        status: str | None = self.ml.lookoutvision.project(name, exists=False).model(version).status
        return status

    @invariant()
    def every_status_is_declared(self) -> None:
        if not hasattr(self, "ml"):
            return
        (backend,) = self.ml.lookoutvision.backends() or [None]
        for project in backend.projects.values() if backend else ():
            for resources, machine in (
                (project.datasets, DATASET),
                (project.models, MODEL),
                (project.jobs, JOB),
            ):
                for resource in resources.values():
                    assert resource.status in machine.states
                    assert resource.message
                    assert (resource.work is None) is (resource.status not in TRANSITIONAL)


TRANSITIONAL = frozenset(
    {
        "CREATE_IN_PROGRESS",
        "UPDATE_IN_PROGRESS",
        "UPDATE_FAILED_ROLLBACK_IN_PROGRESS",
        "DELETE_IN_PROGRESS",
        "TRAINING",
        "STARTING_HOSTING",
        "STOPPING_HOSTING",
        "DELETING",
        "RUNNING",
    }
)

RandomCalls.TestCase.settings = settings(
    max_examples=40,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
test_random_calls = RandomCalls.TestCase


def test_diagrams_in_the_docs_are_current() -> None:
    page = (
        Path(__file__)
        .parents[3]
        .joinpath("docs/reference/services/lookoutvision.md")
        .read_text(encoding="utf-8")
    )

    for machine in (DATASET, MODEL, JOB):
        assert machine.mermaid() in page
