"""ApplyGuardrail: what each policy finds, what is blocked, masked or detected; what it costs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from mlmock import MockML, contains, mock_ml
from mlmock.errors import InvalidRule
from mlmock.services.bedrock_runtime.guardrails.assessment import Total
from mlmock.services.bedrock_runtime.guardrails.operations import Content, Guardrail, find
from mlmock.services.bedrock_runtime.guardrails.policies import overlap
from mlmock.services.bedrock_runtime.media.images import generate_png

SORRY = "Sorry, the model cannot answer this question."
UNKNOWN = "The guardrail identifier or version provided in the request does not exist."
PNG = generate_png("a dog", 4, 4)


@pytest.fixture
def ml() -> Iterator[MockML]:
    with mock_ml() as ml:
        yield ml


@pytest.fixture
def bedrock(ml: MockML) -> Any:
    return boto3.client("bedrock-runtime", region_name="us-east-1")


def apply(client: Any, *content: Any, source: str = "INPUT", **options: Any) -> dict[str, Any]:
    """Hold contents (a str is a text block) against a guardrail and return the answer."""
    blocks = [{"text": {"text": c}} if isinstance(c, str) else c for c in content]
    answer: dict[str, Any] = client.apply_guardrail(
        **{"guardrailIdentifier": "gr1", "guardrailVersion": "1"} | options,
        source=source,
        content=blocks,
    )
    del answer["ResponseMetadata"]
    return answer


def outputs(answer: dict[str, Any]) -> list[str]:
    return [each["text"] for each in answer["outputs"]]


def assessment(answer: dict[str, Any]) -> dict[str, Any]:
    """Return the sections of the one assessment."""
    [found] = answer["assessments"]
    return {k: v for k, v in found.items() if k.endswith("Policy")}


def text(value: str, *qualifiers: str) -> dict[str, Any]:
    return {"text": {"text": value, "qualifiers": list(qualifiers)}}


# -- which guardrail ------------------------------------------------------------------------------


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


def refusal(client: Any, **options: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        apply(client, "hello", **options)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


@pytest.mark.parametrize(
    "options",
    [
        {"guardrailIdentifier": "gr2"},
        {"guardrailVersion": "2"},
        {"guardrailVersion": "DRAFT"},
        {"guardrailIdentifier": "arn:aws:bedrock:eu-west-1:123456789012:guardrail/gr1"},
        {"guardrailIdentifier": "arn:aws:bedrock:us-east-1:111122223333:guardrail/gr2"},
    ],
)
def test_a_guardrail_that_does_not_exist_is_refused(
    ml: MockML, bedrock: Any, options: dict[str, str]
) -> None:
    ml.bedrock.guardrail("gr1", version=1)
    assert refusal(bedrock, **options) == ("ValidationException", UNKNOWN)


def test_an_identifier_that_is_none_is_refused_by_its_pattern(ml: MockML, bedrock: Any) -> None:
    code, message = refusal(bedrock, guardrailIdentifier="My Guardrail")
    assert code == "ValidationException"
    assert "guardrailIdentifier" in message


@pytest.mark.newer_botocore
def test_it_is_found_by_its_arn_as_well(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").block(words=["secret"])
    arn = "arn:aws:bedrock:us-east-1:123456789012:guardrail/gr1"
    answer = apply(bedrock, "secret", guardrailIdentifier=arn, guardrailVersion="DRAFT")
    assert outputs(answer) == [SORRY]
    assert answer["assessments"][0]["appliedGuardrailDetails"]["guardrailVersion"] == "DRAFT"


@pytest.mark.newer_botocore
def test_one_of_another_account_says_so(ml: MockML, bedrock: Any) -> None:
    arn = "arn:aws:bedrock:us-east-1:111122223333:guardrail/shared"
    ml.bedrock.guardrail(arn).block(words=["secret"])
    details = apply(bedrock, "hello", guardrailIdentifier=arn)["assessments"][0][
        "appliedGuardrailDetails"
    ]
    assert (details["guardrailArn"], details["guardrailOwnership"]) == (arn, "CROSS_ACCOUNT")
    assert refusal(bedrock, guardrailIdentifier="shared")[1] == UNKNOWN


def test_a_version_of_its_own_stands_above_the_one_for_all(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").block(words=["secret"])
    ml.bedrock.guardrail("gr1", version="2").block(words=["hello"])
    assert outputs(apply(bedrock, "hello")) == []
    assert outputs(apply(bedrock, "hello", guardrailVersion="2")) == [SORRY]
    assert outputs(apply(bedrock, "secret", guardrailVersion="2")) == []


def test_it_holds_everywhere_unless_it_is_narrowed(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").block(words=["secret"])
    ml.at(region="eu-west-1").bedrock.guardrail("gr1")
    europe = boto3.client("bedrock-runtime", region_name="eu-west-1")
    assert outputs(apply(bedrock, "secret")) == [SORRY]
    assert outputs(apply(europe, "secret")) == []


def test_the_same_name_is_the_same_guardrail(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").block(words=["secret"])
    ml.bedrock.guardrail("gr1").block(words=["hidden"])
    assert outputs(apply(bedrock, "hidden")) == outputs(apply(bedrock, "secret")) == [SORRY]
    assert repr(ml.bedrock.guardrail("gr1")) == "<guardrail gr1: 2 policies>"


def test_a_mock_that_is_not_strict_lets_pass_what_nobody_declared() -> None:
    with mock_ml(strict=False):
        client = boto3.client("bedrock-runtime", region_name="us-east-1")
        foreign = "arn:aws:bedrock:eu-west-1:123456789012:guardrail/gr1"
        assert apply(client, "hello")["action"] == "NONE"
        assert apply(client, "hello", guardrailIdentifier=foreign)["action"] == "NONE"


def test_a_savepoint_takes_back_what_was_added(ml: MockML, bedrock: Any) -> None:
    guardrail = ml.bedrock.guardrail("gr1")
    with ml.savepoint():
        guardrail.block(words=["secret"]).messages(input="No.")
        assert outputs(apply(bedrock, "secret")) == ["No."]
    assert outputs(apply(bedrock, "secret")) == []


# -- words, profanity, topics, content ------------------------------------------------------------


@pytest.mark.newer_botocore
def test_a_word_is_found_as_a_whole_and_whatever_its_case(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").block(words=["secret plan", "c++"])
    answer = apply(bedrock, "Secret  Plan in C++, secret\nplan in C++")
    assert answer["action"] == "GUARDRAIL_INTERVENED"
    assert answer["actionReason"] == "Guardrail blocked."
    assert outputs(answer) == [SORRY]
    found = assessment(answer)["wordPolicy"]
    assert found["managedWordLists"] == []
    assert found["customWords"] == [
        {"match": match, "action": "BLOCKED", "detected": True}
        for match in ("Secret  Plan", "secret\nplan", "C++")
    ]
    assert outputs(apply(bedrock, "secretplan, secret planet, c+")) == []


def test_profanity_is_a_managed_list_that_can_be_added_to(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").block(profanity=["heck"])
    found = assessment(apply(bedrock, "Damn, what the heck"))["wordPolicy"]
    assert [word["match"] for word in found["managedWordLists"]] == ["Damn", "heck"]
    assert {word["type"] for word in found["managedWordLists"]} == {"PROFANITY"}
    ml.bedrock.guardrail("gr2").block(profanity=True)
    ml.bedrock.guardrail("gr3").block(profanity=False)
    assert outputs(apply(bedrock, "damn", guardrailIdentifier="gr2")) == [SORRY]
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
def test_a_topic_is_found_as_the_author_says(
    ml: MockML, bedrock: Any, found_by: Any, about: str, other: str
) -> None:
    ml.bedrock.guardrail("gr1").block(topics={"Finance": found_by})
    topic = {"name": "Finance", "type": "DENY", "action": "BLOCKED", "detected": True}
    assert assessment(apply(bedrock, about)) == {"topicPolicy": {"topics": [topic]}}
    assert outputs(apply(bedrock, other)) == []


def test_topics_by_name_stand_for_themselves(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").block(topics=["finance", "tax advice"])
    found = assessment(apply(bedrock, "Tax advice, please"))["topicPolicy"]["topics"]
    assert [topic["name"] for topic in found] == ["tax advice"]


@pytest.mark.newer_botocore
def test_content_is_found_as_the_author_says(ml: MockML, bedrock: Any) -> None:
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
def test_a_filter_acts_from_a_confidence_on(
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
def test_pictures_are_held_against_content_filters(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").content_filter("VIOLENCE", pictures=lambda image: image == PNG)
    ml.bedrock.guardrail("gr1").content_filter("HATE", "hate").block(pii=["EMAIL"])
    picture = {"image": {"format": "png", "source": {"bytes": PNG}}}
    answer = apply(bedrock, "What is this?", picture)
    assert [f["type"] for f in assessment(answer)["contentPolicy"]["filters"]] == ["VIOLENCE"]
    assert answer["usage"]["contentPolicyImageUnits"] == 1
    assert answer["guardrailCoverage"]["images"] == {"guarded": 1, "total": 1}
    other = {"image": {"format": "png", "source": {"bytes": b"other"}}}
    assert outputs(apply(bedrock, other)) == []


# -- personal data and regexes --------------------------------------------------------------------


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
    assert outputs(answer) == [SORRY]
    found = assessment(answer)["sensitiveInformationPolicy"]["piiEntities"]
    assert [entity["action"] for entity in found] == ["BLOCKED", "ANONYMIZED"]


def test_the_author_says_what_else_is_personal_data(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").mask(pii={"NAME": ["Jane", "Joe Bloggs"]})
    answer = apply(bedrock, "jane met Joe Bloggs and Mr. Smith")
    assert outputs(answer) == ["{NAME} met {NAME} and Mr. {NAME}"]


def test_of_two_types_in_one_place_the_longer_counts(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").mask(pii=["PHONE", "CREDIT_DEBIT_CARD_NUMBER", "URL", "EMAIL"])
    answer = apply(bedrock, "4111 1111 1111 1111 at https://x.org/me@x.org")
    assert outputs(answer) == ["{CREDIT_DEBIT_CARD_NUMBER} at {URL}"]
    found = assessment(answer)["sensitiveInformationPolicy"]["piiEntities"]
    assert [entity["type"] for entity in found] == ["CREDIT_DEBIT_CARD_NUMBER", "URL"]


def test_masks_do_not_overlap(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").mask(regexes={"all": r"ab+", "part": r"b", "none": r"z*"})
    assert outputs(apply(bedrock, "abb b")) == ["{all} {part}"]


# -- what is done about it ------------------------------------------------------------------------


@pytest.mark.newer_botocore
def test_what_is_detected_only_passes(ml: MockML, bedrock: Any) -> None:
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


def test_each_direction_has_its_message(ml: MockML, bedrock: Any) -> None:
    guardrail = ml.bedrock.guardrail("gr1").block(words=["secret"])
    guardrail.messages(input="Don't ask.", output="I won't tell.")
    assert outputs(apply(bedrock, "secret")) == ["Don't ask."]
    assert outputs(apply(bedrock, "secret", source="OUTPUT")) == ["I won't tell."]


def test_a_policy_may_hold_for_one_direction_only(ml: MockML, bedrock: Any) -> None:
    guardrail = ml.bedrock.guardrail("gr1")
    guardrail.block(words=["secret"], source="OUTPUT").mask(pii=["EMAIL"], source="INPUT")
    answer = apply(bedrock, "secret a@b.org")
    assert outputs(answer) == ["secret {EMAIL}"]
    assert answer["usage"]["wordPolicyUnits"] == 0
    assert outputs(apply(bedrock, "a@b.org", source="OUTPUT")) == []


@pytest.mark.newer_botocore
def test_the_full_scope_shows_what_was_not_found(ml: MockML, bedrock: Any) -> None:
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
    quiet = {"action": "NONE", "detected": False}
    loud = {"action": "BLOCKED", "detected": True}
    assert found == {
        "wordPolicy": {
            "customWords": [{"match": "Secret", **loud}],
            "managedWordLists": [],
        },
        "topicPolicy": {"topics": [{"name": "tax", "type": "DENY", **quiet}]},
        "contentPolicy": {
            "filters": [{"type": "HATE", "confidence": "NONE", "filterStrength": "HIGH", **quiet}]
        },
        "sensitiveInformationPolicy": {
            "piiEntities": [
                {"match": "a@b.org", "type": "EMAIL", **loud},
                {"match": "", "type": "PHONE", **quiet},
            ],
            "regexes": [],
        },
    }
    quieter = assessment(apply(bedrock, "Hello", outputScope="FULL"))
    assert "wordPolicy" not in quieter
    assert quieter["sensitiveInformationPolicy"]["regexes"] == []


def test_units_are_of_a_thousand_characters(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").block(words=["secret"], topics=["tax"])
    usage = apply(bedrock, "x" * 1000, "y")["usage"]
    assert (usage["wordPolicyUnits"], usage["topicPolicyUnits"]) == (2, 2)
    assert usage["contentPolicyUnits"] == 0


def test_nothing_to_assess_is_no_action(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").block(words=["secret"])
    answer = apply(bedrock)
    assert (answer["action"], answer["usage"]["wordPolicyUnits"]) == ("NONE", 0)


# -- grounding ------------------------------------------------------------------------------------

FACTS = text("London is the capital of England. Tokyo is the capital of Japan.", "grounding_source")
QUERY = text("What is the capital of Japan?", "query")
UNGROUNDED = (
    "The provided request does not contain the grounding source. Grounding source, query and "
    "content to guard are required for Guardrails contextual grounding policy evaluation."
)


@pytest.mark.newer_botocore
def test_an_answer_is_held_against_source_and_query(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").ground(grounding=0.7, relevance=0.3)
    good = apply(bedrock, FACTS, QUERY, "The capital of Japan is Tokyo.", source="OUTPUT")
    assert good["action"] == "NONE"
    assert assessment(good)["contextualGroundingPolicy"]["filters"] == [
        {
            "type": kind,
            "threshold": threshold,
            "score": score,
            "action": "NONE",
            "detected": False,
        }
        for kind, threshold, score in (("GROUNDING", 0.7, 1.0), ("RELEVANCE", 0.3, 0.75))
    ]
    bad = apply(
        bedrock, FACTS, QUERY, text("Bananas grow upwards", "guard_content"), source="OUTPUT"
    )
    assert outputs(bad) == [SORRY]
    filters = assessment(bad)["contextualGroundingPolicy"]["filters"]
    assert [(f["score"], f["action"], f["detected"]) for f in filters] == [(0, "BLOCKED", True)] * 2
    assert bad["usage"]["contextualGroundingPolicyUnits"] == 1
    assert bad["guardrailCoverage"]["textCharacters"] == {"guarded": 20, "total": 113}


@pytest.mark.newer_botocore
def test_scores_by_script(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").ground(grounding=0.5, score=0.2, action="NONE")
    ml.bedrock.guardrail("gr1").ground(relevance=0.5, score=lambda answer, source, query: 2)
    answer = apply(bedrock, FACTS, QUERY, "Tokyo", source="OUTPUT")
    filters = assessment(answer)["contextualGroundingPolicy"]["filters"]
    assert [(f["score"], f["action"], f["detected"]) for f in filters] == [
        (0.2, "NONE", True),
        (1.0, "NONE", False),
    ]
    assert answer["action"] == "NONE"


@pytest.mark.parametrize(
    "content",
    [("Tokyo",), (FACTS, "Tokyo"), (QUERY, "Tokyo"), (FACTS, QUERY)],
)
def test_grounding_needs_source_query_and_answer(
    ml: MockML, bedrock: Any, content: tuple[Any, ...]
) -> None:
    ml.bedrock.guardrail("gr1").ground(grounding=0.7)
    with pytest.raises(bedrock.exceptions.ValidationException) as caught:
        apply(bedrock, *content, source="OUTPUT")
    assert caught.value.response["Error"]["Message"] == UNGROUNDED


def test_sources_and_queries_are_not_guarded_themselves(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").mask(pii=["EMAIL"])
    answer = apply(bedrock, text("a@b.org", "grounding_source"), "c@d.org")
    assert outputs(answer) == ["{EMAIL}"]
    [entity] = assessment(answer)["sensitiveInformationPolicy"]["piiEntities"]
    assert entity["match"] == "c@d.org"


def test_nothing_said_is_grounded() -> None:
    assert overlap("", "anything") == 1
    assert overlap("Tokyo Paris", "tokyo") == 0.5


# -- for other rooms ------------------------------------------------------------------------------


def test_a_verdict_has_a_text_for_every_content(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").mask(pii=["EMAIL"])
    guardrail: Guardrail = find(ml.bedrock.backend(), "gr1", "DRAFT")
    contents = [Content("a@b.org"), Content(image=PNG), Content("hello")]
    verdict = guardrail.assess("INPUT", contents, total=Total(100, 3))
    assert verdict.texts == ("{EMAIL}", "", "hello")
    assert (verdict.message, verdict.masked, verdict.intervened) == (None, True, True)
    metrics = verdict.assessment["invocationMetrics"]
    assert metrics["guardrailCoverage"] == {
        "textCharacters": {"guarded": 12, "total": 100},
        "images": {"guarded": 1, "total": 3},
    }
    assert (guardrail.id, guardrail.version, guardrail.grounds) == ("gr1", "DRAFT", False)


# -- what an author may not write -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("write", "words"),
    [
        (lambda g: g.block(pii=["SHOE_SIZE"]), "a type of personal data is one of ADDRESS"),
        (lambda g: g.mask(words=["x"]), "what a guardrail looks for is one of pii, regexes"),
        (lambda g: g.block(content={"SPAM": "x"}), "a content filter is one of INSULTS"),
        (lambda g: g.block(content=["HATE"]), "content= maps a type"),
        (lambda g: g.block(regexes={"a": "("}), "is no regular expression"),
        (lambda g: g.block(regexes=["a"]), "regexes= maps a name"),
        (lambda g: g.block(words=[" "]), "words= takes words or phrases"),
        (lambda g: g.block(topics={"tax": 7}), "topic tax is found by a word"),
        (lambda g: g.block(words=["x"], source="BOTH"), "source= is one of INPUT, OUTPUT"),
        (lambda g: g.content_filter("SPAM"), "a content filter is one of INSULTS"),
        (lambda g: g.content_filter("HATE", strength="MAX"), "strength= is one of NONE"),
        (lambda g: g.content_filter("HATE", action="ANONYMIZED"), "action= is one of BLOCKED"),
        (lambda g: g.ground(grounding=1), "the threshold of GROUNDING is 0 to 0.99"),
        (lambda g: g.ground(grounding=0.5, score=7), "score= is 0 to 1"),
        (lambda g: g.messages(input=""), "1 to 500 characters"),
        (lambda g: g.messages(output=7), "1 to 500 characters, not 7"),
        (lambda g: g.block(words=7), "a name or a list of them, not 7"),
        (lambda g: g.ground(grounding="0.5"), "the threshold of GROUNDING is 0 to 0.99"),
    ],
)
def test_bad_words_are_told_where_they_are_written(ml: MockML, write: Any, words: str) -> None:
    guardrail = ml.bedrock.guardrail("gr1")
    with pytest.raises(InvalidRule, match=re.escape(words)):
        write(guardrail)
    assert repr(guardrail) == "<guardrail gr1: 0 policies>"


def test_bad_names_are_told_where_they_are_written(ml: MockML) -> None:
    with pytest.raises(InvalidRule, match="lower-case letters and digits"):
        ml.bedrock.guardrail("My guardrail")
    with pytest.raises(InvalidRule, match='"DRAFT" or a number from 1'):
        ml.bedrock.guardrail("gr1", version=0)
