"""What a test's author is told: unmatched calls, refusals that were swallowed, unused rules."""

from __future__ import annotations

import contextlib
import threading
from typing import Any
from unittest import mock

import boto3
import pytest
from botocore.exceptions import ClientError

from mlmock import (
    MockML,
    NotMocked,
    UnmatchedCall,
    UnusedRule,
    UnusedRuleWarning,
    contains,
    mock_ml,
)
from tests.helpers import A2I, FLOW, names, start

RUNTIME = "sagemaker-runtime"


def invoke(name: str = "churn", body: str = "{}") -> Any:
    """Invoke an endpoint, and return the body of its answer."""
    runtime = boto3.client(RUNTIME, region_name="us-east-1")
    return runtime.invoke_endpoint(EndpointName=name, Body=body)["Body"].read()


# -- unmatched calls --------------------------------------------------------------------------


def test_a_scripted_resource_whose_answers_are_spent_says_so(mlmock: MockML) -> None:
    mlmock.sagemaker.endpoint("churn").reply({"score": 1}).times(1)
    assert invoke() == b'{"score":1}'
    with pytest.raises(UnmatchedCall) as caught:
        invoke()
    text = str(caught.value)
    assert 'ml.sagemaker.endpoint("churn")' in text
    assert "spent after its one call" in text
    assert "test_failures.py:" in text  # where the rule was written
    assert isinstance(caught.value, AssertionError)
    assert mlmock.unmatched == [caught.value]
    mlmock.unmatched.clear()


def test_an_unmatched_call_that_was_swallowed_is_raised_again_when_the_block_ends() -> None:
    @mock_ml
    def work(ml: Any, expected: Any = None) -> None:
        ml.sagemaker.endpoint("churn").reply({"score": 1}).times(1)
        invoke()
        with contextlib.suppress(UnmatchedCall):
            invoke()
        if expected:
            expected(ml)

    test: Any = work
    with pytest.raises(UnmatchedCall, match="churn"):
        test()
    test(expected=lambda ml: ml.unmatched.clear())
    test(expected=lambda ml: ml.reset())


def test_it_is_raised_before_unused_rules_are_told_and_never_over_the_blocks_own_error() -> None:
    def work(fault: Exception | None = None) -> None:
        with mock_ml("bedrock-runtime") as ml:
            ml.on("bedrock-runtime").fail("ThrottlingException")
            with contextlib.suppress(NotMocked):
                names(boto3.client(A2I, region_name="us-east-1"))
            if fault:
                raise fault

    with pytest.raises(NotMocked):
        work()
    with pytest.raises(LookupError, match="mine"):
        work(LookupError("mine"))


def test_a_refusal_belongs_to_the_block_that_ran_when_it_came() -> None:
    with mock_ml("bedrock-runtime"):

        def inner() -> None:
            with mock_ml("sagemaker-runtime"), contextlib.suppress(NotMocked):
                names(boto3.client(A2I, region_name="us-east-1"))

        with pytest.raises(NotMocked):
            inner()


def test_a_refusal_in_a_thread_is_known_to_the_block() -> None:
    def work() -> None:
        with mock_ml("bedrock-runtime"):
            a2i = boto3.client(A2I, region_name="us-east-1")

            def call() -> None:
                with contextlib.suppress(NotMocked):
                    names(a2i)

            thread = threading.Thread(target=call)
            thread.start()
            thread.join()

    with pytest.raises(NotMocked):
        work()


def test_where_a_block_is_not_strict_the_default_answers() -> None:
    with mock_ml(strict=False) as ml:
        ml.sagemaker.endpoint("churn").reply({"score": 1}).times(1)
        assert invoke() == b'{"score":1}'
        assert invoke() is not None
        assert ml.unmatched == []


