"""The SageMaker Python SDK, version 2: predictors, unchanged, against mlmock and moto."""

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
SOON = WaiterConfig(max_attempts=3, delay=1)


@pytest.fixture
def ml() -> Iterator[Any]:
    with mock_aws(), mock_ml() as handle:
        yield handle
        for thread in threading.enumerate():  # the SDK leaves the waiter that lost behind
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


def test_a_model_error_reaches_the_caller(ml: Any, predictor: Predictor) -> None:
    ml.sagemaker.endpoint("churn").model_error(500, "CUDA out of memory")
    client = predictor.sagemaker_session.sagemaker_runtime_client
    with pytest.raises(client.exceptions.ModelError, match="CUDA out of memory"):
        predictor.predict({})


def test_an_endpoint_of_moto(ml: Any, predictor: Predictor) -> None:
    plane = boto3.client("sagemaker", region_name=REGION)
    role = "arn:aws:iam::123456789012:role/r"
    plane.create_model(ModelName="m", ExecutionRoleArn=role, PrimaryContainer={"Image": "i"})
    variant = {
        "VariantName": "AllTraffic",
        "ModelName": "m",
        "InitialInstanceCount": 1,
        "InstanceType": "ml.m5.large",
    }
    plane.create_endpoint_config(EndpointConfigName="c", ProductionVariants=[variant])
    plane.create_endpoint(EndpointName="churn", EndpointConfigName="c")
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


# -- AsyncPredictor: its input goes to moto's S3, its waiters look there -------------------------


@pytest.fixture
def later(ml: Any, predictor: Predictor) -> AsyncPredictor:
    bucket = f"sagemaker-{REGION}-123456789012"
    ml.sagemaker.endpoint(
        "churn", async_output=f"s3://{bucket}/out", async_failure=f"s3://{bucket}/failed"
    )
    return AsyncPredictor(predictor, name="churn")


def test_async_predict_waits_for_the_output(ml: Any, later: AsyncPredictor) -> None:
    ml.sagemaker.endpoint("churn").handler(lambda call: {"got": call.json()})
    assert later.predict({"x": 1}, waiter_config=SOON) == {"got": {"x": 1}}
    assert ml.calls.last.params["Accept"] == "application/json"


def test_async_predict_waits_in_its_threads_until_the_work_ends(
    ml: Any, later: AsyncPredictor
) -> None:
    ml.sagemaker.progress = after(40)  # the SDK looks every 15 seconds, on two threads
    ml.sagemaker.endpoint("churn").handler(lambda call: {"got": call.json()})
    started = ml.clock.now()
    assert later.predict({"x": 1}) == {"got": {"x": 1}}
    assert (ml.clock.now() - started).total_seconds() >= 40


def test_async_predict_raises_a_failure_that_comes_while_it_waits(
    ml: Any, later: AsyncPredictor
) -> None:
    ml.sagemaker.endpoint("churn").model_error(500, {"error": "out of memory"}).delay(40)
    with pytest.raises(AsyncInferenceModelError, match="out of memory"):
        later.predict({"x": 1})


def test_async_predict_raises_what_the_model_failed_with(ml: Any, later: AsyncPredictor) -> None:
    ml.sagemaker.endpoint("churn").model_error(400, {"error": "bad shape"})
    with pytest.raises(AsyncInferenceModelError, match="bad shape"):
        later.predict({"x": 1}, waiter_config=SOON)


def test_async_predict_gives_up(ml: Any, later: AsyncPredictor) -> None:
    ml.sagemaker.progress = manually()
    with pytest.raises(PollingTimeoutError):
        later.predict({"x": 1}, waiter_config=SOON)


def test_predict_async_and_its_response(ml: Any, later: AsyncPredictor) -> None:
    ml.sagemaker.progress = manually()
    ml.sagemaker.endpoint("churn").reply({"score": 1})
    response = later.predict_async({"x": 1}, inference_id="i-1")
    with pytest.raises(Exception, match="could still be running"):
        response.get_result()
    ml.progress.step()
    assert response.get_result() == {"score": 1}
    assert ml.calls.last.params["InferenceId"] == "i-1"
