"""SageMaker Python SDK version 2: predictors against mlmock and moto."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws
from sagemaker.async_inference import WaiterConfig
from sagemaker.deserializers import JSONDeserializer
from sagemaker.exceptions import AsyncInferenceModelError, PollingTimeoutError
from sagemaker.iterators import LineIterator
from sagemaker.predictor import Predictor
from sagemaker.predictor_async import AsyncPredictor
from sagemaker.serializers import CSVSerializer, JSONSerializer
from sagemaker.session import Session

from mlmock import after, manually, mock_ml

REGION = "us-east-1"
SHORT_WAIT = WaiterConfig(max_attempts=3, delay=1)


@pytest.fixture
def ml() -> Iterator[Any]:
    with mock_aws(), mock_ml() as handle:
        yield handle
        for thread in threading.enumerate():  # the SDK leaves a waiter thread running
            if thread is not threading.main_thread():
                thread.join(10)


@pytest.fixture
def session(ml: Any) -> Session:
    return Session(boto3.Session(region_name=REGION))


@pytest.fixture
def predictor(session: Session) -> Predictor:
    return Predictor("churn", session, JSONSerializer(), JSONDeserializer())


def test_predict(ml: Any, predictor: Predictor) -> None:
    endpoint = ml.sagemaker.endpoint("churn", variants={"a": 1, "b": 1})
    endpoint.handler(lambda call: {"sum": sum(call.json()["x"])})
    assert predictor.predict({"x": [1, 2]}, target_variant="b", inference_id="i-1") == {"sum": 3}
    ml.calls.assert_called_once(
        "sagemaker-runtime",
        "InvokeEndpoint",
        EndpointName="churn",
        ContentType="application/json",
        Accept="application/json",
        TargetVariant="b",
        InferenceId="i-1",
    )


def test_predict_bytes_and_csv(ml: Any, session: Session) -> None:
    ml.sagemaker.endpoint("churn").handler(lambda call: call.body[::-1])
    plain = Predictor("churn", session)
    assert plain.predict(b"\xff\x00") == b"\x00\xff"
    assert Predictor("churn", session, CSVSerializer()).predict([1, 2]) == b"2,1"


def test_model_error_reaches_the_caller(ml: Any, predictor: Predictor) -> None:
    ml.sagemaker.endpoint("churn").model_error(500, "CUDA out of memory")
    client = predictor.sagemaker_session.sagemaker_runtime_client
    with pytest.raises(client.exceptions.ModelError, match="CUDA out of memory"):
        predictor.predict({})


def test_endpoint_created_in_moto(ml: Any, predictor: Predictor) -> None:
    control_plane = boto3.client("sagemaker", region_name=REGION)
    role = "arn:aws:iam::123456789012:role/r"
    control_plane.create_model(
        ModelName="m", ExecutionRoleArn=role, PrimaryContainer={"Image": "i"}
    )
    variant = {
        "VariantName": "AllTraffic",
        "ModelName": "m",
        "InitialInstanceCount": 1,
        "InstanceType": "ml.m5.large",
    }
    control_plane.create_endpoint_config(EndpointConfigName="c", ProductionVariants=[variant])
    control_plane.create_endpoint(EndpointName="churn", EndpointConfigName="c")
    assert predictor.predict({})["endpoint"] == "churn"


def test_predict_stream(ml: Any, predictor: Predictor) -> None:
    ml.sagemaker.endpoint("churn").stream([b'{"token": "to"}\n{"tok', b'en": "ken"}\n'])
    found = predictor.predict_stream({"inputs": "x"}, iterator=LineIterator)
    assert list(found) == [b'{"token": "to"}', b'{"token": "ken"}']


def test_predict_stream_breaks(ml: Any, predictor: Predictor) -> None:
    ml.sagemaker.endpoint("churn").stream([b"a\n"]).then_error("ModelStreamError", "broken")
    found = predictor.predict_stream({}, iterator=LineIterator)
    with pytest.raises(Exception, match="broken"):
        list(found)


# -- AsyncPredictor, which stores input and polls for output in moto's S3 ---------------------


@pytest.fixture
def async_predictor(ml: Any, predictor: Predictor) -> AsyncPredictor:
    bucket = f"sagemaker-{REGION}-123456789012"
    ml.sagemaker.endpoint(
        "churn", async_output=f"s3://{bucket}/out", async_failure=f"s3://{bucket}/failed"
    )
    return AsyncPredictor(predictor, name="churn")


def test_async_predict_waits_for_the_output(ml: Any, async_predictor: AsyncPredictor) -> None:
    ml.sagemaker.endpoint("churn").handler(lambda call: {"got": call.json()})
    assert async_predictor.predict({"x": 1}, waiter_config=SHORT_WAIT) == {"got": {"x": 1}}
    assert ml.calls.last.params["Accept"] == "application/json"


def test_async_predict_polls_until_the_invocation_completes(
    ml: Any, async_predictor: AsyncPredictor
) -> None:
    ml.sagemaker.progress = after(40)  # the SDK polls every 15 seconds in two threads
    ml.sagemaker.endpoint("churn").handler(lambda call: {"got": call.json()})
    started = ml.clock.now()
    assert async_predictor.predict({"x": 1}) == {"got": {"x": 1}}
    assert (ml.clock.now() - started).total_seconds() >= 40


def test_async_predict_raises_an_error_that_occurs_while_it_waits(
    ml: Any, async_predictor: AsyncPredictor
) -> None:
    ml.sagemaker.endpoint("churn").model_error(500, {"error": "out of memory"}).delay(40)
    with pytest.raises(AsyncInferenceModelError, match="out of memory"):
        async_predictor.predict({"x": 1})


def test_async_predict_raises_the_error_of_the_model(
    ml: Any, async_predictor: AsyncPredictor
) -> None:
    ml.sagemaker.endpoint("churn").model_error(400, {"error": "bad shape"})
    with pytest.raises(AsyncInferenceModelError, match="bad shape"):
        async_predictor.predict({"x": 1}, waiter_config=SHORT_WAIT)


def test_async_predict_times_out(ml: Any, async_predictor: AsyncPredictor) -> None:
    ml.sagemaker.progress = manually()
    with pytest.raises(PollingTimeoutError):
        async_predictor.predict({"x": 1}, waiter_config=SHORT_WAIT)


def test_predict_async_and_its_response(ml: Any, async_predictor: AsyncPredictor) -> None:
    ml.sagemaker.progress = manually()
    ml.sagemaker.endpoint("churn").reply({"score": 1})
    response = async_predictor.predict_async({"x": 1}, inference_id="i-1")
    with pytest.raises(Exception, match="could still be running"):
        response.get_result()
    ml.progress.step()
    assert response.get_result() == {"score": 1}
    assert ml.calls.last.params["InferenceId"] == "i-1"
