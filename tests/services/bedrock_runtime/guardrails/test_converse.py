"""Guardrails in Converse and ConverseStream: what is assessed, and what is returned."""

from __future__ import annotations

from typing import Any

import pytest

from mlmock import MockML, contains, tool_use
from mlmock.services.bedrock_runtime.media.images import generate_png
from tests.services.bedrock_runtime.guardrails.guardrail_helpers import (
    BLOCKED_MESSAGE,
)
from tests.services.bedrock_runtime.guardrails.model_call_helpers import (
    CLAUDE,
    CONFIG,
    answer_texts,
    converse,
    deltas,
    guard,
)

# -- Converse: input --------------------------------------------------------------------------


@pytest.mark.newer_botocore
def test_a_blocked_question_never_reaches_the_model(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").block(words=["secret"]).messages(input="Don't ask.")
    ml.bedrock.model(CLAUDE).reply("Hello").optional()
    answer = converse(bedrock, "What is the secret?")
    assert answer_texts(answer) == ["Don't ask."]
    assert answer["stopReason"] == "guardrail_intervened"
    assert answer["usage"] == {"inputTokens": 0, "outputTokens": 0, "totalTokens": 0}
    trace = answer["trace"]["guardrail"]
    assert trace["actionReason"] == "Guardrail blocked."
    assert list(trace["inputAssessment"]) == ["gr1"]
    assert "outputAssessments" not in trace


def test_a_guardrail_that_does_not_exist_is_rejected(bedrock: Any) -> None:
    with pytest.raises(bedrock.exceptions.ValidationException, match="does not exist"):
        converse(bedrock, "Hello")


@pytest.mark.newer_botocore
@pytest.mark.parametrize("version", [{}, {"guardrailVersion": ""}])
def test_a_guardrail_needs_a_version(ml: MockML, bedrock: Any, version: Any) -> None:
    ml.bedrock.guardrail("gr1")
    with pytest.raises(bedrock.exceptions.ValidationException, match="version provided"):
        converse(bedrock, "Hi", guardrailConfig={"guardrailIdentifier": "gr1", **version})


@pytest.mark.newer_botocore
def test_the_model_receives_the_masked_question(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").mask(pii=["EMAIL"], source="INPUT")
    ml.bedrock.model(CLAUDE).on(last_user="Write to {EMAIL}\nand {EMAIL}").reply("Done.")
    answer = converse(bedrock, "Write to a@b.org", "and c@d.org")
    assert answer_texts(answer) == ["Done."]
    assert answer["trace"]["guardrail"]["actionReason"] == "Guardrail masked.\nNo action."


@pytest.mark.newer_botocore
def test_a_harmless_exchange_is_unchanged(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").block(words=["secret"])
    ml.bedrock.model(CLAUDE).reply("Hello")
    answer = converse(bedrock, "Hi")
    assert (answer_texts(answer), answer["stopReason"]) == (["Hello"], "end_turn")
    trace = answer["trace"]["guardrail"]
    assert trace["actionReason"] == "No action.\nNo action."
    assert "modelOutput" not in trace


def test_no_trace_unless_it_is_enabled(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").block(words=["secret"])
    for trace in ("disabled", None):
        config = {k: v for k, v in (CONFIG | {"trace": trace}).items() if v}
        answer = converse(bedrock, "the secret", guardrailConfig=config)
        assert answer_texts(answer) == [BLOCKED_MESSAGE]
        assert "trace" not in answer


@pytest.mark.newer_botocore
def test_the_full_trace_includes_undetected_policies(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").block(words=["secret"], topics=["tax"])
    answer = converse(bedrock, "Hi", guardrailConfig=CONFIG | {"trace": "enabled_full"})
    trace = answer["trace"]["guardrail"]
    [output] = trace["outputAssessments"]["gr1"]
    for found in (trace["inputAssessment"]["gr1"], output):
        [topic] = found["topicPolicy"]["topics"]
        assert topic == {"name": "tax", "type": "DENY", "action": "NONE", "detected": False}
        assert "wordPolicy" not in found


def test_only_guarded_blocks_are_assessed_if_there_are_any(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").block(words=["secret"]).mask(pii=["EMAIL"])
    ml.bedrock.model(CLAUDE).on(last_user="The secret is a@b.org\nMail {EMAIL}").reply("Ok")
    answer = converse(bedrock, "The secret is a@b.org", guard("Mail c@d.org"))
    assert answer_texts(answer) == ["Ok"]
    metrics = answer["trace"]["guardrail"]["inputAssessment"]["gr1"]["invocationMetrics"]
    assert metrics["guardrailCoverage"]["textCharacters"] == {"guarded": 12, "total": 33}


def test_only_guarded_system_blocks_are_assessed(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").mask(regexes={"key": r"k-\d"})
    ml.bedrock.model(CLAUDE).on(system="Use k-1\nor {key}", last_user="and {key}").reply("Ok")
    system = [{"text": "Use k-1"}, guard("or k-2")]
    assert answer_texts(converse(bedrock, "and k-3", system=system)) == ["Ok"]


def test_images_are_assessed(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").content_filter("VIOLENCE", pictures=lambda image: True)
    image = {"image": {"format": "png", "source": {"bytes": generate_png("war", 4, 4)}}}
    assert answer_texts(converse(bedrock, "What is this?", image)) == [BLOCKED_MESSAGE]
    guarded = {"guardContent": image}
    assert answer_texts(converse(bedrock, "What is this?", guarded)) == [BLOCKED_MESSAGE]


@pytest.mark.newer_botocore
def test_unguarded_images_count_in_the_total(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").content_filter("VIOLENCE", pictures=lambda image: True)
    image = {"image": {"format": "png", "source": {"bytes": generate_png("war", 4, 4)}}}
    answer = converse(bedrock, image, guard("Hi"))
    metrics = answer["trace"]["guardrail"]["inputAssessment"]["gr1"]["invocationMetrics"]
    assert metrics["guardrailCoverage"]["images"] == {"guarded": 0, "total": 1}
    assert metrics["usage"]["contentPolicyImageUnits"] == 0


def test_the_whole_conversation_except_tools_is_assessed(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").block(words=["secret"])
    use = {"toolUse": {"toolUseId": "t1", "name": "f", "input": {"is": "secret"}}}
    result = {"toolResult": {"toolUseId": "t1", "content": [{"text": "secret"}]}}
    tools = {"tools": [{"toolSpec": {"name": "f", "inputSchema": {"json": {"type": "object"}}}}]}

    def stop_reason(*blocks: Any) -> str:
        messages = [
            {"role": ("user", "assistant")[index % 2], "content": [block]}
            for index, block in enumerate(({"text": "Hi"}, *blocks))
        ]
        answer = bedrock.converse(
            modelId=CLAUDE, messages=messages, toolConfig=tools, guardrailConfig=CONFIG
        )
        return str(answer["stopReason"])

    assert stop_reason(use, result) == "end_turn"
    assert stop_reason({"text": "It is secret."}, {"text": "Why?"}) == "guardrail_intervened"
    assert stop_reason({"text": "It is secret."}, guard("Why?")) == "end_turn"


def test_masked_text_with_an_image(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").mask(pii=["EMAIL"])
    ml.bedrock.model(CLAUDE).on(last_user="{EMAIL}").reply("Ok")
    image = {"image": {"format": "png", "source": {"bytes": generate_png("war", 4, 4)}}}
    assert answer_texts(converse(bedrock, image, "a@b.org")) == ["Ok"]


# -- Converse: output -------------------------------------------------------------------------


@pytest.mark.newer_botocore
def test_a_blocked_answer_is_replaced(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").block(words=["secret"]).messages(output="I won't tell.")
    ml.bedrock.model(CLAUDE).reply("The secret is 7.")
    answer = converse(bedrock, "Tell me.")
    assert (answer_texts(answer), answer["stopReason"]) == (
        ["I won't tell."],
        "guardrail_intervened",
    )
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
    assert answer_texts(answer) == ["I ask {EMAIL}."]
    assert answer["output"]["message"]["content"][1]["toolUse"]["input"] == {"who": "a@b.org"}
    assert answer["stopReason"] == "guardrail_intervened"


def test_an_answer_is_compared_with_the_grounding_source(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").ground(grounding=0.6)
    source = guard("Tokyo is the capital of Japan.", "grounding_source")
    query = guard("What is the capital of Japan?", "query")
    ml.bedrock.model(CLAUDE).reply("Bananas grow upwards.", "The capital is Tokyo.")
    first, second = (converse(bedrock, source, query) for _ in range(2))
    assert (answer_texts(first), answer_texts(second)) == (
        [BLOCKED_MESSAGE],
        ["The capital is Tokyo."],
    )
    [output] = second["trace"]["guardrail"]["outputAssessments"]["gr1"]
    [found] = output["contextualGroundingPolicy"]["filters"]
    assert (found["type"], found["action"]) == ("GROUNDING", "NONE")
    coverage = first["trace"]["guardrail"]["inputAssessment"]["gr1"]["invocationMetrics"]
    assert coverage["guardrailCoverage"]["textCharacters"] == {"guarded": 0, "total": 59}


# -- ConverseStream ---------------------------------------------------------------------------


@pytest.mark.newer_botocore
def test_a_synchronous_stream_is_assessed_before_it_is_sent(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").block(words=["secret"]).mask(pii=["EMAIL"])
    ml.bedrock.model(CLAUDE).reply("The secret is 7.", "Mail a@b.org now.", "Hello there.")
    blocked, events = deltas(bedrock, "Tell me.")
    assert blocked == [BLOCKED_MESSAGE]
    stop = next(e["messageStop"] for e in events if "messageStop" in e)
    assert stop["stopReason"] == "guardrail_intervened"
    trace = events[-1]["metadata"]["trace"]["guardrail"]
    assert trace["actionReason"] == "No action.\nGuardrail blocked."
    masked, _ = deltas(bedrock, "Tell me.")
    assert "".join(masked) == "Mail {EMAIL} now."
    harmless, _ = deltas(bedrock, "Tell me.")
    assert harmless == ["Hello", " there."]


def test_an_asynchronous_stream_is_blocked_at_its_end(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").block(words=["secret"]).mask(pii=["EMAIL"])
    ml.bedrock.model(CLAUDE).reply("The secret is 7.", "Mail a@b.org now.")
    texts, events = deltas(bedrock, "Tell me.", streamProcessingMode="async")
    assert "".join(texts) == f"The secret is 7.{BLOCKED_MESSAGE}"
    assert next(e["messageStop"] for e in events if "messageStop" in e)["stopReason"] == (
        "guardrail_intervened"
    )
    unmasked, _ = deltas(bedrock, "Tell me.", streamProcessingMode="async")
    assert "".join(unmasked) == "Mail a@b.org now."


def test_a_long_asynchronous_stream_is_blocked_midway(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").block(words=["secret"])
    ml.bedrock.model(CLAUDE).reply("The secret " + "is long " * 1000)
    texts, _ = deltas(bedrock, "Tell me.", streamProcessingMode="async")
    assert texts[-1] == BLOCKED_MESSAGE
    assert 900 < len("".join(texts)) < 1200


def test_a_blocked_question_streams_the_message(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").block(words=["secret"])
    texts, events = deltas(bedrock, "The secret?")
    assert texts == [BLOCKED_MESSAGE]
    assert [next(iter(event)) for event in events] == [
        "messageStart",
        "contentBlockStop",
        "messageStop",
        "metadata",
    ]


@pytest.mark.newer_botocore
def test_detected_input_reaches_the_rules(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").detect(words=["secret"])
    ml.bedrock.model(CLAUDE).on(last_user=contains("secret")).reply("I know.")
    answer = converse(bedrock, "The secret?")
    assert answer_texts(answer) == ["I know."]
    [word] = answer["trace"]["guardrail"]["inputAssessment"]["gr1"]["wordPolicy"]["customWords"]
    assert (word["action"], word["detected"]) == ("NONE", True)
