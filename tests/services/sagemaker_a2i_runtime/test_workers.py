"""Workers: answers by hand and by rule, functions, several workers, failing and expiring."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from mlmock import BadAnswer, MockML, UnusedRule, error, mock_ml
from tests.services.sagemaker_a2i_runtime.helpers import FLOW, client_of, describe, start, status


def answers(ml: MockML, name: str) -> list[Any]:
    """Return what the workers answered, from the object that A2I wrote."""
    output = json.loads(ml.s3.get(str(ml.a2i.human_loop(name).output_uri)))
    return [answer["answerContent"] for answer in output["humanAnswers"]]


# -- by hand --------------------------------------------------------------------------------------


def test_a_reviewer_answers(a2i: Any, ml: MockML) -> None:
    start(a2i, "invoice-1")
    ml.a2i.human_loop("invoice-1").complete({"decision": "approve"})
    assert status(a2i, "invoice-1") == "Completed"
    assert answers(ml, "invoice-1") == [{"decision": "approve"}]


def test_several_workers_one_by_one(a2i: Any, ml: MockML) -> None:
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


def test_several_workers_at_once(a2i: Any, ml: MockML) -> None:
    ml.a2i.flow_definition("review", workers=2)
    start(a2i, "invoice-1")
    ml.a2i.human_loop("invoice-1").complete({"n": 1}, {"n": 2})
    assert answers(ml, "invoice-1") == [{"n": 1}, {"n": 2}]


def test_where_nobody_said_how_many_any_number_will_do(a2i: Any, ml: MockML) -> None:
    start(a2i, "invoice-1")
    ml.a2i.human_loop("invoice-1").complete({"n": 1}, {"n": 2})
    assert answers(ml, "invoice-1") == [{"n": 1}, {"n": 2}]


def test_more_answers_than_workers_change_nothing(a2i: Any, ml: MockML) -> None:
    ml.a2i.flow_definition("review", workers=2)
    start(a2i, "invoice-1")
    ml.a2i.human_loop("invoice-1").complete({"n": 1})
    with pytest.raises(BadAnswer, match="asks 2 workers, has 1 answer, and 2 more came"):
        ml.a2i.human_loop("invoice-1").complete({"n": 2}, {"n": 3})
    assert status(a2i, "invoice-1") == "InProgress"


def test_a_loop_keeps_the_number_of_workers_it_started_with(a2i: Any, ml: MockML) -> None:
    ml.a2i.flow_definition("review", workers=2)
    start(a2i, "invoice-1")
    ml.a2i.flow_definition("review", workers=1)
    ml.a2i.human_loop("invoice-1").complete({"n": 1})
    assert status(a2i, "invoice-1") == "InProgress"


def test_an_answer_is_kept_as_it_was_given(a2i: Any, ml: MockML) -> None:
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
def test_an_answer_is_a_json_object(a2i: Any, ml: MockML, answer: Any) -> None:
    start(a2i, "invoice-1")
    with pytest.raises(BadAnswer, match="a worker's answer is"):
        ml.a2i.human_loop("invoice-1").complete(answer)
    assert status(a2i, "invoice-1") == "InProgress"


def test_complete_needs_an_answer(ml: MockML) -> None:
    with pytest.raises(BadAnswer, match="needs an answer"):
        ml.a2i.human_loop("invoice-1").complete()


@pytest.mark.parametrize("code", ["ValidationError", "Expired", "InternalError"])
def test_a_loop_fails(a2i: Any, ml: MockML, code: str) -> None:
    start(a2i, "invoice-1")
    ml.a2i.human_loop("invoice-1").fail(code, "because")
    loop = describe(a2i, "invoice-1")
    assert (loop["HumanLoopStatus"], loop["FailureCode"], loop["FailureReason"]) == (
        "Failed",
        code,
        "because",
    )


def test_a_loop_expires(a2i: Any, ml: MockML) -> None:
    start(a2i, "invoice-1")
    ml.a2i.human_loop("invoice-1").expire()
    assert describe(a2i, "invoice-1")["FailureCode"] == "Expired"


def test_failures_that_a2i_doesnt_know(ml: MockML) -> None:
    with pytest.raises(BadAnswer, match="ValidationError, Expired, InternalError, not 'Bored'"):
        ml.a2i.human_loop("invoice-1").fail("Bored")
    with pytest.raises(BadAnswer, match="at most 1024 characters, not 1025"):
        ml.a2i.human_loop("invoice-1").fail("InternalError", "x" * 1025)
    as_any: Any = ml.a2i.human_loop("invoice-1")
    with pytest.raises(BadAnswer, match="FailureReason is a text, not 5"):
        as_any.fail("InternalError", 5)


def test_what_has_ended_takes_nothing_more(a2i: Any, ml: MockML) -> None:
    start(a2i, "invoice-1")
    loop = ml.a2i.human_loop("invoice-1")
    loop.complete({})
    with pytest.raises(BadAnswer, match="is Completed: it takes no answer any more"):
        loop.complete({})
    with pytest.raises(BadAnswer, match="is Completed: it can't fail any more"):
        loop.fail("InternalError")


@pytest.mark.parametrize("name", ["Upper", "", "a/b", "x" * 64])
def test_a_name_that_no_loop_can_have(ml: MockML, name: str) -> None:
    with pytest.raises(ValueError, match="a human loop's name"):
        ml.a2i.human_loop(name)


# -- before the loop is there ---------------------------------------------------------------------


def test_an_answer_may_wait_for_its_loop(a2i: Any, ml: MockML) -> None:
    ml.a2i.human_loop("invoice-1").complete({"decision": "approve"})
    start(a2i, "invoice-1")
    assert status(a2i, "invoice-1") == "Completed"
    start(a2i, "invoice-2")
    assert status(a2i, "invoice-2") == "InProgress"


def test_a_failure_may_wait_for_its_loop(a2i: Any, ml: MockML) -> None:
    ml.a2i.human_loop("invoice-1").fail("ValidationError", "Task failed to render")
    start(a2i, "invoice-1")
    assert status(a2i, "invoice-1") == "Failed"


def test_an_answer_is_given_once(a2i: Any, ml: MockML) -> None:
    ml.a2i.human_loop("invoice-1").complete({"decision": "approve"})
    start(a2i, "invoice-1")
    a2i.delete_human_loop(HumanLoopName="invoice-1")
    start(a2i, "invoice-1")
    assert status(a2i, "invoice-1") == "InProgress"


def test_answers_of_several_rules_add_up(a2i: Any, ml: MockML) -> None:
    ml.a2i.flow_definition("review", workers=2)
    ml.a2i.human_loop("invoice-1").complete({"n": 1})
    ml.a2i.human_loop("invoice-1").complete({"n": 2})
    start(a2i, "invoice-1")
    assert sorted(answer["n"] for answer in answers(ml, "invoice-1")) == [1, 2]


def test_a_loop_that_never_comes_is_an_unused_rule() -> None:
    with pytest.raises(UnusedRule, match="1 rule was not used"), mock_ml() as ml:
        ml.a2i.human_loop("invoice-1").complete({"decision": "approve"})


def test_a_loop_is_found_and_scripted_in_its_own_place(ml: MockML) -> None:
    west = client_of("111122223333", "eu-west-1")
    arn = "arn:aws:sagemaker:eu-west-1:111122223333:flow-definition/review"
    ml.at(region="eu-west-1").a2i.human_loop("scripted").complete({})
    start(west, "scripted", flow=arn)
    start(west, "by-hand", flow=arn)
    ml.a2i.human_loop("by-hand").complete({})
    assert (status(west, "scripted"), status(west, "by-hand")) == ("Completed", "Completed")
    start(client_of(), "by-hand")
    assert ml.at(region="us-east-1").a2i.human_loop("by-hand").status == "InProgress"


# -- functions ------------------------------------------------------------------------------------


def test_a_function_answers_every_loop(a2i: Any, ml: MockML) -> None:
    ml.a2i.flow_definition("review").answer(
        lambda loop: {"decision": "approve" if loop.input["score"] > 0.5 else "reject"}
    )
    for name, score in (("good", 0.9), ("bad", 0.1)):
        start(a2i, name, content=json.dumps({"score": score}))
    assert answers(ml, "good") == [{"decision": "approve"}]
    assert answers(ml, "bad") == [{"decision": "reject"}]


def test_what_a_function_sees(a2i: Any, ml: MockML) -> None:
    seen: list[Any] = []

    @ml.a2i.flow_definition("review").answer
    def worker(loop: Any) -> dict[str, Any]:
        seen.append(loop)
        return {}

    start(a2i, "invoice-1")
    [loop] = seen
    assert (loop.name, loop.input, loop.flow_definition_arn) == ("invoice-1", {"total": 12.5}, FLOW)
    assert loop.created == describe(a2i, "invoice-1")["CreationTime"]


def test_a_function_is_asked_once_for_every_worker(a2i: Any, ml: MockML) -> None:
    flow = ml.a2i.flow_definition("review", workers=3)
    votes = iter(["approve", "reject", "approve"])
    flow.answer(lambda loop: {"decision": next(votes)})
    start(a2i, "invoice-1")
    assert [answer["decision"] for answer in answers(ml, "invoice-1")] == [
        "approve",
        "reject",
        "approve",
    ]


def test_a_function_may_be_async_for_a_sync_client(a2i: Any, ml: MockML) -> None:
    async def worker(loop: Any) -> dict[str, Any]:
        return {"of": loop.name}

    ml.a2i.flow_definition("review", workers=2).answer(worker)
    start(a2i, "invoice-1")
    assert answers(ml, "invoice-1") == [{"of": "invoice-1"}] * 2


def test_a_function_runs_outside_of_locks(a2i: Any, ml: MockML) -> None:
    """A reviewer that looks things up in a thread of its own doesn't hang."""

    def worker(loop: Any) -> dict[str, Any]:
        with ThreadPoolExecutor(1) as pool:
            return {"status": pool.submit(status, a2i, loop.name).result(timeout=10)}

    ml.a2i.flow_definition("review").answer(worker)
    start(a2i, "invoice-1")
    assert answers(ml, "invoice-1") == [{"status": "InProgress"}]


