"""Guardrails in model calls: what reaches the model, and what the caller receives."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from mlmock import MockML, message, mock_ml, stream, tool_use
from tests.services.bedrock_runtime.converse_helpers import (
    CLAUDE,
    NEW_CLAUDE,
    bedrock_client,
    converse,
    error_message,
    stream_events,
    user,
)
from tests.services.bedrock_runtime.guardrails.guardrail_helpers import BLOCKED_MESSAGE

WITH_TRACE = {"guardrailIdentifier": "gr1", "guardrailVersion": "1", "trace": "enabled"}
WITHOUT_TRACE = {"guardrailIdentifier": "gr1", "guardrailVersion": "1"}
BODY = {
    "anthropic_version": "bedrock-2023-05-31",
    "max_tokens": 100,
    "messages": [{"role": "user", "content": "Hi"}],
}
HEADERS = {"guardrailIdentifier": "gr1", "guardrailVersion": "1", "trace": "ENABLED"}


def declare_guardrail(ml: MockML) -> None:
    ml.bedrock.guardrail("gr1").block(words=["secret"]).mask(pii=["EMAIL"])


@pytest.mark.newer_botocore
@mock_ml
def test_blocked_input_never_reaches_the_model(ml: MockML) -> None:
    declare_guardrail(ml)
    ml.bedrock.model("*").reply("Hello").optional()
    found = converse("tell me the secret", guardrailConfig=WITH_TRACE)
    assert found["output"]["message"]["content"] == [{"text": BLOCKED_MESSAGE}]
    assert found["stopReason"] == "guardrail_intervened"
    assert found["usage"]["totalTokens"] == 0
    trace = found["trace"]["guardrail"]
    assert trace["actionReason"] == "Guardrail blocked."
    (word,) = trace["inputAssessment"]["gr1"]["wordPolicy"]["customWords"]
    assert (word["match"], word["action"]) == ("secret", "BLOCKED")
    assert not {"outputAssessments", "modelOutput"} & set(trace)


@pytest.mark.newer_botocore
@mock_ml
def test_no_trace_unless_it_is_enabled(ml: MockML) -> None:
    declare_guardrail(ml)
    assert "trace" not in converse("the secret", guardrailConfig=WITHOUT_TRACE)
    assert "trace" not in converse("Hi", guardrailConfig={})


@pytest.mark.newer_botocore
@mock_ml
def test_the_model_receives_masked_input(ml: MockML) -> None:
    declare_guardrail(ml)
    ml.bedrock.model("*").on(last_user="write to {EMAIL}").reply("Done.")
    found = converse("write to a@b.com", guardrailConfig=WITH_TRACE)
    assert found["output"]["message"]["content"] == [{"text": "Done."}]
    assert found["trace"]["guardrail"]["actionReason"] == "Guardrail masked.\nNo action."


@pytest.mark.newer_botocore
@mock_ml
def test_output_is_blocked_or_masked(ml: MockML) -> None:
    declare_guardrail(ml)
    model = ml.bedrock.model("*")
    model.reply(message("mail a@b.com", tool_use("f", id="t"), "bye"), "the secret", "fine")
    masked = converse("Hi", guardrailConfig=WITH_TRACE)
    assert [b.get("text") for b in masked["output"]["message"]["content"]] == [
        "mail {EMAIL}",
        None,
        "bye",
    ]
    assert masked["stopReason"] == "guardrail_intervened"
    assert masked["trace"]["guardrail"]["modelOutput"] == ["mail a@b.com", "bye"]
    blocked = converse("Hi", guardrailConfig=WITH_TRACE)
    assert blocked["output"]["message"]["content"] == [{"text": BLOCKED_MESSAGE}]
    assert blocked["usage"]["outputTokens"] == 3
    fine = converse("Hi", guardrailConfig=WITH_TRACE)
    assert fine["stopReason"] == "end_turn"
    trace = fine["trace"]["guardrail"]
    assert trace["actionReason"] == "No action.\nNo action."
    assert "modelOutput" not in trace
    assert list(trace["outputAssessments"]) == ["gr1"]


@mock_ml
def test_an_answer_without_text_is_not_assessed(ml: MockML) -> None:
    declare_guardrail(ml)
    ml.bedrock.model("*").reply(tool_use("f"))
    found = converse("Hi", guardrailConfig=WITH_TRACE)
    assert "outputAssessments" not in found["trace"]["guardrail"]


@pytest.mark.newer_botocore
@mock_ml
def test_only_guarded_blocks_are_assessed_if_there_are_any(ml: MockML) -> None:
    declare_guardrail(ml)
    ml.bedrock.model("*").reply("ok")
    image = {"image": {"format": "png", "source": {"bytes": b"png"}}}
    guarded_text = user("the secret", {"guardContent": {"text": {"text": "mail a@b.com"}}})
    found = converse(guarded_text, guardrailConfig=WITH_TRACE)
    assert found["stopReason"] == "end_turn"
    coverage = found["trace"]["guardrail"]["inputAssessment"]["gr1"]["invocationMetrics"]
    assert coverage["guardrailCoverage"]["textCharacters"] == {"guarded": 12, "total": 22}
    guarded_image = user({"guardContent": image}, "the secret")
    assert converse(guarded_image, guardrailConfig=WITH_TRACE)["stopReason"] == "end_turn"
    unguarded = user(image, {"cachePoint": {"type": "default"}}, "the secret")
    found = converse(unguarded, model=NEW_CLAUDE, guardrailConfig=WITH_TRACE)
    assert found["stopReason"] == "guardrail_intervened"


@mock_ml
def test_a_guardrail_that_does_not_exist_is_rejected() -> None:
    assert error_message("Hi", guardrailConfig=WITHOUT_TRACE) == (
        "The guardrail identifier or version provided in the request does not exist."
    )


# -- streams ----------------------------------------------------------------------------------


def texts(events: list[Any]) -> list[str]:
    return [v["delta"]["text"] for name, v in events if name == "contentBlockDelta"]


@pytest.mark.newer_botocore
@mock_ml
def test_a_synchronous_stream_is_assessed_before_it_is_sent(ml: MockML) -> None:
    declare_guardrail(ml)
    ml.bedrock.model("*").reply("the secret is out", "mail a@b.com now", "all is well")
    blocked = stream_events("Hi", guardrailConfig=WITH_TRACE)
    assert texts(blocked) == [BLOCKED_MESSAGE]
    assert blocked[-2][1] == {"stopReason": "guardrail_intervened"}
    assert "Guardrail blocked." in blocked[-1][1]["trace"]["guardrail"]["actionReason"]
    assert texts(stream_events("Hi", guardrailConfig=WITH_TRACE)) == ["mail {EMAIL} now"]
    assert texts(stream_events("Hi", guardrailConfig=WITH_TRACE)) == ["all", " is", " well"]


@pytest.mark.newer_botocore
@mock_ml
def test_an_asynchronous_stream_is_sent_while_it_is_assessed(ml: MockML) -> None:
    declare_guardrail(ml)
    config = {**WITH_TRACE, "streamProcessingMode": "async"}
    ml.bedrock.model("*").reply(
        "the secret is out",
        "mail a@b.com now",
        stream("secret ", "x" * 1000, "never").pause(1),
        message("all", tool_use("f", id="t")),
    )
    blocked = stream_events("Hi", guardrailConfig=config)
    assert texts(blocked) == ["the", " secret", " is", " out", BLOCKED_MESSAGE]
    assert blocked[-2][1] == {"stopReason": "guardrail_intervened"}
    unmasked = stream_events("Hi", guardrailConfig=config)
    assert texts(unmasked) == ["mail", " a@b.com", " now"]
    trace = unmasked[-1][1]["trace"]["guardrail"]
    assert trace["actionReason"] == "No action.\nNo action."
    [output] = trace["outputAssessments"]["gr1"]
    [email] = output["sensitiveInformationPolicy"]["piiEntities"]
    assert (email["action"], email["detected"]) == ("NONE", True)
    assert texts(stream_events("Hi", guardrailConfig=config)) == [
        "secret ",
        "x" * 1000,
        BLOCKED_MESSAGE,
    ]
    fine = stream_events("Hi", guardrailConfig=config)
    assert fine[-2][1] == {"stopReason": "tool_use"}


@pytest.mark.parametrize("mode", ["sync", "async"])
def test_a_blocked_stream_ends_before_its_error(mode: str) -> None:
    with mock_ml() as ml:
        declare_guardrail(ml)
        broken = stream("the secret ", "is ").then_error("modelStreamErrorException", "boom")
        ml.bedrock.model("*").reply(broken)
        found = stream_events("Hi", guardrailConfig={**WITH_TRACE, "streamProcessingMode": mode})
    assert texts(found)[-1] == BLOCKED_MESSAGE
    assert [name for name, _ in found][-2:] == ["messageStop", "metadata"]


@mock_ml
def test_nothing_follows_the_blocked_message_of_a_stream(ml: MockML) -> None:
    declare_guardrail(ml)
    config = {**WITH_TRACE, "streamProcessingMode": "async"}
    ml.bedrock.model("*").reply(
        message("secret " + "x" * 1000, tool_use("f")), message("secret", tool_use("f", id="t"))
    )
    assert texts(stream_events("Hi", guardrailConfig=config))[-1] == BLOCKED_MESSAGE
    short = stream_events("Hi", guardrailConfig=config)
    assert short[-2][1] == {"stopReason": "guardrail_intervened"}


@mock_ml
def test_blocked_input_is_streamed_in_one_delta(ml: MockML) -> None:
    declare_guardrail(ml)
    found = stream_events("the secret", guardrailConfig=WITH_TRACE)
    assert texts(found) == [BLOCKED_MESSAGE]
    assert [name for name, _ in found] == [
        "messageStart",
        "contentBlockDelta",
        "contentBlockStop",
        "messageStop",
        "metadata",
    ]


# -- InvokeModel ------------------------------------------------------------------------------


def invoke(body: Any = BODY, **options: Any) -> Any:
    answer = bedrock_client().invoke_model(
        modelId=CLAUDE, body=json.dumps(body), **(HEADERS | options)
    )
    return json.loads(answer["body"].read())


def chunks(body: Any = BODY) -> list[Any]:
    answer = bedrock_client().invoke_model_with_response_stream(
        modelId=CLAUDE, body=json.dumps(body), **HEADERS
    )
    return [json.loads(event["chunk"]["bytes"]) for event in answer["body"]]


@mock_ml
def test_a_provider_body_reports_the_guardrail_action(ml: MockML) -> None:
    declare_guardrail(ml)
    ml.bedrock.model("*").reply("mail a@b.com", "fine")
    found = invoke()
    assert found["content"] == [{"type": "text", "text": "mail {EMAIL}"}]
    assert found["stop_reason"] == "end_turn"
    assert found["amazon-bedrock-guardrailAction"] == "INTERVENED"
    trace = found["amazon-bedrock-trace"]["guardrail"]
    assert trace["modelOutput"] == ["mail a@b.com"]
    assert list(trace["input"]) == ["gr1"]
    assert trace["outputs"][0]["gr1"]["sensitiveInformationPolicy"]
    assert trace["actionReason"] == "No action.\nGuardrail masked."
    fine = invoke(trace="DISABLED")
    assert fine["amazon-bedrock-guardrailAction"] == "NONE"
    assert "amazon-bedrock-trace" not in fine


@mock_ml
def test_blocked_input_is_answered_in_the_provider_format(ml: MockML) -> None:
    declare_guardrail(ml)
    body = {**BODY, "messages": [{"role": "user", "content": "the secret"}]}
    assert invoke(body)["content"] == [{"type": "text", "text": BLOCKED_MESSAGE}]
    found = chunks(body)
    assert [c["delta"]["text"] for c in found if "text" in c.get("delta", {})] == [BLOCKED_MESSAGE]


@mock_ml
def test_every_chunk_reports_the_action_and_the_last_one_the_trace(ml: MockML) -> None:
    declare_guardrail(ml)
    ml.bedrock.model("*").reply("mail a@b.com")
    found = chunks()
    assert all(chunk["amazon-bedrock-guardrailAction"] == "INTERVENED" for chunk in found)
    assert ["amazon-bedrock-trace" in chunk for chunk in found] == [False] * (len(found) - 1) + [
        True
    ]
    config = {"amazon-bedrock-guardrailConfig": {"streamProcessingMode": "ASYNCHRONOUS"}}
    received = [
        c["delta"]["text"] for c in chunks({**BODY, **config}) if "text" in c.get("delta", {})
    ]
    assert received == ["mail", " a@b.com"]


@mock_ml
def test_invoke_model_rejects_a_guardrail_that_does_not_exist() -> None:
    with pytest.raises(ClientError, match="guardrail identifier or version"):
        invoke()
