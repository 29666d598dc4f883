"""Endpoints of moto's control plane, with objects and messages in moto's S3 and SNS."""

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
def control_plane(ml: MockML) -> Any:
    return boto3.client("sagemaker", region_name="us-east-1")


def variant(name: str = "AllTraffic", model: str = "model", **more: Any) -> dict[str, Any]:
    return {
        "VariantName": name,
        "ModelName": model,
        "InitialInstanceCount": 1,
        "InstanceType": "ml.m5.large",
        **more,
    }


def create(
    control_plane: Any, *variants: dict[str, Any], container: Any = None, **config: Any
) -> None:
    image = {"Image": "image", "ModelDataUrl": "s3://models/m.tar.gz", **(container or {})}
    control_plane.create_model(ModelName="model", ExecutionRoleArn=ROLE, PrimaryContainer=image)
    given = list(variants) or [variant()]
    control_plane.create_endpoint_config(
        EndpointConfigName="config", ProductionVariants=given, **config
    )
    control_plane.create_endpoint(EndpointName="churn", EndpointConfigName="config")


def invoked(client: Any, **members: Any) -> str:
    found = client.invoke_endpoint(**{"EndpointName": "churn", "Body": b"{}", **members})
    return str(found["InvokedProductionVariant"])


def test_endpoint_created_in_moto_answers(control_plane: Any, client: Any) -> None:
    create(control_plane)
    found = client.invoke_endpoint(EndpointName="churn", Body=b"{}")
    assert found["InvokedProductionVariant"] == "AllTraffic"
    assert json.loads(found["Body"].read())["endpoint"] == "churn"


def test_endpoint_created_in_moto_is_scripted_by_its_name(
    ml: MockML, control_plane: Any, client: Any
) -> None:
    create(control_plane, variant("blue"))
    ml.sagemaker.endpoint("churn").reply({"score": 1})
    found = client.invoke_endpoint(EndpointName="churn", Body=b"{}")
    assert (found["Body"].read(), found["InvokedProductionVariant"]) == (b'{"score":1}', "blue")


def test_endpoint_missing_in_moto_is_not_found(control_plane: Any, client: Any) -> None:
    create(control_plane)
    with pytest.raises(client.exceptions.ValidationError, match="Endpoint other of account"):
        client.invoke_endpoint(EndpointName="other", Body=b"")
    control_plane.delete_endpoint(EndpointName="churn")
    with pytest.raises(client.exceptions.ValidationError, match="Endpoint churn of account"):
        client.invoke_endpoint(EndpointName="churn", Body=b"")


def test_endpoints_are_regional(control_plane: Any) -> None:
    create(control_plane)
    west = boto3.client("sagemaker-runtime", region_name="us-west-2")
    with pytest.raises(west.exceptions.ValidationError, match="not found"):
        west.invoke_endpoint(EndpointName="churn", Body=b"")


def test_scripted_endpoint_exists_only_while_moto_has_it(
    ml: MockML, control_plane: Any, client: Any, caplog: pytest.LogCaptureFixture
) -> None:
    create(control_plane)
    ml.sagemaker.endpoint("churn").reply("scripted")
    west = boto3.client("sagemaker-runtime", region_name="us-west-2")
    assert invoked(client) == "AllTraffic"
    with pytest.raises(client.exceptions.ValidationError, match="Endpoint churn of account"):
        invoked(west)
    control_plane.delete_endpoint(EndpointName="churn")
    with pytest.raises(client.exceptions.ValidationError, match="Endpoint churn of account"):
        invoked(client)
    assert 'endpoint "churn" no longer exists in moto\'s sagemaker' in caplog.text
    control_plane.create_endpoint(EndpointName="churn", EndpointConfigName="config")
    assert invoked(client) == "AllTraffic"


def test_savepoint_restores_what_is_known_of_moto(
    ml: MockML, control_plane: Any, client: Any
) -> None:
    create(control_plane)
    ml.sagemaker.endpoint("churn").reply("scripted")
    with ml.savepoint():
        invoked(client)
    control_plane.delete_endpoint(EndpointName="churn")
    assert invoked(client) == "AllTraffic"


def test_declaration_with_options_is_independent_of_moto(
    ml: MockML, control_plane: Any, client: Any
) -> None:
    create(control_plane, variant("blue"))
    ml.sagemaker.endpoint("churn", variants=["green"])
    ml.sagemaker.endpoint("only-here")
    assert invoked(client) == "green"
    assert invoked(client, EndpointName="only-here") == "AllTraffic"