def test_a_function_may_fail_the_loop(a2i: Any, ml: MockML) -> None:
    ml.a2i.flow_definition("review").answer(lambda loop: error("InternalError", "no workers"))
    start(a2i, "invoice-1")
    assert describe(a2i, "invoice-1")["FailureReason"] == "no workers"


def test_a_function_that_comes_too_late_is_not_heard(a2i: Any, ml: MockML) -> None:
    def worker(loop: Any) -> dict[str, Any]:
        a2i.stop_human_loop(HumanLoopName=loop.name)
        return {"too": "late"}

    ml.a2i.flow_definition("review").answer(worker)
    start(a2i, "invoice-1")
    assert status(a2i, "invoice-1") == "Stopped"
    assert ml.s3.list("s3://sagemaker-us-east-1-123456789012/") == []


def test_a_functions_own_fault_is_raised_as_it_is(a2i: Any, ml: MockML) -> None:
    ml.a2i.flow_definition("review").answer(lambda loop: loop.input["score"])
    with pytest.raises(KeyError, match="score"):
        start(a2i, "invoice-1")
    assert status(a2i, "invoice-1") == "InProgress"


@pytest.mark.parametrize("value", [None, "approve", error("Bored")], ids=repr)
def test_a_function_that_answers_nonsense(value: Any) -> None:
    mock = mock_ml()
    ml = mock.start()
    ml.a2i.flow_definition("review").answer(lambda loop: value)
    with pytest.raises(BadAnswer):
        start(client_of(), "invoice-1")
    assert isinstance(ml.unmatched[0], BadAnswer)  # so that swallowing it doesn't help
    mock.stop()


