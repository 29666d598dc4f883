"""Errors that a mock raises: unmatched calls, suppressed errors, unused rules."""

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


def test_exhausted_answers_of_a_scripted_resource_raise_unmatched_call(mlmock: MockML) -> None:
    mlmock.sagemaker.endpoint("churn").reply({"score": 1}).times(1)
    assert invoke() == b'{"score":1}'
    with pytest.raises(UnmatchedCall) as caught:
        invoke()
    text = str(caught.value)
    assert 'ml.sagemaker.endpoint("churn")' in text
    assert "it matches, but is exhausted after 1 call" in text
    assert "test_failures.py:" in text  # the location of the rule
    assert isinstance(caught.value, AssertionError)
    assert mlmock.unmatched == [caught.value]
    mlmock.unmatched.clear()


def test_suppressed_unmatched_call_is_raised_when_the_mock_ends() -> None:
    @mock_ml
    def run(ml: Any, expected: Any = None) -> None:
        ml.sagemaker.endpoint("churn").reply({"score": 1}).times(1)
        invoke()
        with contextlib.suppress(UnmatchedCall):
            invoke()
        if expected:
            expected(ml)

    test: Any = run
    with pytest.raises(UnmatchedCall, match="churn"):
        test()
    test(expected=lambda ml: ml.unmatched.clear())
    test(expected=lambda ml: ml.reset())


def test_not_mocked_precedes_unused_rules_and_never_hides_an_exception_of_the_test() -> None:
    def run(error: Exception | None = None) -> None:
        with mock_ml("bedrock-runtime") as ml:
            ml.on("bedrock-runtime").fail("ThrottlingException")
            with contextlib.suppress(NotMocked):
                names(boto3.client(A2I, region_name="us-east-1"))
            if error:
                raise error

    with pytest.raises(NotMocked):
        run()
    with pytest.raises(LookupError, match="mine"):
        run(LookupError("mine"))


def test_inner_mock_raises_its_own_not_mocked_error() -> None:
    with mock_ml("bedrock-runtime"):

        def inner() -> None:
            with mock_ml("sagemaker-runtime"), contextlib.suppress(NotMocked):
                names(boto3.client(A2I, region_name="us-east-1"))

        with pytest.raises(NotMocked):
            inner()


def test_not_mocked_in_a_thread_is_raised_when_the_mock_ends() -> None:
    def run() -> None:
        with mock_ml("bedrock-runtime"):
            a2i = boto3.client(A2I, region_name="us-east-1")

            def call() -> None:
                with contextlib.suppress(NotMocked):
                    names(a2i)

            thread = threading.Thread(target=call)
            thread.start()
            thread.join()

    with pytest.raises(NotMocked):
        run()


def test_lenient_mock_gives_the_default_answer() -> None:
    with mock_ml(strict=False) as ml:
        ml.sagemaker.endpoint("churn").reply({"score": 1}).times(1)
        assert invoke() == b'{"score":1}'
        assert invoke() is not None
        assert ml.unmatched == []


def test_failures_and_operation_rules_leave_a_resource_unscripted(mlmock: MockML) -> None:
    start(boto3.client(A2I, region_name="us-east-1"))
    mlmock.on(RUNTIME, "InvokeEndpoint", Body=contains("never")).reply({"score": 2}).optional()
    mlmock.sagemaker.endpoint("churn").fail("InternalFailure", times=1)
    with contextlib.suppress(ClientError):
        invoke()
    assert invoke() is not None
    assert mlmock.unmatched == []


# -- unused rules -----------------------------------------------------------------------------


def test_unused_rules_are_reported_with_location_and_count() -> None:
    def run() -> None:
        with mock_ml() as ml:
            ml.on(A2I, "StopHumanLoop", HumanLoopName="x").fail("ValidationException")
            ml.on(A2I, "ListHumanLoops").fail("AccessDeniedException", times=3)
            ml.on(A2I, "DeleteHumanLoop").fail("ValidationException").optional()
            with pytest.raises(ClientError):
                names(boto3.client(A2I, region_name="us-east-1"))

    with pytest.raises(UnusedRule) as caught:
        run()
    text = str(caught.value)
    assert "2 rules were not used as often as expected" in text
    assert """ml.on("sagemaker-a2i-runtime", "StopHumanLoop", HumanLoopName='x')""" in text
    assert "used 1 of 3 times" in text
    assert text.count("test_failures.py:") == 2
    assert ".optional()" in text
    assert "DeleteHumanLoop" not in text


def test_unused_rule_is_reported_with_the_closest_call() -> None:
    def run() -> None:
        with mock_ml() as ml:
            ml.on(A2I, "StartHumanLoop", HumanLoopName="b").fail("ThrottlingException")
            a2i = boto3.client(A2I, region_name="us-east-1")
            start(a2i, "c")
            names(a2i)

    with pytest.raises(UnusedRule) as caught:
        run()
    _, rule, nearest, why, end = str(caught.value).splitlines()
    assert "HumanLoopName='b'" in rule
    assert nearest.startswith("      the nearest call: start_human_loop(HumanLoopName='c', ")
    assert why == "      HumanLoopName is 'c'; expected 'b'"
    assert end == "Remove the rule, or mark it .optional()."


def test_matcher_that_raises_does_not_hide_the_unused_rule() -> None:
    def run() -> None:
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
        run()
    assert "its matcher raised KeyError('None')" in str(caught.value)
    assert "its matcher raised AttributeError(" in str(caught.value)


def test_rule_without_times_may_be_used_repeatedly(mlmock: MockML, a2i: Any) -> None:
    mlmock.on(A2I, "StopHumanLoop").reply({})
    for _ in range(3):
        a2i.stop_human_loop(HumanLoopName="x")
    mlmock.assert_all_used()


def test_assert_all_used_can_be_called_within_a_test(mlmock: MockML, a2i: Any) -> None:
    rule = mlmock.on(A2I, "StopHumanLoop").reply({}).times(2)
    a2i.stop_human_loop(HumanLoopName="x")
    with pytest.raises(UnusedRule, match="used 1 of 2 times"):
        mlmock.assert_all_used()
    a2i.stop_human_loop(HumanLoopName="x")
    mlmock.assert_all_used()
    assert rule.is_exhausted


def test_lenient_mock_warns_about_unused_rules() -> None:
    with (
        pytest.warns(UnusedRuleWarning, match="StopHumanLoop") as warned,
        mock_ml(strict=False) as ml,
    ):
        ml.on(A2I, "StopHumanLoop").fail("ThrottlingException")
    assert warned[0].filename == __file__
