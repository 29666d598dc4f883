"""Projects: creation, description, pagination and deletion."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import boto3
import pytest

from mlmock import after, after_polls, manually, mock_ml
from tests.services.lookoutvision.conftest import error_of, source

ARN = "arn:aws:lookoutvision:us-east-1:123456789012:project/circuits"
NOON = datetime(2024, 5, 1, 12, tzinfo=timezone.utc)


def names(client: Any) -> list[str]:
    return [project["ProjectName"] for project in client.list_projects()["Projects"]]


def test_project_is_created_described_and_deleted() -> None:
    with mock_ml(now=NOON):
        vision = boto3.client("lookoutvision")
        metadata = {"ProjectArn": ARN, "ProjectName": "circuits", "CreationTimestamp": NOON}

        assert vision.create_project(ProjectName="circuits")["ProjectMetadata"] == metadata
        described = vision.describe_project(ProjectName="circuits")["ProjectDescription"]
        assert described == {**metadata, "Datasets": []}
        assert vision.list_projects()["Projects"] == [metadata]
        assert vision.delete_project(ProjectName="circuits")["ProjectArn"] == ARN
        assert names(vision) == []


def test_names_are_unique_in_a_region(vision: Any) -> None:
    vision.create_project(ProjectName="circuits")
    boto3.client("lookoutvision", region_name="eu-west-1").create_project(ProjectName="circuits")

    failure = error_of(vision.create_project, ProjectName="circuits")

    assert (failure["Code"], failure["Status"]) == ("ConflictException", 409)
    assert (failure["ResourceType"], failure["ResourceId"]) == ("PROJECT", "circuits")
    vision.create_project(ProjectName="Circuits")
    assert names(vision) == ["Circuits", "circuits"]


@pytest.mark.parametrize("operation", ["describe_project", "delete_project", "list_models"])
def test_missing_project_is_not_found(vision: Any, operation: str) -> None:
    failure = error_of(getattr(vision, operation), ProjectName="nothing")

    assert (failure["Code"], failure["Status"]) == ("ResourceNotFoundException", 404)
    assert (failure["ResourceType"], failure["ResourceId"]) == ("PROJECT", "nothing")


@pytest.mark.parametrize("name", ["_bad", "b/d", "ä", "x" * 256])
def test_invalid_names_are_rejected(vision: Any, name: str) -> None:
    failure = error_of(vision.create_project, ProjectName=name)

    assert failure["Code"] == "ValidationException"
    assert "projectName" in failure["Message"]
    assert names(vision) == []


def test_paginator_lists_newest_projects_first(vision: Any) -> None:
    for number in range(7):
        vision.create_project(ProjectName=f"p{number}")

    pages = vision.get_paginator("list_projects").paginate(PaginationConfig={"PageSize": 3})
    found = [[project["ProjectName"] for project in page["Projects"]] for page in pages]

    assert found == [["p6", "p5", "p4"], ["p3", "p2", "p1"], ["p0"]]


def test_token_continues_after_changes(vision: Any) -> None:
    for number in range(4):
        vision.create_project(ProjectName=f"p{number}")
    token = vision.list_projects(MaxResults=2)["NextToken"]
    vision.delete_project(ProjectName="p2")
    vision.create_project(ProjectName="p9")

    rest = vision.list_projects(MaxResults=2, NextToken=token)

    assert [project["ProjectName"] for project in rest["Projects"]] == ["p1", "p0"]
    assert "NextToken" not in rest


def test_token_of_another_list_is_rejected(vision: Any) -> None:
    for name in ("a", "b"):
        vision.create_project(ProjectName=name)
    token = vision.list_projects(MaxResults=1)["NextToken"]
    other = boto3.client("lookoutvision", region_name="eu-west-1")

    for call, params in ((vision.list_models, {"ProjectName": "a"}), (other.list_projects, {})):
        failure = error_of(call, NextToken=token, **params)
        assert failure["Code"] == "ValidationException"
        assert failure["Message"] == "The pagination token is invalid."


def test_maximum_page_size_is_a_hundred(vision: Any) -> None:
    failure = error_of(vision.list_projects, MaxResults=101)

    assert failure["Code"] == "ValidationException"
    assert "'maxResults' failed to satisfy constraint" in failure["Message"]


def test_deleting_a_project_deletes_its_datasets(ml: Any, vision: Any) -> None:
    ml.lookoutvision.project("circuits", train=3, test=3)

    vision.delete_project(ProjectName="circuits")
    vision.create_project(ProjectName="circuits")

    metadata = vision.describe_project(ProjectName="circuits")["ProjectDescription"]
    assert metadata["Datasets"] == []


def test_project_with_models_cannot_be_deleted(ml: Any, vision: Any) -> None:
    ml.lookoutvision.project("circuits", model="TRAINED")

    failure = error_of(vision.delete_project, ProjectName="circuits")

    assert (failure["Code"], failure["ResourceType"]) == ("ConflictException", "PROJECT")
    assert "still has models: 1" in failure["Message"]
    vision.delete_model(ProjectName="circuits", ModelVersion="1")
    vision.delete_project(ProjectName="circuits")


def test_rejected_deletion_does_not_count_as_a_poll(ml: Any, vision: Any) -> None:
    project = ml.lookoutvision.project("circuits", model="TRAINED")
    ml.lookoutvision.progress = after_polls(1)
    vision.start_model(ProjectName="circuits", ModelVersion="1", MinInferenceUnits=1)

    for _ in range(3):
        error_of(vision.delete_project, ProjectName="circuits")

    assert project.model("1").status == "STARTING_HOSTING"


@pytest.mark.parametrize("policy", [after_polls(2), after(60)])
def test_project_with_models_being_deleted(ml: Any, vision: Any, policy: Any) -> None:
    ml.lookoutvision.project("circuits", model="TRAINED")
    ml.lookoutvision.progress = policy
    vision.delete_model(ProjectName="circuits", ModelVersion="1")

    if policy == after(60):
        assert error_of(vision.delete_project, ProjectName="circuits")["ResourceType"] == "PROJECT"
        ml.clock.advance(minutes=1)
    vision.delete_project(ProjectName="circuits")

    assert names(vision) == []


def test_project_with_a_dataset_in_progress_cannot_be_deleted(ml: Any, vision: Any) -> None:
    ml.lookoutvision.progress = manually()
    vision.create_project(ProjectName="circuits")
    vision.create_dataset(ProjectName="circuits", DatasetType="train", DatasetSource=source("m"))

    failure = error_of(vision.delete_project, ProjectName="circuits")

    assert (failure["Code"], failure["ResourceType"]) == ("ConflictException", "DATASET")
    ml.lookoutvision.progress.step()
    vision.delete_project(ProjectName="circuits")


def test_project_with_a_dataset_being_deleted_can_be_deleted(ml: Any, vision: Any) -> None:
    ml.lookoutvision.progress = manually()
    ml.lookoutvision.project("circuits", train=3)
    vision.delete_dataset(ProjectName="circuits", DatasetType="train")

    vision.delete_project(ProjectName="circuits")
    ml.lookoutvision.project("circuits", train=2)
    ml.lookoutvision.progress.step()

    assert len(ml.lookoutvision.project("circuits").dataset("train").entries) == 2


def test_project_quota_can_be_set(ml: Any, vision: Any) -> None:
    ml.lookoutvision.quotas(projects=1)
    vision.create_project(ProjectName="a")

    failure = error_of(vision.create_project, ProjectName="b")

    assert (failure["Code"], failure["Status"]) == ("ServiceQuotaExceededException", 402)
    assert failure["ServiceCode"] == "lookoutvision"
    assert failure["QuotaCode"].startswith("L-")
    assert failure["Message"] == "The limit of 1 projects has been reached."
