"""The journal (`ml.calls`): every attempt of every call, and assertions about them."""

from __future__ import annotations

import datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from mlmock import ANY, InvalidRule, MockML, contains, mock_ml
from tests.helpers import A2I, CONTENT, FLOW, names, start

NOW = datetime.datetime(2026, 5, 1, tzinfo=datetime.timezone.utc)


def test_call_has_every_detail(a2i: Any) -> None:
    with mock_ml(now=NOW) as ml:
        arn = start(a2i)
        call = ml.calls.last
        assert (call.service, call.operation) == (A2I, "StartHumanLoop")
        assert (call.region, call.account_id, call.attempt) == ("us-east-1", "123456789012", 1)
        assert call.params == {
            "HumanLoopName": "invoice-1",
            "FlowDefinitionArn": FLOW,
            "HumanLoopInput": {"InputContent": CONTENT},
        }
        assert call.response == {"HumanLoopArn": arn}
        assert call.error is None
        assert call.started_at == NOW.timestamp()
        assert call.json()["HumanLoopName"] == "invoice-1"
        assert call.text() == call.body.decode()
        assert repr(call) == "<sagemaker-a2i-runtime.StartHumanLoop in us-east-1>"


def test_failed_call_has_its_error(mlmock: MockML, a2i: Any) -> None:
    with pytest.raises(ClientError):
        a2i.describe_human_loop(HumanLoopName="missing")
    call = mlmock.calls.last
    assert call.response is None
    assert "ResourceNotFoundException" in repr(call.error)
    assert "ResourceNotFoundException" in repr(call)


def test_invalid_call_has_the_members_that_could_be_parsed(mlmock: MockML, a2i: Any) -> None:
    with pytest.raises(ClientError, match="failed to satisfy constraint"):
        start(a2i, "Not A Name")
    assert mlmock.calls.last.params["HumanLoopName"] == "Not A Name"


def test_journal_is_a_read_only_sequence(mlmock: MockML, a2i: Any) -> None:
    with pytest.raises(IndexError, match="no calls have been made"):
        _ = mlmock.calls.last
    assert mlmock.calls.total == len(mlmock.calls) == 0
    start(a2i, "a")
    start(a2i, "b")
    names(a2i)
    calls = mlmock.calls
    assert len(calls) == 3
    assert calls[0].params["HumanLoopName"] == "a"
    assert calls[-1] is calls.last
    assert [call.operation for call in calls[1:]] == ["StartHumanLoop", "ListHumanLoops"]
    assert next(iter(reversed(calls))).operation == "ListHumanLoops"
    assert calls[0] in calls
    assert [call.params["HumanLoopName"] for call in calls.of(A2I, "StartHumanLoop")] == ["a", "b"]
    assert len(calls.of(A2I)) == 3
    assert len(calls.of(A2I, "StartHumanLoop", HumanLoopName="b")) == 1
    assert calls.of("bedrock-runtime") == []
    with pytest.raises(TypeError):
        calls[0] = calls[1]  # type: ignore[index]


def test_assertions_count_calls_not_attempts(mlmock: MockML, a2i: Any) -> None:
    mlmock.on(A2I, "StartHumanLoop").fail("ThrottlingException", times=2)
    start(a2i)
    assert len(mlmock.calls) == 3
    mlmock.calls.assert_called(A2I, "StartHumanLoop")
    mlmock.calls.assert_called_once(A2I, "StartHumanLoop", HumanLoopName="invoice-1")
    mlmock.calls.assert_not_called(A2I, "StopHumanLoop")
    mlmock.calls.assert_not_called("bedrock-runtime")
    with pytest.raises(AssertionError, match="not to be called; it was called once"):
        mlmock.calls.assert_not_called(A2I, "StartHumanLoop")
    start(a2i, "other")
    mlmock.calls.assert_called_once(A2I, "StartHumanLoop", HumanLoopName=contains("oth"))
    with pytest.raises(AssertionError, match="to be called once; it was called twice"):
        mlmock.calls.assert_called_once(A2I, "StartHumanLoop")


