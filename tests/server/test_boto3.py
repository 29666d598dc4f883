"""boto3 with `endpoint_url`: the four services over a socket behave as in process."""

from __future__ import annotations

import json
from collections.abc import Callable
from http.client import IncompleteRead
from typing import Any

import pytest
from botocore import UNSIGNED
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    EventStreamError,
    ReadTimeoutError,
)

from mlmock import ServerThread, contains, error, stream, tool_use
from tests.server.conftest import FLOW, Fetch

MODEL = "anthropic.claude-3-haiku-20240307-v1:0"
HI = [{"role": "user", "content": [{"text": "Hi"}]}]


def test_human_loop_from_start_to_completion(
    mlmock_server: ServerThread, aws: Callable[..., Any]
) -> None:
    a2i = aws("sagemaker-a2i-runtime")
    a2i.start_human_loop(
        HumanLoopName="invoice-1",
        FlowDefinitionArn=FLOW,
        HumanLoopInput={"InputContent": '{"total": 5}'},
    )
    assert a2i.describe_human_loop(HumanLoopName="invoice-1")["HumanLoopStatus"] == "InProgress"
    mlmock_server.ml.a2i.human_loop("invoice-1").complete({"decision": "approve"})
    assert a2i.describe_human_loop(HumanLoopName="invoice-1")["HumanLoopStatus"] == "Completed"
    with pytest.raises(a2i.exceptions.ResourceNotFoundException):
        a2i.describe_human_loop(HumanLoopName="unknown")
    mlmock_server.ml.calls.assert_order(
        ("sagemaker-a2i-runtime", "StartHumanLoop"), ("sagemaker-a2i-runtime", "DescribeHumanLoop")
    )


def test_endpoint_responds_in_one_piece_and_in_a_stream(
    mlmock_server: ServerThread, aws: Callable[..., Any]
) -> None:
    sagemaker, runtime = mlmock_server.ml.sagemaker, aws("sagemaker-runtime")
    sagemaker.endpoint("churn").reply({"score": 0.93})
    sagemaker.endpoint("llm").stream([b"to", b"ken"])
    sagemaker.endpoint("ill").model_error(500, "CUDA out of memory")
    answer = runtime.invoke_endpoint(EndpointName="churn", Body=b'{"x": 1}')
    assert json.loads(answer["Body"].read()) == {"score": 0.93}
    found = runtime.invoke_endpoint_with_response_stream(EndpointName="llm", Body=b"x")
    assert [e["PayloadPart"]["Bytes"] for e in found["Body"]] == [b"to", b"ken"]
    with pytest.raises(runtime.exceptions.ModelError) as caught:
        runtime.invoke_endpoint(EndpointName="ill", Body=b"x")
    assert caught.value.response["OriginalMessage"] == "CUDA out of memory"


def test_converse_and_a_stream_that_breaks(
    mlmock_server: ServerThread, aws: Callable[..., Any]
) -> None:
    model, bedrock = mlmock_server.ml.bedrock.model(MODEL), aws("bedrock-runtime")
    model.reply(stream("It ", "is").then_error("modelStreamErrorException", "boom"))
    model.on(last_user=contains("Hi")).reply(tool_use("greet", {"to": "you"})).times(1)
    answer = bedrock.converse(modelId=MODEL, messages=HI)
    assert answer["output"]["message"]["content"][0]["toolUse"]["name"] == "greet"
    broken = bedrock.converse_stream(modelId=MODEL, messages=HI)["stream"]
    events = iter(broken)
    assert next(events) == {"messageStart": {"role": "assistant"}}
    with pytest.raises(EventStreamError, match="boom"):
        list(events)
    broken.close()


def test_lookout_for_vision_project(
    mlmock_server: ServerThread, aws: Callable[..., Any], fetch: Fetch
) -> None:
    mlmock_server.ml.lookoutvision.project("circuits")
    found = fetch("GET", "/2020-11-20/projects/circuits")
    assert found.json["ProjectDescription"]["ProjectName"] == "circuits"


def test_access_key_selects_the_account_and_scope_the_region(
    mlmock_server: ServerThread, aws: Callable[..., Any]
) -> None:
    aws("sagemaker-a2i-runtime", region="eu-west-1", key="210987654321").list_human_loops(
        FlowDefinitionArn="arn:aws:sagemaker:eu-west-1:210987654321:flow-definition/x"
    )
    call = mlmock_server.ml.calls.last
    assert (call.region, call.account_id) == ("eu-west-1", "210987654321")


def test_unsigned_and_bearer_clients(
    mlmock_server: ServerThread, aws: Callable[..., Any], fetch: Fetch
) -> None:
    aws("bedrock-runtime", signature_version=UNSIGNED).converse(modelId=MODEL, messages=HI)
    body, headers = json.dumps({"messages": HI}), {"Authorization": "Bearer token"}
    assert fetch("POST", f"/model/{MODEL}/converse", body, headers).status == 200
    assert [call.region for call in mlmock_server.ml.calls] == ["us-east-1", "us-east-1"]


@pytest.mark.parametrize("kind", ["drop", "unreachable"])
def test_connection_failures(
    mlmock_server: ServerThread, aws: Callable[..., Any], kind: str
) -> None:
    getattr(mlmock_server.ml.on("bedrock-runtime"), kind)()
    with pytest.raises((ConnectionClosedError, ConnectionResetError)):
        aws("bedrock-runtime").converse(modelId=MODEL, messages=HI)


def test_client_that_times_out(mlmock_server: ServerThread, aws: Callable[..., Any]) -> None:
    mlmock_server.ml.on("bedrock-runtime").timeout()
    with pytest.raises(ReadTimeoutError):
        aws("bedrock-runtime", read_timeout=1).converse(modelId=MODEL, messages=HI)


def test_truncated_response(mlmock_server: ServerThread, fetch: Fetch) -> None:
    mlmock_server.ml.on("sagemaker-a2i-runtime", "ListHumanLoops").truncated()
    with pytest.raises(IncompleteRead):
        fetch("GET", f"/human-loops?FlowDefinitionArn={FLOW}")


def test_throttled_call_is_retried(mlmock_server: ServerThread, aws: Callable[..., Any]) -> None:
    mlmock_server.ml.bedrock.model(MODEL).reply(error("ThrottlingException", "slow"), "ok")
    bedrock = aws("bedrock-runtime")
    with pytest.raises(bedrock.exceptions.ThrottlingException, match="slow"):
        bedrock.converse(modelId=MODEL, messages=HI)
    answer = bedrock.converse(modelId=MODEL, messages=HI)
    assert answer["output"]["message"]["content"] == [{"text": "ok"}]


def test_unmatched_call_is_reported_to_the_caller_and_to_the_test(
    mlmock_server: ServerThread, aws: Callable[..., Any]
) -> None:
    rule = mlmock_server.ml.bedrock.model(MODEL).on(last_user="Bye").reply("Bye").optional()
    with pytest.raises(ClientError, match="last_user is 'Hi'; expected 'Bye'") as caught:
        aws("bedrock-runtime").converse(modelId=MODEL, messages=HI)
    assert caught.value.response["Error"]["Code"] == "UnmatchedCall"
    with pytest.raises(AssertionError, match="last_user"):
        mlmock_server.assert_all_used()
    mlmock_server.ml.unmatched.clear()
    assert not rule.used
