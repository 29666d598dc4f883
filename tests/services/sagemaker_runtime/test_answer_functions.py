"""Handlers and other functions that answer for a model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlmock import InvalidRule, MockML, error, mock_ml, output
from tests.services.sagemaker_runtime.invoke_helpers import body_of, invoke


def test_handler_receives_the_parameters_of_the_call(ml: MockML, client: Any) -> None:
    received: dict[str, Any] = {}

    @ml.sagemaker.endpoint("churn").handler
    def predict(call: Any) -> Any:
        received.update(call.params)
        return {"sum": sum(call.json()["x"])}

    members = {
        "ContentType": "application/json",
        "Accept": "application/json",
        "CustomAttributes": "trace=1",
        "InferenceId": "i-1",
    }
    assert body_of(client, body=b'{"x": [1, 2]}', **members) == b'{"sum":3}'
    assert received == {"EndpointName": "churn", "Body": b'{"x": [1, 2]}', **members}
    assert predict.__name__ == "predict"


@given(
    body=st.binary(max_size=2000),
    attributes=st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=1024),
)
@settings(max_examples=40, deadline=None)
def test_any_body_and_attributes_are_transferred_unchanged(body: bytes, attributes: str) -> None:
    with mock_ml() as ml:
        client = boto3.client("sagemaker-runtime", region_name="us-east-1")
        ml.sagemaker.endpoint("echo").handler(
            lambda call: output(Body=call.body, CustomAttributes=call.params["CustomAttributes"])
        )
        found = invoke(client, "echo", body, CustomAttributes=attributes)
        assert found["Body"].read() == body
        assert found["CustomAttributes"] == attributes


def test_answers_of_a_function_are_not_cached(ml: MockML, client: Any) -> None:
    counter = iter(range(3))
    ml.sagemaker.endpoint("churn").reply(lambda call: next(counter))
    assert [body_of(client) for _ in range(3)] == [b"0", b"1", b"2"]


def test_coroutine_function_answers(ml: MockML, client: Any) -> None:
    async def predict(call: Any) -> str:
        return call.text().upper()  # type: ignore[no-any-return]

    ml.sagemaker.endpoint("churn").reply(predict)
    assert body_of(client, body=b"loud") == b"LOUD"


def test_handler_may_return_an_error_or_raise(ml: MockML, client: Any) -> None:
    def predict(call: Any) -> Any:
        if call.body == b"raise":
            raise RuntimeError("a bug of the test")
        return error("ModelError", OriginalStatusCode=400, OriginalMessage="bad shape")

    ml.sagemaker.endpoint("churn").handler(predict)
    with pytest.raises(client.exceptions.ModelError) as caught:
        invoke(client)
    assert caught.value.response["OriginalMessage"] == "bad shape"
    assert 'client error (400) from primary with message "bad shape"' in str(caught.value)
    with pytest.raises(RuntimeError, match="a bug of the test"):
        invoke(client, body=b"raise")


def test_every_byte_value_is_transferred_unchanged(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("echo").handler(lambda call: call.body)
    body = bytes(range(256)) * 40
    assert body_of(client, "echo", body) == body


def test_invalid_answer_of_a_handler_raises(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("churn").handler(lambda call: {1, 2})
    with pytest.raises(InvalidRule, match="bytes, text or JSON"):
        invoke(client)
    ml.unmatched.clear()


def test_async_generator_is_rejected(ml: MockML, client: Any) -> None:
    async def parts() -> Any:
        yield b"a"

    ml.sagemaker.endpoint("churn").handler(lambda call: parts())
    with pytest.raises(InvalidRule, match="plain generator"):
        invoke(client)
    ml.unmatched.clear()


def test_parts_of_a_generator_are_joined(ml: MockML, client: Any) -> None:
    @ml.sagemaker.endpoint("churn").handler
    def tokens(call: Any) -> Iterator[bytes]:
        yield b"to"
        yield b"ken"

    assert body_of(client) == b"token"
