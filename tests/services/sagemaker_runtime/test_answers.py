"""InvokeEndpoint: what an endpoint answers, in one piece."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from hypothesis import given, settings
from hypothesis import strategies as st

from mlmock import (
    BadAnswer,
    MockML,
    UnmatchedCall,
    contains,
    error,
    manually,
    mock_ml,
    output,
)
from mlmock.services.sagemaker_runtime.model_answers import Form


def answer(client: Any, name: str = "churn", body: bytes = b"{}", **members: Any) -> Any:
    return client.invoke_endpoint(EndpointName=name, Body=body, **members)


def said(client: Any, name: str = "churn", body: bytes = b"{}", **members: Any) -> bytes:
    found: bytes = answer(client, name, body, **members)["Body"].read()
    return found


def test_an_endpoint_without_a_script_says_that_it_is_a_mocks(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("churn")
    found = answer(client)
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
    ("written", "body", "content_type"),
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
def test_bytes_and_text_stand_and_the_rest_is_json(
    ml: MockML, client: Any, written: Any, body: bytes, content_type: str
) -> None:
    ml.sagemaker.endpoint("churn").reply(written)
    found = answer(client)
    assert (found["Body"].read(), found["ContentType"]) == (body, content_type)


def test_the_response_has_the_type_and_attributes_that_the_rule_says(
    ml: MockML, client: Any
) -> None:
    endpoint = ml.sagemaker.endpoint("churn")
    endpoint.reply("1,2", content_type="text/csv", custom_attributes="trace=7")
    found = answer(client)
    assert (found["ContentType"], found["CustomAttributes"]) == ("text/csv", "trace=7")
    assert "x-amzn-sagemaker-custom-attributes" in found["ResponseMetadata"]["HTTPHeaders"]


def test_output_says_every_member(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("churn").reply(
        output(Body={"ok": True}, CustomAttributes="a", ContentType="application/x-mine")
    )
    found = answer(client)
    assert found["Body"].read() == b'{"ok":true}'
    assert (found["ContentType"], found["CustomAttributes"]) == ("application/x-mine", "a")


def test_answers_come_in_order_and_the_later_rule_wins(ml: MockML, client: Any) -> None:
    endpoint = ml.sagemaker.endpoint("churn")
    endpoint.reply("always")
    endpoint.reply("first", error("ServiceUnavailable"), "last")
    assert [said(client) for _ in range(3)] == [b"first", b"last", b"always"]
    assert [call.error is None for call in ml.calls] == [True, False, True, True]


def test_a_handler_sees_what_the_caller_sent(ml: MockML, client: Any) -> None:
    seen: dict[str, Any] = {}

    @ml.sagemaker.endpoint("churn").handler
    def predict(call: Any) -> Any:
        seen.update(call.params)
        return {"sum": sum(call.json()["x"])}

    members = {
        "ContentType": "application/json",
        "Accept": "application/json",
        "CustomAttributes": "trace=1",
        "InferenceId": "i-1",
    }
    assert said(client, body=b'{"x": [1, 2]}', **members) == b'{"sum":3}'
    assert seen == {"EndpointName": "churn", "Body": b'{"x": [1, 2]}', **members}
    assert predict.__name__ == "predict"


@given(
    body=st.binary(max_size=2000),
    attributes=st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=1024),
)
@settings(max_examples=40, deadline=None)
def test_whatever_is_sent_arrives_and_whatever_is_answered_comes_back(
    body: bytes, attributes: str
) -> None:
    with mock_ml() as ml:
        client = boto3.client("sagemaker-runtime", region_name="us-east-1")
        ml.sagemaker.endpoint("echo").handler(
            lambda call: output(Body=call.body, CustomAttributes=call.params["CustomAttributes"])
        )
        found = answer(client, "echo", body, CustomAttributes=attributes)
        assert found["Body"].read() == body
        assert found["CustomAttributes"] == attributes


def test_nothing_is_memoised(ml: MockML, client: Any) -> None:
    counter = iter(range(3))
    ml.sagemaker.endpoint("churn").reply(lambda call: next(counter))
    assert [said(client) for _ in range(3)] == [b"0", b"1", b"2"]


def test_a_coroutine_may_answer(ml: MockML, client: Any) -> None:
    async def predict(call: Any) -> str:
        return call.text().upper()  # type: ignore[no-any-return]

    ml.sagemaker.endpoint("churn").reply(predict)
    assert said(client, body=b"loud") == b"LOUD"


def test_a_handler_may_fail_and_may_raise(ml: MockML, client: Any) -> None:
    def predict(call: Any) -> Any:
        if call.body == b"raise":
            raise RuntimeError("a bug of the test")
        return error("ModelError", OriginalStatusCode=400, OriginalMessage="bad shape")

    ml.sagemaker.endpoint("churn").handler(predict)
    with pytest.raises(client.exceptions.ModelError) as caught:
        answer(client)
    assert caught.value.response["OriginalMessage"] == "bad shape"
    assert 'client error (400) from primary with message "bad shape"' in str(caught.value)
    with pytest.raises(RuntimeError, match="a bug of the test"):
        answer(client, body=b"raise")


def test_any_bytes_come_back_as_they_went(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("echo").handler(lambda call: call.body)
    body = bytes(range(256)) * 40
    assert said(client, "echo", body) == body


def test_answers_depend_on_what_the_call_says(ml: MockML, client: Any) -> None:
    endpoint = ml.sagemaker.endpoint("churn")
    endpoint.reply("other")
    endpoint.on(Body={"plan": "pro"}).reply("pro")
    endpoint.on(CustomAttributes=contains("tenant=7")).reply("seven")
    endpoint.on(where=lambda call: call.params.get("Accept") == "text/csv").reply("csv")
    assert said(client) == b"other"
    assert said(client, body=b'{"plan": "pro", "n": 1}') == b"pro"
    assert said(client, CustomAttributes="tenant=7; x") == b"seven"
    assert said(client, Accept="text/csv") == b"csv"


def test_a_call_that_no_answer_takes_names_the_nearest(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("churn").on(ContentType="text/csv").reply("1").optional()
    with pytest.raises(UnmatchedCall, match="no rule of endpoint churn takes this call") as caught:
        answer(client, ContentType="application/json")
    assert "ContentType is 'application/json'; the rule says 'text/csv'" in str(caught.value)
    line = """ml.sagemaker.endpoint("churn").on(ContentType='application/json').reply('1')"""
    assert line in str(caught.value)
    ml.unmatched.clear()


def test_the_line_to_paste_for_a_variant_can_be_pasted(ml: MockML, client: Any) -> None:
    endpoint = ml.sagemaker.endpoint("churn", variants=["green"])
    endpoint.on(variant="blue").reply("1").optional()
    line = """ml.sagemaker.endpoint("churn").on(InvokedProductionVariant='green').reply('1')"""
    with pytest.raises(UnmatchedCall) as caught:
        answer(client)
    assert line in str(caught.value)
    ml.unmatched.clear()
    endpoint.on(InvokedProductionVariant="green").reply("1")
    assert said(client) == b"1"


def test_faults_never_script_an_endpoint(ml: MockML, client: Any) -> None:
    endpoint = ml.sagemaker.endpoint("churn")
    endpoint.fail("ServiceUnavailable", times=1)
    assert b"no script" in said(client)
    endpoint.model_error(500, "once").times(1)
    with pytest.raises(client.exceptions.ModelError):
        answer(client)
    assert b"no script" in said(client)


def test_the_fluent_words_stand_before_the_answer_too(ml: MockML, client: Any) -> None:
    endpoint = ml.sagemaker.endpoint("churn")
    endpoint.optional().reply("never mind")
    endpoint.times(1).reply("once", content_type="text/x-once")
    assert [said(client) for _ in range(2)] == [b"once", b"never mind"]
    ml.assert_all_used()


def test_connection_faults(ml: MockML, client: Any) -> None:
    endpoint = ml.sagemaker.endpoint("churn")
    endpoint.drop().times(1)
    endpoint.timeout().times(1)
    assert b"no script" in said(client)
    assert [call.attempt for call in ml.calls] == [1, 2, 3]
    endpoint.unreachable()
    with pytest.raises(EndpointConnectionError):
        answer(client)


@pytest.mark.parametrize(
    ("write", "complaint"),
    [
        (lambda e: e.reply(object()), "bytes, text or JSON"),
        (lambda e: e.reply(iter([b"a"])), "read only once"),
        (lambda e: e.reply(output(Body=b"", Nope=1)), "no member Nope"),
        (lambda e: e.reply(output(InvokedProductionVariant="a")), "the service's to say"),
        (lambda e: e.reply(output(NewSessionId="no expiry")), "doesn't fit the pattern"),
        (
            lambda e: e.reply(output(NewSessionId="id; Expires=2030-13-01T00:00:00Z")),
            "expires at an instant",
        ),
        (lambda e: e.reply("x", content_type="a\nb"), "visible US-ASCII"),
        (lambda e: e.reply("x", custom_attributes="x" * 1025), "at most 1024"),
        (lambda e: e.reply("x", custom_attributes="caffè"), "doesn't fit the pattern"),
        (lambda e: e.model_error(200, "fine"), "400 to 599"),
        (lambda e: e.model_error(True), "400 to 599"),
        (lambda e: e.fail("NoSuchError"), "has no error NoSuchError"),
        (lambda e: e.fail("ModelError", Nope=1), "no member Nope"),
        (lambda e: e.stream("text"), "list or generator of its parts"),
        (lambda e: e.stream([b"a"], pause=-1), "pause takes seconds"),
        (lambda e: e.stream([error("ModelError")]), "not with ModelError"),
        (lambda e: e.stream([b"a"]).then_error("ModelError"), "not with ModelError"),
        (lambda e: e.stream([b"a"]).then_error("ModelStreamError", Nope=1), "no member Nope"),
        (lambda e: e.reply("x").then_error("ModelStreamError"), "follows stream"),
        (lambda e: e.on(where="x"), "a function of the call"),
        (lambda e: e.on(Bodi=1), "no invocation has a member Bodi"),
    ],
)
def test_what_no_endpoint_answers_is_refused_where_it_is_written(
    ml: MockML, write: Any, complaint: str
) -> None:
    with pytest.raises(BadAnswer, match=complaint):
        write(ml.sagemaker.endpoint("churn").on())
    ml.reset()


def test_a_handler_that_answers_nonsense_is_told_so(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("churn").handler(lambda call: {1, 2})
    with pytest.raises(BadAnswer, match="bytes, text or JSON"):
        answer(client)
    ml.unmatched.clear()


def test_an_asynchronous_generator_is_refused(ml: MockML, client: Any) -> None:
    async def parts() -> Any:
        yield b"a"

    ml.sagemaker.endpoint("churn").handler(lambda call: parts())
    with pytest.raises(BadAnswer, match="plain generator"):
        answer(client)
    ml.unmatched.clear()


def test_an_answer_that_is_refused_leaves_the_rule_as_it_was(ml: MockML, client: Any) -> None:
    rule = ml.sagemaker.endpoint("churn").reply(lambda call: "1,2", content_type="text/csv")
    with pytest.raises(BadAnswer, match="has its answer"):
        rule.reply("3,4", content_type="text/x-other")
    found = answer(client)
    assert (found["Body"].read(), found["ContentType"]) == (b"1,2", "text/csv")


def test_a_generator_in_one_piece_is_joined(ml: MockML, client: Any) -> None:
    @ml.sagemaker.endpoint("churn").handler
    def tokens(call: Any) -> Iterator[bytes]:
        yield b"to"
        yield b"ken"

    assert said(client) == b"token"


def test_the_old_name_of_the_client_works(ml: MockML) -> None:
    ml.sagemaker.endpoint("churn").reply("ok")
    client = boto3.client("runtime.sagemaker", region_name="eu-west-1")
    assert said(client) == b"ok"
    ml.calls.assert_called_once("sagemaker-runtime", "InvokeEndpoint", EndpointName="churn")


def test_at_narrows_an_endpoint_and_its_answers() -> None:
    with mock_ml(region="eu-west-1") as ml:
        ml.sagemaker.endpoint("churn").reply("everywhere")
        ml.at(region="us-west-2").sagemaker.endpoint("churn").reply("west")
        ml.at(account_id="999999999999").sagemaker.endpoint("only").reply("theirs")
        here = boto3.client("sagemaker-runtime")
        west = boto3.client("sagemaker-runtime", region_name="us-west-2")
        theirs = boto3.client(
            "sagemaker-runtime", aws_access_key_id="999999999999", aws_secret_access_key="x"
        )
        assert (said(here), said(west), said(theirs)) == (b"everywhere", b"west", b"everywhere")
        assert said(theirs, "only") == b"theirs"
        with pytest.raises(here.exceptions.ValidationError, match="not found"):
            answer(here, "only")


def test_answers_elsewhere_dont_script_an_endpoint_here(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("churn")
    ml.at(region="us-west-2").sagemaker.endpoint("churn").reply("west").optional()
    assert b"no script" in said(client)


def test_a_rule_at_the_door_stands_before_the_endpoint(ml: MockML, client: Any) -> None:
    ml.on("sagemaker-runtime", "InvokeEndpoint", EndpointName="ghost").reply({"at": "the door"})
    assert said(client, "ghost") == b'{"at":"the door"}'


def test_the_journal_has_both_sides(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("churn").reply({"score": 1})
    said(client, body=b'{"x": 1}', Accept="application/json")
    call = ml.calls.last
    assert call.json() == {"x": 1}
    assert call.params["Accept"] == "application/json"
    assert call.response is not None
    assert call.response["InvokedProductionVariant"] == "AllTraffic"


def test_a_savepoint_takes_endpoints_and_answers_back(ml: MockML, client: Any) -> None:
    endpoint = ml.sagemaker.endpoint("churn", variants=["a"])
    with ml.savepoint():
        ml.sagemaker.endpoint("churn", variants=["b"])
        ml.sagemaker.endpoint("new")
        endpoint.reply("inside")
        assert answer(client)["InvokedProductionVariant"] == "b"
    assert answer(client)["InvokedProductionVariant"] == "a"
    with pytest.raises(client.exceptions.ValidationError):
        answer(client, "new")


def test_answers_are_shown_as_their_author_wrote_them() -> None:
    form = Form(in_parts=True)
    assert repr(Form()(b"\xff")) == "b'\\xff'"
    assert repr(Form()({"a": 1})) == """'{"a":1}'"""
    assert repr(form(["a", b"b"])) == "[b'a', b'b']"
    assert "generator" in repr(Form().of(iter_of("a")))


def iter_of(text: str) -> Iterator[str]:
    yield text


@pytest.mark.newer_botocore
def test_handles_say_what_they_are(ml: MockML) -> None:
    endpoint = ml.sagemaker.endpoint("Churn-1")
    assert repr(endpoint) == "<endpoint Churn-1>"
    assert repr(ml.sagemaker) == "<sagemaker: 1 endpoints declared>"
    assert endpoint.arn == "arn:aws:sagemaker:us-east-1:123456789012:endpoint/churn-1"
    ml.at(region="eu-west-1").sagemaker.endpoint("west", async_output="s3://out/x")
    ml.sagemaker.progress = manually()
    west = boto3.client("sagemaker-runtime", region_name="eu-west-1")
    west.invoke_endpoint_async(EndpointName="west", Body=b"x", InferenceId="i-1")
    shown = [(r.kind, r.name, r.state, r.scope.region) for r in ml.sagemaker.resources()]
    assert shown == [
        ("endpoint", "Churn-1", "InService", "us-east-1"),
        ("endpoint", "west", "InService", "eu-west-1"),
        ("asynchronous invocation", "i-1", "Queued", "eu-west-1"),
    ]
    assert [r.name for r in ml.at(region="us-east-1").sagemaker.resources()] == ["Churn-1"]
    assert "<td>Churn-1</td>" in ml.sagemaker._repr_html_()
