"""Models: hosting, deletion, and the statuses of tasks under every policy."""

from __future__ import annotations

from typing import Any

import pytest

from mlmock import InvalidRule, after, after_polls, manually
from tests.services.lookoutvision.conftest import error_of
from tests.services.lookoutvision.model_helpers import ARN, ONE, described, status, train


@pytest.fixture
def project(ml: Any) -> Any:
    return ml.lookoutvision.project("circuits", train=60)


# -- hosting ----------------------------------------------------------------------------------


def test_model_is_started_and_stopped(vision: Any, project: Any) -> None:
    train(vision)

    started = vision.start_model(**ONE, MinInferenceUnits=2, MaxInferenceUnits=4)
    assert (started["Status"], started["ResponseMetadata"]["HTTPStatusCode"]) == (
        "STARTING_HOSTING",
        202,
    )
    hosted = described(vision)
    assert (hosted["Status"], hosted["StatusMessage"]) == ("HOSTED", "The model is running.")
    assert (hosted["MinInferenceUnits"], hosted["MaxInferenceUnits"]) == (2, 4)

    assert vision.stop_model(**ONE)["Status"] == "STOPPING_HOSTING"
    stopped = described(vision)
    assert stopped["Status"] == "TRAINED"
    assert "MinInferenceUnits" not in stopped


def test_start_without_maximum_units(vision: Any, project: Any) -> None:
    train(vision)
    vision.start_model(ProjectName="circuits", ModelVersion="latest", MinInferenceUnits=1)

    assert described(vision)["MinInferenceUnits"] == 1
    assert "MaxInferenceUnits" not in described(vision)


def test_maximum_must_not_be_below_the_minimum(vision: Any, project: Any) -> None:
    train(vision)

    failure = error_of(vision.start_model, **ONE, MinInferenceUnits=3, MaxInferenceUnits=2)

    assert failure["Code"] == "ValidationException"
    assert status(vision) == "TRAINED"


def test_failed_start_can_be_repeated(vision: Any, project: Any) -> None:
    train(vision)
    project.model("1").next_hosting.fail("There is no capacity.")
    vision.start_model(**ONE, MinInferenceUnits=1)

    description = described(vision)
    assert (description["Status"], description["StatusMessage"]) == (
        "HOSTING_FAILED",
        "There is no capacity.",
    )
    assert "MinInferenceUnits" not in description
    vision.start_model(**ONE, MinInferenceUnits=1)
    assert status(vision) == "HOSTED"


def test_latest_version_can_be_scripted(vision: Any, project: Any) -> None:
    train(vision)
    train(vision)
    project.model("latest").next_hosting.fail("There is no capacity.")

    for version in ("1", "2"):
        vision.start_model(ProjectName="circuits", ModelVersion=version, MinInferenceUnits=1)

    assert [status(vision), described(vision, "2")["Status"]] == ["HOSTED", "HOSTING_FAILED"]


@pytest.mark.parametrize("operation", ["describe_model", "stop_model", "delete_model"])
def test_missing_version_is_not_found(vision: Any, project: Any, operation: str) -> None:
    failure = error_of(getattr(vision, operation), ProjectName="circuits", ModelVersion="7")

    assert (failure["Code"], failure["ResourceType"]) == ("ResourceNotFoundException", "MODEL")
    assert failure["ResourceId"] == "circuits/7"
    if operation != "delete_model":
        latest = {"ProjectName": "circuits", "ModelVersion": "latest"}
        assert error_of(getattr(vision, operation), **latest)["ResourceId"] == "circuits/latest"


def conflicting_operations(vision: Any) -> set[str]:
    """Return which of start, stop and delete are conflicts in the current status."""
    found = set()
    for name, more in (
        ("start_model", {"MinInferenceUnits": 1}),
        ("stop_model", {}),
        ("delete_model", {}),
    ):
        try:
            getattr(vision, name)(**ONE, **more)
        except vision.exceptions.ConflictException as error:
            if error.response["ResourceId"] == "circuits/1":
                found.add(name.partition("_")[0])
    return found


