"""Each test runs with two handles: `ml` in process, and `mlmock.connect(url)` over HTTP."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import timezone
from typing import Any

import boto3
import pytest
from botocore.exceptions import EventStreamError

from mlmock import (
    ANY,
    InvalidRule,
    ServerThread,
    UnusedRule,
    after_polls,
    connect,
    contains,
    error,
    glob,
    json_output,
    manually,
    message,
    mock_ml,
    output,
    raw,
    reasoning,
    regex,
    stream,
    tool_use,
)
from mlmock.server.remote_client import RemoteMock
from mlmock.simulation.object_store import NoSuchKey
from tests.server.conftest import FLOW, Fetch

MODEL = "anthropic.claude-3-haiku-20240307-v1:0"
BODY = {
    "anthropic_version": "bedrock-2023-05-31",
    "max_tokens": 10,
    "messages": [{"role": "user", "content": "x"}],
}
CreateClient = Callable[[str], Any]


@pytest.fixture(params=["in process", "over HTTP"])
def both(request: pytest.FixtureRequest) -> Iterator[tuple[Any, CreateClient]]:
    """A handle, and a factory of clients for its mock."""
    keys: dict[str, Any] = {
        "aws_access_key_id": "x",
        "aws_secret_access_key": "y",
        "region_name": "us-east-1",
    }
    if request.param == "in process":
        with mock_ml(strict=False) as ml:
            yield ml, lambda service: boto3.client(service, **keys)
            ml.reset()
        return
    with ServerThread() as server:
        where = {**keys, "endpoint_url": server.url}
        yield connect(server.url), lambda service: boto3.client(service, **where)


def messages(text: str) -> list[dict[str, Any]]:
    return [{"role": "user", "content": [{"text": text}]}]


def converse(bedrock: Any, text: str) -> Any:
    """Return the content of the model's message."""
    response = bedrock.converse(modelId=MODEL, messages=messages(text))
    return response["output"]["message"]["content"]


@pytest.mark.newer_botocore
def test_answers_of_a_model(both: tuple[Any, CreateClient]) -> None:
    ml, create_client = both
    model, bedrock = ml.bedrock.model("anthropic.*"), create_client("bedrock-runtime")
    model.reply(message("Let me see.", tool_use("f", {"x": 1}), usage={"inputTokens": 5}))
    answer = bedrock.converse(modelId=MODEL, messages=messages("go"))
    assert answer["output"]["message"]["content"][0] == {"text": "Let me see."}
    assert (answer["stopReason"], answer["usage"]["inputTokens"]) == ("tool_use", 5)
    model.reply(error("ValidationException", "no"), json_output({"a": 1}), reasoning("Hm."))
    with pytest.raises(bedrock.exceptions.ValidationException, match="no"):
        converse(bedrock, "first")
    assert converse(bedrock, "second") == [{"text": '{"a": 1}'}]
    assert "reasoningContent" in converse(bedrock, "third")[0]


def test_matching(both: tuple[Any, CreateClient]) -> None:
    ml, create_client = both
    model, bedrock = ml.bedrock.model(MODEL), create_client("bedrock-runtime")
    model.on(last_user=ANY).reply("any")
    model.on(last_user=contains("rain")).reply("contains")
    model.on(last_user=regex(r"^\d+$")).reply("regex")
    model.on(last_user=glob("*!")).reply("glob")
    assert converse(bedrock, "hello") == [{"text": "any"}]
    assert converse(bedrock, "rain?") == [{"text": "contains"}]
    assert converse(bedrock, "42") == [{"text": "regex"}]
    assert converse(bedrock, "stop!") == [{"text": "glob"}]


