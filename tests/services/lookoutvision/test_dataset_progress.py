"""Datasets: deletion, and the statuses of tasks under every policy."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from mlmock import InvalidRule, after, after_polls, manually
from tests.services.lookoutvision.conftest import error_of, json_line
from tests.services.lookoutvision.dataset_helpers import TRAIN, lines, put_manifest, status


@pytest.fixture
def project(ml: Any) -> Any:
    return ml.lookoutvision.project("circuits")


# -- deletion ---------------------------------------------------------------------------------


def test_deleted_dataset_is_not_found(vision: Any, project: Any) -> None:
    project.seed(train=3)

    assert vision.delete_dataset(**TRAIN)["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert error_of(vision.describe_dataset, **TRAIN)["Code"] == "ResourceNotFoundException"
    vision.create_dataset(**TRAIN)


# -- progress ---------------------------------------------------------------------------------


def test_creation_completes_after_polls(ml: Any, vision: Any, project: Any) -> None:
    ml.lookoutvision.progress = after_polls(2)
    vision.create_dataset(**TRAIN, DatasetSource=put_manifest(ml, json_line("1.png")))

    assert [status(vision) for _ in range(4)] == [
        "CREATE_IN_PROGRESS",
        "CREATE_IN_PROGRESS",
        "CREATE_COMPLETE",
        "CREATE_COMPLETE",
    ]


def test_describe_project_is_a_poll(ml: Any, vision: Any, project: Any) -> None:
    ml.progress.set(after_polls(1))
    vision.create_dataset(**TRAIN, DatasetSource=put_manifest(ml, json_line("1.png")))

    def polled_status() -> Any:
        found = vision.describe_project(ProjectName="circuits")["ProjectDescription"]
        return found["Datasets"][0]["Status"]

    assert [polled_status(), polled_status()] == ["CREATE_IN_PROGRESS", "CREATE_COMPLETE"]


@pytest.mark.parametrize("polls", [1, 2, 3])
def test_last_poll_of_a_failing_update_shows_the_rollback(
    ml: Any, vision: Any, project: Any, polls: int
) -> None:
    vision.create_dataset(**TRAIN)
    project.dataset("train").progress = after_polls(polls)
    vision.update_dataset_entries(**TRAIN, Changes="nonsense")

    statuses = [status(vision) for _ in range(polls + 1)]

    assert statuses == [
        *["UPDATE_IN_PROGRESS"] * (polls - 1),
        "UPDATE_FAILED_ROLLBACK_IN_PROGRESS",
        "UPDATE_FAILED_ROLLBACK_COMPLETE",
    ]


def test_rollback_takes_half_the_time_with_after(ml: Any, vision: Any, project: Any) -> None:
    vision.create_dataset(**TRAIN)
    project.progress = after(60)
    vision.update_dataset_entries(**TRAIN, Changes="nonsense")

    statuses = [status(vision)]
    for _ in range(2):
        ml.clock.advance(seconds=30)
        statuses.append(status(vision))

    assert statuses == [
        "UPDATE_IN_PROGRESS",
        "UPDATE_FAILED_ROLLBACK_IN_PROGRESS",
        "UPDATE_FAILED_ROLLBACK_COMPLETE",
    ]


def test_rollback_is_a_separate_step_with_manually(ml: Any, vision: Any, project: Any) -> None:
    vision.create_dataset(**TRAIN)
    project.progress = manually()
    vision.update_dataset_entries(**TRAIN, Changes="nonsense")

    statuses = [status(vision)]
    for _ in range(2):
        ml.progress.step()
        statuses.append(status(vision))

    assert statuses == [
        "UPDATE_IN_PROGRESS",
        "UPDATE_FAILED_ROLLBACK_IN_PROGRESS",
        "UPDATE_FAILED_ROLLBACK_COMPLETE",
    ]


def test_valid_update_with_after_completes_once(ml: Any, vision: Any, project: Any) -> None:
    vision.create_dataset(**TRAIN)
    project.progress = after(60)
    vision.update_dataset_entries(**TRAIN, Changes=json_line("1.png"))
    ml.clock.advance(seconds=30)

    assert (status(vision), lines(vision)) == ("UPDATE_IN_PROGRESS", [])
    project.dataset("train").finish()
    assert (status(vision), lines(vision)) == ("UPDATE_COMPLETE", [json_line("1.png")])
    ml.clock.advance(minutes=5)
    assert status(vision) == "UPDATE_COMPLETE"


def test_deletion_in_progress_is_reported(ml: Any, vision: Any, project: Any) -> None:
    project.seed(train=3)
    project.progress = after(60)
    vision.delete_dataset(**TRAIN)

    assert status(vision) == "DELETE_IN_PROGRESS"
    assert error_of(vision.create_dataset, **TRAIN)["Code"] == "ConflictException"
    ml.clock.advance(minutes=1)
    assert error_of(vision.describe_dataset, **TRAIN)["Code"] == "ResourceNotFoundException"


def test_dataset_can_be_created_while_a_deletion_waits_for_polls(vision: Any, project: Any) -> None:
    project.seed(train=3)
    project.progress = after_polls(2)
    vision.delete_dataset(**TRAIN)
    assert status(vision) == "DELETE_IN_PROGRESS"

    vision.create_dataset(**TRAIN)

    assert (status(vision), lines(vision)) == ("CREATE_COMPLETE", [])


@pytest.mark.parametrize(
    ("operation", "params"),
    [
        ("delete_dataset", {}),
        ("update_dataset_entries", {"Changes": json_line("1.png")}),
        ("create_dataset", {}),
    ],
)
def test_task_in_progress_is_a_conflict(
    ml: Any, vision: Any, project: Any, operation: str, params: dict[str, Any]
) -> None:
    project.progress = manually()
    vision.create_dataset(**TRAIN, DatasetSource=put_manifest(ml, json_line("1.png")))

    failure = error_of(getattr(vision, operation), **TRAIN, **params)

    assert (failure["Code"], failure["ResourceType"]) == ("ConflictException", "DATASET")
    assert status(vision) == "CREATE_IN_PROGRESS"


def test_tasks_can_fail_manually(ml: Any, vision: Any, project: Any) -> None:
    dataset = project.dataset("train")
    project.progress = manually()
    vision.create_dataset(**TRAIN, DatasetSource=put_manifest(ml, json_line("1.png")))
    dataset.fail("The manifest is being used.")
    assert (dataset.status, dataset.message) == ("CREATE_FAILED", "The manifest is being used.")

    vision.delete_dataset(**TRAIN)
    dataset.fail("It is being used.")
    assert dataset.status == "DELETE_FAILED"
    vision.delete_dataset(**TRAIN)
    dataset.finish()
    assert dataset.status is None
    assert dataset.message is None
    with pytest.raises(InvalidRule, match="the dataset circuits/train does not exist"):
        dataset.finish()


def test_finish_requires_a_pending_task(project: Any) -> None:
    project.seed(train=1)
    with pytest.raises(InvalidRule, match="no work is in progress"):
        project.dataset("train").finish()


def test_savepoint_restores_datasets(ml: Any, vision: Any, project: Any) -> None:
    project.seed(train=[json_line("1.png")])
    with ml.savepoint():
        vision.update_dataset_entries(**TRAIN, Changes=json_line("2.png"))
        vision.create_project(ProjectName="other")
        vision.delete_project(ProjectName="circuits")

    assert lines(vision) == [json_line("1.png")]
    assert status(vision) == "CREATE_COMPLETE"
    assert [found["ProjectName"] for found in vision.list_projects()["Projects"]] == ["circuits"]


def test_datasets_are_regional(ml: Any, vision: Any, project: Any) -> None:
    vision.create_dataset(**TRAIN)
    other = boto3.client("lookoutvision", region_name="eu-west-1")

    assert error_of(other.describe_dataset, **TRAIN)["ResourceType"] == "PROJECT"
