"""`ml.on`: rules at the door of a service, their matches, answers and counts."""

from __future__ import annotations

import asyncio
import datetime
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    EventStreamError,
    ReadTimeoutError,
)

from mlmock import ANY, BadAnswer, MockML, contains, error, glob, mock_ml, output, regex
from tests.helpers import A2I, FLOW, names, start

OTHER = "arn:aws:sagemaker:us-east-1:123456789012:human-loop/other"
NOW = datetime.datetime(2026, 5, 1, tzinfo=datetime.timezone.utc)


def describe(a2i: Any, name: str = "x") -> Any:
    """Return DescribeHumanLoop's status, or the code of its error."""
    try:
        return a2i.describe_human_loop(HumanLoopName=name)["HumanLoopStatus"]
    except ClientError as fault:
        return fault.response["Error"]["Code"]


def shown(status: str) -> dict[str, Any]:
    """Return a whole answer of DescribeHumanLoop."""
    return {
        "CreationTime": NOW,
        "HumanLoopStatus": status,
        "HumanLoopName": "x",
        "HumanLoopArn": "arn:aws:sagemaker:us-east-1:123456789012:human-loop/x",
        "FlowDefinitionArn": FLOW,
    }


# -- answers ----------------------------------------------------------------------------------


def test_one_answer_serves_every_matching_call(mlmock: MockML, a2i: Any) -> None:
    rule = mlmock.on(A2I, "DescribeHumanLoop").reply(shown("Completed"))
    answers = [a2i.describe_human_loop(HumanLoopName="x") for _ in range(3)]
    assert all(answer["HumanLoopStatus"] == "Completed" for answer in answers)
    assert answers[0]["CreationTime"] == NOW
    assert rule.used == 3


def test_several_answers_come_in_order_and_then_the_rule_is_spent(mlmock: MockML, a2i: Any) -> None:
    mlmock.on(A2I, "DescribeHumanLoop").reply(
        shown("InProgress"), error("ThrottlingException"), shown("Completed")
    )
    assert [describe(a2i) for _ in range(3)] == [
        "InProgress",
        "Completed",  # the attempt that was throttled is retried
        "ResourceNotFoundException",  # and the service answers again
    ]


def test_a_door_rule_does_not_touch_the_service_and_comes_after_its_checks(
    mlmock: MockML, a2i: Any
) -> None:
    rule = mlmock.on(A2I, "StartHumanLoop").reply({"HumanLoopArn": OTHER})
    with pytest.raises(ClientError, match="failed to satisfy constraint"):
        start(a2i, "Not A Name")
    assert rule.used == 0
    assert start(a2i) == OTHER
    assert names(a2i) == []


def test_a_callable_answers_from_the_call(mlmock: MockML, a2i: Any) -> None:
    def answer(call: Any) -> dict[str, Any]:
        assert call.response is None
        assert (call.service, call.operation, call.attempt) == (A2I, "DescribeHumanLoop", 1)
        return shown("Stopped" if call.params["HumanLoopName"] == "b" else "Failed")

    mlmock.on(A2I, "DescribeHumanLoop").reply(answer)
    assert [describe(a2i, name) for name in "ab"] == ["Failed", "Stopped"]


def test_an_asynchronous_callable_answers_a_plain_client(mlmock: MockML, a2i: Any) -> None:
    async def answer(call: Any) -> dict[str, Any]:
        await asyncio.sleep(0)
        return shown("Stopped")

    mlmock.on(A2I, "DescribeHumanLoop").reply(answer)
    assert describe(a2i) == "Stopped"

    async def inside_a_loop() -> Any:
        return describe(a2i)

    assert asyncio.run(inside_a_loop()) == "Stopped"


def test_a_callable_may_answer_with_an_error_or_call_the_service_itself(
    mlmock: MockML, a2i: Any
) -> None:
    def answer(call: Any) -> Any:
        start(a2i, "from-the-rule")
        return error("ResourceNotFoundException", "Gone.")

    mlmock.on(A2I, "DescribeHumanLoop").reply(answer)
    with pytest.raises(a2i.exceptions.ResourceNotFoundException, match="Gone"):
        a2i.describe_human_loop(HumanLoopName="x")
    assert names(a2i) == ["from-the-rule"]


class Mine(Exception):  # noqa: N818
    """An exception of the test's own."""


@pytest.mark.parametrize("fault", [Mine("mine"), Mine, KeyboardInterrupt()])
def test_an_exception_is_raised_as_it_is(mlmock: MockML, a2i: Any, fault: Any) -> None:
    mlmock.on(A2I).reply(fault)
    kind = fault if isinstance(fault, type) else type(fault)
    with pytest.raises(kind) as caught:
        describe(a2i)
    assert isinstance(fault, type) or caught.value is fault
    assert mlmock.calls.last.error is caught.value