def test_streams_and_exact_bodies(both: tuple[Any, CreateClient]) -> None:
    ml, create_client = both
    model, bedrock = ml.bedrock.model(MODEL), create_client("bedrock-runtime")
    script = stream("It ", "is ").pause(2).then("sunny", tool_use("f")).pause(1)
    model.reply(script.then_error("modelStreamErrorException", "boom"))
    before = ml.clock.now()
    events = bedrock.converse_stream(modelId=MODEL, messages=messages("x"))["stream"]
    with pytest.raises(EventStreamError, match="boom"):
        list(events)
    events.close()
    deltas = [event.get("contentBlockDelta") for event in ml.calls.last.response["stream"]]
    texts = [delta["delta"].get("text") for delta in deltas if delta]
    assert [text for text in texts if text] == ["It ", "is ", "sunny"]
    assert (ml.clock.now() - before).total_seconds() >= 3
    model.reply(raw({"exact": True}))
    answer = bedrock.invoke_model(modelId=MODEL, body=json.dumps(BODY))
    assert json.loads(answer["body"].read()) == {"exact": True}


def test_endpoints(both: tuple[Any, CreateClient]) -> None:
    ml, create_client = both
    endpoint, runtime = ml.sagemaker.endpoint("churn"), create_client("sagemaker-runtime")
    endpoint.reply(output(Body=b"\x00\x01", CustomAttributes="a"))
    assert runtime.invoke_endpoint(EndpointName="churn", Body=b"1")["Body"].read() == b"\x00\x01"
    endpoint.reply({"score": 1}).times(1)
    assert json.load(runtime.invoke_endpoint(EndpointName="churn", Body=b"1")["Body"]) == {
        "score": 1
    }
    assert ml.calls.last.body == b"1"
    assert ml.calls.last.response["Body"] == b'{"score":1}'
    assert endpoint.name == "churn"


def test_human_loops_and_progress(both: tuple[Any, CreateClient]) -> None:
    ml, create_client = both
    a2i = create_client("sagemaker-a2i-runtime")
    ml.a2i.progress = manually()
    a2i.start_human_loop(
        HumanLoopName="l", FlowDefinitionArn=FLOW, HumanLoopInput={"InputContent": '{"total": 5}'}
    )
    loop = ml.a2i.human_loop("l")
    assert (loop.status, loop.input) == ("InProgress", {"total": 5})
    (resource,) = ml.resources()
    assert (resource.kind, resource.name, resource.state) == ("human loop", "l", "InProgress")
    loop.complete({"decision": "approve"})
    assert loop.status == "Completed"
    answer = json.loads(ml.s3.get(loop.output_uri))
    assert answer["humanAnswers"][0]["answerContent"] == {"decision": "approve"}
    assert ml.events.last.detail["humanLoopStatus"] == "Completed"
    assert len(ml.events) == 1
    assert (ml.events.last.time.tzinfo, type(ml.events.last.resources)) == (timezone.utc, tuple)
    ml.progress = after_polls(3)
    assert repr(ml.progress.policy) == "after_polls(3)"


def test_guardrails_detections_and_projects(both: tuple[Any, CreateClient]) -> None:
    ml, create_client = both
    ml.bedrock.guardrail("gr1").block(words=["secret"], topics={"war": re.compile("wa+r")})
    answer = create_client("bedrock-runtime").apply_guardrail(
        guardrailIdentifier="gr1",
        guardrailVersion="DRAFT",
        source="INPUT",
        content=[{"text": {"text": "a secret"}}],
    )
    assert answer["action"] == "GUARDRAIL_INTERVENED"
    project = ml.lookoutvision.project("circuits", train=20, model="TRAINED")
    project.model("1").detect(anomalous=True, confidence=0.97)
    assert (project.exists, project.model(1).status) == (True, "TRAINED")
    assert len(project.dataset("train").entries) == 20
    assert ml.lookoutvision.image(2, 2)[:4] == b"\x89PNG"