def test_weights_of_the_endpoint_config(control_plane: Any, client: Any) -> None:
    create(
        control_plane,
        variant("a", InitialVariantWeight=3.0),
        variant("b"),
        variant("off", InitialVariantWeight=0.0),
    )
    counts = Counter(invoked(client) for _ in range(120))
    assert set(counts) == {"a", "b"}
    assert counts["a"] > 2 * counts["b"]
    assert invoked(client, TargetVariant="off") == "off"


def test_weights_can_be_changed(control_plane: Any, client: Any) -> None:
    create(control_plane, variant("a"), variant("b", InitialVariantWeight=0.0))
    assert {invoked(client) for _ in range(5)} == {"a"}
    control_plane.update_endpoint_weights_and_capacities(
        EndpointName="churn",
        DesiredWeightsAndCapacities=[
            {"VariantName": "a", "DesiredWeight": 0.0},
            {"VariantName": "b", "DesiredWeight": 1.0},
        ],
    )
    assert {invoked(client) for _ in range(5)} == {"b"}


def test_endpoint_outlives_its_config(control_plane: Any, client: Any) -> None:
    create(control_plane, variant("a"))
    control_plane.delete_endpoint_config(EndpointConfigName="config")
    assert invoked(client) == "a"


def test_multi_model_container_requires_a_target(control_plane: Any, client: Any) -> None:
    create(control_plane, container={"Mode": "MultiModel"})
    assert invoked(client, TargetModel="a.tar.gz") == "AllTraffic"
    with pytest.raises(client.exceptions.ValidationError, match="missing a target model header"):
        invoked(client)


def test_body_limit_of_a_serverless_variant(control_plane: Any, client: Any) -> None:
    serverless = {
        "VariantName": "AllTraffic",
        "ModelName": "model",
        "ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 1},
    }
    create(control_plane, serverless)
    with pytest.raises(client.exceptions.ValidationError, match="oversize body"):
        client.invoke_endpoint(EndpointName="churn", Body=b"x" * 4_200_000)


def test_data_capture_is_written_to_motos_s3(ml: MockML, control_plane: Any, client: Any) -> None:
    boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="capture")
    create(
        control_plane,
        DataCaptureConfig={
            "EnableCapture": True,
            "InitialSamplingPercentage": 100,
            "DestinationS3Uri": "s3://capture/x",
            "CaptureOptions": [{"CaptureMode": "Input"}],
        },
    )
    invoked(client)
    assert len(ml.s3.list("s3://capture/x/churn/AllTraffic/")) == 1


def test_missing_capture_bucket_is_logged(
    control_plane: Any, client: Any, caplog: pytest.LogCaptureFixture
) -> None:
    config = {
        "EnableCapture": True,
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": "s3://missing/x",
        "CaptureOptions": [{"CaptureMode": "Input"}],
    }
    create(control_plane, DataCaptureConfig=config)
    invoked(client)
    assert "moto's S3 has no bucket 'missing'" in caplog.text


def test_disabled_capture(ml: MockML, control_plane: Any, client: Any) -> None:
    boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="capture")
    create(
        control_plane,
        DataCaptureConfig={
            "EnableCapture": False,
            "InitialSamplingPercentage": 100,
            "DestinationS3Uri": "s3://capture/x",
            "CaptureOptions": [{"CaptureMode": "Input"}],
        },
    )
    invoked(client)
    assert ml.s3.list("s3://capture/") == []


# -- asynchronous endpoints -------------------------------------------------------------------


@pytest.fixture
def topics(ml: MockML) -> dict[str, str]:
    sns = boto3.client("sns", region_name="us-east-1")
    return {name: sns.create_topic(Name=name)["TopicArn"] for name in ("good", "bad")}


@pytest.fixture
def received_messages(topics: dict[str, str]) -> Any:
    """Return a function that returns the messages of the topics."""
    sqs = boto3.client("sqs", region_name="us-east-1")
    url = sqs.create_queue(QueueName="messages")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    sns = boto3.client("sns", region_name="us-east-1")
    for topic in topics.values():
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn["QueueArn"])

    def read() -> list[Any]:
        found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        return [json.loads(json.loads(message["Body"])["Message"]) for message in found]

    return read


@pytest.fixture
def async_endpoint(control_plane: Any, topics: dict[str, str]) -> Any:
    s3 = boto3.client("s3", region_name="us-east-1")
    s3.create_bucket(Bucket="data")
    s3.put_object(Bucket="data", Key="in.csv", Body=b"1,2", ContentType="text/csv")
    output = {
        "S3OutputPath": "s3://data/out",
        "S3FailurePath": "s3://data/failed",
        "NotificationConfig": {"SuccessTopic": topics["good"], "ErrorTopic": topics["bad"]},
    }
    create(control_plane, AsyncInferenceConfig={"OutputConfig": output})
    return s3