def test_faults_and_door_rules_script_no_resource(mlmock: MockML) -> None:
    start(boto3.client(A2I, region_name="us-east-1"))
    mlmock.on(RUNTIME, "InvokeEndpoint", Body=contains("never")).reply({"score": 2}).optional()
    mlmock.sagemaker.endpoint("churn").fail("InternalFailure", times=1)
    with contextlib.suppress(ClientError):
        invoke()
    assert invoke() is not None
    assert mlmock.unmatched == []


# -- unused rules -----------------------------------------------------------------------------


def test_unused_rules_are_told_with_their_place_and_their_count() -> None:
    def work() -> None:
        with mock_ml() as ml:
            ml.on(A2I, "StopHumanLoop", HumanLoopName="x").fail("ValidationException")
            ml.on(A2I, "ListHumanLoops").fail("AccessDeniedException", times=3)
            ml.on(A2I, "DeleteHumanLoop").fail("ValidationException").optional()
            with pytest.raises(ClientError):
                names(boto3.client(A2I, region_name="us-east-1"))

    with pytest.raises(UnusedRule) as caught:
        work()
    text = str(caught.value)
    assert "2 rules were not used as often as written" in text
    assert """ml.on("sagemaker-a2i-runtime", "StopHumanLoop", HumanLoopName='x')""" in text
    assert "used 1 of 3 times" in text
    assert text.count("test_failures.py:") == 2
    assert ".optional()" in text
    assert "DeleteHumanLoop" not in text


def test_an_unused_rule_is_told_with_the_call_that_came_nearest() -> None:
    def work() -> None:
        with mock_ml() as ml:
            ml.on(A2I, "StartHumanLoop", HumanLoopName="b").fail("ThrottlingException")
            a2i = boto3.client(A2I, region_name="us-east-1")
            start(a2i, "c")
            names(a2i)

    with pytest.raises(UnusedRule) as caught:
        work()
    _, rule, nearest, why, end = str(caught.value).splitlines()
    assert "HumanLoopName='b'" in rule
    assert nearest.startswith("      the nearest call: start_human_loop(HumanLoopName='c', ")
    assert why == "      HumanLoopName is 'c'; the rule says 'b'"
    assert end.startswith("Take it out")


def test_a_match_that_raises_hides_no_unused_rule() -> None:
    def work() -> None:
        with mock_ml() as ml:
            ml.on(A2I, "ListHumanLoops", where=lambda call: call.params["None"]).fail("Throttling")
            ml.on(A2I, "ListHumanLoops", MaxResults=lambda size: size.none).fail("Throttling")
            ml.on(A2I, "ListHumanLoops").reply({"HumanLoopSummaries": []})
            boto3.client(A2I, region_name="us-east-1").list_human_loops(
                FlowDefinitionArn=FLOW, MaxResults=5
            )

    with (
        mock.patch("os.getcwd", side_effect=FileNotFoundError),
        pytest.raises(UnusedRule) as caught,
    ):
        work()
    assert "its match raises KeyError('None')" in str(caught.value)
    assert "its match raises AttributeError(" in str(caught.value)


def test_a_rule_that_was_used_more_often_than_once_is_used(mlmock: MockML, a2i: Any) -> None:
    mlmock.on(A2I, "StopHumanLoop").reply({})
    for _ in range(3):
        a2i.stop_human_loop(HumanLoopName="x")
    mlmock.assert_all_used()


def test_assert_all_used_at_any_time(mlmock: MockML, a2i: Any) -> None:
    rule = mlmock.on(A2I, "StopHumanLoop").reply({}).times(2)
    a2i.stop_human_loop(HumanLoopName="x")
    with pytest.raises(UnusedRule, match="used 1 of 2 times"):
        mlmock.assert_all_used()
    a2i.stop_human_loop(HumanLoopName="x")
    mlmock.assert_all_used()
    assert rule.is_spent


def test_a_block_that_is_not_strict_only_warns() -> None:
    with (
        pytest.warns(UnusedRuleWarning, match="StopHumanLoop") as warned,
        mock_ml(strict=False) as ml,
    ):
        ml.on(A2I, "StopHumanLoop").fail("ThrottlingException")
    assert warned[0].filename == __file__
