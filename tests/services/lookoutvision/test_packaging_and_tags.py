"""Model packaging jobs, and tags of models."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mlmock import InvalidRule, after_polls, manually
from tests.services.lookoutvision.conftest import error_of

ONE = {"ProjectName": "circuits", "ModelVersion": "1"}
ARN = "arn:aws:lookoutvision:us-east-1:123456789012:model/circuits/1"
OUT = {"Bucket": "results", "Prefix": "greengrass"}


@pytest.fixture
def project(ml: Any) -> Any:
    return ml.lookoutvision.project("circuits", model="TRAINED")


def component(name: str = "inspect", **more: Any) -> dict[str, Any]:
    target = {} if "TargetPlatform" in more else {"TargetDevice": "jetson_xavier"}
    return {"Greengrass": {**target, "S3OutputLocation": OUT, "ComponentName": name, **more}}


def start(client: Any, **more: Any) -> str:
    params = {"Configuration": component(), **more}
    return str(client.start_model_packaging_job(**ONE, **params)["JobName"])


def described(client: Any, name: str) -> dict[str, Any]:
    found: dict[str, Any] = client.describe_model_packaging_job(
        ProjectName="circuits", JobName=name
    )["ModelPackagingDescription"]
    return found


# -- packaging jobs ---------------------------------------------------------------------------


def test_model_is_packaged(vision: Any, project: Any) -> None:
    assert start(vision, JobName="first", Description="For the line") == "first"

    description = described(vision, "first")

    assert description["Status"] == "SUCCEEDED"
    assert description["StatusMessage"] == "The model packaging job succeeded."
    assert description["ModelPackagingMethod"] == "Greengrass"
    assert description["ModelPackagingJobDescription"] == "For the line"
    assert description["ModelPackagingConfiguration"] == component()
    assert description["ModelPackagingOutputDetails"]["Greengrass"] == {
        "ComponentVersionArn": "arn:aws:greengrass:us-east-1:123456789012:"
        "components:inspect:versions:1.0.0",
        "ComponentName": "inspect",
        "ComponentVersion": "1.0.0",
    }
    listed = vision.list_model_packaging_jobs(ProjectName="circuits")["ModelPackagingJobs"]
    assert [(job["JobName"], job["ModelVersion"]) for job in listed] == [("first", "1")]


def test_job_without_a_name_gets_a_generated_one(vision: Any, project: Any) -> None:
    name = start(vision)

    assert len(name) == 36
    assert described(vision, name)["JobName"] == name


def test_paginator_lists_newest_jobs_first(vision: Any, project: Any) -> None:
    for number in range(5):
        start(vision, JobName=f"j{number}", Configuration=component(f"c{number}"))

    pages = vision.get_paginator("list_model_packaging_jobs").paginate(
        ProjectName="circuits", PaginationConfig={"PageSize": 2}
    )

    found = [[job["JobName"] for job in page["ModelPackagingJobs"]] for page in pages]
    assert found == [["j4", "j3"], ["j2", "j1"], ["j0"]]


def test_running_job(ml: Any, vision: Any, project: Any) -> None:
    project.progress = after_polls(1)
    start(vision, JobName="first")

    running = described(vision, "first")
    assert (running["Status"], "ModelPackagingOutputDetails" in running) == ("RUNNING", False)
    listed = vision.list_model_packaging_jobs(ProjectName="circuits")["ModelPackagingJobs"]
    assert [job["Status"] for job in listed] == ["SUCCEEDED"]


def test_next_packaging_can_fail(vision: Any, project: Any) -> None:
    project.next_packaging.fail("The target is not supported.")
    start(vision, JobName="first")
    start(vision, JobName="second")

    failed = described(vision, "first")
    assert (failed["Status"], failed["StatusMessage"]) == ("FAILED", "The target is not supported.")
    assert described(vision, "second")["Status"] == "SUCCEEDED"


def test_job_completes_manually(vision: Any, project: Any) -> None:
    project.progress = manually()
    start(vision, JobName="first")
    job = project.packaging_job("first")

    assert (job.status, repr(job)) == ("RUNNING", "<model packaging job circuits/first: RUNNING>")
    job.fail("No.")
    assert (job.status, job.message) == ("FAILED", "No.")
    with pytest.raises(InvalidRule, match="no work is in progress"):
        job.finish()


def test_job_and_component_names_are_unique(vision: Any, project: Any) -> None:
    start(vision, JobName="first")

    by_name = error_of(
        vision.start_model_packaging_job,
        **ONE,
        JobName="first",
        Configuration=component("other"),
    )
    by_component = error_of(vision.start_model_packaging_job, **ONE, Configuration=component())

    for failure in (by_name, by_component):
        assert failure["Code"] == "ConflictException"
        assert failure["ResourceType"] == "MODEL_PACKAGE_JOB"
        assert failure["ResourceId"] == "circuits/first"
    start(vision, Configuration=component(ComponentVersion="2.0.0"))


def test_missing_job_is_not_found(vision: Any, project: Any) -> None:
    failure = error_of(
        vision.describe_model_packaging_job, ProjectName="circuits", JobName="nothing"
    )

    assert (failure["Code"], failure["ResourceType"]) == (
        "ResourceNotFoundException",
        "MODEL_PACKAGE_JOB",
    )
    assert failure["ResourceId"] == "circuits/nothing"


def test_model_must_be_trained(ml: Any, vision: Any) -> None:
    project = ml.lookoutvision.project("circuits", train=60)
    project.next_training.fail("no")
    vision.create_model(ProjectName="circuits", OutputConfig={"S3Location": {"Bucket": "results"}})

    failure = error_of(vision.start_model_packaging_job, **ONE, Configuration=component())

    assert (failure["Code"], failure["ResourceType"]) == ("ConflictException", "MODEL")


GPU = {"Os": "LINUX", "Arch": "ARM64", "Accelerator": "NVIDIA"}
CPU = {"Os": "LINUX", "Arch": "X86_64"}
OPTIONS = json.dumps({"gpu-code": "sm_72", "trt-ver": "7.1.3", "cuda-ver": "10.2"})


@pytest.mark.parametrize(
    "target",
    [
        {"TargetPlatform": GPU, "CompilerOptions": OPTIONS},
        {"TargetPlatform": GPU, "CompilerOptions": OPTIONS.replace('"', "'")},
        {"TargetPlatform": CPU},
        {"TargetPlatform": CPU, "CompilerOptions": '{"mcpu": "core-avx2"}'},
    ],
)
def test_valid_targets(vision: Any, project: Any, target: dict[str, Any]) -> None:
    start(vision, JobName="first", Configuration=component(**target))

    assert described(vision, "first")["Status"] == "SUCCEEDED"


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (
            {"TargetPlatform": CPU, "TargetDevice": "jetson_xavier"},
            "Specify either TargetDevice or TargetPlatform.",
        ),
        (
            {"CompilerOptions": OPTIONS},
            "CompilerOptions can't be specified with TargetDevice.",
        ),
        (
            {"TargetPlatform": GPU},
            "CompilerOptions for NVIDIA must have gpu-code, trt-ver, cuda-ver.",
        ),
        (
            {"TargetPlatform": GPU, "CompilerOptions": '{"gpu-code": "sm_72"}'},
            "CompilerOptions for NVIDIA must have trt-ver, cuda-ver.",
        ),
        (
            {"TargetPlatform": CPU, "CompilerOptions": "[1]"},
            "CompilerOptions must be a JSON object.",
        ),
        (
            {"TargetPlatform": CPU, "CompilerOptions": "core-avx2"},
            "CompilerOptions must be a JSON object.",
        ),
    ],
)
def test_invalid_targets_are_rejected(
    vision: Any, project: Any, target: dict[str, Any], message: str
) -> None:
    failure = error_of(vision.start_model_packaging_job, **ONE, Configuration=component(**target))

    assert (failure["Code"], failure["Message"]) == ("ValidationException", message)
    assert vision.list_model_packaging_jobs(ProjectName="circuits")["ModelPackagingJobs"] == []


def test_project_with_jobs_can_be_deleted(vision: Any, project: Any) -> None:
    project.progress = manually()
    start(vision, JobName="first")
    vision.delete_model(**ONE)
    project.model("1").finish()

    vision.delete_project(ProjectName="circuits")


# -- tags -------------------------------------------------------------------------------------


def tags(client: Any, arn: str = ARN) -> dict[str, str]:
    found = client.list_tags_for_resource(ResourceArn=arn)["Tags"]
    return {tag["Key"]: tag["Value"] for tag in found}


def test_tags_are_added_listed_and_removed(vision: Any, project: Any) -> None:
    assert tags(vision) == {}
    vision.tag_resource(
        ResourceArn=ARN, Tags=[{"Key": "b", "Value": "1"}, {"Key": "a b", "Value": ""}]
    )
    vision.tag_resource(ResourceArn=ARN, Tags=[{"Key": "b", "Value": "2"}])
    assert list(tags(vision).items()) == [("b", "2"), ("a b", "")]

    vision.untag_resource(ResourceArn=ARN, TagKeys=["a b", "unknown"])
    assert tags(vision) == {"b": "2"}


def test_model_created_with_tags(ml: Any, vision: Any) -> None:
    ml.lookoutvision.project("circuits", train=60)
    vision.create_model(
        ProjectName="circuits",
        OutputConfig={"S3Location": {"Bucket": "results"}},
        Tags=[{"Key": "team", "Value": "line 7"}],
    )

    assert tags(vision) == {"team": "line 7"}
    vision.delete_model(**ONE)
    assert error_of(vision.list_tags_for_resource, ResourceArn=ARN)["ResourceType"] == "MODEL"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}],
            "The tag key a is given more than once.",
        ),
        ([{"Key": "aws:x", "Value": "1"}], "Tag keys that begin with aws: are reserved."),
    ],
)
def test_invalid_tags_are_rejected(
    ml: Any, vision: Any, project: Any, given: list[dict[str, str]], message: str
) -> None:
    failure = error_of(vision.tag_resource, ResourceArn=ARN, Tags=given)
    assert (failure["Code"], failure["Message"]) == ("ValidationException", message)
    ml.lookoutvision.project("circuits", train=60)
    location = {"S3Location": {"Bucket": "results"}}
    failure = error_of(
        vision.create_model, ProjectName="circuits", OutputConfig=location, Tags=given
    )
    assert failure["Message"] == message
    assert len(vision.list_models(ProjectName="circuits")["Models"]) == 1
    assert tags(vision) == {}


def test_at_most_200_tags(vision: Any, project: Any) -> None:
    many = [{"Key": f"k{number}", "Value": "v"} for number in range(200)]
    vision.tag_resource(ResourceArn=ARN, Tags=many)

    failure = error_of(vision.tag_resource, ResourceArn=ARN, Tags=[{"Key": "more", "Value": "v"}])

    assert (failure["Code"], failure["Status"]) == ("ServiceQuotaExceededException", 402)
    assert (failure["ResourceType"], failure["ResourceId"]) == ("MODEL", "circuits/1")
    assert len(tags(vision)) == 200


@pytest.mark.parametrize(
    ("arn", "code"),
    [
        ("circuits", "ValidationException"),
        ("arn:aws:lookoutvision:us-east-1:123456789012:project/circuits", "ValidationException"),
        (ARN.replace("lookoutvision", "rekognition"), "ValidationException"),
        (ARN.replace("circuits/1", "circuits/2"), "ResourceNotFoundException"),
        (ARN.replace("circuits/1", "circuits"), "ResourceNotFoundException"),
        (ARN.replace("circuits/1", "other/1"), "ResourceNotFoundException"),
        (ARN.replace("us-east-1", "eu-west-1"), "ResourceNotFoundException"),
    ],
)
def test_invalid_arns_are_rejected(vision: Any, project: Any, arn: str, code: str) -> None:
    for call, more in (
        (vision.list_tags_for_resource, {}),
        (vision.tag_resource, {"Tags": []}),
        (vision.untag_resource, {"TagKeys": ["a"]}),
    ):
        assert error_of(call, ResourceArn=arn, **more)["Code"] == code