def test_failed_assertion_shows_the_first_difference(mlmock: MockML, a2i: Any) -> None:
    start(a2i)
    with pytest.raises(AssertionError) as caught:
        mlmock.calls.assert_called(A2I, "StartHumanLoop", HumanLoopInput={"InputContent": "[]"})
    text = str(caught.value)
    assert "HumanLoopInput.InputContent is '{\"total\": 12.5}'" in text
    assert "'[]'" in text
    with pytest.raises(
        AssertionError, match=r"These operations were called: sagemaker-a2i-runtime\.StartHumanLoop"
    ):
        mlmock.calls.assert_called(A2I, "StopHumanLoop")


def test_assertion_with_an_unknown_name_is_rejected(mlmock: MockML, a2i: Any) -> None:
    """Otherwise `assert_not_called` with a misspelled name would always pass."""
    start(a2i)
    for service, operation, members, message in (
        (A2I, "start_human_loop", {}, "did you mean 'StartHumanLoop'"),
        (A2I, "StartHumanLoop", {"Name": "invoice-1"}, "no request member 'Name'"),
        (A2I, "*", {"Body": b""}, "no request member 'Body'"),
        ("a2i", "*", {}, "no model of 'a2i'"),
    ):
        with pytest.raises(InvalidRule, match=message):
            mlmock.calls.assert_not_called(service, operation, **members)


def test_failed_assertion_shows_the_end_of_a_long_journal(mlmock: MockML, a2i: Any) -> None:
    for number in range(30):
        start(a2i, f"invoice-{number}")
    with pytest.raises(AssertionError) as caught:
        mlmock.calls.assert_called(A2I, "StartHumanLoop", HumanLoopName="z")
    assert "(5 earlier calls)" in str(caught.value)
    assert "invoice-29" in str(caught.value)
    assert "invoice-4'" not in str(caught.value)


def test_assert_order(mlmock: MockML, a2i: Any) -> None:
    start(a2i, "a")
    names(a2i)
    start(a2i, "b")
    mlmock.calls.assert_order((A2I, "StartHumanLoop"), (A2I, "StartHumanLoop"))
    mlmock.calls.assert_order(
        (A2I, "StartHumanLoop", {"HumanLoopName": "a"}),
        (A2I, "*", {"FlowDefinitionArn": ANY}),
        (A2I, "StartHumanLoop", {"HumanLoopName": "b"}),
    )
    with pytest.raises(AssertionError, match="expected calls in this order") as caught:
        mlmock.calls.assert_order((A2I, "ListHumanLoops"), (A2I, "ListHumanLoops"))
    lines = str(caught.value).splitlines()
    assert [line[:3] for line in lines[1:3]] == ["  +", "  -"]
    assert lines[3] == "The call marked - was not made in this position. The calls were:"
    assert len(lines) == 7
    mlmock.reset()
    with pytest.raises(AssertionError, match=r"No calls were made\.$"):
        mlmock.calls.assert_order((A2I, "ListHumanLoops"))


def test_journal_keeps_the_last_calls_and_assertions_say_when_calls_were_discarded(
    a2i: Any,
) -> None:
    with mock_ml(journal=2) as ml:
        for name in "abc":
            start(a2i, name)
        assert [call.params["HumanLoopName"] for call in ml.calls] == ["b", "c"]
        assert (ml.calls.total, ml.calls.discarded) == (3, 1)
        ml.calls.assert_called(A2I, "StartHumanLoop", HumanLoopName="c")
        for check in (ml.calls.assert_not_called, ml.calls.assert_called_once):
            with pytest.raises(
                AssertionError, match=r"1 earlier call is no longer in the journal.*journal="
            ):
                check(A2I, "StartHumanLoop", HumanLoopName="z")
        start(a2i, "d")
        with pytest.raises(AssertionError, match="2 earlier calls are no longer in the journal"):
            ml.calls.assert_order((A2I, "StartHumanLoop", {"HumanLoopName": "a"}))


def test_body_of_a_call_with_a_payload_is_the_payload(mlmock: MockML) -> None:
    mlmock.on("bedrock-runtime", "InvokeModel").reply({"completion": "hi"})
    bedrock = boto3.client("bedrock-runtime", region_name="us-east-1")
    bedrock.invoke_model(modelId="anthropic.claude-v2", body=b'{"prompt": "x"}')
    call = mlmock.calls.last
    assert call.body == b'{"prompt": "x"}'
    assert call.json() == {"prompt": "x"}
    assert call.params["modelId"] == "anthropic.claude-v2"
    assert call.response == {"body": b'{"completion":"hi"}', "contentType": "application/json"}
