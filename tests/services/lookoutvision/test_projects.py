"""Projects: made, shown, listed, deleted with what is theirs."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import boto3
import pytest

from mlmock import after, after_polls, manually, mock_ml
from tests.services.lookoutvision.conftest import refusal, source

ARN = "arn:aws:lookoutvision:us-east-1:123456789012:project/circuits"
NOON = datetime(2024, 5, 1, 12, tzinfo=timezone.utc)


def names(client: Any) -> list[str]:
    return [project["ProjectName"] for project in client.list_projects()["Projects"]]


def test_a_project_is_made_shown_and_deleted() -> None:
    with mock_ml(now=NOON):
        vision = boto3.client("lookoutvision")
        shown = {"ProjectArn": ARN, "ProjectName": "circuits", "CreationTimestamp": NOON}

        assert vision.create_project(ProjectName="circuits")["ProjectMetadata"] == shown
        described = vision.describe_project(ProjectName="circuits")["ProjectDescription"]
        assert described == {**shown, "Datasets": []}
        assert vision.list_projects()["Projects"] == [shown]
        assert vision.delete_project(ProjectName="circuits")["ProjectArn"] == ARN
        assert names(vision) == []


def test_a_name_is_taken_once_in_a_region(vision: Any) -> None:
    vision.create_project(ProjectName="circuits")
    boto3.client("lookoutvision", region_name="eu-west-1").create_project(ProjectName="circuits")

    refused = refusal(vision.create_project, ProjectName="circuits")

    assert (refused["Code"], refused["Status"]) == ("ConflictException", 409)
    assert (refused["ResourceType"], refused["ResourceId"]) == ("PROJECT", "circuits")
    vision.create_project(ProjectName="Circuits")
    assert names(vision) == ["Circuits", "circuits"]


@pytest.mark.parametrize("operation", ["describe_project", "delete_project", "list_models"])
def test_what_is_not_there_is_not_found(vision: Any, operation: str) -> None:
    refused = refusal(getattr(vision, operation), ProjectName="nothing")

    assert (refused["Code"], refused["Status"]) == ("ResourceNotFoundException", 404)
    assert (refused["ResourceType"], refused["ResourceId"]) == ("PROJECT", "nothing")


@pytest.mark.parametrize("name", ["_bad", "b/d", "ä", "x" * 256])
def test_names_are_checked(vision: Any, name: str) -> None:
    refused = refusal(vision.create_project, ProjectName=name)

    assert refused["Code"] == "ValidationException"
    assert "projectName" in refused["Message"]
    assert names(vision) == []


def test_projects_are_listed_latest_first_in_pages(vision: Any) -> None:
    for number in range(7):
        vision.create_project(ProjectName=f"p{number}")

    pages = vision.get_paginator("list_projects").paginate(PaginationConfig={"PageSize": 3})
    found = [[project["ProjectName"] for project in page["Projects"]] for page in pages]

    assert found == [["p6", "p5", "p4"], ["p3", "p2", "p1"], ["p0"]]


def test_a_page_goes_on_where_it_stopped_whatever_has_changed(vision: Any) -> None:
    for number in range(4):
        vision.create_project(ProjectName=f"p{number}")
    token = vision.list_projects(MaxResults=2)["NextToken"]
    vision.delete_project(ProjectName="p2")
    vision.create_project(ProjectName="p9")

    rest = vision.list_projects(MaxResults=2, NextToken=token)

    assert [project["ProjectName"] for project in rest["Projects"]] == ["p1", "p0"]
    assert "NextToken" not in rest


def test_a_token_of_another_listing_is_refused(vision: Any) -> None:
    for name in ("a", "b"):
        vision.create_project(ProjectName=name)
    token = vision.list_projects(MaxResults=1)["NextToken"]
    other = boto3.client("lookoutvision", region_name="eu-west-1")

    for call, params in ((vision.list_models, {"ProjectName": "a"}), (other.list_projects, {})):
        refused = refusal(call, NextToken=token, **params)
        assert refused["Code"] == "ValidationException"
        assert refused["Message"] == "The pagination token is invalid."


def test_a_page_has_at_most_a_hundred(vision: Any) -> None:
    refused = refusal(vision.list_projects, MaxResults=101)

    assert refused["Code"] == "ValidationException"
    assert "'maxResults' failed to satisfy constraint" in refused["Message"]


def test_deleting_a_project_takes_its_datasets_along(ml: Any, vision: Any) -> None:
    ml.lookoutvision.project("circuits", train=3, test=3)

    vision.delete_project(ProjectName="circuits")
    vision.create_project(ProjectName="circuits")

    shown = vision.describe_project(ProjectName="circuits")["ProjectDescription"]
    assert shown["Datasets"] == []


def test_a_project_with_models_is_not_deleted(ml: Any, vision: Any) -> None:
    ml.lookoutvision.project("circuits", model="TRAINED")

    refused = refusal(vision.delete_project, ProjectName="circuits")

    assert (refused["Code"], refused["ResourceType"]) == ("ConflictException", "PROJECT")
    assert "still has models: 1" in refused["Message"]
    vision.delete_model(ProjectName="circuits", ModelVersion="1")
    vision.delete_project(ProjectName="circuits")


def test_a_deletion_that_is_refused_is_no_look(ml: Any, vision: Any) -> None:
    project = ml.lookoutvision.project("circuits", model="TRAINED")
    ml.lookoutvision.progress = after_polls(1)
    vision.start_model(ProjectName="circuits", ModelVersion="1", MinInferenceUnits=1)

    for _ in range(3):
        refusal(vision.delete_project, ProjectName="circuits")

    assert project.model("1").status == "STARTING_HOSTING"


@pytest.mark.parametrize("policy", [after_polls(2), after(60)])
def test_models_that_only_wait_to_be_seen_are_not_in_the_way(
    ml: Any, vision: Any, policy: Any
) -> None:
    ml.lookoutvision.project("circuits", model="TRAINED")
    ml.lookoutvision.progress = policy
    vision.delete_model(ProjectName="circuits", ModelVersion="1")

    if policy == after(60):
        assert refusal(vision.delete_project, ProjectName="circuits")["ResourceType"] == "PROJECT"
        ml.clock.advance(minutes=1)
    vision.delete_project(ProjectName="circuits")

    assert names(vision) == []


def test_a_project_is_not_deleted_while_a_dataset_is_at_work(ml: Any, vision: Any) -> None:
    ml.lookoutvision.progress = manually()
    vision.create_project(ProjectName="circuits")
    vision.create_dataset(ProjectName="circuits", DatasetType="train", DatasetSource=source("m"))

    refused = refusal(vision.delete_project, ProjectName="circuits")

    assert (refused["Code"], refused["ResourceType"]) == ("ConflictException", "DATASET")
    ml.lookoutvision.progress.step()
    vision.delete_project(ProjectName="circuits")


def test_a_project_is_deleted_while_a_dataset_is_being_deleted(ml: Any, vision: Any) -> None:
    ml.lookoutvision.progress = manually()
    ml.lookoutvision.project("circuits", train=3)
    vision.delete_dataset(ProjectName="circuits", DatasetType="train")

    vision.delete_project(ProjectName="circuits")
    ml.lookoutvision.project("circuits", train=2)
    ml.lookoutvision.progress.step()

    assert len(ml.lookoutvision.project("circuits").dataset("train").entries) == 2


def test_there_can_be_a_quota_of_projects(ml: Any, vision: Any) -> None:
    ml.lookoutvision.quotas(projects=1)
    vision.create_project(ProjectName="a")

    refused = refusal(vision.create_project, ProjectName="b")

    assert (refused["Code"], refused["Status"]) == ("ServiceQuotaExceededException", 402)
    assert refused["ServiceCode"] == "lookoutvision"
    assert refused["QuotaCode"].startswith("L-")
    assert refused["Message"] == "The limit of 1 projects has been reached."
