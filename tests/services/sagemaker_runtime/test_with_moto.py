"""Endpoints that moto's control plane has; objects and messages in moto's S3 and SNS."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from mlmock import MockML, mock_ml

ROLE = "arn:aws:iam::123456789012:role/any"


@pytest.fixture
def ml() -> Iterator[MockML]:
    with mock_aws(), mock_ml() as handle:
        yield handle


@pytest.fixture
def plane(ml: MockML) -> Any:
    return boto3.client("sagemaker", region_name="us-east-1")


def variant(name: str = "AllTraffic", model: str = "model", **more: Any) -> dict[str, Any]:
    return {
        "VariantName": name,
        "ModelName": model,
        "InitialInstanceCount": 1,
        "InstanceType": "ml.m5.large",
        **more,
    }


def create(plane: Any, *variants: dict[str, Any], container: Any = None, **config: Any) -> None:
    image = {"Image": "image", "ModelDataUrl": "s3://models/m.tar.gz", **(container or {})}
    plane.create_model(ModelName="model", ExecutionRoleArn=ROLE, PrimaryContainer=image)
    given = list(variants) or [variant()]
    plane.create_endpoint_config(EndpointConfigName="config", ProductionVariants=given, **config)
    plane.create_endpoint(EndpointName="churn", EndpointConfigName="config")


def invoked(client: Any, **members: Any) -> str:
    found = client.invoke_endpoint(**{"EndpointName": "churn", "Body": b"{}", **members})
    return str(found["InvokedProductionVariant"])


def test_an_endpoint_of_moto_answers(plane: Any, client: Any) -> None:
    create(plane)
    found = client.invoke_endpoint(EndpointName="churn", Body=b"{}")
    assert found["InvokedProductionVariant"] == "AllTraffic"
    assert json.loads(found["Body"].read())["endpoint"] == "churn"


def test_it_is_scripted_by_its_name(ml: MockML, plane: Any, client: Any) -> None:
    create(plane, variant("blue"))
    ml.sagemaker.endpoint("churn").reply({"score": 1})
    found = client.invoke_endpoint(EndpointName="churn", Body=b"{}")
    assert (found["Body"].read(), found["InvokedProductionVariant"]) == (b'{"score":1}', "blue")


def test_what_moto_doesnt_have_isnt_there(plane: Any, client: Any) -> None:
    create(plane)
    with pytest.raises(client.exceptions.ValidationError, match="Endpoint other of account"):
        client.invoke_endpoint(EndpointName="other", Body=b"")
    plane.delete_endpoint(EndpointName="churn")
    with pytest.raises(client.exceptions.ValidationError, match="Endpoint churn of account"):
        client.invoke_endpoint(EndpointName="churn", Body=b"")


def test_regions_are_apart(plane: Any) -> None:
    create(plane)
    west = boto3.client("sagemaker-runtime", region_name="us-west-2")
    with pytest.raises(west.exceptions.ValidationError, match="not found"):
        west.invoke_endpoint(EndpointName="churn", Body=b"")


def test_a_scripted_endpoint_is_where_moto_has_it_and_no_longer_than_that(
    ml: MockML, plane: Any, client: Any, caplog: pytest.LogCaptureFixture
) -> None:
    create(plane)
    ml.sagemaker.endpoint("churn").reply("scripted")
    west = boto3.client("sagemaker-runtime", region_name="us-west-2")
    assert invoked(client) == "AllTraffic"
    with pytest.raises(client.exceptions.ValidationError, match="Endpoint churn of account"):
        invoked(west)
    plane.delete_endpoint(EndpointName="churn")
    with pytest.raises(client.exceptions.ValidationError, match="Endpoint churn of account"):
        invoked(client)
    assert "no endpoint churn in moto's sagemaker, which had it" in caplog.text
    plane.create_endpoint(EndpointName="churn", EndpointConfigName="config")
    assert invoked(client) == "AllTraffic"


def test_what_a_savepoint_found_is_as_unknown_as_before(
    ml: MockML, plane: Any, client: Any
) -> None:
    create(plane)
    ml.sagemaker.endpoint("churn").reply("scripted")
    with ml.savepoint():
        invoked(client)
    plane.delete_endpoint(EndpointName="churn")
    assert invoked(client) == "AllTraffic"


def test_a_declaration_that_says_something_stands_alone(
    ml: MockML, plane: Any, client: Any
) -> None:
    create(plane, variant("blue"))
    ml.sagemaker.endpoint("churn", variants=["green"])
    ml.sagemaker.endpoint("only-here")
    assert invoked(client) == "green"
    assert invoked(client, EndpointName="only-here") == "AllTraffic"


def test_weights_are_those_of_the_config(plane: Any, client: Any) -> None:
    create(
        plane,
        variant("a", InitialVariantWeight=3.0),
        variant("b"),
        variant("off", InitialVariantWeight=0.0),
    )
    drawn = Counter(invoked(client) for _ in range(120))
    assert set(drawn) == {"a", "b"}
    assert drawn["a"] > 2 * drawn["b"]
    assert invoked(client, TargetVariant="off") == "off"


def test_weights_change_while_the_endpoint_serves(plane: Any, client: Any) -> None:
    create(plane, variant("a"), variant("b", InitialVariantWeight=0.0))
    assert {invoked(client) for _ in range(5)} == {"a"}
    plane.update_endpoint_weights_and_capacities(
        EndpointName="churn",
        DesiredWeightsAndCapacities=[
            {"VariantName": "a", "DesiredWeight": 0.0},
            {"VariantName": "b", "DesiredWeight": 1.0},
        ],
    )
    assert {invoked(client) for _ in range(5)} == {"b"}


def test_an_endpoint_outlives_its_config(plane: Any, client: Any) -> None:
    create(plane, variant("a"))
    plane.delete_endpoint_config(EndpointConfigName="config")
    assert invoked(client) == "a"


def test_a_multi_model_container_asks_for_a_target(plane: Any, client: Any) -> None:
    create(plane, container={"Mode": "MultiModel"})
    assert invoked(client, TargetModel="a.tar.gz") == "AllTraffic"
    with pytest.raises(client.exceptions.ValidationError, match="missing a target model header"):
        invoked(client)


def test_a_serverless_variant_takes_less(plane: Any, client: Any) -> None:
    serverless = {
        "VariantName": "AllTraffic",
        "ModelName": "model",
        "ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 1},
    }
    create(plane, serverless)
    with pytest.raises(client.exceptions.ValidationError, match="oversize body"):
        client.invoke_endpoint(EndpointName="churn", Body=b"x" * 4_200_000)


def test_data_capture_is_written_to_motos_s3(ml: MockML, plane: Any, client: Any) -> None:
    boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="capture")
    create(
        plane,
        DataCaptureConfig={
            "EnableCapture": True,
            "InitialSamplingPercentage": 100,
            "DestinationS3Uri": "s3://capture/x",
            "CaptureOptions": [{"CaptureMode": "Input"}],
        },
    )
    invoked(client)
    assert len(ml.s3.list("s3://capture/x/churn/AllTraffic/")) == 1


def test_a_capture_without_its_bucket_is_logged(
    plane: Any, client: Any, caplog: pytest.LogCaptureFixture
) -> None:
    config = {
        "EnableCapture": True,
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": "s3://nowhere/x",
        "CaptureOptions": [{"CaptureMode": "Input"}],
    }
    create(plane, DataCaptureConfig=config)
    invoked(client)
    assert "the bucket nowhere is not in moto's S3" in caplog.text


def test_capture_that_is_switched_off(ml: MockML, plane: Any, client: Any) -> None:
    boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="capture")
    create(
        plane,
        DataCaptureConfig={
            "EnableCapture": False,
            "InitialSamplingPercentage": 100,
            "DestinationS3Uri": "s3://capture/x",
            "CaptureOptions": [{"CaptureMode": "Input"}],
        },
    )
    invoked(client)
    assert ml.s3.list("s3://capture/") == []


# -- asynchronous endpoints ---------------------------------------------------------------------


@pytest.fixture
def topics(ml: MockML) -> dict[str, str]:
    sns = boto3.client("sns", region_name="us-east-1")
    return {name: sns.create_topic(Name=name)["TopicArn"] for name in ("good", "bad")}


@pytest.fixture
def inbox(topics: dict[str, str]) -> Any:
    """Return a function that reads what the topics have sent to a queue."""
    sqs = boto3.client("sqs", region_name="us-east-1")
    url = sqs.create_queue(QueueName="inbox")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    sns = boto3.client("sns", region_name="us-east-1")
    for topic in topics.values():
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn["QueueArn"])

    def read() -> list[Any]:
        found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        return [json.loads(json.loads(message["Body"])["Message"]) for message in found]

    return read


@pytest.fixture
def later(plane: Any, topics: dict[str, str]) -> Any:
    s3 = boto3.client("s3", region_name="us-east-1")
    s3.create_bucket(Bucket="data")
    s3.put_object(Bucket="data", Key="in.csv", Body=b"1,2", ContentType="text/csv")
    output = {
        "S3OutputPath": "s3://data/out",
        "S3FailurePath": "s3://data/failed",
        "NotificationConfig": {"SuccessTopic": topics["good"], "ErrorTopic": topics["bad"]},
    }
    create(plane, AsyncInferenceConfig={"OutputConfig": output})
    return s3


@pytest.fixture
def asynchronous(plane: Any) -> None:
    """Skip what needs an asynchronous endpoint where moto keeps no such setting."""
    plane.create_model(ModelName="asked", ExecutionRoleArn=ROLE)
    plane.create_endpoint_config(
        EndpointConfigName="asked",
        ProductionVariants=[{**variant(), "ModelName": "asked"}],
        AsyncInferenceConfig={"OutputConfig": {"S3OutputPath": "s3://data/out"}},
    )
    if "AsyncInferenceConfig" not in plane.describe_endpoint_config(EndpointConfigName="asked"):
        pytest.skip("this moto doesn't keep AsyncInferenceConfig")


def start(client: Any) -> Any:
    return client.invoke_endpoint_async(EndpointName="churn", InputLocation="s3://data/in.csv")


@pytest.mark.usefixtures("asynchronous")
def test_asynchronous_work_lives_in_motos_s3_and_sns(
    ml: MockML, later: Any, client: Any, inbox: Any
) -> None:
    seen: list[Any] = []

    @ml.sagemaker.endpoint("churn").handler
    def predict(call: Any) -> Any:
        seen.append((call.body, call.params["ContentType"]))
        return {"ok": True}

    found = start(client)
    assert found["OutputLocation"].startswith("s3://data/out/")
    key = found["OutputLocation"].removeprefix("s3://data/")
    written = later.get_object(Bucket="data", Key=key)
    assert (written["Body"].read(), written["ContentType"]) == (b'{"ok":true}', "application/json")
    assert seen == [(b"1,2", "text/csv")]
    (message,) = inbox()
    assert message["invocationStatus"] == "Completed"
    assert message["responseParameters"]["outputLocation"] == found["OutputLocation"]
    assert ml.events.last.detail == message


@pytest.mark.usefixtures("asynchronous")
def test_a_failure_is_told_to_the_error_topic(
    ml: MockML, later: Any, client: Any, inbox: Any
) -> None:
    ml.sagemaker.endpoint("churn").model_error(500, "no memory")
    found = start(client)
    assert ml.s3.get(found["FailureLocation"]) == b"no memory"
    (message,) = inbox()
    assert message["invocationStatus"] == "Failed"


@pytest.mark.newer_botocore
def test_an_output_bucket_that_moto_lacks_fails_the_work(
    ml: MockML, later: Any, client: Any, caplog: pytest.LogCaptureFixture
) -> None:
    ml.sagemaker.endpoint(
        "other",
        async_output="s3://nowhere/x",
        async_failure="s3://data/failed",
        error_topic="arn:aws:sns:us-east-1:123456789012:gone",
    )
    found = client.invoke_endpoint_async(EndpointName="other", Body=b"x")
    assert b"Unable to upload the output" in ml.s3.get(found["FailureLocation"])
    assert "the bucket nowhere is not in moto's S3" in caplog.text


@pytest.mark.newer_botocore
@pytest.mark.usefixtures("asynchronous")
def test_places_that_no_s3_has_are_named_in_the_log(
    ml: MockML, plane: Any, client: Any, caplog: pytest.LogCaptureFixture
) -> None:
    create(
        plane,
        AsyncInferenceConfig={"OutputConfig": {"S3OutputPath": "out", "S3FailurePath": "failed"}},
    )
    assert client.invoke_endpoint_async(EndpointName="churn", Body=b"x")["InferenceId"]
    assert "endpoint churn could not write out/" in caplog.text
    assert "endpoint churn could not write failed/" in caplog.text


@pytest.mark.usefixtures("asynchronous")
@pytest.mark.parametrize("uri", ["s3://data", "s3://data/", "s3://no bucket!/x", "s3://other/x"])
def test_an_input_that_no_s3_can_have_fails_later(
    ml: MockML, later: Any, client: Any, uri: str
) -> None:
    found = client.invoke_endpoint_async(EndpointName="churn", InputLocation=uri)
    assert ml.s3.get(found["FailureLocation"]).startswith(b"Unable to download the input from")


@pytest.mark.newer_botocore
def test_the_accounts_default_bucket_is_made(ml: MockML, later: Any, client: Any) -> None:
    ml.sagemaker.endpoint("other", error_topic="arn:aws:sns:us-east-1:123456789012:gone")
    found = client.invoke_endpoint_async(EndpointName="other", Body=b"x")
    assert found["OutputLocation"].startswith("s3://sagemaker-us-east-1-123456789012/")
    assert b"no script" in ml.s3.get(found["OutputLocation"])