def test_what_a_callable_raises_is_raised_as_it_is(mlmock: MockML, a2i: Any) -> None:
    def answer(call: Any) -> Any:
        raise Mine("from the rule")

    async def later(call: Any) -> Any:
        raise Mine("later")

    for made in (answer, later):
        mlmock.on(A2I).reply(error("ThrottlingException")).optional()
        mlmock.on(A2I, "DescribeHumanLoop").reply(made)
        with pytest.raises(Mine):
            describe(a2i)
        assert isinstance(mlmock.calls.last.error, Mine)


def test_output_says_every_member(mlmock: MockML, a2i: Any) -> None:
    mlmock.on(A2I, "DescribeHumanLoop").reply(output(**shown("Failed")))
    assert describe(a2i) == "Failed"


# -- faults -----------------------------------------------------------------------------------


def test_fail_sends_a_modelled_error_a_common_one_or_any_with_a_status(
    mlmock: MockML, a2i: Any
) -> None:
    for code, more, status in (
        ("ResourceNotFoundException", {}, 404),
        ("AccessDeniedException", {}, 403),
        ("TeapotException", {"status": 418}, 418),
    ):
        mlmock.on(A2I, "DescribeHumanLoop").fail(code, "Said so.", **more)
        with pytest.raises(ClientError) as caught:
            a2i.describe_human_loop(HumanLoopName="x")
        response = caught.value.response
        assert response["Error"] == {"Code": code, "Message": "Said so."}
        assert response["ResponseMetadata"]["HTTPStatusCode"] == status
        assert response["ResponseMetadata"]["RequestId"] == mlmock.calls.last.request_id


def test_faults_of_every_operation(mlmock: MockML, a2i: Any) -> None:
    mlmock.on(A2I).fail("ThrottlingException", times=2)
    assert names(a2i) == []
    assert [call.attempt for call in mlmock.calls] == [1, 2, 3]


@pytest.mark.parametrize(
    ("fault", "more", "raised"),
    [
        ("timeout", {}, ReadTimeoutError),
        ("timeout", {"connect": True}, ConnectTimeoutError),
        ("drop", {}, ConnectionClosedError),
        ("unreachable", {}, EndpointConnectionError),
    ],
)
def test_connections_fail(
    mlmock: MockML, a2i: Any, fault: str, more: dict[str, Any], raised: Any
) -> None:
    getattr(mlmock.on(A2I), fault)(**more)
    with pytest.raises(raised):
        describe(a2i)
    assert len(mlmock.calls) in (3, 5)  # real retries: as many as botocore's default mode makes


def test_a_delay_is_virtual_and_may_run_into_the_clients_read_timeout(a2i: Any) -> None:
    with mock_ml(now=NOW) as ml:
        ml.on(A2I, "ListHumanLoops").delay(30)
        assert names(a2i) == []
        assert ml.clock.now() == NOW + datetime.timedelta(seconds=30)
        assert ml.calls.last.duration == 30
        ml.on(A2I, "DescribeHumanLoop").delay(5).reply(shown("Failed"))
        ml.on(A2I, "DeleteHumanLoop").reply({}).delay(5)
        assert describe(a2i) == "Failed"
        a2i.delete_human_loop(HumanLoopName="x")
        assert ml.clock.now() == NOW + datetime.timedelta(seconds=40)
        ml.on(A2I, "StopHumanLoop").delay(61)
        with pytest.raises(ReadTimeoutError):
            a2i.stop_human_loop(HumanLoopName="x")


@pytest.mark.parametrize("answer", [lambda rule: rule.timeout(), lambda rule: rule.delay(61)])
def test_a_client_waits_for_its_read_timeout_in_virtual_time(answer: Any) -> None:
    once = Config(read_timeout=45, retries={"total_max_attempts": 1})
    with mock_ml(now=NOW) as ml:
        answer(ml.on(A2I, "ListHumanLoops"))
        with pytest.raises(ReadTimeoutError):
            names(boto3.client(A2I, config=once))
        assert ml.clock.now() == NOW + datetime.timedelta(seconds=45)
        assert ml.calls.last.duration == 45


# -- counts -----------------------------------------------------------------------------------


def test_times_delay_and_optional_stand_before_or_after_the_answer(
    mlmock: MockML, a2i: Any
) -> None:
    mlmock.on(A2I, "DescribeHumanLoop").times(2).optional().reply(shown("Failed"))
    mlmock.on(A2I, "DescribeHumanLoop").reply(shown("Stopped")).times(1)
    assert [describe(a2i) for _ in range(4)] == [
        "Stopped",  # the later rule wins, while it lasts
        "Failed",
        "Failed",
        "ResourceNotFoundException",
    ]


