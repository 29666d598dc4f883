"""Datasets: deleted; and what is seen of all their work under each policy."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from mlmock import InvalidRule, after, after_polls, manually
from tests.services.lookoutvision.conftest import line, refusal
from tests.services.lookoutvision.dataset_helpers import TRAIN, lines, put_manifest, status


@pytest.fixture
def project(ml: Any) -> Any:
    return ml.lookoutvision.project("circuits")


# --- deletion ------------------------------------------------------------------------------------


def test_a_deleted_dataset_is_gone(vision: Any, project: Any) -> None:
    project.seed(train=3)

    assert vision.delete_dataset(**TRAIN)["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert refusal(vision.describe_dataset, **TRAIN)["Code"] == "ResourceNotFoundException"
    vision.create_dataset(**TRAIN)


# --- what is seen of it --------------------------------------------------------------------------


def test_looks_see_a_creation_in_progress(ml: Any, vision: Any, project: Any) -> None:
    ml.lookoutvision.progress = after_polls(2)
    vision.create_dataset(**TRAIN, DatasetSource=put_manifest(ml, line("1.png")))

    assert [status(vision) for _ in range(4)] == [
        "CREATE_IN_PROGRESS",
        "CREATE_IN_PROGRESS",
        "CREATE_COMPLETE",
        "CREATE_COMPLETE",
    ]


def test_describe_project_is_a_look(ml: Any, vision: Any, project: Any) -> None:
    ml.progress.set(after_polls(1))
    vision.create_dataset(**TRAIN, DatasetSource=put_manifest(ml, line("1.png")))

    def shown() -> Any:
        found = vision.describe_project(ProjectName="circuits")["ProjectDescription"]
        return found["Datasets"][0]["Status"]

    assert [shown(), shown()] == ["CREATE_IN_PROGRESS", "CREATE_COMPLETE"]


@pytest.mark.parametrize("looks", [1, 2, 3])
def test_the_last_look_at_a_bad_update_sees_the_rollback(
    ml: Any, vision: Any, project: Any, looks: int
) -> None:
    vision.create_dataset(**TRAIN)
    project.dataset("train").progress = after_polls(looks)
    vision.update_dataset_entries(**TRAIN, Changes="nonsense")

    seen = [status(vision) for _ in range(looks + 1)]

    assert seen == [
        *["UPDATE_IN_PROGRESS"] * (looks - 1),
        "UPDATE_FAILED_ROLLBACK_IN_PROGRESS",
        "UPDATE_FAILED_ROLLBACK_COMPLETE",
    ]


def test_under_after_half_the_time_is_the_rollback(ml: Any, vision: Any, project: Any) -> None:
    vision.create_dataset(**TRAIN)
    project.progress = after(60)
    vision.update_dataset_entries(**TRAIN, Changes="nonsense")

    seen = [status(vision)]
    for _ in range(2):
        ml.clock.advance(seconds=30)
        seen.append(status(vision))

    assert seen == [
        "UPDATE_IN_PROGRESS",
        "UPDATE_FAILED_ROLLBACK_IN_PROGRESS",
        "UPDATE_FAILED_ROLLBACK_COMPLETE",
    ]


def test_by_hand_the_rollback_is_a_step_of_its_own(ml: Any, vision: Any, project: Any) -> None:
    vision.create_dataset(**TRAIN)
    project.progress = manually()
    vision.update_dataset_entries(**TRAIN, Changes="nonsense")

    seen = [status(vision)]
    for _ in range(2):
        ml.progress.step()
        seen.append(status(vision))

    assert seen == [
        "UPDATE_IN_PROGRESS",
        "UPDATE_FAILED_ROLLBACK_IN_PROGRESS",
        "UPDATE_FAILED_ROLLBACK_COMPLETE",
    ]


def test_a_good_update_under_after_ends_once(ml: Any, vision: Any, project: Any) -> None:
    vision.create_dataset(**TRAIN)
    project.progress = after(60)
    vision.update_dataset_entries(**TRAIN, Changes=line("1.png"))
    ml.clock.advance(seconds=30)

    assert (status(vision), lines(vision)) == ("UPDATE_IN_PROGRESS", [])
    project.dataset("train").finish()
    assert (status(vision), lines(vision)) == ("UPDATE_COMPLETE", [line("1.png")])
    ml.clock.advance(minutes=5)
    assert status(vision) == "UPDATE_COMPLETE"


def test_a_deletion_is_seen_unless_it_is_immediate(ml: Any, vision: Any, project: Any) -> None:
    project.seed(train=3)
    project.progress = after(60)
    vision.delete_dataset(**TRAIN)

    assert status(vision) == "DELETE_IN_PROGRESS"
    assert refusal(vision.create_dataset, **TRAIN)["Code"] == "ConflictException"
    ml.clock.advance(minutes=1)
    assert refusal(vision.describe_dataset, **TRAIN)["Code"] == "ResourceNotFoundException"


def test_a_deletion_that_waits_for_looks_is_not_in_the_way(vision: Any, project: Any) -> None:
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
        ("update_dataset_entries", {"Changes": line("1.png")}),
        ("create_dataset", {}),
    ],
)
def test_while_one_is_in_progress_others_are_refused(
    ml: Any, vision: Any, project: Any, operation: str, params: dict[str, Any]
) -> None:
    project.progress = manually()
    vision.create_dataset(**TRAIN, DatasetSource=put_manifest(ml, line("1.png")))

    refused = refusal(getattr(vision, operation), **TRAIN, **params)

    assert (refused["Code"], refused["ResourceType"]) == ("ConflictException", "DATASET")
    assert status(vision) == "CREATE_IN_PROGRESS"


def test_work_can_be_failed_by_hand(ml: Any, vision: Any, project: Any) -> None:
    dataset = project.dataset("train")
    project.progress = manually()
    vision.create_dataset(**TRAIN, DatasetSource=put_manifest(ml, line("1.png")))
    dataset.fail("The manifest is being used.")
    assert (dataset.status, dataset.message) == ("CREATE_FAILED", "The manifest is being used.")

    vision.delete_dataset(**TRAIN)
    dataset.fail("It is being used.")
    assert dataset.status == "DELETE_FAILED"
    vision.delete_dataset(**TRAIN)
    dataset.finish()
    assert dataset.status is None
    assert dataset.message is None
    with pytest.raises(InvalidRule, match="there is no dataset circuits/train"):
        dataset.finish()


def test_what_is_not_under_way_can_not_be_finished(project: Any) -> None:
    project.seed(train=1)
    with pytest.raises(InvalidRule, match="nothing is under way"):
        project.dataset("train").finish()


def test_a_savepoint_takes_changes_back(ml: Any, vision: Any, project: Any) -> None:
    project.seed(train=[line("1.png")])
    with ml.savepoint():
        vision.update_dataset_entries(**TRAIN, Changes=line("2.png"))
        vision.create_project(ProjectName="other")
        vision.delete_project(ProjectName="circuits")

    assert lines(vision) == [line("1.png")]
    assert status(vision) == "CREATE_COMPLETE"
    assert [found["ProjectName"] for found in vision.list_projects()["Projects"]] == ["circuits"]


def test_regions_do_not_see_each_other(ml: Any, vision: Any, project: Any) -> None:
    vision.create_dataset(**TRAIN)
    other = boto3.client("lookoutvision", region_name="eu-west-1")

    assert refusal(other.describe_dataset, **TRAIN)["ResourceType"] == "PROJECT"
