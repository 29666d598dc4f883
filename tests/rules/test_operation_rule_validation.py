"""Operation rules that are rejected where they are written, or at the call."""

from __future__ import annotations

from typing import Any

import pytest

from mlmock import InvalidRule, MockML, error, mock_ml
from tests.helpers import A2I
from tests.rules.operation_rule_helpers import description


@pytest.mark.parametrize(
    ("service", "operation", "members", "message"),
    [
        ("sagemaker-a2i-runtim", "*", {}, "did you mean sagemaker-a2i-runtime"),
        ("a2i", "*", {}, "did you mean sagemaker-a2i-runtime"),
        (A2I, "describe_human_loop", {}, "did you mean DescribeHumanLoop"),
        (A2I, "DescribeHumanLop", {}, "did you mean DescribeHumanLoop"),
        (A2I, "DescribeHumanLoop", {"HumanLopName": 1}, "did you mean HumanLoopName"),
        (A2I, "*", {"Body": 1}, "no request member Body"),
    ],
)
def test_unknown_service_operation_or_member_is_rejected(
    mlmock: MockML, service: str, operation: str, members: Any, message: str
) -> None:
    with pytest.raises(InvalidRule, match=message):
        mlmock.on(service, operation, **members)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ({}, "needs CreationTime"),
        ({**description("Failed"), "Extra": 1}, "no member Extra"),
        ({**description("Lost")}, "HumanLoopStatus takes one of"),
        ({**description("Failed"), "FailureReason": 3}, "FailureReason takes str"),
        ({**description("Failed"), "HumanLoopName": "A B"}, "doesn't fit the pattern"),
        ({**description("Failed"), "HumanLoopOutput": {}}, "OutputS3Uri is required"),
        ("text", "answers with members"),
        (int, "answers with members"),
        (None, "answers with members"),
        (error("NoSuchException"), "has no error NoSuchException"),
        (error("ResourceNotFoundException", Extra=1), "no member Extra"),
    ],
)
def test_invalid_answer_is_rejected_where_it_is_written(
    mlmock: MockML, answer: Any, message: str
) -> None:
    with pytest.raises(InvalidRule, match=message):
        mlmock.on(A2I, "DescribeHumanLoop").reply(answer)
    with pytest.raises(InvalidRule, match=message):  # also as one of several answers
        mlmock.on(A2I, "DescribeHumanLoop").reply(description("Failed"), answer)


def test_invalid_answer_of_a_callable_is_rejected_at_the_call(a2i: Any) -> None:
    @mock_ml
    def suppress_the_error(ml: Any) -> None:
        ml.on(A2I, "DescribeHumanLoop").reply(lambda call: {})
        with pytest.raises(InvalidRule):
            a2i.describe_human_loop(HumanLoopName="x")

    test: Any = suppress_the_error
    with pytest.raises(InvalidRule, match="needs CreationTime"):
        test()


def test_where_must_be_a_function(mlmock: MockML) -> None:
    wrong: Any = "x"
    with pytest.raises(InvalidRule, match="where= takes a function"):
        mlmock.on(A2I, where=wrong)


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda rule: rule.fail(404), "code is a text"),
        (lambda rule: rule.fail("ValidationException", 404), "message is a text"),
        (lambda rule: rule.fail("Any", status="404"), "status is one from 400 to 599"),
        (lambda rule: rule.fail("Any", status=300), "status is one from 400 to 599"),
        (lambda rule: rule.reply(error("Any", status=200)), "status is one from 400 to 599"),
        (lambda rule: rule.delay("2"), r"delay\(\) takes seconds"),
        (lambda rule: rule.delay(float("inf")), r"delay\(\) takes seconds"),
        (lambda rule: rule.delay(float("nan")), r"delay\(\) takes seconds"),
    ],
)
def test_invalid_failure_or_delay_is_rejected(mlmock: MockML, write: Any, message: str) -> None:
    with pytest.raises(InvalidRule, match=message):
        write(mlmock.on(A2I, "StopHumanLoop"))


def test_answer_that_is_not_json_is_rejected(mlmock: MockML) -> None:
    for answer in (float("nan"), {"score": float("inf")}, {1, 2}):
        with pytest.raises(InvalidRule, match="answers JSON here"):
            mlmock.on("sagemaker-runtime", "InvokeEndpoint").reply(answer)


def test_rule_for_every_operation_accepts_failures_only(mlmock: MockML) -> None:
    answers: list[Any] = [{}, "text", lambda call: {}]
    for answer in answers:
        with pytest.raises(InvalidRule, match="faults only"):
            mlmock.on(A2I).reply(answer)


@pytest.mark.parametrize(
    "write",
    [
        lambda rule: rule.reply(),
        lambda rule: rule.times(0),
        lambda rule: rule.times(True),
        lambda rule: rule.delay(-1),
        lambda rule: rule.delay(float("nan")),
        lambda rule: rule.fail("NoSuchException"),
    ],
)
def test_incomplete_or_invalid_rule_is_rejected(mlmock: MockML, write: Any) -> None:
    with pytest.raises(InvalidRule):
        write(mlmock.on(A2I, "DescribeHumanLoop"))
    assert len(mlmock.calls) == 0