@pytest.fixture
def asynchronous(control_plane: Any) -> None:
    """Skip the test if moto does not store AsyncInferenceConfig."""
    control_plane.create_model(ModelName="probe", ExecutionRoleArn=ROLE)
    control_plane.create_endpoint_config(
        EndpointConfigName="probe",
        ProductionVariants=[{**variant(), "ModelName": "probe"}],
        AsyncInferenceConfig={"OutputConfig": {"S3OutputPath": "s3://data/out"}},
    )
    if "AsyncInferenceConfig" not in control_plane.describe_endpoint_config(
        EndpointConfigName="probe"
    ):
        pytest.skip("this moto release does not store AsyncInferenceConfig")


def start(client: Any) -> Any:
    return client.invoke_endpoint_async(EndpointName="churn", InputLocation="s3://data/in.csv")


@pytest.mark.usefixtures("asynchronous")
def test_async_invocation_uses_motos_s3_and_sns(
    ml: MockML, async_endpoint: Any, client: Any, received_messages: Any
) -> None:
    received: list[Any] = []

    @ml.sagemaker.endpoint("churn").handler
    def predict(call: Any) -> Any:
        received.append((call.body, call.params["ContentType"]))
        return {"ok": True}

    found = start(client)
    assert found["OutputLocation"].startswith("s3://data/out/")
    key = found["OutputLocation"].removeprefix("s3://data/")
    stored = async_endpoint.get_object(Bucket="data", Key=key)
    assert (stored["Body"].read(), stored["ContentType"]) == (b'{"ok":true}', "application/json")
    assert received == [(b"1,2", "text/csv")]
    (message,) = received_messages()
    assert message["invocationStatus"] == "Completed"
    assert message["responseParameters"]["outputLocation"] == found["OutputLocation"]
    assert ml.events.last.detail == message


@pytest.mark.usefixtures("asynchronous")
def test_failure_is_sent_to_the_error_topic(
    ml: MockML, async_endpoint: Any, client: Any, received_messages: Any
) -> None:
    ml.sagemaker.endpoint("churn").model_error(500, "no memory")
    found = start(client)
    assert ml.s3.get(found["FailureLocation"]) == b"no memory"
    (message,) = received_messages()
    assert message["invocationStatus"] == "Failed"


@pytest.mark.newer_botocore
def test_missing_output_bucket_fails_the_invocation(
    ml: MockML, async_endpoint: Any, client: Any, caplog: pytest.LogCaptureFixture
) -> None:
    ml.sagemaker.endpoint(
        "other",
        async_output="s3://missing/x",
        async_failure="s3://data/failed",
        error_topic="arn:aws:sns:us-east-1:123456789012:gone",
    )
    found = client.invoke_endpoint_async(EndpointName="other", Body=b"x")
    assert b"Unable to upload the output" in ml.s3.get(found["FailureLocation"])
    assert "moto's S3 has no bucket 'missing'" in caplog.text


@pytest.mark.newer_botocore
@pytest.mark.usefixtures("asynchronous")
def test_invalid_output_paths_are_logged(
    ml: MockML, control_plane: Any, client: Any, caplog: pytest.LogCaptureFixture
) -> None:
    create(
        control_plane,
        AsyncInferenceConfig={"OutputConfig": {"S3OutputPath": "out", "S3FailurePath": "failed"}},
    )
    assert client.invoke_endpoint_async(EndpointName="churn", Body=b"x")["InferenceId"]
    assert "endpoint 'churn' could not write 'out/" in caplog.text
    assert "endpoint 'churn' could not write 'failed/" in caplog.text


@pytest.mark.usefixtures("asynchronous")
@pytest.mark.parametrize("uri", ["s3://data", "s3://data/", "s3://no bucket!/x", "s3://other/x"])
def test_invalid_input_location_fails_the_invocation(
    ml: MockML, async_endpoint: Any, client: Any, uri: str
) -> None:
    found = client.invoke_endpoint_async(EndpointName="churn", InputLocation=uri)
    assert ml.s3.get(found["FailureLocation"]).startswith(b"Unable to download the input from")


@pytest.mark.newer_botocore
def test_default_bucket_is_created(ml: MockML, async_endpoint: Any, client: Any) -> None:
    ml.sagemaker.endpoint("other", error_topic="arn:aws:sns:us-east-1:123456789012:gone")
    found = client.invoke_endpoint_async(EndpointName="other", Body=b"x")
    assert found["OutputLocation"].startswith("s3://sagemaker-us-east-1-123456789012/")
    assert b"no script" in ml.s3.get(found["OutputLocation"])
