"""Model packaging jobs, and tags of models."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mlmock import InvalidRule, after_polls, manually
from tests.services.lookoutvision.conftest import refusal

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


# --- packaging jobs ------------------------------------------------------------------------------


def test_a_model_is_packaged(vision: Any, project: Any) -> None:
    assert start(vision, JobName="first", Description="For the line") == "first"

    shown = described(vision, "first")

    assert shown["Status"] == "SUCCEEDED"
    assert shown["StatusMessage"] == "The model packaging job succeeded."
    assert shown["ModelPackagingMethod"] == "Greengrass"
    assert shown["ModelPackagingJobDescription"] == "For the line"
    assert shown["ModelPackagingConfiguration"] == component()
    assert shown["ModelPackagingOutputDetails"]["Greengrass"] == {
        "ComponentVersionArn": "arn:aws:greengrass:us-east-1:123456789012:"
        "components:inspect:versions:1.0.0",
        "ComponentName": "inspect",
        "ComponentVersion": "1.0.0",
    }
    listed = vision.list_model_packaging_jobs(ProjectName="circuits")["ModelPackagingJobs"]
    assert [(job["JobName"], job["ModelVersion"]) for job in listed] == [("first", "1")]


def test_a_job_without_a_name_gets_one(vision: Any, project: Any) -> None:
    name = start(vision)

    assert len(name) == 36
    assert described(vision, name)["JobName"] == name


def test_jobs_are_listed_latest_first_in_pages(vision: Any, project: Any) -> None:
    for number in range(5):
        start(vision, JobName=f"j{number}", Configuration=component(f"c{number}"))

    pages = vision.get_paginator("list_model_packaging_jobs").paginate(
        ProjectName="circuits", PaginationConfig={"PageSize": 2}
    )

    found = [[job["JobName"] for job in page["ModelPackagingJobs"]] for page in pages]
    assert found == [["j4", "j3"], ["j2", "j1"], ["j0"]]


def test_a_job_is_seen_running(ml: Any, vision: Any, project: Any) -> None:
    project.progress = after_polls(1)
    start(vision, JobName="first")

    running = described(vision, "first")
    assert (running["Status"], "ModelPackagingOutputDetails" in running) == ("RUNNING", False)
    listed = vision.list_model_packaging_jobs(ProjectName="circuits")["ModelPackagingJobs"]
    assert [job["Status"] for job in listed] == ["SUCCEEDED"]


def test_a_job_fails_as_the_test_says(vision: Any, project: Any) -> None:
    project.next_packaging.fail("The target is not supported.")
    start(vision, JobName="first")
    start(vision, JobName="second")

    failed = described(vision, "first")
    assert (failed["Status"], failed["StatusMessage"]) == ("FAILED", "The target is not supported.")
    assert described(vision, "second")["Status"] == "SUCCEEDED"


def test_a_job_ends_by_hand(vision: Any, project: Any) -> None:
    project.progress = manually()
    start(vision, JobName="first")
    job = project.packaging_job("first")

    assert (job.status, repr(job)) == ("RUNNING", "<model packaging job circuits/first: RUNNING>")
    job.fail("No.")
    assert (job.status, job.message) == ("FAILED", "No.")
    with pytest.raises(InvalidRule, match="nothing is under way"):
        job.finish()


def test_names_are_taken_once(vision: Any, project: Any) -> None:
    start(vision, JobName="first")

    by_name = refusal(
        vision.start_model_packaging_job,
        **ONE,
        JobName="first",
        Configuration=component("other"),
    )
    by_component = refusal(vision.start_model_packaging_job, **ONE, Configuration=component())

    for refused in (by_name, by_component):
        assert refused["Code"] == "ConflictException"
        assert refused["ResourceType"] == "MODEL_PACKAGE_JOB"
        assert refused["ResourceId"] == "circuits/first"
    start(vision, Configuration=component(ComponentVersion="2.0.0"))


def test_what_is_not_there_is_not_found(vision: Any, project: Any) -> None:
    refused = refusal(
        vision.describe_model_packaging_job, ProjectName="circuits", JobName="nothing"
    )

    assert (refused["Code"], refused["ResourceType"]) == (
        "ResourceNotFoundException",
        "MODEL_PACKAGE_JOB",
    )
    assert refused["ResourceId"] == "circuits/nothing"


def test_only_a_trained_model_is_packaged(ml: Any, vision: Any) -> None:
    project = ml.lookoutvision.project("circuits", train=60)
    project.next_training.fail("no")
    vision.create_model(ProjectName="circuits", OutputConfig={"S3Location": {"Bucket": "results"}})

    refused = refusal(vision.start_model_packaging_job, **ONE, Configuration=component())

    assert (refused["Code"], refused["ResourceType"]) == ("ConflictException", "MODEL")


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
def test_targets(vision: Any, project: Any, target: dict[str, Any]) -> None:
    start(vision, JobName="first", Configuration=component(**target))

    assert described(vision, "first")["Status"] == "SUCCEEDED"


@pytest.mark.parametrize(
    ("target", "why"),
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
def test_targets_that_are_refused(
    vision: Any, project: Any, target: dict[str, Any], why: str
) -> None:
    refused = refusal(vision.start_model_packaging_job, **ONE, Configuration=component(**target))

    assert (refused["Code"], refused["Message"]) == ("ValidationException", why)
    assert vision.list_model_packaging_jobs(ProjectName="circuits")["ModelPackagingJobs"] == []


def test_jobs_do_not_keep_a_project(vision: Any, project: Any) -> None:
    project.progress = manually()
    start(vision, JobName="first")
    vision.delete_model(**ONE)
    project.model("1").finish()

    vision.delete_project(ProjectName="circuits")


# --- tags ----------------------------------------------------------------------------------------


def tags(client: Any, arn: str = ARN) -> dict[str, str]:
    found = client.list_tags_for_resource(ResourceArn=arn)["Tags"]
    return {tag["Key"]: tag["Value"] for tag in found}


def test_tags_are_put_on_listed_and_taken_off(vision: Any, project: Any) -> None:
    assert tags(vision) == {}
    vision.tag_resource(
        ResourceArn=ARN, Tags=[{"Key": "b", "Value": "1"}, {"Key": "a b", "Value": ""}]
    )
    vision.tag_resource(ResourceArn=ARN, Tags=[{"Key": "b", "Value": "2"}])
    assert list(tags(vision).items()) == [("b", "2"), ("a b", "")]

    vision.untag_resource(ResourceArn=ARN, TagKeys=["a b", "unknown"])
    assert tags(vision) == {"b": "2"}


def test_a_model_can_be_born_with_tags(ml: Any, vision: Any) -> None:
    ml.lookoutvision.project("circuits", train=60)
    vision.create_model(
        ProjectName="circuits",
        OutputConfig={"S3Location": {"Bucket": "results"}},
        Tags=[{"Key": "team", "Value": "line 7"}],
    )

    assert tags(vision) == {"team": "line 7"}
    vision.delete_model(**ONE)
    assert refusal(vision.list_tags_for_resource, ResourceArn=ARN)["ResourceType"] == "MODEL"


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (
            [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}],
            "The tag key a is given more than once.",
        ),
        ([{"Key": "aws:x", "Value": "1"}], "Tag keys that begin with aws: are reserved."),
    ],
)
def test_tags_that_are_refused(
    ml: Any, vision: Any, project: Any, given: list[dict[str, str]], why: str
) -> None:
    refused = refusal(vision.tag_resource, ResourceArn=ARN, Tags=given)
    assert (refused["Code"], refused["Message"]) == ("ValidationException", why)
    ml.lookoutvision.project("circuits", train=60)
    where = {"S3Location": {"Bucket": "results"}}
    refused = refusal(vision.create_model, ProjectName="circuits", OutputConfig=where, Tags=given)
    assert refused["Message"] == why
    assert len(vision.list_models(ProjectName="circuits")["Models"]) == 1
    assert tags(vision) == {}


def test_a_model_has_at_most_200_tags(vision: Any, project: Any) -> None:
    many = [{"Key": f"k{number}", "Value": "v"} for number in range(200)]
    vision.tag_resource(ResourceArn=ARN, Tags=many)

    refused = refusal(vision.tag_resource, ResourceArn=ARN, Tags=[{"Key": "more", "Value": "v"}])

    assert (refused["Code"], refused["Status"]) == ("ServiceQuotaExceededException", 402)
    assert (refused["ResourceType"], refused["ResourceId"]) == ("MODEL", "circuits/1")
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
def test_what_has_no_tags(vision: Any, project: Any, arn: str, code: str) -> None:
    for call, more in (
        (vision.list_tags_for_resource, {}),
        (vision.tag_resource, {"Tags": []}),
        (vision.untag_resource, {"TagKeys": ["a"]}),
    ):
        assert refusal(call, ResourceArn=arn, **more)["Code"] == code