def test_journal_assertions(both: tuple[Any, CreateClient]) -> None:
    ml, create_client = both
    create_client("sagemaker-a2i-runtime").list_human_loops(FlowDefinitionArn=FLOW, MaxResults=5)
    ml.calls.assert_called_once("sagemaker-a2i-runtime", "ListHumanLoops", MaxResults=5)
    ml.calls.assert_not_called("bedrock-runtime")
    with pytest.raises(AssertionError, match="MaxResults is 5; expected 6"):
        ml.calls.assert_called("sagemaker-a2i-runtime", "ListHumanLoops", MaxResults=6)
    (call,) = ml.calls
    assert (call.operation, call.params["MaxResults"], call.attempt) == ("ListHumanLoops", 5, 1)
    assert (call.response, call.error) == ({"HumanLoopSummaries": []}, None)
    assert [c.operation for c in ml.calls.of("sagemaker-a2i-runtime")] == ["ListHumanLoops"]
    assert len(ml.calls) == 1
    assert ml.calls[0].text() == ""


def test_restricted_handle_has_every_member(both: tuple[Any, CreateClient]) -> None:
    ml, create_client = both
    there = ml.at(region="eu-west-1", account_id="111122223333")
    assert there.a2i.flow_definition("x").arn == (
        "arn:aws:sagemaker:eu-west-1:111122223333:flow-definition/x"
    )
    assert (
        there.at(region="eu-west-3")
        .sagemaker.endpoint("e")
        .arn.startswith("arn:aws:sagemaker:eu-west-3:111122223333:")
    )
    with there.savepoint():
        there.s3.put("s3://bucket/gone", b"1")
    assert (there.s3.list("s3://bucket/"), list(there.unmatched)) == ([], [])
    there.on("bedrock-runtime").fail("ThrottlingException").optional()
    assert converse(create_client("bedrock-runtime"), "here")  # in another region
    assert (len(there.calls), there.calls.clear() is None or True, len(ml.calls)) == (1, True, 0)
    there.reset()
    assert ml.resources() == []


def test_ends_of_human_loops(both: tuple[Any, CreateClient]) -> None:
    ml, create_client = both
    a2i, arn = create_client("sagemaker-a2i-runtime"), ml.a2i.flow_definition("review").arn

    def start(name: str) -> Any:
        content = {"InputContent": "{}"}
        a2i.start_human_loop(HumanLoopName=name, FlowDefinitionArn=arn, HumanLoopInput=content)
        return ml.a2i.human_loop(name)

    failed, expired, stopped = start("failed"), start("expired"), start("stopped")
    failed.fail("ValidationError", "no vendor")
    expired.expire()
    ml.a2i.progress = manually()
    a2i.stop_human_loop(HumanLoopName="stopped")
    assert stopped.status == "Stopping"
    ml.progress.step()
    assert [loop.status for loop in (failed, expired, stopped)] == ["Failed", "Failed", "Stopped"]
    rule = ml.a2i.human_loop("later").complete({"ok": True})
    assert (start("later").status, rule.used) == ("Completed", 1)
    ml.a2i.flow_definition("review").delete()
    with pytest.raises(a2i.exceptions.ValidationException, match="does not exist"):
        start("orphan")


def test_asynchronous_results(both: tuple[Any, CreateClient]) -> None:
    ml, create_client = both
    runtime, topic = create_client("sagemaker-runtime"), "arn:aws:sns:us-east-1:123456789012:done"
    ml.s3.put("s3://bucket/in", b"{}")
    endpoint = ml.sagemaker.endpoint("e", async_output="s3://bucket/out/", success_topic=topic)
    endpoint.progress = manually()
    endpoint.reply({"score": 1})
    answers = [
        runtime.invoke_endpoint_async(
            EndpointName="e", InputLocation="s3://bucket/in", InferenceId=name
        )
        for name in ("one", "two")
    ]
    assert ml.sagemaker.invocation("one").output_uri == answers[0]["OutputLocation"]
    ml.sagemaker.invocation("one").complete({"score": 2})
    assert json.loads(ml.s3.get(answers[0]["OutputLocation"])) == {"score": 2}
    ml.sagemaker.invocation("two").finish()
    assert json.loads(ml.s3.get(answers[1]["OutputLocation"])) == {"score": 1}
    assert [event.topic for event in ml.events] == [topic, topic]


