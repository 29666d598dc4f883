"""ApplyGuardrail: actions, messages, usage, verdicts and invalid declarations."""

from __future__ import annotations

import re
from typing import Any

import pytest

from mlmock import MockML
from mlmock.errors import InvalidRule
from mlmock.services.bedrock_runtime.guardrails.assessment import Total
from mlmock.services.bedrock_runtime.guardrails.operations import Content, Guardrail, find_guardrail
from tests.services.bedrock_runtime.guardrails.guardrail_helpers import (
    PNG,
    apply,
    assessment,
    outputs,
)


@pytest.mark.newer_botocore
def test_a_harmless_text_passes(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").block(words=["secret"])
    usage = {
        "topicPolicyUnits": 0,
        "contentPolicyUnits": 0,
        "wordPolicyUnits": 1,
        "sensitiveInformationPolicyUnits": 0,
        "sensitiveInformationPolicyFreeUnits": 0,
        "contextualGroundingPolicyUnits": 0,
        "contentPolicyImageUnits": 0,
        "automatedReasoningPolicyUnits": 0,
        "automatedReasoningPolicies": 0,
    }
    coverage = {"textCharacters": {"guarded": 5, "total": 5}}
    answer = apply(bedrock, "hello")
    latency = answer["assessments"][0]["invocationMetrics"].pop("guardrailProcessingLatency")
    assert latency > 0
    assert answer == {
        "usage": usage,
        "action": "NONE",
        "actionReason": "No action.",
        "outputs": [],
        "assessments": [
            {
                "invocationMetrics": {"usage": usage, "guardrailCoverage": coverage},
                "appliedGuardrailDetails": {
                    "guardrailId": "gr1",
                    "guardrailVersion": "1",
                    "guardrailArn": "arn:aws:bedrock:us-east-1:123456789012:guardrail/gr1",
                    "guardrailOrigin": ["REQUEST"],
                    "guardrailOwnership": "SELF",
                },
            }
        ],
        "guardrailCoverage": coverage,
    }


# -- actions and usage ------------------------------------------------------------------------


@pytest.mark.newer_botocore
def test_detected_values_pass_unchanged(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").detect(words=["secret"], pii=["EMAIL"], regexes={"n": r"\d"})
    answer = apply(bedrock, "secret 7 a@b.org")
    assert (answer["action"], answer["actionReason"], outputs(answer)) == ("NONE", "No action.", [])
    found = assessment(answer)
    entries = [
        *found["wordPolicy"]["customWords"],
        *found["sensitiveInformationPolicy"]["piiEntities"],
        *found["sensitiveInformationPolicy"]["regexes"],
    ]
    assert {(entry["action"], entry["detected"]) for entry in entries} == {("NONE", True)}


def test_input_and_output_have_their_own_messages(ml: MockML, bedrock: Any) -> None:
    guardrail = ml.bedrock.guardrail("gr1").block(words=["secret"])
    guardrail.messages(input="Don't ask.", output="I won't tell.")
    assert outputs(apply(bedrock, "secret")) == ["Don't ask."]
    assert outputs(apply(bedrock, "secret", source="OUTPUT")) == ["I won't tell."]


def test_a_policy_can_apply_to_input_or_output_only(ml: MockML, bedrock: Any) -> None:
    guardrail = ml.bedrock.guardrail("gr1")
    guardrail.block(words=["secret"], source="OUTPUT").mask(pii=["EMAIL"], source="INPUT")
    answer = apply(bedrock, "secret a@b.org")
    assert outputs(answer) == ["secret {EMAIL}"]
    assert answer["usage"]["wordPolicyUnits"] == 0
    assert outputs(apply(bedrock, "a@b.org", source="OUTPUT")) == []


@pytest.mark.newer_botocore
def test_the_full_scope_includes_undetected_policies(ml: MockML, bedrock: Any) -> None:
    guardrail = ml.bedrock.guardrail("gr1").block(
        words=["secret", "hidden"],
        profanity=True,
        topics=["tax"],
        content={"HATE": "hate"},
        pii=["EMAIL", "PHONE"],
        regexes={"order": "ORD"},
    )
    guardrail.ground(grounding=0.5)
    found = assessment(apply(bedrock, "Secret a@b.org", outputScope="FULL"))
    undetected = {"action": "NONE", "detected": False}
    blocked = {"action": "BLOCKED", "detected": True}
    assert found == {
        "wordPolicy": {
            "customWords": [{"match": "Secret", **blocked}],
            "managedWordLists": [],
        },
        "topicPolicy": {"topics": [{"name": "tax", "type": "DENY", **undetected}]},
        "contentPolicy": {
            "filters": [
                {"type": "HATE", "confidence": "NONE", "filterStrength": "HIGH", **undetected}
            ]
        },
        "sensitiveInformationPolicy": {
            "piiEntities": [
                {"match": "a@b.org", "type": "EMAIL", **blocked},
                {"match": "", "type": "PHONE", **undetected},
            ],
            "regexes": [],
        },
    }
    harmless = assessment(apply(bedrock, "Hello", outputScope="FULL"))
    assert "wordPolicy" not in harmless
    assert harmless["sensitiveInformationPolicy"]["regexes"] == []


def test_a_unit_is_a_thousand_characters(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").block(words=["secret"], topics=["tax"])
    usage = apply(bedrock, "x" * 1000, "y")["usage"]
    assert (usage["wordPolicyUnits"], usage["topicPolicyUnits"]) == (2, 2)
    assert usage["contentPolicyUnits"] == 0


def test_no_content_is_no_action(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").block(words=["secret"])
    answer = apply(bedrock)
    assert (answer["action"], answer["usage"]["wordPolicyUnits"]) == ("NONE", 0)


# -- verdicts ---------------------------------------------------------------------------------


def test_a_verdict_has_a_text_for_every_content(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").mask(pii=["EMAIL"])
    guardrail: Guardrail = find_guardrail(ml.bedrock.backend(), "gr1", "DRAFT")
    contents = [Content("a@b.org"), Content(image=PNG), Content("hello")]
    verdict = guardrail.assess("INPUT", contents, total=Total(100, 3))
    assert verdict.texts == ("{EMAIL}", "", "hello")
    assert (verdict.message, verdict.masked, verdict.intervened) == (None, True, True)
    metrics = verdict.assessment["invocationMetrics"]
    assert metrics["guardrailCoverage"] == {
        "textCharacters": {"guarded": 12, "total": 100},
        "images": {"guarded": 1, "total": 3},
    }
    assert (guardrail.id, guardrail.version, guardrail.has_grounding) == ("gr1", "DRAFT", False)


# -- invalid declarations ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("declare", "expected"),
    [
        (lambda g: g.block(pii=["SHOE_SIZE"]), "a PII type must be one of ADDRESS"),
        (lambda g: g.mask(words=["x"]), "a policy must be one of pii, regexes"),
        (lambda g: g.block(content={"SPAM": "x"}), "a content type must be one of INSULTS"),
        (lambda g: g.block(content=["HATE"]), "content requires a dict"),
        (lambda g: g.block(regexes={"a": "("}), "requires a regular expression"),
        (lambda g: g.block(regexes=["a"]), "regexes requires a dict"),
        (lambda g: g.block(words=[" "]), "words requires words or phrases"),
        (lambda g: g.block(topics={"tax": 7}), "topic 'tax' requires a word"),
        (lambda g: g.block(words=["x"], source="BOTH"), "source must be one of INPUT, OUTPUT"),
        (lambda g: g.content_filter("SPAM"), "a content type must be one of INSULTS"),
        (lambda g: g.content_filter("HATE", strength="MAX"), "strength must be one of NONE"),
        (lambda g: g.content_filter("HATE", action="ANONYMIZED"), "action must be one of BLOCKED"),
        (lambda g: g.ground(grounding=1), "grounding must be a threshold from 0 to 0.99"),
        (lambda g: g.ground(grounding=0.5, score=7), "score must be from 0 to 1"),
        (lambda g: g.messages(input=""), "1 to 500 characters"),
        (lambda g: g.messages(output=7), "1 to 500 characters, not 7"),
        (lambda g: g.block(words=7), "a name or a list of names, not 7"),
        (lambda g: g.ground(grounding="0.5"), "grounding must be a threshold from 0 to 0.99"),
    ],
)
def test_invalid_policies_are_rejected(ml: MockML, declare: Any, expected: str) -> None:
    guardrail = ml.bedrock.guardrail("gr1")
    with pytest.raises(InvalidRule, match=re.escape(expected)):
        declare(guardrail)
    assert repr(guardrail) == "<guardrail gr1: 0 policies>"


def test_invalid_guardrail_names_are_rejected(ml: MockML) -> None:
    with pytest.raises(InvalidRule, match="lower-case letters and digits"):
        ml.bedrock.guardrail("My guardrail")
    with pytest.raises(InvalidRule, match='"DRAFT" or a number from 1'):
        ml.bedrock.guardrail("gr1", version=0)