def test_an_answer_is_a_function(ml: MockML) -> None:
    with pytest.raises(BadAnswer, match="takes a function of the loop"):
        ml.a2i.flow_definition("review").answer({"decision": "approve"})  # type: ignore[arg-type]


def test_a_function_for_so_many_loops(a2i: Any, ml: MockML) -> None:
    ml.a2i.flow_definition("review").answer(lambda loop: {}).times(2)
    for name in ("one", "two", "three"):
        start(a2i, name)
    assert [status(a2i, name) for name in ("one", "two", "three")] == [
        "Completed",
        "Completed",
        "InProgress",
    ]


def test_the_later_rule_wins(a2i: Any, ml: MockML) -> None:
    ml.a2i.flow_definition("review").answer(lambda loop: {"by": "the flow definition"})
    ml.a2i.human_loop("special").complete({"by": "the loop"})
    for name in ("special", "other"):
        start(a2i, name)
    assert answers(ml, "special") == [{"by": "the loop"}]
    assert answers(ml, "other") == [{"by": "the flow definition"}]


def test_faults_are_not_what_workers_answer(ml: MockML) -> None:
    rule = ml.a2i.flow_definition("review").answer(lambda loop: {}).optional()
    with pytest.raises(BadAnswer, match="takes answers, not connection faults"):
        rule.timeout()