def test_async_invokes_of_models(both: tuple[Any, CreateClient]) -> None:
    ml, create_client = both
    ml.bedrock.async_invokes.progress = manually()
    arn = create_client("bedrock-runtime").start_async_invoke(
        modelId="amazon.nova-reel-v1:0",
        modelInput={
            "taskType": "TEXT_VIDEO",
            "textToVideoParams": {"text": "rain"},
            "videoGenerationConfig": {"durationSeconds": 6, "fps": 24, "dimension": "1280x720"},
        },
        outputDataConfig={"s3OutputDataConfig": {"s3Uri": "s3://bucket/out/"}},
    )["invocationArn"]
    invoke = ml.bedrock.async_invoke(arn)
    assert (invoke.status, invoke.model_input["taskType"]) == ("InProgress", "TEXT_VIDEO")
    invoke.fail("no rain today")
    assert (invoke.status, invoke.failure_message) == ("Failed", "no rain today")
    assert [each.status for each in ml.bedrock.async_invokes] == ["Failed"]


def test_detections(remote: RemoteMock, fetch: Fetch) -> None:
    project = remote.lookoutvision.project("circuits", train=20, model="HOSTED")
    rule = project.model("1").detect(anomalous=True, confidence=0.97)
    image = {"Content-Type": "image/png"}
    path = "/2020-11-20/projects/circuits/models/1/detect"
    answer = fetch("POST", path, remote.lookoutvision.image(), image).json["DetectAnomalyResult"]
    assert (answer["IsAnomalous"], answer["Confidence"], rule.used) == (True, 0.97, 1)


def test_reset_savepoint_and_unused_rules(both: tuple[Any, CreateClient]) -> None:
    ml, _ = both
    with ml.savepoint():
        ml.s3.put("s3://b/ä x", "text")
        assert ml.s3.list("s3://b/") == ["s3://b/ä x"]
        assert ml.s3.get("s3://b/ä x") == b"text"
    with pytest.raises(NoSuchKey):
        ml.s3.get("s3://b/ä x")
    ml.at(region="eu-west-1").on("bedrock-runtime").fail("ThrottlingException", times=2)
    with pytest.raises(UnusedRule, match="test_remote_client"):
        ml.assert_all_used()
    with pytest.raises(InvalidRule, match="Nope"):
        ml.on("bedrock-runtime", "Converse").fail("Nope")
    ml.reset()
    ml.assert_all_used()
    ml.unmatched.clear()
    assert list(ml.unmatched) == []


def test_values_that_cannot_be_sent(mlmock_server: ServerThread) -> None:
    ml = connect(mlmock_server.url)
    assert repr(ml).startswith("<remote mlmock at http://127.0.0.1:")
    assert "<bedrock>" in repr(ml.bedrock)
    assert "model" in dir(ml.bedrock)
    assert ml.url == mlmock_server.url
    with pytest.raises(TypeError, match="no functions"):
        ml.bedrock.model("*").reply(lambda call: "x")
    with pytest.raises(AttributeError, match="has no 'handler' over HTTP"):
        ml.sagemaker.endpoint("x").handler(print)
    with pytest.raises(AttributeError, match="can't be set"):
        ml.bedrock.x = 1
    with pytest.raises(TypeError, match="unexpected keyword"):
        ml.bedrock.model("*").on(no_such=1)
    with pytest.raises(IndexError, match="no calls have been made"):
        _ = ml.calls.last
    assert len(ml.bedrock.async_invokes) == 0
    assert list(ml.bedrock.async_invokes) == []
    stale = ml.bedrock
    ml.reset()
    with pytest.raises(RuntimeError, match="a reset forgets them"):
        stale.model("x")