def test_times_repeats_a_list_of_answers(mlmock: MockML, a2i: Any) -> None:
    mlmock.on(A2I, "DescribeHumanLoop").reply(shown("Failed"), shown("Stopped")).times(2)
    assert [describe(a2i) for _ in range(4)] == ["Failed", "Stopped"] * 2


def test_a_rule_has_one_answer_list(mlmock: MockML, a2i: Any) -> None:
    rule = mlmock.on(A2I, "DescribeHumanLoop").reply(shown("Failed")).optional()
    with pytest.raises(BadAnswer, match="has its answer"):
        rule.reply(shown("Stopped"))
    assert describe(a2i) == "Failed"


def test_a_rule_without_an_answer_does_not_exist(mlmock: MockML, a2i: Any) -> None:
    mlmock.on(A2I, "DescribeHumanLoop").times(3)
    mlmock.on(A2I, "StopHumanLoop", HumanLoopName="x")
    assert describe(a2i) == "ResourceNotFoundException"


# -- matches ----------------------------------------------------------------------------------


def test_members_match_by_value_part_or_predicate(mlmock: MockML, a2i: Any) -> None:
    for value, fits, fits_not in (
        ("loop-1", "loop-1", "loop-2"),
        (ANY, "anything", None),
        (contains("op-1"), "loop-17", "loop-2"),
        (regex(r"-\d+$"), "loop-17", "loop-x"),
        (glob("loop-?"), "loop-2", "loop-22"),
        (lambda name: len(name) == 3, "abc", "abcd"),
    ):
        mlmock.on(A2I, "DescribeHumanLoop", HumanLoopName=value).reply(shown("Failed"))
        assert describe(a2i, fits) == "Failed"
        if fits_not:
            assert describe(a2i, fits_not) == "ResourceNotFoundException"
        mlmock.reset()


def test_a_payload_matches_by_its_text_and_by_its_json(mlmock: MockML) -> None:
    client = boto3.client("sagemaker-runtime", region_name="us-east-1")
    for value, fits, fits_not in (
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
            client.invoke_endpoint(EndpointName="x", Body=fits_not)
        mlmock.reset()


def test_structures_contain_their_parts(mlmock: MockML, a2i: Any) -> None:
    for value in ({"InputContent": "{}"}, "InputContent", "{}"):
        rule = mlmock.on(A2I, "StartHumanLoop", HumanLoopInput=contains(value))
        rule.reply({"HumanLoopArn": OTHER})
        assert start(a2i) == OTHER
        mlmock.reset()
    mlmock.on(A2I, "StartHumanLoop", HumanLoopInput=contains({"other": 1})).reply({}).optional()
    assert start(a2i) != OTHER


def test_a_naive_time_is_a_local_one_as_it_is_to_botocore(mlmock: MockML, a2i: Any) -> None:
    naive = datetime.datetime(2026, 5, 1, 12)
    rule = mlmock.on(A2I, "ListHumanLoops", CreationTimeAfter=naive)
    rule.reply({"HumanLoopSummaries": []}).times(2)
    for moment in (naive, naive.astimezone(datetime.timezone.utc)):
        a2i.list_human_loops(FlowDefinitionArn=FLOW, CreationTimeAfter=moment)
    assert rule.is_spent


def test_nested_members_match_by_part_and_where_sees_the_call(mlmock: MockML, a2i: Any) -> None:
    mlmock.on(A2I, "StartHumanLoop", HumanLoopInput={"InputContent": contains("{")}).reply(
        {"HumanLoopArn": OTHER}
    )
    mlmock.on(A2I, "StartHumanLoop", where=lambda call: call.region == "eu-west-1").reply(
        {"HumanLoopArn": OTHER + "-by-where"}
    ).optional()
    assert start(a2i) == OTHER


def test_a_fault_of_every_operation_is_the_services_own_everywhere(
    mlmock: MockML, a2i: Any
) -> None:
    """DescribeHumanLoop models no conflict; StartHumanLoop says what one looks like."""
    mlmock.on(A2I).fail("ConflictException", "taken")
    with pytest.raises(a2i.exceptions.ConflictException) as caught:
        a2i.describe_human_loop(HumanLoopName="x")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 409
    assert caught.value.response["Message"] == "taken"


def test_a_rule_of_one_operation_and_one_of_all_the_later_wins(mlmock: MockML, a2i: Any) -> None:
    mlmock.on(A2I).fail("AccessDeniedException")
    assert describe(a2i) == "AccessDeniedException"
    mlmock.on(A2I, "DescribeHumanLoop").reply(shown("Failed"))
    assert describe(a2i) == "Failed"
    mlmock.on(A2I).fail("ValidationException")
    assert describe(a2i) == "ValidationException"


# -- what is refused where it is written ------------------------------------------------------


@pytest.mark.parametrize(
    ("service", "operation", "members", "said"),
    [
        ("sagemaker-a2i-runtim", "*", {}, "did you mean sagemaker-a2i-runtime"),
        ("a2i", "*", {}, "did you mean sagemaker-a2i-runtime"),
        (A2I, "describe_human_loop", {}, "did you mean DescribeHumanLoop"),
        (A2I, "DescribeHumanLop", {}, "did you mean DescribeHumanLoop"),
        (A2I, "DescribeHumanLoop", {"HumanLopName": 1}, "did you mean HumanLoopName"),
        (A2I, "*", {"Body": 1}, "no request member Body"),
    ],
)
def test_what_does_not_exist_is_refused(
    mlmock: MockML, service: str, operation: str, members: Any, said: str
) -> None:
    with pytest.raises(BadAnswer, match=said):
        mlmock.on(service, operation, **members)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({}, "needs CreationTime"),
        ({**shown("Failed"), "Extra": 1}, "no member Extra"),
        ({**shown("Lost")}, "HumanLoopStatus takes one of"),
        ({**shown("Failed"), "FailureReason": 3}, "FailureReason takes str"),
        ({**shown("Failed"), "HumanLoopName": "A B"}, "doesn't fit the pattern"),
        ({**shown("Failed"), "HumanLoopOutput": {}}, "OutputS3Uri is required"),
        ("text", "answers with members"),
        (int, "answers with members"),
        (None, "answers with members"),
        (error("NoSuchException"), "has no error NoSuchException"),
        (error("ResourceNotFoundException", Extra=1), "no member Extra"),
    ],
)
def test_an_answer_that_the_model_refuses_is_refused_where_it_is_written(
    mlmock: MockML, answer: Any, said: str
) -> None:
    with pytest.raises(BadAnswer, match=said):
        mlmock.on(A2I, "DescribeHumanLoop").reply(answer)
    with pytest.raises(BadAnswer, match=said):  # also as one of many
        mlmock.on(A2I, "DescribeHumanLoop").reply(shown("Failed"), answer)


