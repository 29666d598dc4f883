"""SageMaker Python SDK version 3: the Endpoint class of sagemaker-core."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from sagemaker.core.resources import Endpoint
from sagemaker.core.utils.utils import SageMakerClient

from mlmock import mock_ml


@pytest.fixture
def ml(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    SageMakerClient.reset()
    with mock_ml() as handle:
        yield handle


@pytest.fixture
def endpoint(ml: Any) -> Any:
    return Endpoint(endpoint_name="churn")


def test_invoke(ml: Any, endpoint: Any) -> None:
    scripted = ml.sagemaker.endpoint("churn", variants={"a": 1, "b": 1})
    scripted.on(variant="b").reply({"score": 0.93}, custom_attributes="trace=1")
    found = endpoint.invoke(
        body=json.dumps({"x": 1}),
        content_type="application/json",
        accept="application/json",
        target_variant="b",
        inference_id="i-1",
    )
    assert json.loads(found.body.read()) == {"score": 0.93}
    assert found.content_type == "application/json"
    assert found.invoked_production_variant == "b"
    assert found.custom_attributes == "trace=1"
    ml.calls.assert_called_once(
        "sagemaker-runtime", "InvokeEndpoint", TargetVariant="b", InferenceId="i-1"
    )


def test_sessions(ml: Any, endpoint: Any) -> None:
    ml.sagemaker.endpoint("churn", sessions=True)
    opened = endpoint.invoke(body="{}", session_id="NEW_SESSION").new_session_id
    session = opened.split(";")[0]
    closed = endpoint.invoke(body='{"requestType": "CLOSE"}', session_id=session)
    assert closed.closed_session_id == session


def test_model_error(ml: Any, endpoint: Any) -> None:
    ml.sagemaker.endpoint("churn").model_error(500, "CUDA out of memory")
    with pytest.raises(ClientError, match="CUDA out of memory"):
        endpoint.invoke(body="{}")


def test_invoke_async(ml: Any, endpoint: Any) -> None:
    ml.sagemaker.endpoint("churn", async_output="s3://out/x").handler(lambda call: call.body)
    ml.s3.put("s3://in/x", b"123", content_type="text/plain")
    found = endpoint.invoke_async(input_location="s3://in/x")
    assert ml.s3.get(found.output_location) == b"123"
    assert found.inference_id


def test_invoke_with_response_stream(ml: Any, endpoint: Any) -> None:
    ml.sagemaker.endpoint("churn").stream([b"to", b"ken"])
    # `Endpoint.invoke_with_response_stream` of 2.27 sends its request, but then treats botocore's
    # stream as a dict. The stream itself is therefore read with the client of the SDK.
    with pytest.raises(AttributeError, match="EventStream"):
        endpoint.invoke_with_response_stream(body="{}", accept="text/plain")
    ml.calls.assert_called_once(
        "sagemaker-runtime",
        "InvokeEndpointWithResponseStream",
        EndpointName="churn",
        Accept="text/plain",
    )
    runtime = SageMakerClient().get_client("sagemaker-runtime")
    found = runtime.invoke_endpoint_with_response_stream(EndpointName="churn", Body=b"{}")
    assert [event["PayloadPart"]["Bytes"] for event in found["Body"]] == [b"to", b"ken"]


def test_existing_client_is_mocked() -> None:
    SageMakerClient.reset()
    session = boto3.Session("AKIAEXAMPLE", "secret", region_name="us-east-1")
    SageMakerClient(session=session)
    with mock_ml() as ml:
        ml.sagemaker.endpoint("churn").reply("ok")
        assert Endpoint(endpoint_name="churn").invoke(body="{}").body.read() == b"ok"
    SageMakerClient.reset()
