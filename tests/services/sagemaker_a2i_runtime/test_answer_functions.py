"""Functions that answer for workers, immediately or after a delay."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from mlmock import InvalidRule, MockML, error, mock_ml
from tests.helpers import FLOW, client_for, start
from tests.services.sagemaker_a2i_runtime.human_loop_helpers import answers, describe, status

# -- functions --------------------------------------------------------------------------------


def test_function_answers_every_loop(a2i: Any, ml: MockML) -> None:
    ml.a2i.flow_definition("review").answer(
        lambda loop: {"decision": "approve" if loop.input["score"] > 0.5 else "reject"}
    )
    for name, score in (("good", 0.9), ("bad", 0.1)):
        start(a2i, name, content=json.dumps({"score": score}))
    assert answers(ml, "good") == [{"decision": "approve"}]
    assert answers(ml, "bad") == [{"decision": "reject"}]


def test_function_receives_the_loop(a2i: Any, ml: MockML) -> None:
    loops: list[Any] = []

    @ml.a2i.flow_definition("review").answer
    def worker(loop: Any) -> dict[str, Any]:
        loops.append(loop)
        return {}

    start(a2i, "invoice-1")
    [loop] = loops
    assert (loop.name, loop.input, loop.flow_definition_arn) == ("invoice-1", {"total": 12.5}, FLOW)
    assert loop.created == describe(a2i, "invoice-1")["CreationTime"]


def test_function_is_called_once_for_every_worker(a2i: Any, ml: MockML) -> None:
    flow = ml.a2i.flow_definition("review", workers=3)
    votes = iter(["approve", "reject", "approve"])
    flow.answer(lambda loop: {"decision": next(votes)})
    start(a2i, "invoice-1")
    assert [answer["decision"] for answer in answers(ml, "invoice-1")] == [
        "approve",
        "reject",
        "approve",
    ]


def test_async_function_answers_a_synchronous_client(a2i: Any, ml: MockML) -> None:
    async def worker(loop: Any) -> dict[str, Any]:
        return {"of": loop.name}

    ml.a2i.flow_definition("review", workers=2).answer(worker)
    start(a2i, "invoice-1")
    assert answers(ml, "invoice-1") == [{"of": "invoice-1"}] * 2


def test_function_runs_without_locks(a2i: Any, ml: MockML) -> None:
    """A function that calls the service from another thread does not deadlock."""

    def worker(loop: Any) -> dict[str, Any]:
        with ThreadPoolExecutor(1) as pool:
            return {"status": pool.submit(status, a2i, loop.name).result(timeout=10)}

    ml.a2i.flow_definition("review").answer(worker)
    start(a2i, "invoice-1")
    assert answers(ml, "invoice-1") == [{"status": "InProgress"}]


def test_function_may_fail_the_loop(a2i: Any, ml: MockML) -> None:
    ml.a2i.flow_definition("review").answer(lambda loop: error("InternalError", "no workers"))
    start(a2i, "invoice-1")
    assert describe(a2i, "invoice-1")["FailureReason"] == "no workers"


def test_answer_for_an_ended_loop_is_discarded(a2i: Any, ml: MockML) -> None:
    def worker(loop: Any) -> dict[str, Any]:
        a2i.stop_human_loop(HumanLoopName=loop.name)
        return {"too": "late"}

    ml.a2i.flow_definition("review").answer(worker)
    start(a2i, "invoice-1")
    assert status(a2i, "invoice-1") == "Stopped"
    assert ml.s3.list("s3://sagemaker-us-east-1-123456789012/") == []


def test_exception_of_a_function_is_raised_unchanged(a2i: Any, ml: MockML) -> None:
    ml.a2i.flow_definition("review").answer(lambda loop: loop.input["score"])
    with pytest.raises(KeyError, match="score"):
        start(a2i, "invoice-1")
    assert status(a2i, "invoice-1") == "InProgress"


@pytest.mark.parametrize("value", [None, "approve", error("Bored")], ids=repr)
def test_invalid_answer_of_a_function_raises(value: Any) -> None:
    mock = mock_ml()
    ml = mock.start()
    ml.a2i.flow_definition("review").answer(lambda loop: value)
    with pytest.raises(InvalidRule):
        start(client_for(), "invoice-1")
    assert isinstance(
        ml.unmatched[0], InvalidRule
    )  # it is raised even if the code under test suppresses it
    mock.stop()


def test_answer_requires_a_function(ml: MockML) -> None:
    with pytest.raises(InvalidRule, match="requires a function of the human loop"):
        ml.a2i.flow_definition("review").answer({"decision": "approve"})  # type: ignore[arg-type]


def test_function_with_times_answers_that_many_loops(a2i: Any, ml: MockML) -> None:
    ml.a2i.flow_definition("review").answer(lambda loop: {}).times(2)
    for name in ("one", "two", "three"):
        start(a2i, name)
    assert [status(a2i, name) for name in ("one", "two", "three")] == [
        "Completed",
        "Completed",
        "InProgress",
    ]


def test_later_rule_wins(a2i: Any, ml: MockML) -> None:
    ml.a2i.flow_definition("review").answer(lambda loop: {"by": "the flow definition"})
    ml.a2i.human_loop("special").complete({"by": "the loop"})
    for name in ("special", "other"):
        start(a2i, name)
    assert answers(ml, "special") == [{"by": "the loop"}]
    assert answers(ml, "other") == [{"by": "the flow definition"}]


def test_connection_failures_are_rejected(ml: MockML) -> None:
    rule = ml.a2i.flow_definition("review").answer(lambda loop: {}).optional()
    with pytest.raises(InvalidRule, match="accepts answers and errors, not connection failures"):
        rule.timeout()


# -- delayed answers --------------------------------------------------------------------------


def test_delayed_answer_of_a_function(a2i: Any, ml: MockML) -> None:
    ml.a2i.flow_definition("review", workers=2).answer(lambda loop: {"of": loop.name}).delay(3600)
    start(a2i, "invoice-1")
    ml.clock.advance(minutes=59)
    assert status(a2i, "invoice-1") == "InProgress"
    ml.clock.advance(minutes=1)
    assert status(a2i, "invoice-1") == "Completed"
    assert answers(ml, "invoice-1") == [{"of": "invoice-1"}] * 2


def test_delayed_answer_of_one_loop(a2i: Any, ml: MockML) -> None:
    rule = ml.a2i.human_loop("invoice-1").complete({"decision": "approve"})
    assert rule is not None
    rule.delay(60)
    start(a2i, "invoice-1")
    assert status(a2i, "invoice-1") == "InProgress"
    ml.clock.advance(seconds=60)
    assert status(a2i, "invoice-1") == "Completed"


def test_delayed_answer_for_an_ended_loop_is_discarded(a2i: Any, ml: MockML) -> None:
    ml.a2i.flow_definition("review").answer(lambda loop: {}).delay(60)
    start(a2i, "invoice-1")
    a2i.stop_human_loop(HumanLoopName="invoice-1")
    a2i.delete_human_loop(HumanLoopName="invoice-1")
    ml.clock.advance(seconds=60)
    assert [event.detail["humanLoopStatus"] for event in ml.events] == ["Stopped"]


def test_next_worker_answers_after_a_delayed_one(a2i: Any, ml: MockML) -> None:
    ml.a2i.flow_definition("review", workers=2).answer(lambda loop: {"n": 2}).times(1)
    rule = ml.a2i.human_loop("invoice-1").complete({"n": 1})
    assert rule is not None
    rule.delay(60)
    start(a2i, "invoice-1")
    ml.clock.advance(seconds=60)
    assert answers(ml, "invoice-1") == [{"n": 1}, {"n": 2}]


def test_delayed_function_must_not_be_a_coroutine_function(a2i: Any, ml: MockML) -> None:
    async def worker(loop: Any) -> dict[str, Any]:
        return {}

    ml.a2i.flow_definition("review").answer(worker).delay(60)
    start(a2i, "invoice-1")
    with pytest.raises(InvalidRule, match="must be a plain function, not a coroutine function"):
        ml.clock.advance(seconds=60)
