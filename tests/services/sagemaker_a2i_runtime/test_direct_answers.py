"""Answers, failures and expiry of human loops, given directly or before the loop starts."""

from __future__ import annotations

from typing import Any

import pytest

from mlmock import InvalidRule, MockML, UnusedRule, mock_ml
from tests.helpers import client_for, start
from tests.services.sagemaker_a2i_runtime.human_loop_helpers import answers, describe, status

# -- direct answers ---------------------------------------------------------------------------


def test_answer_completes_the_loop(a2i: Any, ml: MockML) -> None:
    start(a2i, "invoice-1")
    ml.a2i.human_loop("invoice-1").complete({"decision": "approve"})
    assert status(a2i, "invoice-1") == "Completed"
    assert answers(ml, "invoice-1") == [{"decision": "approve"}]


def test_several_workers_answer_separately(a2i: Any, ml: MockML) -> None:
    ml.a2i.flow_definition("review", workers=3)
    start(a2i, "invoice-1")
    for vote in ("approve", "reject"):
        ml.a2i.human_loop("invoice-1").complete({"decision": vote})
    assert status(a2i, "invoice-1") == "InProgress"
    assert ml.s3.list("s3://sagemaker-us-east-1-123456789012/") == []
    ml.a2i.human_loop("invoice-1").complete({"decision": "approve"})
    assert status(a2i, "invoice-1") == "Completed"
    assert [answer["decision"] for answer in answers(ml, "invoice-1")] == [
        "approve",
        "reject",
        "approve",
    ]


def test_several_answers_in_one_call(a2i: Any, ml: MockML) -> None:
    ml.a2i.flow_definition("review", workers=2)
    start(a2i, "invoice-1")
    ml.a2i.human_loop("invoice-1").complete({"n": 1}, {"n": 2})
    assert answers(ml, "invoice-1") == [{"n": 1}, {"n": 2}]


def test_any_number_of_answers_without_declared_workers(a2i: Any, ml: MockML) -> None:
    start(a2i, "invoice-1")
    ml.a2i.human_loop("invoice-1").complete({"n": 1}, {"n": 2})
    assert answers(ml, "invoice-1") == [{"n": 1}, {"n": 2}]


def test_more_answers_than_workers_are_rejected(a2i: Any, ml: MockML) -> None:
    ml.a2i.flow_definition("review", workers=2)
    start(a2i, "invoice-1")
    ml.a2i.human_loop("invoice-1").complete({"n": 1})
    with pytest.raises(InvalidRule, match="takes 2 answers, has 1 answer and got 2 more"):
        ml.a2i.human_loop("invoice-1").complete({"n": 2}, {"n": 3})
    assert status(a2i, "invoice-1") == "InProgress"


def test_loop_keeps_the_number_of_workers_from_its_start(a2i: Any, ml: MockML) -> None:
    ml.a2i.flow_definition("review", workers=2)
    start(a2i, "invoice-1")
    ml.a2i.flow_definition("review", workers=1)
    ml.a2i.human_loop("invoice-1").complete({"n": 1})
    assert status(a2i, "invoice-1") == "InProgress"


def test_answer_is_copied(a2i: Any, ml: MockML) -> None:
    given = {"labels": ["a"], "box": (1, 2)}
    ml.a2i.flow_definition("review", workers=2)
    start(a2i, "invoice-1")
    ml.a2i.human_loop("invoice-1").complete(given)
    given["labels"].append("changed later")  # type: ignore[attr-defined]
    ml.a2i.human_loop("invoice-1").complete({})
    assert answers(ml, "invoice-1") == [{"labels": ["a"], "box": [1, 2]}, {}]


@pytest.mark.parametrize(
    "answer",
    ["approve", ["approve"], None, {"x": object}, {"x": float("nan")}, {"x": b"bytes"}],
    ids=repr,
)
def test_answer_must_be_a_json_object(a2i: Any, ml: MockML, answer: Any) -> None:
    start(a2i, "invoice-1")
    with pytest.raises(InvalidRule, match="the answer of a worker must be"):
        ml.a2i.human_loop("invoice-1").complete(answer)
    assert status(a2i, "invoice-1") == "InProgress"


def test_complete_requires_an_answer(ml: MockML) -> None:
    with pytest.raises(InvalidRule, match="requires an answer"):
        ml.a2i.human_loop("invoice-1").complete()


