"""Models: hosted, stopped, deleted; and what is seen of it under each policy."""

from __future__ import annotations

from typing import Any

import pytest

from mlmock import InvalidRule, after, after_polls, manually
from tests.services.lookoutvision.conftest import refusal
from tests.services.lookoutvision.model_helpers import ARN, ONE, described, status, train


@pytest.fixture
def project(ml: Any) -> Any:
    return ml.lookoutvision.project("circuits", train=60)


# --- hosting -------------------------------------------------------------------------------------


def test_a_model_is_started_and_stopped(vision: Any, project: Any) -> None:
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


def test_without_a_maximum_none_is_shown(vision: Any, project: Any) -> None:
    train(vision)
    vision.start_model(ProjectName="circuits", ModelVersion="latest", MinInferenceUnits=1)

    assert described(vision)["MinInferenceUnits"] == 1
    assert "MaxInferenceUnits" not in described(vision)


def test_the_maximum_is_not_below_the_minimum(vision: Any, project: Any) -> None:
    train(vision)

    refused = refusal(vision.start_model, **ONE, MinInferenceUnits=3, MaxInferenceUnits=2)

    assert refused["Code"] == "ValidationException"
    assert status(vision) == "TRAINED"


def test_a_start_can_fail_and_be_tried_again(vision: Any, project: Any) -> None:
    train(vision)
    project.model("1").next_hosting.fail("There is no capacity.")
    vision.start_model(**ONE, MinInferenceUnits=1)

    shown = described(vision)
    assert (shown["Status"], shown["StatusMessage"]) == ("HOSTING_FAILED", "There is no capacity.")
    assert "MinInferenceUnits" not in shown
    vision.start_model(**ONE, MinInferenceUnits=1)
    assert status(vision) == "HOSTED"


def test_the_latest_version_can_be_spoken_of(vision: Any, project: Any) -> None:
    train(vision)
    train(vision)
    project.model("latest").next_hosting.fail("There is no capacity.")

    for version in ("1", "2"):
        vision.start_model(ProjectName="circuits", ModelVersion=version, MinInferenceUnits=1)

    assert [status(vision), described(vision, "2")["Status"]] == ["HOSTED", "HOSTING_FAILED"]


@pytest.mark.parametrize("operation", ["describe_model", "stop_model", "delete_model"])
def test_a_version_that_is_not_there_is_not_found(
    vision: Any, project: Any, operation: str
) -> None:
    refused = refusal(getattr(vision, operation), ProjectName="circuits", ModelVersion="7")

    assert (refused["Code"], refused["ResourceType"]) == ("ResourceNotFoundException", "MODEL")
    assert refused["ResourceId"] == "circuits/7"
    if operation != "delete_model":
        latest = {"ProjectName": "circuits", "ModelVersion": "latest"}
        assert refusal(getattr(vision, operation), **latest)["ResourceId"] == "circuits/latest"


def refused_in(vision: Any) -> set[str]:
    """Which of start, stop and delete the model refuses now, as conflicts."""
    found = set()
    for name, more in (
        ("start_model", {"MinInferenceUnits": 1}),
        ("stop_model", {}),
        ("delete_model", {}),
    ):
        try:
            getattr(vision, name)(**ONE, **more)
        except vision.exceptions.ConflictException as fault:
            if fault.response["ResourceId"] == "circuits/1":
                found.add(name.partition("_")[0])
    return found


def test_each_status_has_its_refusals(ml: Any, vision: Any, project: Any) -> None:
    project.progress = manually()
    model = project.model("1")
    every = {"start", "stop", "delete"}

    train(vision)
    assert (status(vision), refused_in(vision)) == ("TRAINING", every)
    model.finish()
    vision.start_model(**ONE, MinInferenceUnits=1)
    assert (status(vision), refused_in(vision)) == ("STARTING_HOSTING", every)
    model.finish()
    model.system_update()
    assert (status(vision), refused_in(vision)) == ("SYSTEM_UPDATING", every)
    model.finish()
    assert status(vision) == "HOSTED"
    vision.stop_model(**ONE)
    assert (status(vision), refused_in(vision)) == ("STOPPING_HOSTING", every)
    model.finish()
    vision.delete_model(**ONE)
    assert (status(vision), refused_in(vision)) == ("DELETING", every)
    model.finish()
    assert model.status is None