# -- workers who take their time ------------------------------------------------------------------


def test_an_answer_that_takes_an_hour(a2i: Any, ml: MockML) -> None:
    ml.a2i.flow_definition("review", workers=2).answer(lambda loop: {"of": loop.name}).delay(3600)
    start(a2i, "invoice-1")
    ml.clock.advance(minutes=59)
    assert status(a2i, "invoice-1") == "InProgress"
    ml.clock.advance(minutes=1)
    assert status(a2i, "invoice-1") == "Completed"
    assert answers(ml, "invoice-1") == [{"of": "invoice-1"}] * 2


def test_a_later_answer_of_one_loop(a2i: Any, ml: MockML) -> None:
    rule = ml.a2i.human_loop("invoice-1").complete({"decision": "approve"})
    assert rule is not None
    rule.delay(60)
    start(a2i, "invoice-1")
    assert status(a2i, "invoice-1") == "InProgress"
    ml.clock.advance(seconds=60)
    assert status(a2i, "invoice-1") == "Completed"


def test_a_later_answer_finds_the_loop_ended(a2i: Any, ml: MockML) -> None:
    ml.a2i.flow_definition("review").answer(lambda loop: {}).delay(60)
    start(a2i, "invoice-1")
    a2i.stop_human_loop(HumanLoopName="invoice-1")
    a2i.delete_human_loop(HumanLoopName="invoice-1")
    ml.clock.advance(seconds=60)
    assert [event.detail["humanLoopStatus"] for event in ml.events] == ["Stopped"]


def test_after_a_late_worker_the_next_is_asked(a2i: Any, ml: MockML) -> None:
    ml.a2i.flow_definition("review", workers=2).answer(lambda loop: {"n": 2}).times(1)
    rule = ml.a2i.human_loop("invoice-1").complete({"n": 1})
    assert rule is not None
    rule.delay(60)
    start(a2i, "invoice-1")
    ml.clock.advance(seconds=60)
    assert answers(ml, "invoice-1") == [{"n": 1}, {"n": 2}]


def test_a_late_worker_is_a_plain_function(a2i: Any, ml: MockML) -> None:
    async def worker(loop: Any) -> dict[str, Any]:
        return {}

    ml.a2i.flow_definition("review").answer(worker).delay(60)
    start(a2i, "invoice-1")
    with pytest.raises(BadAnswer, match="is a plain function, not a coroutine one"):
        ml.clock.advance(seconds=60)
