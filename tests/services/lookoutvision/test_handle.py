"""`ml.lookoutvision`: seeded projects, quotas, attributes, and objects in moto's S3."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from mlmock import after_polls, mock_ml
from tests.services.lookoutvision.conftest import json_line, masked_line
from tests.services.lookoutvision.model_helpers import described, train

ONE = {"ProjectName": "circuits", "ModelVersion": "1"}


def stats(client: Any, kind: str = "train") -> dict[str, int]:
    found: dict[str, int] = client.describe_dataset(ProjectName="circuits", DatasetType=kind)[
        "DatasetDescription"
    ]["ImageStats"]
    return found


def test_project_with_datasets_and_a_hosted_model(ml: Any, vision: Any) -> None:
    project = ml.lookoutvision.project("circuits", train=30, test=20, model="HOSTED")

    assert project.exists
    assert project.arn == "arn:aws:lookoutvision:us-east-1:123456789012:project/circuits"
    assert stats(vision) == {"Total": 30, "Labeled": 30, "Normal": 20, "Anomaly": 10}
    assert stats(vision, "test") == {"Total": 20, "Labeled": 20, "Normal": 14, "Anomaly": 6}
    description = vision.describe_model(**ONE)["ModelDescription"]
    assert (description["Status"], description["MinInferenceUnits"]) == ("HOSTED", 1)
    assert description["Performance"]["Precision"] == round(34 / 35, 4)
    result = description["EvaluationResult"]
    assert json.loads(ml.s3.get(f"s3://{result['Bucket']}/{result['Key']}"))["Version"] == 1


def test_seeded_model_without_images(ml: Any, vision: Any) -> None:
    ml.lookoutvision.project("circuits", model="TRAINED")

    description = vision.describe_model(**ONE)["ModelDescription"]

    assert description["Performance"]["F1Score"] == pytest.approx(0.95)
    assert vision.describe_project(ProjectName="circuits")["ProjectDescription"]["Datasets"] == []


def test_seeded_datasets_have_the_given_lines(ml: Any, vision: Any) -> None:
    ml.s3.put("s3://manifests/m", json_line("1.png"))
    project = ml.lookoutvision.project(
        "circuits", train=[json_line("2.png"), json.loads(json_line("3.png"))]
    )
    project.seed(test="s3://manifests/m")

    assert project.dataset("train").entries == [json_line("2.png"), json_line("3.png")]
    assert project.dataset("test").entries == [json_line("1.png")]
    project.seed(train=[])
    assert stats(vision)["Total"] == 0


def test_same_name_returns_the_same_project(ml: Any, vision: Any) -> None:
    ml.lookoutvision.project("circuits", train=3)
    vision.create_project(ProjectName="boards")

    same_project = ml.lookoutvision.project("circuits", model="HOSTED")

    assert same_project.model().status == "HOSTED"
    assert ml.lookoutvision.project("circuits", model="TRAINED").model().status == "HOSTED"
    assert len(same_project.dataset().entries) == 3
    assert ml.lookoutvision.project("boards").exists
    assert len(vision.list_projects()["Projects"]) == 2


def test_handles_of_a_project_that_does_not_exist_yet(ml: Any, vision: Any) -> None:
    project = ml.lookoutvision.project("circuits", exists=False)
    project.dataset("train").progress = after_polls(1)

    assert not project.exists
    assert project.dataset("train").entries == []
    assert project.dataset("train").status is None
    assert project.model("1").status is None
    assert project.packaging_job("first").status is None
    vision.create_project(ProjectName="circuits")
    assert project.exists


def test_scoped_handle_seeds_its_account_and_region(ml: Any, vision: Any) -> None:
    ml.at(region="eu-west-1", account_id="210987654321").lookoutvision.project("circuits")
    other_account = boto3.client(
        "lookoutvision",
        region_name="eu-west-1",
        aws_access_key_id="210987654321",
        aws_secret_access_key="any",
    )

    assert vision.list_projects()["Projects"] == []
    (found,) = other_account.list_projects()["Projects"]
    assert found["ProjectArn"] == "arn:aws:lookoutvision:eu-west-1:210987654321:project/circuits"


def test_repr_of_handles(ml: Any) -> None:
    project = ml.lookoutvision.project("circuits", train=3, model="HOSTED")

    assert repr(ml.lookoutvision) == "<lookoutvision: 1 projects>"
    assert repr(project) == "<project circuits: exists>"
    assert repr(project.dataset("train")) == "<dataset circuits/train: CREATE_COMPLETE>"
    assert repr(project.dataset("test")) == "<dataset circuits/test: does not exist>"
    assert repr(project.model("1")) == "<model circuits/1: HOSTED>"
    assert repr(project.next_training) == '<ml.lookoutvision.project("circuits").next_training>'


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda vision: vision.project("no spaces"), "the name of a project has"),
        (lambda vision: vision.project("p", model="RUNNING"), "seeded as TRAINED or HOSTED"),
        (lambda vision: vision.project("p", train=["no"]), "Line 1 is not a JSON object"),
        (lambda vision: vision.project("p").dataset("validate"), "train or test"),
        (lambda vision: vision.project("p").model("0"), 'a version must be "1", "2" and so on'),
        (lambda vision: vision.project("p").model("first"), 'a version must be "1", "2" and so on'),
        (
            lambda vision: vision.quotas(projects=-1),
            "projects must be a number from 0 or None, not -1",
        ),
    ],
)
def test_invalid_seeds_are_rejected(ml: Any, wrong: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        wrong(ml.lookoutvision)


def test_dataset_in_progress_cannot_be_seeded(ml: Any, vision: Any) -> None:
    ml.lookoutvision.progress = after_polls(5)
    project = ml.lookoutvision.project("circuits", train=[json_line("1.png")])
    vision.update_dataset_entries(
        ProjectName="circuits", DatasetType="train", Changes=json_line("2.png")
    )

    with pytest.raises(ValueError, match="can't be seeded in status UPDATE_IN_PROGRESS"):
        project.seed(train=3)


def test_failed_dataset_can_be_seeded(ml: Any, vision: Any) -> None:
    project = ml.lookoutvision.project("circuits")
    missing = {"GroundTruthManifest": {"S3Object": {"Bucket": "manifests", "Key": "m"}}}
    vision.create_dataset(ProjectName="circuits", DatasetType="train", DatasetSource=missing)
    assert project.dataset("train").status == "CREATE_FAILED"

    project.seed(train=30)

    assert project.dataset("train").status == "CREATE_COMPLETE"
    assert stats(vision)["Total"] == 30


def test_unknown_quota_is_rejected(ml: Any) -> None:
    with pytest.raises(
        TypeError, match="there is no quota 'models'; use one of concurrent_trainings"
    ):
        ml.lookoutvision.quotas(models=1)


def test_quota_can_be_removed(ml: Any, vision: Any) -> None:
    ml.progress.set(after_polls(9))
    ml.lookoutvision.quotas(concurrent_trainings=None)
    ml.lookoutvision.project("circuits", train=60)

    for _ in range(3):
        location = {"S3Location": {"Bucket": "results"}}
        vision.create_model(ProjectName="circuits", OutputConfig=location)


def test_json_line(ml: Any) -> None:
    labeled = json.loads(ml.lookoutvision.json_line("s3://images/1.png", anomalous=True))
    unlabeled = json.loads(ml.lookoutvision.json_line("s3://images/1.png"))

    assert labeled["anomaly-label"] == 1
    assert labeled["anomaly-label-metadata"]["class-name"] == "anomaly"
    assert unlabeled == {"source-ref": "s3://images/1.png"}


def test_reset_removes_everything(ml: Any, vision: Any) -> None:
    ml.lookoutvision.project("circuits", train=3)
    ml.lookoutvision.quotas(projects=1)
    ml.reset()

    assert vision.list_projects()["Projects"] == []
    vision.create_project(ProjectName="a")
    vision.create_project(ProjectName="b")


def test_savepoint_restores_seeds_and_quotas(ml: Any, vision: Any) -> None:
    ml.lookoutvision.project("circuits", train=[json_line("1.png")])
    with ml.savepoint():
        masked = masked_line("2.png", {"scratch": "#23A436"})
        ml.lookoutvision.project("circuits", train=[masked], model="HOSTED")
        ml.lookoutvision.project("other")
        ml.lookoutvision.quotas(projects=0)

    assert len(vision.list_projects()["Projects"]) == 1
    assert ml.lookoutvision.project("circuits").dataset().entries == [json_line("1.png")]
    assert vision.list_models(ProjectName="circuits")["Models"] == []
    vision.create_project(ProjectName="b")


def test_manifest_is_read_from_motos_s3() -> None:
    from moto import mock_aws

    with mock_aws(), mock_ml() as ml:
        s3, vision = boto3.client("s3"), boto3.client("lookoutvision")
        ml.lookoutvision.project("circuits")
        location = {"S3Object": {"Bucket": "manifests", "Key": "m"}}
        params = {"ProjectName": "circuits", "DatasetType": "train"}
        params["DatasetSource"] = {"GroundTruthManifest": location}  # type: ignore[assignment]
        vision.create_dataset(**params)
        failed = vision.describe_dataset(ProjectName="circuits", DatasetType="train")
        assert failed["DatasetDescription"]["Status"] == "CREATE_FAILED"
        vision.delete_dataset(ProjectName="circuits", DatasetType="train")

        s3.create_bucket(Bucket="manifests")
        s3.put_object(Bucket="manifests", Key="m", Body=json_line("1.png").encode())
        vision.create_dataset(**params)
        assert stats(vision)["Normal"] == 1


def test_manifest_version_is_read_from_motos_s3() -> None:
    from moto import mock_aws

    with mock_aws(), mock_ml() as ml:
        s3, vision = boto3.client("s3"), boto3.client("lookoutvision")
        s3.create_bucket(Bucket="manifests")
        enabled = {"Status": "Enabled"}
        s3.put_bucket_versioning(Bucket="manifests", VersioningConfiguration=enabled)
        put = {"Bucket": "manifests", "Key": "m"}
        old = s3.put_object(**put, Body=json_line("1.png").encode())["VersionId"]
        s3.put_object(**put, Body=b"nonsense")
        project = ml.lookoutvision.project("circuits")
        for kind, version in (("train", old), ("test", "0" * 32)):
            source = {"GroundTruthManifest": {"S3Object": {**put, "VersionId": version}}}
            vision.create_dataset(ProjectName="circuits", DatasetType=kind, DatasetSource=source)

        assert project.dataset("train").entries == [json_line("1.png")]
        assert project.dataset("test").status == "CREATE_FAILED"


def test_inaccessible_manifest_fails_the_creation() -> None:
    from moto import mock_aws

    with mock_aws(), mock_ml() as ml:
        s3, vision = boto3.client("s3"), boto3.client("lookoutvision")
        s3.create_bucket(Bucket="manifests")
        put = {"Bucket": "manifests", "Key": "m"}
        s3.put_object(**put, Body=json_line("1.png").encode(), StorageClass="GLACIER")
        project = ml.lookoutvision.project("circuits")
        source = {"GroundTruthManifest": {"S3Object": put}}
        vision.create_dataset(ProjectName="circuits", DatasetType="train", DatasetSource=source)

        assert project.dataset("train").status == "CREATE_FAILED"
        assert project.dataset("train").message == "The manifest s3://manifests/m can't be read."


def test_missing_bucket_in_moto_fails_the_training() -> None:
    from moto import mock_aws

    with mock_aws(), mock_ml() as ml:
        ml.lookoutvision.project("circuits", train=60)
        vision = boto3.client("lookoutvision")
        train(vision)
        assert described(vision)["StatusMessage"] == (
            "The bucket results of the output location does not exist."
        )
        boto3.client("s3").create_bucket(Bucket="results")
        train(vision)
        found = boto3.client("s3").list_objects_v2(Bucket="results")["Contents"]

        assert described(vision, "2")["Status"] == "TRAINED"
        assert [item["Key"] for item in found] == [
            "run-1/EvaluationManifest-circuits-2.json",
            "run-1/EvaluationResult-circuits-2.json",
        ]
