"""Which calls an operation rule (`ml.on`) matches."""

from __future__ import annotations

import datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from mlmock import ANY, MockML, contains, glob, regex
from tests.helpers import A2I, CONTENT, FLOW, start
from tests.rules.operation_rule_helpers import OTHER, describe, description


def test_members_match_by_value_matcher_or_predicate(mlmock: MockML, a2i: Any) -> None:
    for value, fits, other in (
        ("loop-1", "loop-1", "loop-2"),
        (ANY, "anything", None),
        (contains("op-1"), "loop-17", "loop-2"),
        (regex(r"-\d+$"), "loop-17", "loop-x"),
        (glob("loop-?"), "loop-2", "loop-22"),
        (lambda name: len(name) == 3, "abc", "abcd"),
    ):
        mlmock.on(A2I, "DescribeHumanLoop", HumanLoopName=value).reply(description("Failed"))
        assert describe(a2i, fits) == "Failed"
        if other:
            assert describe(a2i, other) == "ResourceNotFoundException"
        mlmock.reset()


def test_payload_matches_as_text_and_as_json(mlmock: MockML) -> None:
    client = boto3.client("sagemaker-runtime", region_name="us-east-1")
    for value, fits, other in (
        ("abc", b"abc", b"abcd"),
        (regex("b.$"), b"\xff abc", b"abcd"),
        (glob("a*c"), b"abc", b"abcd"),
        (contains("bc"), b"abcd", b"b c"),
        (contains({"x": 1}), b'{"deep": [{"x": 1, "y": 2}]}', b'{"x": 2}'),
        (contains(7), b'{"deep": [7]}', b"7 is no list"),
        ({"x": {"y": 1}}, b'{"x": {"y": 1, "z": 2}}', b"x"),
    ):
        mlmock.on("sagemaker-runtime", "InvokeEndpoint", Body=value).reply("fits")
        found = client.invoke_endpoint(EndpointName="x", Body=fits)
        assert found["Body"].read() == b"fits"
        with pytest.raises(ClientError, match="not found"):
            client.invoke_endpoint(EndpointName="x", Body=other)
        mlmock.reset()


def test_contains_matches_parts_of_structures(mlmock: MockML, a2i: Any) -> None:
    for value in ({"InputContent": CONTENT}, "InputContent", CONTENT):
        rule = mlmock.on(A2I, "StartHumanLoop", HumanLoopInput=contains(value))
        rule.reply({"HumanLoopArn": OTHER})
        assert start(a2i) == OTHER
        mlmock.reset()
    mlmock.on(A2I, "StartHumanLoop", HumanLoopInput=contains({"other": 1})).reply({}).optional()
    assert start(a2i) != OTHER


def test_naive_datetime_is_local_time_as_in_botocore(mlmock: MockML, a2i: Any) -> None:
    naive = datetime.datetime(2026, 5, 1, 12)
    rule = mlmock.on(A2I, "ListHumanLoops", CreationTimeAfter=naive)
    rule.reply({"HumanLoopSummaries": []}).times(2)
    for moment in (naive, naive.astimezone(datetime.timezone.utc)):
        a2i.list_human_loops(FlowDefinitionArn=FLOW, CreationTimeAfter=moment)
    assert rule.is_exhausted


def test_nested_members_match_and_where_receives_the_call(mlmock: MockML, a2i: Any) -> None:
    mlmock.on(A2I, "StartHumanLoop", HumanLoopInput={"InputContent": contains("{")}).reply(
        {"HumanLoopArn": OTHER}
    )
    mlmock.on(A2I, "StartHumanLoop", where=lambda call: call.region == "eu-west-1").reply(
        {"HumanLoopArn": OTHER + "-by-where"}
    ).optional()
    assert start(a2i) == OTHER


def test_failure_for_every_operation_uses_the_modeled_error(mlmock: MockML, a2i: Any) -> None:
    """DescribeHumanLoop does not model ConflictException; StartHumanLoop does."""
    mlmock.on(A2I).fail("ConflictException", "taken")
    with pytest.raises(a2i.exceptions.ConflictException) as caught:
        a2i.describe_human_loop(HumanLoopName="x")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 409
    assert caught.value.response["Message"] == "taken"


def test_later_rule_wins_between_one_and_all_operations(mlmock: MockML, a2i: Any) -> None:
    mlmock.on(A2I).fail("AccessDeniedException")
    assert describe(a2i) == "AccessDeniedException"
    mlmock.on(A2I, "DescribeHumanLoop").reply(description("Failed"))
    assert describe(a2i) == "Failed"
    mlmock.on(A2I).fail("ValidationException")
    assert describe(a2i) == "ValidationException"
