"""Guardrails around models: what the model reads, and what the caller gets."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from mlmock import MockML, message, mock_ml, stream, tool_use
from tests.services.bedrock_runtime.converse_helpers import (
    CLAUDE,
    NEW_CLAUDE,
    bedrock,
    converse,
    refusal,
    streamed,
    user,
)

GUARD = {"guardrailIdentifier": "gr1", "guardrailVersion": "1", "trace": "enabled"}
QUIET = {"guardrailIdentifier": "gr1", "guardrailVersion": "1"}
BLOCKED = "Sorry, the model cannot answer this question."
BODY = {
    "anthropic_version": "bedrock-2023-05-31",
    "max_tokens": 100,
    "messages": [{"role": "user", "content": "Hi"}],
}
HEADERS = {"guardrailIdentifier": "gr1", "guardrailVersion": "1", "trace": "ENABLED"}


def guard(ml: MockML) -> None:
    ml.bedrock.guardrail("gr1").block(words=["secret"]).mask(pii=["EMAIL"])


@pytest.mark.newer_botocore
@mock_ml
def test_blocked_input_never_reaches_the_model(ml: MockML) -> None:
    guard(ml)
    ml.bedrock.model("*").reply("Hello").optional()
    found = converse("tell me the secret", guardrailConfig=GUARD)
    assert found["output"]["message"]["content"] == [{"text": BLOCKED}]
    assert found["stopReason"] == "guardrail_intervened"
    assert found["usage"]["totalTokens"] == 0
    trace = found["trace"]["guardrail"]
    assert trace["actionReason"] == "Guardrail blocked."
    (word,) = trace["inputAssessment"]["gr1"]["wordPolicy"]["customWords"]
    assert (word["match"], word["action"]) == ("secret", "BLOCKED")
    assert not {"outputAssessments", "modelOutput"} & set(trace)


@pytest.mark.newer_botocore
@mock_ml
def test_no_trace_unless_asked_for(ml: MockML) -> None:
    guard(ml)
    assert "trace" not in converse("the secret", guardrailConfig=QUIET)
    assert "trace" not in converse("Hi", guardrailConfig={})


@pytest.mark.newer_botocore
@mock_ml
def test_the_model_reads_masked_input(ml: MockML) -> None:
    guard(ml)
    ml.bedrock.model("*").on(last_user="write to {EMAIL}").reply("Done.")
    found = converse("write to a@b.com", guardrailConfig=GUARD)
    assert found["output"]["message"]["content"] == [{"text": "Done."}]
    assert found["trace"]["guardrail"]["actionReason"] == "Guardrail masked.\nNo action."


@pytest.mark.newer_botocore
@mock_ml
def test_output_is_blocked_or_masked(ml: MockML) -> None:
    guard(ml)
    model = ml.bedrock.model("*")
    model.reply(message("mail a@b.com", tool_use("f", id="t"), "bye"), "the secret", "fine")
    masked = converse("Hi", guardrailConfig=GUARD)
    assert [b.get("text") for b in masked["output"]["message"]["content"]] == [
        "mail {EMAIL}",
        None,
        "bye",
    ]
    assert masked["stopReason"] == "guardrail_intervened"
    assert masked["trace"]["guardrail"]["modelOutput"] == ["mail a@b.com", "bye"]
    blocked = converse("Hi", guardrailConfig=GUARD)
    assert blocked["output"]["message"]["content"] == [{"text": BLOCKED}]
    assert blocked["usage"]["outputTokens"] == 3
    fine = converse("Hi", guardrailConfig=GUARD)
    assert fine["stopReason"] == "end_turn"
    trace = fine["trace"]["guardrail"]
    assert trace["actionReason"] == "No action.\nNo action."
    assert "modelOutput" not in trace
    assert list(trace["outputAssessments"]) == ["gr1"]


@mock_ml
def test_an_answer_without_text_is_not_assessed(ml: MockML) -> None:
    guard(ml)
    ml.bedrock.model("*").reply(tool_use("f"))
    found = converse("Hi", guardrailConfig=GUARD)
    assert "outputAssessments" not in found["trace"]["guardrail"]


@pytest.mark.newer_botocore
@mock_ml
def test_only_guarded_blocks_are_assessed_where_there_are_any(ml: MockML) -> None:
    guard(ml)
    ml.bedrock.model("*").reply("ok")
    picture = {"image": {"format": "png", "source": {"bytes": b"png"}}}
    free = user("the secret", {"guardContent": {"text": {"text": "mail a@b.com"}}})
    found = converse(free, guardrailConfig=GUARD)
    assert found["stopReason"] == "end_turn"
    coverage = found["trace"]["guardrail"]["inputAssessment"]["gr1"]["invocationMetrics"]
    assert coverage["guardrailCoverage"]["textCharacters"] == {"guarded": 12, "total": 22}
    shown = user({"guardContent": picture}, "the secret")
    assert converse(shown, guardrailConfig=GUARD)["stopReason"] == "end_turn"
    seen = user(picture, {"cachePoint": {"type": "default"}}, "the secret")
    found = converse(seen, model=NEW_CLAUDE, guardrailConfig=GUARD)
    assert found["stopReason"] == "guardrail_intervened"


@mock_ml
def test_a_guardrail_that_does_not_exist() -> None:
    assert refusal("Hi", guardrailConfig=QUIET) == (
        "The guardrail identifier or version provided in the request does not exist."
    )


# -- streams ---------------------------------------------------------------------------------


def texts(events: list[Any]) -> list[str]:
    return [v["delta"]["text"] for name, v in events if name == "contentBlockDelta"]


@pytest.mark.newer_botocore
@mock_ml
def test_a_stream_waits_for_the_verdict(ml: MockML) -> None:
    guard(ml)
    ml.bedrock.model("*").reply("the secret is out", "mail a@b.com now", "all is well")
    blocked = streamed("Hi", guardrailConfig=GUARD)
    assert texts(blocked) == [BLOCKED]
    assert blocked[-2][1] == {"stopReason": "guardrail_intervened"}
    assert "Guardrail blocked." in blocked[-1][1]["trace"]["guardrail"]["actionReason"]
    assert texts(streamed("Hi", guardrailConfig=GUARD)) == ["mail {EMAIL} now"]
    assert texts(streamed("Hi", guardrailConfig=GUARD)) == ["all", " is", " well"]


@pytest.mark.newer_botocore
@mock_ml
def test_a_stream_passes_while_it_is_assessed(ml: MockML) -> None:
    guard(ml)
    config = {**GUARD, "streamProcessingMode": "async"}
    ml.bedrock.model("*").reply(
        "the secret is out",
        "mail a@b.com now",
        stream("secret ", "x" * 1000, "never").pause(1),
        message("all", tool_use("f", id="t")),
    )
    blocked = streamed("Hi", guardrailConfig=config)
    assert texts(blocked) == ["the", " secret", " is", " out", BLOCKED]
    assert blocked[-2][1] == {"stopReason": "guardrail_intervened"}
    unmasked = streamed("Hi", guardrailConfig=config)
    assert texts(unmasked) == ["mail", " a@b.com", " now"]
    trace = unmasked[-1][1]["trace"]["guardrail"]
    assert trace["actionReason"] == "No action.\nNo action."
    [output] = trace["outputAssessments"]["gr1"]
    [email] = output["sensitiveInformationPolicy"]["piiEntities"]
    assert (email["action"], email["detected"]) == ("NONE", True)
    assert texts(streamed("Hi", guardrailConfig=config)) == ["secret ", "x" * 1000, BLOCKED]
    fine = streamed("Hi", guardrailConfig=config)
    assert fine[-2][1] == {"stopReason": "tool_use"}


@pytest.mark.parametrize("mode", ["sync", "async"])
def test_a_blocked_stream_ends_before_it_would_break(mode: str) -> None:
    with mock_ml() as ml:
        guard(ml)
        broken = stream("the secret ", "is ").then_error("modelStreamErrorException", "boom")
        ml.bedrock.model("*").reply(broken)
        found = streamed("Hi", guardrailConfig={**GUARD, "streamProcessingMode": mode})
    assert texts(found)[-1] == BLOCKED
    assert [name for name, _ in found][-2:] == ["messageStop", "metadata"]


@mock_ml
def test_nothing_follows_what_is_blocked_on_its_way(ml: MockML) -> None:
    guard(ml)
    config = {**GUARD, "streamProcessingMode": "async"}
    ml.bedrock.model("*").reply(
        message("secret " + "x" * 1000, tool_use("f")), message("secret", tool_use("f", id="t"))
    )
    assert texts(streamed("Hi", guardrailConfig=config))[-1] == BLOCKED
    late = streamed("Hi", guardrailConfig=config)
    assert late[-2][1] == {"stopReason": "guardrail_intervened"}


@mock_ml
def test_blocked_input_is_streamed_in_one_piece(ml: MockML) -> None:
    guard(ml)
    found = streamed("the secret", guardrailConfig=GUARD)
    assert texts(found) == [BLOCKED]
    assert [name for name, _ in found] == [
        "messageStart",
        "contentBlockDelta",
        "contentBlockStop",
        "messageStop",
        "metadata",
    ]


# -- InvokeModel -----------------------------------------------------------------------------


def invoke(body: Any = BODY, **more: Any) -> Any:
    answer = bedrock().invoke_model(modelId=CLAUDE, body=json.dumps(body), **(HEADERS | more))
    return json.loads(answer["body"].read())


def chunks(body: Any = BODY) -> list[Any]:
    answer = bedrock().invoke_model_with_response_stream(
        modelId=CLAUDE, body=json.dumps(body), **HEADERS
    )
    return [json.loads(event["chunk"]["bytes"]) for event in answer["body"]]


@mock_ml
def test_a_provider_body_says_what_the_guardrail_did(ml: MockML) -> None:
    guard(ml)
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
def test_a_provider_body_for_blocked_input(ml: MockML) -> None:
    guard(ml)
    body = {**BODY, "messages": [{"role": "user", "content": "the secret"}]}
    assert invoke(body)["content"] == [{"type": "text", "text": BLOCKED}]
    found = chunks(body)
    assert [c["delta"]["text"] for c in found if "text" in c.get("delta", {})] == [BLOCKED]


@mock_ml
def test_every_chunk_says_so_and_the_last_one_has_the_trace(ml: MockML) -> None:
    guard(ml)
    ml.bedrock.model("*").reply("mail a@b.com")
    found = chunks()
    assert all(chunk["amazon-bedrock-guardrailAction"] == "INTERVENED" for chunk in found)
    assert ["amazon-bedrock-trace" in chunk for chunk in found] == [False] * (len(found) - 1) + [
        True
    ]
    passing = {"amazon-bedrock-guardrailConfig": {"streamProcessingMode": "ASYNCHRONOUS"}}
    words = [
        c["delta"]["text"] for c in chunks({**BODY, **passing}) if "text" in c.get("delta", {})
    ]
    assert words == ["mail", " a@b.com"]


@mock_ml
def test_a_guardrail_that_does_not_exist_here_either() -> None:
    with pytest.raises(ClientError, match="guardrail identifier or version"):
        invoke()
