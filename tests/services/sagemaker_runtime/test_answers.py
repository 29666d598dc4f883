"""InvokeEndpoint: the answers of an endpoint."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError

from mlmock import MockML, contains, error, manually, mock_ml, output
from mlmock.services.sagemaker_runtime.model_answers import AnswerOptions
from tests.services.sagemaker_runtime.invoke_helpers import body_of, invoke


def test_default_answer_names_the_endpoint(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("churn")
    found = invoke(client)
    assert found["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert found["ContentType"] == "application/json"
    assert found["InvokedProductionVariant"] == "AllTraffic"
    assert "CustomAttributes" not in found
    assert json.loads(found["Body"].read()) == {
        "mlmock": "this endpoint has no script",
        "endpoint": "churn",
        "variant": "AllTraffic",
    }


@pytest.mark.parametrize(
    ("reply", "body", "content_type"),
    [
        ({"score": 0.93}, b'{"score":0.93}', "application/json"),
        ([1, None], b"[1,null]", "application/json"),
        (0.5, b"0.5", "application/json"),
        ("yes,0.9", b"yes,0.9", "text/plain; charset=utf-8"),
        ('{"a": 1}', b'{"a": 1}', "application/json"),
        (b"\x93NUMPY\x00\xff", b"\x93NUMPY\x00\xff", "application/octet-stream"),
        (bytearray(b"\x00"), b"\x00", "application/octet-stream"),
        (b"", b"", "application/octet-stream"),
    ],
)
def test_bytes_and_text_are_sent_unchanged_and_other_values_as_json(
    ml: MockML, client: Any, reply: Any, body: bytes, content_type: str
) -> None:
    ml.sagemaker.endpoint("churn").reply(reply)
    found = invoke(client)
    assert (found["Body"].read(), found["ContentType"]) == (body, content_type)


def test_reply_sets_content_type_and_custom_attributes(ml: MockML, client: Any) -> None:
    endpoint = ml.sagemaker.endpoint("churn")
    endpoint.reply("1,2", content_type="text/csv", custom_attributes="trace=7")
    found = invoke(client)
    assert (found["ContentType"], found["CustomAttributes"]) == ("text/csv", "trace=7")
    assert "x-amzn-sagemaker-custom-attributes" in found["ResponseMetadata"]["HTTPHeaders"]


def test_output_sets_every_member(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("churn").reply(
        output(Body={"ok": True}, CustomAttributes="a", ContentType="application/x-mine")
    )
    found = invoke(client)
    assert found["Body"].read() == b'{"ok":true}'
    assert (found["ContentType"], found["CustomAttributes"]) == ("application/x-mine", "a")


def test_answers_are_used_in_order_and_the_later_rule_wins(ml: MockML, client: Any) -> None:
    endpoint = ml.sagemaker.endpoint("churn")
    endpoint.reply("always")
    endpoint.reply("first", error("ServiceUnavailable"), "last")
    assert [body_of(client) for _ in range(3)] == [b"first", b"last", b"always"]
    assert [call.error is None for call in ml.calls] == [True, False, True, True]


def test_answers_depend_on_the_members_of_the_call(ml: MockML, client: Any) -> None:
    endpoint = ml.sagemaker.endpoint("churn")
    endpoint.reply("other")
    endpoint.on(Body={"plan": "pro"}).reply("pro")
    endpoint.on(CustomAttributes=contains("tenant=7")).reply("seven")
    endpoint.on(where=lambda call: call.params.get("Accept") == "text/csv").reply("csv")
    assert body_of(client) == b"other"
    assert body_of(client, body=b'{"plan": "pro", "n": 1}') == b"pro"
    assert body_of(client, CustomAttributes="tenant=7; x") == b"seven"
    assert body_of(client, Accept="text/csv") == b"csv"


def test_failures_leave_an_endpoint_unscripted(ml: MockML, client: Any) -> None:
    endpoint = ml.sagemaker.endpoint("churn")
    endpoint.fail("ServiceUnavailable", times=1)
    assert b"no script" in body_of(client)
    endpoint.model_error(500, "once").times(1)
    with pytest.raises(client.exceptions.ModelError):
        invoke(client)
    assert b"no script" in body_of(client)


def test_optional_and_times_may_precede_the_answer(ml: MockML, client: Any) -> None:
    endpoint = ml.sagemaker.endpoint("churn")
    endpoint.optional().reply("default")
    endpoint.times(1).reply("once", content_type="text/x-once")
    assert [body_of(client) for _ in range(2)] == [b"once", b"default"]
    ml.assert_all_used()


def test_connection_failures(ml: MockML, client: Any) -> None:
    endpoint = ml.sagemaker.endpoint("churn")
    endpoint.drop().times(1)
    endpoint.timeout().times(1)
    assert b"no script" in body_of(client)
    assert [call.attempt for call in ml.calls] == [1, 2, 3]
    endpoint.unreachable()
    with pytest.raises(EndpointConnectionError):
        invoke(client)


def test_former_service_name_works(ml: MockML) -> None:
    ml.sagemaker.endpoint("churn").reply("ok")
    client = boto3.client("runtime.sagemaker", region_name="eu-west-1")
    assert body_of(client) == b"ok"
    ml.calls.assert_called_once("sagemaker-runtime", "InvokeEndpoint", EndpointName="churn")


def test_at_scopes_an_endpoint_and_its_answers() -> None:
    with mock_ml(region="eu-west-1") as ml:
        ml.sagemaker.endpoint("churn").reply("everywhere")
        ml.at(region="us-west-2").sagemaker.endpoint("churn").reply("west")
        ml.at(account_id="999999999999").sagemaker.endpoint("only").reply("other")
        default = boto3.client("sagemaker-runtime")
        west = boto3.client("sagemaker-runtime", region_name="us-west-2")
        other = boto3.client(
            "sagemaker-runtime", aws_access_key_id="999999999999", aws_secret_access_key="x"
        )
        assert (body_of(default), body_of(west), body_of(other)) == (
            b"everywhere",
            b"west",
            b"everywhere",
        )
        assert body_of(other, "only") == b"other"
        with pytest.raises(default.exceptions.ValidationError, match="not found"):
            invoke(default, "only")


def test_answers_of_another_region_leave_an_endpoint_unscripted(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("churn")
    ml.at(region="us-west-2").sagemaker.endpoint("churn").reply("west").optional()
    assert b"no script" in body_of(client)


def test_operation_rule_precedes_the_endpoint(ml: MockML, client: Any) -> None:
    ml.on("sagemaker-runtime", "InvokeEndpoint", EndpointName="ghost").reply(
        {"from": "the operation rule"}
    )
    assert body_of(client, "ghost") == b'{"from":"the operation rule"}'


def test_journal_has_request_and_response(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("churn").reply({"score": 1})
    body_of(client, body=b'{"x": 1}', Accept="application/json")
    call = ml.calls.last
    assert call.json() == {"x": 1}
    assert call.params["Accept"] == "application/json"
    assert call.response is not None
    assert call.response["InvokedProductionVariant"] == "AllTraffic"


def test_savepoint_restores_endpoints_and_answers(ml: MockML, client: Any) -> None:
    endpoint = ml.sagemaker.endpoint("churn", variants=["a"])
    with ml.savepoint():
        ml.sagemaker.endpoint("churn", variants=["b"])
        ml.sagemaker.endpoint("new")
        endpoint.reply("inside")
        assert invoke(client)["InvokedProductionVariant"] == "b"
    assert invoke(client)["InvokedProductionVariant"] == "a"
    with pytest.raises(client.exceptions.ValidationError):
        invoke(client, "new")


def test_repr_of_answers() -> None:
    options = AnswerOptions(in_parts=True)
    assert repr(AnswerOptions()(b"\xff")) == "b'\\xff'"
    assert repr(AnswerOptions()({"a": 1})) == """'{"a":1}'"""
    assert repr(options(["a", b"b"])) == "[b'a', b'b']"
    assert "generator" in repr(AnswerOptions().of(iter_of("a")))


def iter_of(text: str) -> Iterator[str]:
    yield text


@pytest.mark.newer_botocore
def test_repr_arn_and_resources_of_handles(ml: MockML) -> None:
    endpoint = ml.sagemaker.endpoint("Churn-1")
    assert repr(endpoint) == "<endpoint Churn-1>"
    assert repr(ml.sagemaker) == "<sagemaker: 1 endpoints declared>"
    assert endpoint.arn == "arn:aws:sagemaker:us-east-1:123456789012:endpoint/churn-1"
    ml.at(region="eu-west-1").sagemaker.endpoint("west", async_output="s3://out/x")
    ml.sagemaker.progress = manually()
    west = boto3.client("sagemaker-runtime", region_name="eu-west-1")
    west.invoke_endpoint_async(EndpointName="west", Body=b"x", InferenceId="i-1")
    resources = [(r.kind, r.name, r.state, r.scope.region) for r in ml.sagemaker.resources()]
    assert resources == [
        ("endpoint", "Churn-1", "InService", "us-east-1"),
        ("endpoint", "west", "InService", "eu-west-1"),
        ("asynchronous invocation", "i-1", "Queued", "eu-west-1"),
    ]
    assert [r.name for r in ml.at(region="us-east-1").sagemaker.resources()] == ["Churn-1"]
    assert "<td>Churn-1</td>" in ml.sagemaker._repr_html_()
