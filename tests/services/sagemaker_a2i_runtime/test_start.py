"""StartHumanLoop: valid input, invalid input, and repeated requests."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from mlmock import MockML
from tests.helpers import CONTENT, FLOW, client_for, start
from tests.services.sagemaker_a2i_runtime.human_loop_helpers import describe, names


def error_of(client: Any, **changes: Any) -> tuple[str, str]:
    """Return code and message of a failed start, and check that nothing was stored."""
    request = {
        "HumanLoopName": "invoice-1",
        "FlowDefinitionArn": FLOW,
        "HumanLoopInput": {"InputContent": CONTENT},
    }
    before = names(client)
    with pytest.raises(ClientError) as caught:
        client.start_human_loop(**(request | changes))
    assert names(client) == before
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


# -- valid input ------------------------------------------------------------------------------


def test_started_loop_is_in_progress(a2i: Any, ml: MockML) -> None:
    arn = start(a2i, "invoice-1")
    assert arn == "arn:aws:sagemaker:us-east-1:123456789012:human-loop/invoice-1"
    loop = describe(a2i, "invoice-1")
    assert loop["HumanLoopStatus"] == "InProgress"
    assert loop["HumanLoopArn"] == arn
    assert ml.a2i.human_loop("invoice-1").input == {"total": 12.5}


def test_flow_definition_need_not_be_declared(a2i: Any) -> None:
    start(a2i, "invoice-1", flow=FLOW.replace("review", "undeclared"))
    assert names(a2i, FlowDefinitionArn=FLOW.replace("review", "undeclared")) == ["invoice-1"]


@pytest.mark.parametrize(
    ("region", "partition"),
    [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov"), ("eu-west-1", "aws")],
)
@pytest.mark.usefixtures("mlmock")
def test_arns_have_the_partition_of_the_region(region: str, partition: str) -> None:
    client = client_for("111122223333", region)
    scope = f"{partition}:sagemaker:{region}:111122223333"
    arn = start(client, "invoice-1", flow=f"arn:{scope}:flow-definition/review")
    assert arn == f"arn:{scope}:human-loop/invoice-1"


def test_data_attributes_are_passed_to_the_worker(a2i: Any, ml: MockML) -> None:
    received: list[Any] = []

    @ml.a2i.flow_definition("review").answer
    def worker(loop: Any) -> dict[str, bool]:
        received.append(loop)
        return {"ok": True}

    given = ["FreeOfAdultContent", "FreeOfPersonallyIdentifiableInformation"]
    start(a2i, "invoice-1", DataAttributes={"ContentClassifiers": given})
    start(a2i, "invoice-2", DataAttributes={"ContentClassifiers": []})
    start(a2i, "invoice-3")
    assert [loop.content_classifiers for loop in received] == [tuple(given), (), ()]


@pytest.mark.parametrize("name", ["a", "0", "a--b", "stop", "x" * 63])
def test_valid_names(a2i: Any, name: str) -> None:
    start(a2i, name)
    assert describe(a2i, name)["HumanLoopName"] == name


def test_input_may_have_three_mebibytes(a2i: Any) -> None:
    most = '{"a":"' + "x" * (3145728 - 8) + '"}'
    start(a2i, "largest", content=most)
    code, message = error_of(a2i, HumanLoopInput={"InputContent": most + " "})
    assert code == "ValidationException"
    assert "at 'humanLoopInput.inputContent' failed to satisfy constraint" in message
    assert message.endswith("Member must have length less than or equal to 3145728")


# -- invalid input ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["Invoice", "-a", "a-", "a_b", "a b", "a/b", "é", "x" * 64])
def test_invalid_names_are_rejected(a2i: Any, name: str) -> None:
    code, message = error_of(a2i, HumanLoopName=name)
    assert code == "ValidationException"
    assert f"Value '{name}' at 'humanLoopName' failed to satisfy constraint" in message


def test_all_violations_are_reported_in_one_message(a2i: Any) -> None:
    _, message = error_of(
        a2i,
        HumanLoopName="A",
        FlowDefinitionArn="review",
        DataAttributes={"ContentClassifiers": ["FreeOfCharge"]},
    )
    assert message.startswith("3 validation errors detected: Value")
    for path in ("humanLoopName", "flowDefinitionArn", "dataAttributes.contentClassifiers"):
        assert f"at '{path}' failed to satisfy constraint: Member must" in message


@pytest.mark.parametrize(
    "content",
    [
        "",
        "no JSON",
        "[1]",
        '"text"',
        "null",
        '{"a": NaN}',
        '{"a": -Infinity}',
        '{"a": 1e400}',
        '{"a":' * 300 + "1" + "}" * 300,
        '{"a":' + "[" * 100_000,
        '{"a": ' + "9" * 5000 + "}",
    ],
    ids=lambda content: content[:14],
)
def test_input_must_be_a_json_object(a2i: Any, content: str) -> None:
    assert error_of(a2i, HumanLoopInput={"InputContent": content}) == (
        "ValidationException",
        "InputContent must be the text of a JSON object.",
    )


def test_wide_input_is_accepted(a2i: Any) -> None:
    start(a2i, "wide", content='{"rows": [' + ",".join(['{"a": []}'] * 1000) + "]}")


@pytest.mark.parametrize(
    "arn",
    [
        FLOW.replace("us-east-1", "eu-west-1"),
        FLOW.replace("123456789012", "111122223333"),
        FLOW.replace("arn:aws:", "arn:aws-cn:"),
        FLOW.replace("review", "Review"),
        FLOW.replace("review", "a/b"),
        FLOW.replace("review", ""),
    ],
    ids=["another region", "another account", "another partition", "case", "path", "no name"],
)
def test_flow_definition_of_another_scope_or_with_an_invalid_name_is_rejected(
    a2i: Any, arn: str
) -> None:
    assert error_of(a2i, FlowDefinitionArn=arn) == (
        "ValidationException",
        f"The specified Flow Definition '{arn}' does not exist or you do not have access to it.",
    )


def test_service_quota_error_can_be_scripted(a2i: Any, ml: MockML) -> None:
    ml.on("sagemaker-a2i-runtime", "StartHumanLoop").fail(
        "ServiceQuotaExceededException", "too many", times=1
    )
    with pytest.raises(a2i.exceptions.ServiceQuotaExceededException, match="too many") as caught:
        start(a2i, "invoice-1")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 402
    start(a2i, "invoice-1")


# -- repeated requests ------------------------------------------------------------------------


def test_repeated_request_returns_the_same_loop(a2i: Any, ml: MockML) -> None:
    first = start(a2i, "invoice-1")
    created = describe(a2i, "invoice-1")["CreationTime"]
    ml.clock.advance(minutes=5)
    assert start(a2i, "invoice-1") == first
    assert describe(a2i, "invoice-1")["CreationTime"] == created
    assert names(a2i) == ["invoice-1"]


@pytest.mark.parametrize(
    "changes",
    [
        {"content": '{"total": 13}'},
        {"content": '{"total":12.5}'},
        {"flow": FLOW.replace("review", "other")},
        {"DataAttributes": {"ContentClassifiers": []}},
    ],
    ids=["input", "spelling of the input", "flow definition", "attributes"],
)
@pytest.mark.parametrize("ended", [False, True])
def test_same_name_with_other_input_is_a_conflict(
    a2i: Any, ml: MockML, changes: dict[str, Any], ended: bool
) -> None:
    start(a2i, "invoice-1")
    if ended:
        ml.a2i.human_loop("invoice-1").complete({"decision": "approve"})
    with pytest.raises(a2i.exceptions.ConflictException) as caught:
        start(a2i, "invoice-1", **changes)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 409
    assert ml.a2i.human_loop("invoice-1").input == {"total": 12.5}


def test_repeated_request_returns_an_ended_loop(a2i: Any, ml: MockML) -> None:
    arn = start(a2i, "invoice-1")
    ml.a2i.human_loop("invoice-1").complete({"decision": "approve"})
    assert start(a2i, "invoice-1") == arn
    assert describe(a2i, "invoice-1")["HumanLoopStatus"] == "Completed"


def test_invalid_json_is_reported_before_a_conflict(a2i: Any) -> None:
    start(a2i, "invoice-1")
    code, _ = error_of(a2i, HumanLoopInput={"InputContent": "no JSON"})
    assert code == "ValidationException"


def test_name_of_a_deleted_loop_can_be_reused(a2i: Any, ml: MockML) -> None:
    start(a2i, "invoice-1")
    a2i.stop_human_loop(HumanLoopName="invoice-1")
    a2i.delete_human_loop(HumanLoopName="invoice-1")
    start(a2i, "invoice-1", content='{"other": 1}')
    assert ml.a2i.human_loop("invoice-1").input == {"other": 1}


@pytest.mark.usefixtures("mlmock")
def test_names_are_scoped_to_account_and_region() -> None:
    scopes = [("123456789012", "us-east-1"), ("123456789012", "eu-west-1")]
    scopes.append(("111122223333", "us-east-1"))
    for account_id, region in scopes:
        flow = f"arn:aws:sagemaker:{region}:{account_id}:flow-definition/review"
        start(client_for(account_id, region), "invoice-1", flow=flow, content=f'{{"{region}": 1}}')
    for account_id, region in scopes:
        arn = describe(client_for(account_id, region), "invoice-1")["HumanLoopArn"]
        assert arn == f"arn:aws:sagemaker:{region}:{account_id}:human-loop/invoice-1"


def test_sixteen_threads_start_one_loop(a2i: Any, ml: MockML) -> None:
    with ThreadPoolExecutor(16) as pool:
        arns = set(pool.map(lambda _: start(a2i, "invoice-1"), range(32)))
    assert len(arns) == 1
    assert names(a2i) == ["invoice-1"]
    assert len(ml.calls.of("sagemaker-a2i-runtime", "StartHumanLoop")) == 32
