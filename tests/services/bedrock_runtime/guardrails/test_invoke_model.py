"""Guardrails in InvokeModel and its stream: provider bodies, tags and settings."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mlmock import MockML
from tests.services.bedrock_runtime.guardrails.guardrail_helpers import (
    BLOCKED_MESSAGE,
    UNKNOWN_GUARDRAIL,
)
from tests.services.bedrock_runtime.guardrails.model_call_helpers import CLAUDE, TITAN, invoke


def test_a_body_reports_the_guardrail_action(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").block(words=["secret"]).mask(pii=["EMAIL"])
    ml.bedrock.model(CLAUDE).reply("Hello", "Mail a@b.org")
    plain, masked = invoke(bedrock, "Hi"), invoke(bedrock, "Hi")
    assert plain["amazon-bedrock-guardrailAction"] == "NONE"
    assert masked["amazon-bedrock-guardrailAction"] == "INTERVENED"
    assert masked["content"] == [{"type": "text", "text": "Mail {EMAIL}"}]
    trace = masked["amazon-bedrock-trace"]["guardrail"]
    assert list(trace["input"]) == ["gr1"]
    assert [list(output) for output in trace["outputs"]] == [["gr1"]]
    assert trace["actionReason"] == "No action.\nGuardrail masked."


def test_a_blocked_prompt_is_answered_in_the_provider_format(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").block(words=["secret"])
    found = invoke(bedrock, "The secret?", trace="DISABLED")
    assert found["content"] == [{"type": "text", "text": BLOCKED_MESSAGE}]
    assert found["amazon-bedrock-guardrailAction"] == "INTERVENED"
    assert "amazon-bedrock-trace" not in found


def test_every_chunk_reports_the_guardrail_action(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").block(words=["secret"])
    ml.bedrock.model(TITAN).reply("The secret is 7.")
    stream = bedrock.invoke_model_with_response_stream(
        modelId=TITAN,
        body=json.dumps({"inputText": "Tell me."}),
        guardrailIdentifier="gr1",
        guardrailVersion="1",
        trace="ENABLED",
    )["body"]
    chunks = [json.loads(event["chunk"]["bytes"]) for event in stream]
    assert "".join(chunk["outputText"] for chunk in chunks) == BLOCKED_MESSAGE
    assert {chunk["amazon-bedrock-guardrailAction"] for chunk in chunks} == {"INTERVENED"}
    assert "amazon-bedrock-trace" in chunks[-1]


def test_a_blocked_titan_prompt_is_one_chunk(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").block(words=["secret"])
    [event] = bedrock.invoke_model_with_response_stream(
        modelId=TITAN,
        body=json.dumps({"inputText": "The secret?"}),
        guardrailIdentifier="gr1",
        guardrailVersion="1",
    )["body"]
    chunk = json.loads(event["chunk"]["bytes"])
    assert chunk.pop("inputTextTokenCount") > 0
    assert chunk.pop("totalOutputTextTokenCount") > 0
    assert chunk == {
        "outputText": BLOCKED_MESSAGE,
        "index": 0.0,
        "amazon-bedrock-guardrailAction": "INTERVENED",
    }


TAG = "amazon-bedrock-guardrails-guardContent_xyz"


def test_only_tagged_parts_are_assessed(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").block(words=["secret"]).mask(pii=["EMAIL"])
    masked = f"The secret: a@b.org <{TAG}>{{EMAIL}}</{TAG}> and <{TAG}>{{EMAIL}}, you</{TAG}>"
    ml.bedrock.model(CLAUDE).on(last_user=masked).reply("Ok")
    prompt = f"The secret: a@b.org <{TAG}>c@d.org</{TAG}> and <{TAG}>e@f.org, you</{TAG}>"
    found = invoke(bedrock, prompt, tags="xyz")
    assert found["content"][0]["text"] == "Ok"
    metrics = found["amazon-bedrock-trace"]["guardrail"]["input"]["gr1"]["invocationMetrics"]
    assert metrics["guardrailCoverage"]["textCharacters"] == {"guarded": 19, "total": len(prompt)}


def test_a_prompt_without_tags_is_assessed_whole(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").block(words=["secret"])
    assert invoke(bedrock, "The secret?", tags="xyz")["content"][0]["text"] == BLOCKED_MESSAGE


@pytest.mark.parametrize("tags", ["", "x" * 21, "a-b", 7])
def test_an_invalid_tag_suffix_is_rejected(ml: MockML, bedrock: Any, tags: Any) -> None:
    ml.bedrock.guardrail("gr1")
    with pytest.raises(bedrock.exceptions.ValidationException) as caught:
        invoke(bedrock, "Hello", tags=tags)
    message = caught.value.response["Error"]["Message"]
    assert message == "Guardrail was enabled but input is in incorrect format."


INCORRECT_FORMAT = "Guardrail was enabled but input is in incorrect format."
GUARDRAIL = {"guardrailIdentifier": "gr1", "guardrailVersion": "1"}


@pytest.mark.parametrize(
    ("headers", "config", "expected"),
    [
        ({"guardrailIdentifier": "gr1"}, {}, UNKNOWN_GUARDRAIL),
        (GUARDRAIL | {"guardrailVersion": "7"}, {}, UNKNOWN_GUARDRAIL),
        (GUARDRAIL | {"contentType": "text/plain"}, {}, INCORRECT_FORMAT),
        (GUARDRAIL, "xyz", INCORRECT_FORMAT),
        (GUARDRAIL, {"streamProcessingMode": "NEVER"}, INCORRECT_FORMAT),
        (GUARDRAIL, {"streamProcessingMode": []}, INCORRECT_FORMAT),
        ({}, {"tagSuffix": "xyz"}, "The provided guardrail identifier is invalid."),
    ],
)
def test_invalid_guardrail_settings_of_a_body(
    ml: MockML, bedrock: Any, headers: dict[str, str], config: Any, expected: str
) -> None:
    ml.bedrock.guardrail("gr1", version=1)
    body = {"inputText": "Hi"} | ({"amazon-bedrock-guardrailConfig": config} if config else {})
    for call in (bedrock.invoke_model, bedrock.invoke_model_with_response_stream):
        with pytest.raises(bedrock.exceptions.ValidationException) as caught:
            call(modelId=TITAN, body=json.dumps(body), **headers)
        assert caught.value.response["Error"]["Message"] == expected


def test_a_guardrail_of_an_embedding_call_must_exist(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").block(words=["Hi"])
    request = {"modelId": "amazon.titan-embed-text-v2:0", "body": '{"inputText":"Hi"}'}
    answer = json.loads(bedrock.invoke_model(**request, **GUARDRAIL)["body"].read())
    assert len(answer["embedding"]) == 1024
    with pytest.raises(bedrock.exceptions.ValidationException, match="does not exist"):
        bedrock.invoke_model(**request, guardrailIdentifier="gr2", guardrailVersion="1")


@pytest.mark.parametrize(
    ("prompt", "answer"), [("the secret", "Hi"), ("Hi", "the secret"), ("Hi", "a@b.org")]
)
def test_nova_keeps_its_stop_reason_when_a_guardrail_intervenes(
    ml: MockML, bedrock: Any, prompt: str, answer: str
) -> None:
    ml.bedrock.guardrail("gr1").block(words=["secret"]).mask(pii=["EMAIL"])
    ml.bedrock.model("amazon.nova-lite*").optional().reply(answer)
    body = json.dumps({"messages": [{"role": "user", "content": [{"text": prompt}]}]})
    request = {"modelId": "amazon.nova-lite-v1:0", "body": body, **GUARDRAIL}
    found = json.loads(bedrock.invoke_model(**request)["body"].read())
    assert (found["stopReason"], found["amazon-bedrock-guardrailAction"]) == (
        "end_turn",
        "INTERVENED",
    )
    stream = bedrock.invoke_model_with_response_stream(**request)["body"]
    chunks = [json.loads(event["chunk"]["bytes"]) for event in stream]
    [stop] = [chunk["messageStop"] for chunk in chunks if "messageStop" in chunk]
    assert stop == {"stopReason": "end_turn"}
