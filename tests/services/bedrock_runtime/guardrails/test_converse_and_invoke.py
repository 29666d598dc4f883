"""Guardrails inside Converse, InvokeModel and both streams: what is read, what comes back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from mlmock import MockML, contains, mock_ml, tool_use
from mlmock.services.bedrock_runtime.media.images import generate_png

CLAUDE = "anthropic.claude-3-haiku-20240307-v1:0"
TITAN = "amazon.titan-text-express-v1"
CONFIG = {"guardrailIdentifier": "gr1", "guardrailVersion": "1", "trace": "enabled"}
SORRY = "Sorry, the model cannot answer this question."


@pytest.fixture
def ml() -> Iterator[MockML]:
    with mock_ml() as ml:
        yield ml


@pytest.fixture
def bedrock(ml: MockML) -> Any:
    return boto3.client("bedrock-runtime", region_name="us-east-1")


def guard(text: str, *qualifiers: str) -> dict[str, Any]:
    return {"guardContent": {"text": {"text": text, "qualifiers": list(qualifiers)}}}


def converse(client: Any, *content: Any, **options: Any) -> dict[str, Any]:
    """Say something (a str is a text block) under the guardrail and return the answer."""
    blocks = [{"text": c} if isinstance(c, str) else c for c in content]
    answer: dict[str, Any] = client.converse(
        **{
            "modelId": CLAUDE,
            "messages": [{"role": "user", "content": blocks}],
            "guardrailConfig": CONFIG,
        }
        | options
    )
    return answer


def said(answer: dict[str, Any]) -> list[str]:
    return [block["text"] for block in answer["output"]["message"]["content"] if "text" in block]


def deltas(client: Any, text: str, **config: str) -> tuple[list[str], list[dict[str, Any]]]:
    """Return the text deltas of ConverseStream, and its other events."""
    events = list(
        client.converse_stream(
            modelId=CLAUDE,
            messages=[{"role": "user", "content": [{"text": text}]}],
            guardrailConfig=CONFIG | config,
        )["stream"]
    )
    found = [e["contentBlockDelta"]["delta"] for e in events if "contentBlockDelta" in e]
    texts = [delta["text"] for delta in found if "text" in delta]
    return texts, [event for event in events if "contentBlockDelta" not in event]


def invoke(client: Any, prompt: str, *, tags: Any = None, **options: Any) -> dict[str, Any]:
    """Invoke Claude with its own body and return the parsed answer."""
    body: dict[str, Any] = {
        "anthropic_version": "bedrock-2023-05-31",
        "max_tokens": 100,
        "messages": [{"role": "user", "content": prompt}],
    }
    if tags is not None:
        body["amazon-bedrock-guardrailConfig"] = {"tagSuffix": tags}
    given = {"guardrailIdentifier": "gr1", "guardrailVersion": "1", "trace": "ENABLED"} | options
    answer = client.invoke_model(modelId=CLAUDE, body=json.dumps(body), **given)
    found: dict[str, Any] = json.loads(answer["body"].read())
    return found


# -- Converse: what comes in ----------------------------------------------------------------------


@pytest.mark.newer_botocore
def test_a_blocked_question_never_comes_to_the_model(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").block(words=["secret"]).messages(input="Don't ask.")
    ml.bedrock.model(CLAUDE).reply("Hello").optional()
    answer = converse(bedrock, "What is the secret?")
    assert said(answer) == ["Don't ask."]
    assert answer["stopReason"] == "guardrail_intervened"
    assert answer["usage"] == {"inputTokens": 0, "outputTokens": 0, "totalTokens": 0}
    trace = answer["trace"]["guardrail"]
    assert trace["actionReason"] == "Guardrail blocked."
    assert list(trace["inputAssessment"]) == ["gr1"]
    assert "outputAssessments" not in trace


def test_a_guardrail_that_does_not_exist_is_refused(bedrock: Any) -> None:
    with pytest.raises(bedrock.exceptions.ValidationException, match="does not exist"):
        converse(bedrock, "Hello")


@pytest.mark.newer_botocore
@pytest.mark.parametrize("version", [{}, {"guardrailVersion": ""}])
def test_a_guardrail_is_named_with_its_version(ml: MockML, bedrock: Any, version: Any) -> None:
    ml.bedrock.guardrail("gr1")
    with pytest.raises(bedrock.exceptions.ValidationException, match="version provided"):
        converse(bedrock, "Hi", guardrailConfig={"guardrailIdentifier": "gr1", **version})


@pytest.mark.newer_botocore
def test_the_model_reads_the_masked_question(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").mask(pii=["EMAIL"], source="INPUT")
    ml.bedrock.model(CLAUDE).on(last_user="Write to {EMAIL}\nand {EMAIL}").reply("Done.")
    answer = converse(bedrock, "Write to a@b.org", "and c@d.org")
    assert said(answer) == ["Done."]
    assert answer["trace"]["guardrail"]["actionReason"] == "Guardrail masked.\nNo action."


@pytest.mark.newer_botocore
def test_a_harmless_exchange_is_as_without_a_guardrail(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").block(words=["secret"])
    ml.bedrock.model(CLAUDE).reply("Hello")
    answer = converse(bedrock, "Hi")
    assert (said(answer), answer["stopReason"]) == (["Hello"], "end_turn")
    trace = answer["trace"]["guardrail"]
    assert trace["actionReason"] == "No action.\nNo action."
    assert "modelOutput" not in trace


def test_without_a_trace_nothing_is_told(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").block(words=["secret"])
    for trace in ("disabled", None):
        config = {k: v for k, v in (CONFIG | {"trace": trace}).items() if v}
        answer = converse(bedrock, "the secret", guardrailConfig=config)
        assert said(answer) == [SORRY]
        assert "trace" not in answer


@pytest.mark.newer_botocore
def test_the_full_trace_tells_what_was_not_found(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").block(words=["secret"], topics=["tax"])
    answer = converse(bedrock, "Hi", guardrailConfig=CONFIG | {"trace": "enabled_full"})
    trace = answer["trace"]["guardrail"]
    [output] = trace["outputAssessments"]["gr1"]
    for found in (trace["inputAssessment"]["gr1"], output):
        [topic] = found["topicPolicy"]["topics"]
        assert topic == {"name": "tax", "type": "DENY", "action": "NONE", "detected": False}
        assert "wordPolicy" not in found


def test_guarded_blocks_alone_are_assessed_where_there_are_any(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").block(words=["secret"]).mask(pii=["EMAIL"])
    ml.bedrock.model(CLAUDE).on(last_user="The secret is a@b.org\nMail {EMAIL}").reply("Ok")
    answer = converse(bedrock, "The secret is a@b.org", guard("Mail c@d.org"))
    assert said(answer) == ["Ok"]
    metrics = answer["trace"]["guardrail"]["inputAssessment"]["gr1"]["invocationMetrics"]
    assert metrics["guardrailCoverage"]["textCharacters"] == {"guarded": 12, "total": 33}


def test_of_the_system_only_guarded_blocks_are_assessed(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").mask(regexes={"key": r"k-\d"})
    ml.bedrock.model(CLAUDE).on(system="Use k-1\nor {key}", last_user="and {key}").reply("Ok")
    system = [{"text": "Use k-1"}, guard("or k-2")]
    assert said(converse(bedrock, "and k-3", system=system)) == ["Ok"]


def test_pictures_are_assessed(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").content_filter("VIOLENCE", pictures=lambda image: True)
    picture = {"image": {"format": "png", "source": {"bytes": generate_png("war", 4, 4)}}}
    assert said(converse(bedrock, "What is this?", picture)) == [SORRY]
    guarded = {"guardContent": picture}
    assert said(converse(bedrock, "What is this?", guarded)) == [SORRY]


@pytest.mark.newer_botocore
def test_pictures_beside_what_is_guarded_count_in_the_total(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").content_filter("VIOLENCE", pictures=lambda image: True)
    picture = {"image": {"format": "png", "source": {"bytes": generate_png("war", 4, 4)}}}
    answer = converse(bedrock, picture, guard("Hi"))
    metrics = answer["trace"]["guardrail"]["inputAssessment"]["gr1"]["invocationMetrics"]
    assert metrics["guardrailCoverage"]["images"] == {"guarded": 0, "total": 1}
    assert metrics["usage"]["contentPolicyImageUnits"] == 0


def test_the_whole_conversation_is_assessed_but_no_tools(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").block(words=["secret"])
    use = {"toolUse": {"toolUseId": "t1", "name": "f", "input": {"is": "secret"}}}
    result = {"toolResult": {"toolUseId": "t1", "content": [{"text": "secret"}]}}
    tools = {"tools": [{"toolSpec": {"name": "f", "inputSchema": {"json": {"type": "object"}}}}]}

    def ended(*said: Any) -> str:
        messages = [
            {"role": ("user", "assistant")[place % 2], "content": [block]}
            for place, block in enumerate(({"text": "Hi"}, *said))
        ]
        answer = bedrock.converse(
            modelId=CLAUDE, messages=messages, toolConfig=tools, guardrailConfig=CONFIG
        )
        return str(answer["stopReason"])

    assert ended(use, result) == "end_turn"
    assert ended({"text": "It is secret."}, {"text": "Why?"}) == "guardrail_intervened"
    assert ended({"text": "It is secret."}, guard("Why?")) == "end_turn"


def test_a_masked_text_beside_a_picture(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").mask(pii=["EMAIL"])
    ml.bedrock.model(CLAUDE).on(last_user="{EMAIL}").reply("Ok")
    picture = {"image": {"format": "png", "source": {"bytes": generate_png("war", 4, 4)}}}
    assert said(converse(bedrock, picture, "a@b.org")) == ["Ok"]


# -- Converse: what goes out ----------------------------------------------------------------------


@pytest.mark.newer_botocore
def test_a_blocked_answer_is_replaced(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").block(words=["secret"]).messages(output="I won't tell.")
    ml.bedrock.model(CLAUDE).reply("The secret is 7.")
    answer = converse(bedrock, "Tell me.")
    assert (said(answer), answer["stopReason"]) == (["I won't tell."], "guardrail_intervened")
    assert answer["usage"]["outputTokens"] > 0
    trace = answer["trace"]["guardrail"]
    assert trace["actionReason"] == "No action.\nGuardrail blocked."
    assert trace["modelOutput"] == ["The secret is 7."]
    [output] = trace["outputAssessments"]["gr1"]
    assert output["wordPolicy"]["customWords"][0]["match"] == "secret"


def test_a_masked_answer_keeps_its_other_blocks(ml: MockML, bedrock: Any) -> None:
    from mlmock import message

    ml.bedrock.guardrail("gr1").mask(pii=["EMAIL"])
    ml.bedrock.model(CLAUDE).reply(message("I ask a@b.org.", tool_use("ask", {"who": "a@b.org"})))
    tools = {"tools": [{"toolSpec": {"name": "ask", "inputSchema": {"json": {"type": "object"}}}}]}
    answer = converse(bedrock, "Ask.", toolConfig=tools)
    assert said(answer) == ["I ask {EMAIL}."]
    assert answer["output"]["message"]["content"][1]["toolUse"]["input"] == {"who": "a@b.org"}
    assert answer["stopReason"] == "guardrail_intervened"


def test_an_answer_is_grounded_on_what_the_question_brings(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").ground(grounding=0.6)
    source = guard("Tokyo is the capital of Japan.", "grounding_source")
    query = guard("What is the capital of Japan?", "query")
    ml.bedrock.model(CLAUDE).reply("Bananas grow upwards.", "The capital is Tokyo.")
    first, second = (converse(bedrock, source, query) for _ in range(2))
    assert (said(first), said(second)) == ([SORRY], ["The capital is Tokyo."])
    [output] = second["trace"]["guardrail"]["outputAssessments"]["gr1"]
    [found] = output["contextualGroundingPolicy"]["filters"]
    assert (found["type"], found["action"]) == ("GROUNDING", "NONE")
    coverage = first["trace"]["guardrail"]["inputAssessment"]["gr1"]["invocationMetrics"]
    assert coverage["guardrailCoverage"]["textCharacters"] == {"guarded": 0, "total": 59}


# -- ConverseStream -------------------------------------------------------------------------------


@pytest.mark.newer_botocore
def test_a_stream_waits_for_the_verdict(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").block(words=["secret"]).mask(pii=["EMAIL"])
    ml.bedrock.model(CLAUDE).reply("The secret is 7.", "Mail a@b.org now.", "Hello there.")
    blocked, events = deltas(bedrock, "Tell me.")
    assert blocked == [SORRY]
    stop = next(e["messageStop"] for e in events if "messageStop" in e)
    assert stop["stopReason"] == "guardrail_intervened"
    trace = events[-1]["metadata"]["trace"]["guardrail"]
    assert trace["actionReason"] == "No action.\nGuardrail blocked."
    masked, _ = deltas(bedrock, "Tell me.")
    assert "".join(masked) == "Mail {EMAIL} now."
    harmless, _ = deltas(bedrock, "Tell me.")
    assert harmless == ["Hello", " there."]


def test_an_asynchronous_stream_passes_and_then_stops(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").block(words=["secret"]).mask(pii=["EMAIL"])
    ml.bedrock.model(CLAUDE).reply("The secret is 7.", "Mail a@b.org now.")
    texts, events = deltas(bedrock, "Tell me.", streamProcessingMode="async")
    assert "".join(texts) == f"The secret is 7.{SORRY}"
    assert next(e["messageStop"] for e in events if "messageStop" in e)["stopReason"] == (
        "guardrail_intervened"
    )
    unmasked, _ = deltas(bedrock, "Tell me.", streamProcessingMode="async")
    assert "".join(unmasked) == "Mail a@b.org now."


def test_a_long_asynchronous_stream_stops_on_its_way(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").block(words=["secret"])
    ml.bedrock.model(CLAUDE).reply("The secret " + "is long " * 1000)
    texts, _ = deltas(bedrock, "Tell me.", streamProcessingMode="async")
    assert texts[-1] == SORRY
    assert 900 < len("".join(texts)) < 1200


def test_a_blocked_question_streams_the_message(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").block(words=["secret"])
    texts, events = deltas(bedrock, "The secret?")
    assert texts == [SORRY]
    assert [next(iter(event)) for event in events] == [
        "messageStart",
        "contentBlockStop",
        "messageStop",
        "metadata",
    ]


# -- InvokeModel and its stream -------------------------------------------------------------------


def test_a_body_says_what_the_guardrail_did(ml: MockML, bedrock: Any) -> None:
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


def test_a_blocked_prompt_has_the_shape_of_an_answer(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").block(words=["secret"])
    found = invoke(bedrock, "The secret?", trace="DISABLED")
    assert found["content"] == [{"type": "text", "text": SORRY}]
    assert found["amazon-bedrock-guardrailAction"] == "INTERVENED"
    assert "amazon-bedrock-trace" not in found


def test_every_chunk_of_a_stream_says_what_the_guardrail_did(ml: MockML, bedrock: Any) -> None:
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
    assert "".join(chunk["outputText"] for chunk in chunks) == SORRY
    assert {chunk["amazon-bedrock-guardrailAction"] for chunk in chunks} == {"INTERVENED"}
    assert "amazon-bedrock-trace" in chunks[-1]


def test_a_blocked_prompt_of_titans_is_one_chunk(ml: MockML, bedrock: Any) -> None:
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
        "outputText": SORRY,
        "index": 0.0,
        "amazon-bedrock-guardrailAction": "INTERVENED",
    }


TAG = "amazon-bedrock-guardrails-guardContent_xyz"


def test_tagged_parts_alone_are_assessed(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").block(words=["secret"]).mask(pii=["EMAIL"])
    masked = f"The secret: a@b.org <{TAG}>{{EMAIL}}</{TAG}> and <{TAG}>{{EMAIL}}, you</{TAG}>"
    ml.bedrock.model(CLAUDE).on(last_user=masked).reply("Ok")
    prompt = f"The secret: a@b.org <{TAG}>c@d.org</{TAG}> and <{TAG}>e@f.org, you</{TAG}>"
    found = invoke(bedrock, prompt, tags="xyz")
    assert found["content"][0]["text"] == "Ok"
    metrics = found["amazon-bedrock-trace"]["guardrail"]["input"]["gr1"]["invocationMetrics"]
    assert metrics["guardrailCoverage"]["textCharacters"] == {"guarded": 19, "total": len(prompt)}


def test_without_tags_in_it_all_of_a_prompt_is_assessed(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").block(words=["secret"])
    assert invoke(bedrock, "The secret?", tags="xyz")["content"][0]["text"] == SORRY


@pytest.mark.parametrize("tags", ["", "x" * 21, "a-b", 7])
def test_a_tag_that_cannot_be_is_refused(ml: MockML, bedrock: Any, tags: Any) -> None:
    ml.bedrock.guardrail("gr1")
    with pytest.raises(bedrock.exceptions.ValidationException) as caught:
        invoke(bedrock, "Hello", tags=tags)
    message = caught.value.response["Error"]["Message"]
    assert message == "Guardrail was enabled but input is in incorrect format."


MISSHAPEN = "Guardrail was enabled but input is in incorrect format."
UNKNOWN = "The guardrail identifier or version provided in the request does not exist."
NAMED = {"guardrailIdentifier": "gr1", "guardrailVersion": "1"}


@pytest.mark.parametrize(
    ("headers", "config", "words"),
    [
        ({"guardrailIdentifier": "gr1"}, {}, UNKNOWN),
        (NAMED | {"guardrailVersion": "7"}, {}, UNKNOWN),
        (NAMED | {"contentType": "text/plain"}, {}, MISSHAPEN),
        (NAMED, "xyz", MISSHAPEN),
        (NAMED, {"streamProcessingMode": "NEVER"}, MISSHAPEN),
        (NAMED, {"streamProcessingMode": []}, MISSHAPEN),
        ({}, {"tagSuffix": "xyz"}, "The provided guardrail identifier is invalid."),
    ],
)
def test_what_a_body_may_not_say_of_a_guardrail(
    ml: MockML, bedrock: Any, headers: dict[str, str], config: Any, words: str
) -> None:
    ml.bedrock.guardrail("gr1", version=1)
    body = {"inputText": "Hi"} | ({"amazon-bedrock-guardrailConfig": config} if config else {})
    for call in (bedrock.invoke_model, bedrock.invoke_model_with_response_stream):
        with pytest.raises(bedrock.exceptions.ValidationException) as caught:
            call(modelId=TITAN, body=json.dumps(body), **headers)
        assert caught.value.response["Error"]["Message"] == words


def test_a_guardrail_around_vectors_has_to_exist(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").block(words=["Hi"])
    asked = {"modelId": "amazon.titan-embed-text-v2:0", "body": '{"inputText":"Hi"}'}
    answer = json.loads(bedrock.invoke_model(**asked, **NAMED)["body"].read())
    assert len(answer["embedding"]) == 1024
    with pytest.raises(bedrock.exceptions.ValidationException, match="does not exist"):
        bedrock.invoke_model(**asked, guardrailIdentifier="gr2", guardrailVersion="1")


@pytest.mark.parametrize(
    ("prompt", "answer"), [("the secret", "Hi"), ("Hi", "the secret"), ("Hi", "a@b.org")]
)
def test_a_providers_words_do_not_say_that_a_guardrail_intervened(
    ml: MockML, bedrock: Any, prompt: str, answer: str
) -> None:
    ml.bedrock.guardrail("gr1").block(words=["secret"]).mask(pii=["EMAIL"])
    ml.bedrock.model("amazon.nova-lite*").optional().reply(answer)
    body = json.dumps({"messages": [{"role": "user", "content": [{"text": prompt}]}]})
    asked = {"modelId": "amazon.nova-lite-v1:0", "body": body, **NAMED}
    found = json.loads(bedrock.invoke_model(**asked)["body"].read())
    assert (found["stopReason"], found["amazon-bedrock-guardrailAction"]) == (
        "end_turn",
        "INTERVENED",
    )
    stream = bedrock.invoke_model_with_response_stream(**asked)["body"]
    chunks = [json.loads(event["chunk"]["bytes"]) for event in stream]
    [stop] = [chunk["messageStop"] for chunk in chunks if "messageStop" in chunk]
    assert stop == {"stopReason": "end_turn"}


@pytest.mark.newer_botocore
def test_a_rule_sees_what_a_filter_lets_through(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").detect(words=["secret"])
    ml.bedrock.model(CLAUDE).on(last_user=contains("secret")).reply("I know.")
    answer = converse(bedrock, "The secret?")
    assert said(answer) == ["I know."]
    [word] = answer["trace"]["guardrail"]["inputAssessment"]["gr1"]["wordPolicy"]["customWords"]
    assert (word["action"], word["detected"]) == ("NONE", True)
