"""Operation rules (`ml.on`): their answers, and how often they apply."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from botocore.exceptions import ClientError

from mlmock import InvalidRule, MockML, error, output
from tests.helpers import A2I, names, start
from tests.rules.operation_rule_helpers import NOW, OTHER, describe, description

# -- answers ----------------------------------------------------------------------------------


def test_one_answer_serves_every_matching_call(mlmock: MockML, a2i: Any) -> None:
    rule = mlmock.on(A2I, "DescribeHumanLoop").reply(description("Completed"))
    answers = [a2i.describe_human_loop(HumanLoopName="x") for _ in range(3)]
    assert all(answer["HumanLoopStatus"] == "Completed" for answer in answers)
    assert answers[0]["CreationTime"] == NOW
    assert rule.used == 3


def test_several_answers_are_used_in_order_until_the_rule_is_exhausted(
    mlmock: MockML, a2i: Any
) -> None:
    mlmock.on(A2I, "DescribeHumanLoop").reply(
        description("InProgress"), error("ThrottlingException"), description("Completed")
    )
    assert [describe(a2i) for _ in range(3)] == [
        "InProgress",
        "Completed",  # the attempt that was throttled is retried
        "ResourceNotFoundException",  # the rule is exhausted: the service answers again
    ]


def test_operation_rule_applies_after_validation_and_replaces_the_operation(
    mlmock: MockML, a2i: Any
) -> None:
    rule = mlmock.on(A2I, "StartHumanLoop").reply({"HumanLoopArn": OTHER})
    with pytest.raises(ClientError, match="failed to satisfy constraint"):
        start(a2i, "Not A Name")
    assert rule.used == 0
    assert start(a2i) == OTHER
    assert names(a2i) == []


def test_callable_computes_the_answer_from_the_call(mlmock: MockML, a2i: Any) -> None:
    def answer(call: Any) -> dict[str, Any]:
        assert call.response is None
        assert (call.service, call.operation, call.attempt) == (A2I, "DescribeHumanLoop", 1)
        return description("Stopped" if call.params["HumanLoopName"] == "b" else "Failed")

    mlmock.on(A2I, "DescribeHumanLoop").reply(answer)
    assert [describe(a2i, name) for name in "ab"] == ["Failed", "Stopped"]


def test_async_callable_answers_a_synchronous_client(mlmock: MockML, a2i: Any) -> None:
    async def answer(call: Any) -> dict[str, Any]:
        await asyncio.sleep(0)
        return description("Stopped")

    mlmock.on(A2I, "DescribeHumanLoop").reply(answer)
    assert describe(a2i) == "Stopped"

    async def inside_a_loop() -> Any:
        return describe(a2i)

    assert asyncio.run(inside_a_loop()) == "Stopped"


def test_callable_may_return_an_error_and_call_the_service(mlmock: MockML, a2i: Any) -> None:
    def answer(call: Any) -> Any:
        start(a2i, "from-the-rule")
        return error("ResourceNotFoundException", "Gone.")

    mlmock.on(A2I, "DescribeHumanLoop").reply(answer)
    with pytest.raises(a2i.exceptions.ResourceNotFoundException, match="Gone"):
        a2i.describe_human_loop(HumanLoopName="x")
    assert names(a2i) == ["from-the-rule"]


class Mine(Exception):  # noqa: N818
    """An exception defined by a test."""


@pytest.mark.parametrize("exception", [Mine("mine"), Mine, KeyboardInterrupt()])
def test_exception_answer_is_raised_unchanged(mlmock: MockML, a2i: Any, exception: Any) -> None:
    mlmock.on(A2I).reply(exception)
    kind = exception if isinstance(exception, type) else type(exception)
    with pytest.raises(kind) as caught:
        describe(a2i)
    assert isinstance(exception, type) or caught.value is exception
    assert mlmock.calls.last.error is caught.value


def test_exception_from_a_callable_is_raised_unchanged(mlmock: MockML, a2i: Any) -> None:
    def answer(call: Any) -> Any:
        raise Mine("from the rule")

    async def later(call: Any) -> Any:
        raise Mine("later")

    for callable_answer in (answer, later):
        mlmock.on(A2I).reply(error("ThrottlingException")).optional()
        mlmock.on(A2I, "DescribeHumanLoop").reply(callable_answer)
        with pytest.raises(Mine):
            describe(a2i)
        assert isinstance(mlmock.calls.last.error, Mine)


def test_output_sets_every_member(mlmock: MockML, a2i: Any) -> None:
    mlmock.on(A2I, "DescribeHumanLoop").reply(output(**description("Failed")))
    assert describe(a2i) == "Failed"


# -- counts -----------------------------------------------------------------------------------


def test_times_and_optional_may_precede_or_follow_the_answer(mlmock: MockML, a2i: Any) -> None:
    mlmock.on(A2I, "DescribeHumanLoop").times(2).optional().reply(description("Failed"))
    mlmock.on(A2I, "DescribeHumanLoop").reply(description("Stopped")).times(1)
    assert [describe(a2i) for _ in range(4)] == [
        "Stopped",  # the later rule wins until it is exhausted
        "Failed",
        "Failed",
        "ResourceNotFoundException",
    ]


def test_times_repeats_a_list_of_answers(mlmock: MockML, a2i: Any) -> None:
    mlmock.on(A2I, "DescribeHumanLoop").reply(description("Failed"), description("Stopped")).times(
        2
    )
    assert [describe(a2i) for _ in range(4)] == ["Failed", "Stopped"] * 2


def test_second_reply_on_a_rule_is_rejected(mlmock: MockML, a2i: Any) -> None:
    rule = mlmock.on(A2I, "DescribeHumanLoop").reply(description("Failed")).optional()
    with pytest.raises(InvalidRule, match="already has an answer"):
        rule.reply(description("Stopped"))
    assert describe(a2i) == "Failed"


def test_rule_without_an_answer_is_ignored(mlmock: MockML, a2i: Any) -> None:
    mlmock.on(A2I, "DescribeHumanLoop").times(3)
    mlmock.on(A2I, "StopHumanLoop", HumanLoopName="x")
    assert describe(a2i) == "ResourceNotFoundException"