def test_conflicts_in_every_status(ml: Any, vision: Any, project: Any) -> None:
    project.progress = manually()
    model = project.model("1")
    all_operations = {"start", "stop", "delete"}

    train(vision)
    assert (status(vision), conflicting_operations(vision)) == ("TRAINING", all_operations)
    model.finish()
    vision.start_model(**ONE, MinInferenceUnits=1)
    assert (status(vision), conflicting_operations(vision)) == ("STARTING_HOSTING", all_operations)
    model.finish()
    model.system_update()
    assert (status(vision), conflicting_operations(vision)) == ("SYSTEM_UPDATING", all_operations)
    model.finish()
    assert status(vision) == "HOSTED"
    vision.stop_model(**ONE)
    assert (status(vision), conflicting_operations(vision)) == ("STOPPING_HOSTING", all_operations)
    model.finish()
    vision.delete_model(**ONE)
    assert (status(vision), conflicting_operations(vision)) == ("DELETING", all_operations)
    model.finish()
    assert model.status is None


def test_failed_model_can_only_be_deleted(vision: Any, project: Any) -> None:
    project.next_training.fail("no")
    train(vision)

    assert conflicting_operations(vision) == {"start", "stop"}
    assert vision.list_models(ProjectName="circuits")["Models"] == []


def test_deletion_returns_the_arn(vision: Any, project: Any) -> None:
    train(vision)

    deleted = vision.delete_model(**ONE)

    assert (deleted["ModelArn"], deleted["ResponseMetadata"]["HTTPStatusCode"]) == (ARN, 202)
    assert error_of(vision.describe_model, **ONE)["Code"] == "ResourceNotFoundException"


# -- progress ---------------------------------------------------------------------------------


def test_tasks_complete_after_polls(ml: Any, vision: Any, project: Any) -> None:
    ml.progress.set(after_polls(1))

    def polled_statuses() -> list[str]:
        return [status(vision), status(vision)]

    train(vision)
    assert polled_statuses() == ["TRAINING", "TRAINED"]
    vision.start_model(**ONE, MinInferenceUnits=1)
    assert polled_statuses() == ["STARTING_HOSTING", "HOSTED"]
    vision.stop_model(**ONE)
    assert polled_statuses() == ["STOPPING_HOSTING", "TRAINED"]
    vision.delete_model(**ONE)
    listed = [len(vision.list_models(ProjectName="circuits")["Models"]) for _ in range(2)]
    assert listed == [1, 0]


def test_policy_of_the_latest_version(ml: Any, vision: Any, project: Any) -> None:
    project.model().progress = after_polls(1)
    train(vision)
    assert [status(vision), status(vision)] == ["TRAINING", "TRAINED"]

    project.model("2").progress = after(60)
    train(vision)
    vision.start_model(**ONE, MinInferenceUnits=1)

    assert [status(vision), described(vision, "2")["Status"]] == ["HOSTED", "TRAINING"]
    ml.clock.advance(minutes=1)
    assert described(vision, "2")["Status"] == "TRAINED"


def test_training_completes_by_the_clock_and_writes_its_output(
    ml: Any, vision: Any, project: Any
) -> None:
    project.model("1").progress = after(1800)
    train(vision)
    assert ml.s3.list("s3://results/") == []
    ml.clock.advance(minutes=30)

    assert len(ml.s3.list("s3://results/")) == 2
    description = described(vision)
    trained = description["EvaluationEndTimestamp"] - description["CreationTimestamp"]
    assert round(trained.total_seconds()) == 1800


def test_training_completes_manually(ml: Any, vision: Any, project: Any) -> None:
    ml.lookoutvision.progress = manually()
    model = project.model("1")
    train(vision)
    model.fail("The images are blurred.")
    train(vision)
    ml.lookoutvision.progress.step()

    assert (model.status, model.message) == ("TRAINING_FAILED", "The images are blurred.")
    assert project.model().status == "TRAINED"
    with pytest.raises(InvalidRule, match="no training or start of hosting is in progress"):
        model.fail("again")
    with pytest.raises(InvalidRule, match="no work is in progress"):
        model.finish()
    with pytest.raises(InvalidRule, match="its status does not allow the event 'system update'"):
        model.system_update()
    with pytest.raises(InvalidRule, match="the model circuits/9 does not exist"):
        project.model("9").system_update()


def test_savepoint_restores_models(ml: Any, vision: Any, project: Any) -> None:
    train(vision)
    with ml.savepoint():
        vision.start_model(**ONE, MinInferenceUnits=1)
        train(vision)

    assert status(vision) == "TRAINED"
    assert [found["ModelVersion"] for found in vision.list_models(ProjectName="circuits")["Models"]]
    assert len(ml.s3.list("s3://results/")) == 2
    assert train(vision)["ModelVersion"] == "2"