@pytest.mark.parametrize("code", ["ValidationError", "Expired", "InternalError"])
def test_failed_loop(a2i: Any, ml: MockML, code: str) -> None:
    start(a2i, "invoice-1")
    ml.a2i.human_loop("invoice-1").fail(code, "because")
    loop = describe(a2i, "invoice-1")
    assert (loop["HumanLoopStatus"], loop["FailureCode"], loop["FailureReason"]) == (
        "Failed",
        code,
        "because",
    )


def test_expired_loop(a2i: Any, ml: MockML) -> None:
    start(a2i, "invoice-1")
    ml.a2i.human_loop("invoice-1").expire()
    assert describe(a2i, "invoice-1")["FailureCode"] == "Expired"


def test_invalid_failure_is_rejected(ml: MockML) -> None:
    with pytest.raises(InvalidRule, match="ValidationError, Expired, InternalError, not 'Bored'"):
        ml.a2i.human_loop("invoice-1").fail("Bored")
    with pytest.raises(InvalidRule, match="can have at most 1024 characters, not 1025"):
        ml.a2i.human_loop("invoice-1").fail("InternalError", "x" * 1025)
    as_any: Any = ml.a2i.human_loop("invoice-1")
    with pytest.raises(InvalidRule, match="FailureReason must be a string, not 5"):
        as_any.fail("InternalError", 5)


def test_ended_loop_accepts_no_answer_or_failure(a2i: Any, ml: MockML) -> None:
    start(a2i, "invoice-1")
    loop = ml.a2i.human_loop("invoice-1")
    loop.complete({})
    with pytest.raises(InvalidRule, match="has ended as Completed and takes no more answers"):
        loop.complete({})
    with pytest.raises(InvalidRule, match="has ended as Completed and can no longer fail"):
        loop.fail("InternalError")


@pytest.mark.parametrize("name", ["Upper", "", "a/b", "x" * 64])
def test_invalid_name_is_rejected(ml: MockML, name: str) -> None:
    with pytest.raises(ValueError, match="the name of a human loop"):
        ml.a2i.human_loop(name)


# -- before the loop is started ---------------------------------------------------------------


def test_answer_given_before_the_loop_starts(a2i: Any, ml: MockML) -> None:
    ml.a2i.human_loop("invoice-1").complete({"decision": "approve"})
    start(a2i, "invoice-1")
    assert status(a2i, "invoice-1") == "Completed"
    start(a2i, "invoice-2")
    assert status(a2i, "invoice-2") == "InProgress"


def test_failure_given_before_the_loop_starts(a2i: Any, ml: MockML) -> None:
    ml.a2i.human_loop("invoice-1").fail("ValidationError", "Task failed to render")
    start(a2i, "invoice-1")
    assert status(a2i, "invoice-1") == "Failed"


def test_answer_is_used_once(a2i: Any, ml: MockML) -> None:
    ml.a2i.human_loop("invoice-1").complete({"decision": "approve"})
    start(a2i, "invoice-1")
    a2i.delete_human_loop(HumanLoopName="invoice-1")
    start(a2i, "invoice-1")
    assert status(a2i, "invoice-1") == "InProgress"


def test_answers_of_several_rules_are_combined(a2i: Any, ml: MockML) -> None:
    ml.a2i.flow_definition("review", workers=2)
    ml.a2i.human_loop("invoice-1").complete({"n": 1})
    ml.a2i.human_loop("invoice-1").complete({"n": 2})
    start(a2i, "invoice-1")
    assert sorted(answer["n"] for answer in answers(ml, "invoice-1")) == [1, 2]


def test_answer_of_a_loop_that_is_never_started_is_an_unused_rule() -> None:
    with pytest.raises(UnusedRule, match="1 rule was not used"), mock_ml() as ml:
        ml.a2i.human_loop("invoice-1").complete({"decision": "approve"})


def test_loop_of_another_account_and_region_can_be_scripted(ml: MockML) -> None:
    west = client_for("111122223333", "eu-west-1")
    arn = "arn:aws:sagemaker:eu-west-1:111122223333:flow-definition/review"
    ml.at(region="eu-west-1").a2i.human_loop("scripted").complete({})
    start(west, "scripted", flow=arn)
    start(west, "by-hand", flow=arn)
    ml.a2i.human_loop("by-hand").complete({})
    assert (status(west, "scripted"), status(west, "by-hand")) == ("Completed", "Completed")
    start(client_for(), "by-hand")
    assert ml.at(region="us-east-1").a2i.human_loop("by-hand").status == "InProgress"