def test_what_a_callable_answers_is_refused_when_the_call_comes(a2i: Any) -> None:
    @mock_ml
    def swallowing(ml: Any) -> None:
        ml.on(A2I, "DescribeHumanLoop").reply(lambda call: {})
        with pytest.raises(BadAnswer):
            a2i.describe_human_loop(HumanLoopName="x")

    test: Any = swallowing
    with pytest.raises(BadAnswer, match="needs CreationTime"):
        test()


def test_where_is_a_function(mlmock: MockML) -> None:
    wrong: Any = "x"
    with pytest.raises(BadAnswer, match="where= takes a function"):
        mlmock.on(A2I, where=wrong)


@pytest.mark.parametrize("lazily", [False, True])
@pytest.mark.parametrize(
    ("last", "seen"),
    [
        ({"ModelStreamError": {"Message": "boom", "ErrorCode": "X"}}, EventStreamError),
        (KeyError("mine"), KeyError),
    ],
)
def test_an_exception_among_the_events_ends_the_stream(
    mlmock: MockML, last: Any, seen: Any, lazily: bool
) -> None:
    events = [b"one", last, b"two"]
    mlmock.on("sagemaker-runtime", "InvokeEndpointWithResponseStream").reply(
        (lambda call: iter(events)) if lazily else events
    )
    client = boto3.client("sagemaker-runtime", region_name="us-east-1")
    answer = client.invoke_endpoint_with_response_stream(EndpointName="x", Body=b"")
    body = iter(answer["Body"])
    assert next(body) == {"PayloadPart": {"Bytes": b"one"}}
    with pytest.raises(seen, match=r"boom|mine"):
        next(body)
    assert list(body) == []


@pytest.mark.parametrize(
    ("write", "said"),
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
def test_a_fault_that_cannot_be_sent_is_refused(mlmock: MockML, write: Any, said: str) -> None:
    with pytest.raises(BadAnswer, match=said):
        write(mlmock.on(A2I, "StopHumanLoop"))


def test_an_answer_that_is_no_json_is_refused(mlmock: MockML) -> None:
    for answer in (float("nan"), {"score": float("inf")}, {1, 2}):
        with pytest.raises(BadAnswer, match="answers JSON here"):
            mlmock.on("sagemaker-runtime", "InvokeEndpoint").reply(answer)


def test_every_operation_takes_faults_only(mlmock: MockML) -> None:
    answers: list[Any] = [{}, "text", lambda call: {}]
    for answer in answers:
        with pytest.raises(BadAnswer, match="faults only"):
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
def test_a_rule_that_says_nothing_is_refused(mlmock: MockML, write: Any) -> None:
    with pytest.raises(BadAnswer):
        write(mlmock.on(A2I, "DescribeHumanLoop"))
    assert len(mlmock.calls) == 0
