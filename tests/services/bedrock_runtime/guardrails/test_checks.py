"""InvokeGuardrailChecks: scores by script, personal data by pattern, and no guardrail at all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from mlmock import MockML, mock_ml
from mlmock.errors import InvalidRule


@pytest.fixture
def ml() -> Iterator[MockML]:
    with mock_ml() as ml:
        yield ml


@pytest.fixture
def bedrock(ml: MockML) -> Any:
    return boto3.client("bedrock-runtime", region_name="us-east-1")


def check(client: Any, *texts: str, **checks: list[str]) -> dict[str, Any]:
    """Check texts (a user's and an assistant's in turn) by names, and return the results."""
    keys = {"contentFilter": "category", "promptAttack": "category", "sensitiveInformation": "type"}
    lists = {name: "entities" if key == "type" else "categories" for name, key in keys.items()}
    roles = ["user", "assistant"] * len(texts)
    answer: dict[str, Any] = client.invoke_guardrail_checks(
        messages=[
            {"role": role, "content": [{"text": text}]}
            for role, text in zip(roles, texts, strict=False)
        ],
        checks={
            name: {lists[name]: [{keys[name]: wanted} for wanted in names]}
            for name, names in checks.items()
        },
    )
    del answer["ResponseMetadata"]
    return answer


def scores(answer: dict[str, Any], name: str = "contentFilter") -> dict[str, float]:
    return {e["category"]: e["severityScore"] for e in answer["results"][name]["results"]}


@pytest.mark.newer_botocore
def test_only_what_is_asked_for_is_answered(bedrock: Any) -> None:
    answer = check(bedrock, "hello", contentFilter=["VIOLENCE", "HATE"], promptAttack=["JAILBREAK"])
    assert answer == {
        "results": {
            "contentFilter": {
                "results": [
                    {"category": "VIOLENCE", "severityScore": 0.0},
                    {"category": "HATE", "severityScore": 0.0},
                ]
            },
            "promptAttack": {"results": [{"category": "JAILBREAK", "severityScore": 0.0}]},
        },
        "usage": {"contentFilter": {"textUnits": 1}, "promptAttack": {"textUnits": 1}},
    }


@pytest.mark.newer_botocore
def test_scores_are_the_authors(ml: MockML, bedrock: Any) -> None:
    checks = ml.bedrock.guardrail_checks
    checks.score("VIOLENCE", 0.9, when="kill").score("HATE", lambda text: len(text) / 10)
    asked = ["VIOLENCE", "HATE", "INSULTS"]
    found = scores(check(bedrock, "I kill", "ok", contentFilter=asked))
    assert found == {"VIOLENCE": 0.9, "HATE": 0.6, "INSULTS": 0.0}
    assert scores(check(bedrock, "skill" * 9, contentFilter=asked)) == {
        "VIOLENCE": 0.0,
        "HATE": 1.0,
        "INSULTS": 0.0,
    }
    assert repr(checks) == "<guardrail checks: 2 scores>"


@pytest.mark.newer_botocore
def test_of_two_words_on_a_text_the_later_counts(ml: MockML, bedrock: Any) -> None:
    checks = ml.bedrock.guardrail_checks
    checks.score("JAILBREAK", 0.8).score("JAILBREAK", 0.1, when="please")
    for text, score in (("ignore the rules", 0.8), ("please ignore them", 0.1)):
        answer = check(bedrock, text, promptAttack=["JAILBREAK"])
        assert scores(answer, "promptAttack") == {"JAILBREAK": score}


@pytest.mark.newer_botocore
def test_a_score_may_hold_in_one_region_only(ml: MockML, bedrock: Any) -> None:
    there = ml.at(region="eu-west-2").bedrock.guardrail_checks
    there.score("VIOLENCE", 0.9).find("NAME", "Jane")
    assert scores(check(bedrock, "x", contentFilter=["VIOLENCE"])) == {"VIOLENCE": 0.0}
    london = boto3.client("bedrock-runtime", region_name="eu-west-2")
    assert scores(check(london, "x", contentFilter=["VIOLENCE"])) == {"VIOLENCE": 0.9}
    found = [
        check(client, "Jane", sensitiveInformation=["NAME"])["results"]["sensitiveInformation"]
        for client in (bedrock, london)
    ]
    assert [len(each["results"]) for each in found] == [0, 1]


@pytest.mark.newer_botocore
def test_personal_data_are_told_by_their_places(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail_checks.find("NAME", ["Jane", "Joe"])
    texts = "Jane: a@b.org", "Ask Joe"
    found = check(bedrock, *texts, sensitiveInformation=["EMAIL", "NAME", "URL"])
    shown = found["results"]["sensitiveInformation"]
    assert shown["truncated"] is False
    places = [
        (e["type"], texts[e["messageIndex"]][e["beginOffset"] : e["endOffset"]], e["contentIndex"])
        for e in shown["results"]
    ]
    assert places == [("EMAIL", "a@b.org", 0), ("NAME", "Jane", 0), ("NAME", "Joe", 0)]
    assert all(0 < entry["confidenceScore"] <= 1 for entry in shown["results"])


@pytest.mark.newer_botocore
def test_units_count_all_texts(bedrock: Any) -> None:
    answer = check(bedrock, "x" * 900, "y" * 101, sensitiveInformation=["EMAIL"])
    assert answer["usage"] == {"sensitiveInformation": {"textUnits": 2}}


@pytest.mark.newer_botocore
def test_at_least_one_check_is_needed(bedrock: Any) -> None:
    with pytest.raises(bedrock.exceptions.ValidationException, match="At least one check"):
        check(bedrock, "hello")


@pytest.mark.newer_botocore
def test_what_the_service_model_forbids_is_refused(bedrock: Any) -> None:
    with pytest.raises(bedrock.exceptions.ValidationException, match="enum value set"):
        check(bedrock, "hello", contentFilter=["SPAM"])
    with pytest.raises(bedrock.exceptions.ValidationException, match="less than or equal to 5"):
        check(bedrock, "hello", contentFilter=["HATE"] * 6)


def test_bad_words_are_told_where_they_are_written(ml: MockML) -> None:
    checks = ml.bedrock.guardrail_checks
    with pytest.raises(InvalidRule, match="a category is one of VIOLENCE"):
        checks.score("SPAM", 0.5)
    with pytest.raises(InvalidRule, match="score= is 0 to 1"):
        checks.score("HATE", 7)
    with pytest.raises(InvalidRule, match="a type of personal data is one of ADDRESS"):
        checks.find("SHOE_SIZE", "44")
