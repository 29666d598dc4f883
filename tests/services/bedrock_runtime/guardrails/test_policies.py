"""What the policies of a guardrail find: words, topics, content, personal data and regexes."""

from __future__ import annotations

import re
from typing import Any

import pytest

from mlmock import MockML, contains
from tests.services.bedrock_runtime.guardrails.guardrail_helpers import (
    BLOCKED_MESSAGE,
    PNG,
    apply,
    assessment,
    outputs,
)

# -- words, profanity, topics, content --------------------------------------------------------


@pytest.mark.newer_botocore
def test_whole_words_are_found_in_any_case(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").block(words=["secret plan", "c++"])
    answer = apply(bedrock, "Secret  Plan in C++, secret\nplan in C++")
    assert answer["action"] == "GUARDRAIL_INTERVENED"
    assert answer["actionReason"] == "Guardrail blocked."
    assert outputs(answer) == [BLOCKED_MESSAGE]
    found = assessment(answer)["wordPolicy"]
    assert found["managedWordLists"] == []
    assert found["customWords"] == [
        {"match": match, "action": "BLOCKED", "detected": True}
        for match in ("Secret  Plan", "secret\nplan", "C++")
    ]
    assert outputs(apply(bedrock, "secretplan, secret planet, c+")) == []


def test_profanity_is_a_managed_list_that_can_be_extended(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").block(profanity=["heck"])
    found = assessment(apply(bedrock, "Damn, what the heck"))["wordPolicy"]
    assert [word["match"] for word in found["managedWordLists"]] == ["Damn", "heck"]
    assert {word["type"] for word in found["managedWordLists"]} == {"PROFANITY"}
    ml.bedrock.guardrail("gr2").block(profanity=True)
    ml.bedrock.guardrail("gr3").block(profanity=False)
    assert outputs(apply(bedrock, "damn", guardrailIdentifier="gr2")) == [BLOCKED_MESSAGE]
    assert outputs(apply(bedrock, "damn", guardrailIdentifier="gr3")) == []


@pytest.mark.newer_botocore
@pytest.mark.parametrize(
    ("found_by", "about", "other"),
    [
        ("stocks", "which Stocks to buy", "stockings"),
        (["stocks", "bonds"], "bonds or cash", "cash"),
        (re.compile(r"inv\w+"), "how to invest", "how to save"),
        (contains("ETF"), "an ETF", "an etf"),
        (lambda value: len(value) > 10, "a long question", "short"),
    ],
)
def test_a_topic_is_found_by_its_declaration(
    ml: MockML, bedrock: Any, found_by: Any, about: str, other: str
) -> None:
    ml.bedrock.guardrail("gr1").block(topics={"Finance": found_by})
    topic = {"name": "Finance", "type": "DENY", "action": "BLOCKED", "detected": True}
    assert assessment(apply(bedrock, about)) == {"topicPolicy": {"topics": [topic]}}
    assert outputs(apply(bedrock, other)) == []


def test_topics_without_declaration_are_found_by_name(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").block(topics=["finance", "tax advice"])
    found = assessment(apply(bedrock, "Tax advice, please"))["topicPolicy"]["topics"]
    assert [topic["name"] for topic in found] == ["tax advice"]


@pytest.mark.newer_botocore
def test_content_is_found_by_its_declaration(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").block(content={"VIOLENCE": ["kill", "stab"], "HATE": "idiots"})
    found = assessment(apply(bedrock, "I kill you"))["contentPolicy"]["filters"]
    assert found == [
        {
            "type": "VIOLENCE",
            "confidence": "HIGH",
            "filterStrength": "HIGH",
            "action": "BLOCKED",
            "detected": True,
        }
    ]


@pytest.mark.parametrize(
    ("strength", "least"), [("HIGH", "LOW"), ("MEDIUM", "MEDIUM"), ("LOW", "HIGH"), ("NONE", None)]
)
def test_the_filter_strength_decides_the_lowest_confidence(
    ml: MockML, bedrock: Any, strength: str, least: str | None
) -> None:
    acted = []
    for confidence in ("NONE", "LOW", "MEDIUM", "HIGH"):
        name = f"gr{confidence.lower()}"
        ml.bedrock.guardrail(name).content_filter(
            "INSULTS", "fool", confidence=confidence, strength=strength
        )
        if apply(bedrock, "You fool", guardrailIdentifier=name)["action"] != "NONE":
            acted.append(confidence)
    levels = ["LOW", "MEDIUM", "HIGH"]
    assert acted == ([] if least is None else levels[levels.index(least) :])


@pytest.mark.newer_botocore
def test_images_are_assessed_by_content_filters(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").content_filter("VIOLENCE", pictures=lambda image: image == PNG)
    ml.bedrock.guardrail("gr1").content_filter("HATE", "hate").block(pii=["EMAIL"])
    image_block = {"image": {"format": "png", "source": {"bytes": PNG}}}
    answer = apply(bedrock, "What is this?", image_block)
    assert [f["type"] for f in assessment(answer)["contentPolicy"]["filters"]] == ["VIOLENCE"]
    assert answer["usage"]["contentPolicyImageUnits"] == 1
    assert answer["guardrailCoverage"]["images"] == {"guarded": 1, "total": 1}
    other = {"image": {"format": "png", "source": {"bytes": b"other"}}}
    assert outputs(apply(bedrock, other)) == []


# -- personal data and regexes ----------------------------------------------------------------


@pytest.mark.newer_botocore
def test_personal_data_is_masked(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").mask(pii=["EMAIL", "PHONE"], regexes={"order": r"ORD-\d+"})
    answer = apply(bedrock, "a@b.org, a@b.org, +1 206-555-0100, ORD-7", "nothing here")
    assert answer["action"] == "GUARDRAIL_INTERVENED"
    assert answer["actionReason"] == "Guardrail masked."
    assert outputs(answer) == ["{EMAIL}, {EMAIL}, {PHONE}, {order}", "nothing here"]
    masked = {"action": "ANONYMIZED", "detected": True}
    assert assessment(answer)["sensitiveInformationPolicy"] == {
        "piiEntities": [
            {"match": "a@b.org", "type": "EMAIL", **masked},
            {"match": "+1 206-555-0100", "type": "PHONE", **masked},
        ],
        "regexes": [{"name": "order", "match": "ORD-7", "regex": r"ORD-\d+", **masked}],
    }
    assert answer["usage"]["sensitiveInformationPolicyUnits"] == 1
    assert answer["usage"]["sensitiveInformationPolicyFreeUnits"] == 1


@pytest.mark.newer_botocore
def test_personal_data_is_blocked(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").block(pii=["US_SOCIAL_SECURITY_NUMBER"]).mask(pii=["EMAIL"])
    answer = apply(bedrock, "a@b.org 078-05-1120")
    assert answer["actionReason"] == "Guardrail blocked."
    assert outputs(answer) == [BLOCKED_MESSAGE]
    found = assessment(answer)["sensitiveInformationPolicy"]["piiEntities"]
    assert [entity["action"] for entity in found] == ["BLOCKED", "ANONYMIZED"]


def test_personal_data_can_be_declared(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").mask(pii={"NAME": ["Jane", "Joe Bloggs"]})
    answer = apply(bedrock, "jane met Joe Bloggs and Mr. Smith")
    assert outputs(answer) == ["{NAME} met {NAME} and Mr. {NAME}"]


def test_the_longer_of_two_overlapping_matches_wins(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").mask(pii=["PHONE", "CREDIT_DEBIT_CARD_NUMBER", "URL", "EMAIL"])
    answer = apply(bedrock, "4111 1111 1111 1111 at https://x.org/me@x.org")
    assert outputs(answer) == ["{CREDIT_DEBIT_CARD_NUMBER} at {URL}"]
    found = assessment(answer)["sensitiveInformationPolicy"]["piiEntities"]
    assert [entity["type"] for entity in found] == ["CREDIT_DEBIT_CARD_NUMBER", "URL"]


def test_masks_do_not_overlap(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").mask(regexes={"all": r"ab+", "part": r"b", "none": r"z*"})
    assert outputs(apply(bedrock, "abb b")) == ["{all} {part}"]