def test_a_failed_training_can_only_be_deleted(vision: Any, project: Any) -> None:
    project.next_training.fail("no")
    train(vision)

    assert refused_in(vision) == {"start", "stop"}
    assert vision.list_models(ProjectName="circuits")["Models"] == []


def test_deletion_names_the_model(vision: Any, project: Any) -> None:
    train(vision)

    deleted = vision.delete_model(**ONE)

    assert (deleted["ModelArn"], deleted["ResponseMetadata"]["HTTPStatusCode"]) == (ARN, 202)
    assert refusal(vision.describe_model, **ONE)["Code"] == "ResourceNotFoundException"


# --- progress ------------------------------------------------------------------------------------


def test_looks_move_a_model_on(ml: Any, vision: Any, project: Any) -> None:
    ml.progress.set(after_polls(1))

    def seen() -> list[str]:
        return [status(vision), status(vision)]

    train(vision)
    assert seen() == ["TRAINING", "TRAINED"]
    vision.start_model(**ONE, MinInferenceUnits=1)
    assert seen() == ["STARTING_HOSTING", "HOSTED"]
    vision.stop_model(**ONE)
    assert seen() == ["STOPPING_HOSTING", "TRAINED"]
    vision.delete_model(**ONE)
    listed = [len(vision.list_models(ProjectName="circuits")["Models"]) for _ in range(2)]
    assert listed == [1, 0]


def test_the_latest_version_has_its_own_pace(ml: Any, vision: Any, project: Any) -> None:
    project.model().progress = after_polls(1)
    train(vision)
    assert [status(vision), status(vision)] == ["TRAINING", "TRAINED"]

    project.model("2").progress = after(60)
    train(vision)
    vision.start_model(**ONE, MinInferenceUnits=1)

    assert [status(vision), described(vision, "2")["Status"]] == ["HOSTED", "TRAINING"]
    ml.clock.advance(minutes=1)
    assert described(vision, "2")["Status"] == "TRAINED"


def test_time_moves_a_model_on_and_writes_what_it_leaves(
    ml: Any, vision: Any, project: Any
) -> None:
    project.model("1").progress = after(1800)
    train(vision)
    assert ml.s3.list("s3://results/") == []
    ml.clock.advance(minutes=30)

    assert len(ml.s3.list("s3://results/")) == 2
    shown = described(vision)
    trained = shown["EvaluationEndTimestamp"] - shown["CreationTimestamp"]
    assert round(trained.total_seconds()) == 1800


def test_by_hand_a_model_ends_as_the_test_says(ml: Any, vision: Any, project: Any) -> None:
    ml.lookoutvision.progress = manually()
    model = project.model("1")
    train(vision)
    model.fail("The images are blurred.")
    train(vision)
    ml.lookoutvision.progress.step()

    assert (model.status, model.message) == ("TRAINING_FAILED", "The images are blurred.")
    assert project.model().status == "TRAINED"
    with pytest.raises(InvalidRule, match="it can't fail now"):
        model.fail("again")
    with pytest.raises(InvalidRule, match="nothing is under way"):
        model.finish()
    with pytest.raises(InvalidRule, match="it can't have a system update now"):
        model.system_update()
    with pytest.raises(InvalidRule, match="there is no model circuits/9"):
        project.model("9").system_update()


def test_a_savepoint_takes_a_model_back(ml: Any, vision: Any, project: Any) -> None:
    train(vision)
    with ml.savepoint():
        vision.start_model(**ONE, MinInferenceUnits=1)
        train(vision)

    assert status(vision) == "TRAINED"
    assert [found["ModelVersion"] for found in vision.list_models(ProjectName="circuits")["Models"]]
    assert len(ml.s3.list("s3://results/")) == 2
    assert train(vision)["ModelVersion"] == "2"
