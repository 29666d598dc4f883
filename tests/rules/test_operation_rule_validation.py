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
        ("sagemaker-a2i-runtim", "*", {}, "did you mean 'sagemaker-a2i-runtime'"),
        ("a2i", "*", {}, "did you mean 'sagemaker-a2i-runtime'"),
        (A2I, "describe_human_loop", {}, "did you mean 'DescribeHumanLoop'"),
        (A2I, "DescribeHumanLop", {}, "did you mean 'DescribeHumanLoop'"),
        (A2I, "DescribeHumanLoop", {"HumanLopName": 1}, "did you mean 'HumanLoopName'"),
        (A2I, "*", {"Body": 1}, "no request member 'Body'"),
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
        ({}, "lacks the required member CreationTime"),
        ({**description("Failed"), "Extra": 1}, "no member 'Extra'"),
        ({**description("Lost")}, "HumanLoopStatus must be one of"),
        ({**description("Failed"), "FailureReason": 3}, "FailureReason must be of type str"),
        ({**description("Failed"), "HumanLoopName": "A B"}, "does not match the pattern"),
        ({**description("Failed"), "HumanLoopOutput": {}}, "OutputS3Uri is required"),
        ("text", "must be a dict of its members"),
        (int, "must be a dict of its members"),
        (None, "must be a dict of its members"),
        (error("NoSuchException"), "has no error 'NoSuchException'"),
        (error("ResourceNotFoundException", Extra=1), "no member 'Extra'"),
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
    with pytest.raises(InvalidRule, match="lacks the required member CreationTime"):
        test()


def test_where_must_be_a_function(mlmock: MockML) -> None:
    wrong: Any = "x"
    with pytest.raises(InvalidRule, match="where= must be a callable"):
        mlmock.on(A2I, where=wrong)


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda rule: rule.fail(404), "code of an error must be a string"),
        (
            lambda rule: rule.fail("ValidationException", 404),
            "message of an error must be a string",
        ),
        (lambda rule: rule.fail("Any", status="404"), "must be an integer from 400 to 599"),
        (lambda rule: rule.fail("Any", status=300), "must be an integer from 400 to 599"),
        (lambda rule: rule.reply(error("Any", status=200)), "must be an integer from 400 to 599"),
        (lambda rule: rule.delay("2"), r"delay\(\) requires a number of seconds"),
        (lambda rule: rule.delay(float("inf")), r"delay\(\) requires a number of seconds"),
        (lambda rule: rule.delay(float("nan")), r"delay\(\) requires a number of seconds"),
    ],
)
def test_invalid_failure_or_delay_is_rejected(mlmock: MockML, write: Any, message: str) -> None:
    with pytest.raises(InvalidRule, match=message):
        write(mlmock.on(A2I, "StopHumanLoop"))


def test_answer_that_is_not_json_is_rejected(mlmock: MockML) -> None:
    for answer in (float("nan"), {"score": float("inf")}, {1, 2}):
        with pytest.raises(InvalidRule, match=r"returns JSON, and .* cannot be encoded"):
            mlmock.on("sagemaker-runtime", "InvokeEndpoint").reply(answer)


def test_rule_for_every_operation_accepts_failures_only(mlmock: MockML) -> None:
    answers: list[Any] = [{}, "text", lambda call: {}]
    for answer in answers:
        with pytest.raises(InvalidRule, match="accepts failures only"):
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
