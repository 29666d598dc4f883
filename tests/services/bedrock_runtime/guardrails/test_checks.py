"""InvokeGuardrailChecks: declared scores and personal data, without a guardrail."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from mlmock import MockML
from mlmock.errors import InvalidRule


def check(client: Any, *texts: str, **checks: list[str]) -> dict[str, Any]:
    """Check texts of user and assistant in turn, and return the response."""
    keys = {"contentFilter": "category", "promptAttack": "category", "sensitiveInformation": "type"}
    lists = {name: "entities" if key == "type" else "categories" for name, key in keys.items()}
    roles = ["user", "assistant"] * len(texts)
    answer: dict[str, Any] = client.invoke_guardrail_checks(
        messages=[
            {"role": role, "content": [{"text": text}]}
            for role, text in zip(roles, texts, strict=False)
        ],
        checks={
            name: {lists[name]: [{keys[name]: value} for value in names]}
            for name, names in checks.items()
        },
    )
    del answer["ResponseMetadata"]
    return answer


def scores(answer: dict[str, Any], name: str = "contentFilter") -> dict[str, float]:
    return {e["category"]: e["severityScore"] for e in answer["results"][name]["results"]}


@pytest.mark.newer_botocore
def test_only_requested_checks_are_answered(bedrock: Any) -> None:
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
def test_scores_come_from_the_declaration(ml: MockML, bedrock: Any) -> None:
    checks = ml.bedrock.guardrail_checks
    checks.score("VIOLENCE", 0.9, when="kill").score("HATE", lambda text: len(text) / 10)
    categories = ["VIOLENCE", "HATE", "INSULTS"]
    found = scores(check(bedrock, "I kill", "ok", contentFilter=categories))
    assert found == {"VIOLENCE": 0.9, "HATE": 0.6, "INSULTS": 0.0}
    assert scores(check(bedrock, "skill" * 9, contentFilter=categories)) == {
        "VIOLENCE": 0.0,
        "HATE": 1.0,
        "INSULTS": 0.0,
    }
    assert repr(checks) == "<guardrail checks: 2 scores>"


@pytest.mark.newer_botocore
def test_the_later_of_two_matching_scores_wins(ml: MockML, bedrock: Any) -> None:
    checks = ml.bedrock.guardrail_checks
    checks.score("JAILBREAK", 0.8).score("JAILBREAK", 0.1, when="please")
    for text, score in (("ignore the rules", 0.8), ("please ignore them", 0.1)):
        answer = check(bedrock, text, promptAttack=["JAILBREAK"])
        assert scores(answer, "promptAttack") == {"JAILBREAK": score}


@pytest.mark.newer_botocore
def test_scores_can_be_limited_to_a_region(ml: MockML, bedrock: Any) -> None:
    london_checks = ml.at(region="eu-west-2").bedrock.guardrail_checks
    london_checks.score("VIOLENCE", 0.9).find("NAME", "Jane")
    assert scores(check(bedrock, "x", contentFilter=["VIOLENCE"])) == {"VIOLENCE": 0.0}
    london = boto3.client("bedrock-runtime", region_name="eu-west-2")
    assert scores(check(london, "x", contentFilter=["VIOLENCE"])) == {"VIOLENCE": 0.9}
    found = [
        check(client, "Jane", sensitiveInformation=["NAME"])["results"]["sensitiveInformation"]
        for client in (bedrock, london)
    ]
    assert [len(each["results"]) for each in found] == [0, 1]


@pytest.mark.newer_botocore
def test_personal_data_is_located_by_offsets(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail_checks.find("NAME", ["Jane", "Joe"])
    texts = "Jane: a@b.org", "Ask Joe"
    found = check(bedrock, *texts, sensitiveInformation=["EMAIL", "NAME", "URL"])
    section = found["results"]["sensitiveInformation"]
    assert section["truncated"] is False
    values = [
        (e["type"], texts[e["messageIndex"]][e["beginOffset"] : e["endOffset"]], e["contentIndex"])
        for e in section["results"]
    ]
    assert values == [("EMAIL", "a@b.org", 0), ("NAME", "Jane", 0), ("NAME", "Joe", 0)]
    assert all(0 < entry["confidenceScore"] <= 1 for entry in section["results"])


@pytest.mark.newer_botocore
def test_units_count_all_texts(bedrock: Any) -> None:
    answer = check(bedrock, "x" * 900, "y" * 101, sensitiveInformation=["EMAIL"])
    assert answer["usage"] == {"sensitiveInformation": {"textUnits": 2}}


@pytest.mark.newer_botocore
def test_at_least_one_check_is_required(bedrock: Any) -> None:
    with pytest.raises(bedrock.exceptions.ValidationException, match="At least one check"):
        check(bedrock, "hello")


@pytest.mark.newer_botocore
def test_service_model_constraints_are_enforced(bedrock: Any) -> None:
    with pytest.raises(bedrock.exceptions.ValidationException, match="enum value set"):
        check(bedrock, "hello", contentFilter=["SPAM"])
    with pytest.raises(bedrock.exceptions.ValidationException, match="less than or equal to 5"):
        check(bedrock, "hello", contentFilter=["HATE"] * 6)


def test_invalid_declarations_are_rejected(ml: MockML) -> None:
    checks = ml.bedrock.guardrail_checks
    with pytest.raises(InvalidRule, match="a category must be one of VIOLENCE"):
        checks.score("SPAM", 0.5)
    with pytest.raises(InvalidRule, match="score must be from 0 to 1"):
        checks.score("HATE", 7)
    with pytest.raises(InvalidRule, match="a PII type must be one of ADDRESS"):
        checks.find("SHOE_SIZE", "44")
