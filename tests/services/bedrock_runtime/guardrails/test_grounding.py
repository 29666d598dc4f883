"""Contextual grounding: scores of answers against a source and a query."""

from __future__ import annotations

from typing import Any

import pytest

from mlmock import MockML
from mlmock.services.bedrock_runtime.guardrails.policies import overlap
from tests.services.bedrock_runtime.guardrails.guardrail_helpers import (
    BLOCKED_MESSAGE,
    apply,
    assessment,
    outputs,
    qualified_text,
)

FACTS = qualified_text(
    "London is the capital of England. Tokyo is the capital of Japan.", "grounding_source"
)
QUERY = qualified_text("What is the capital of Japan?", "query")
UNGROUNDED = (
    "The provided request does not contain the grounding source. Grounding source, query and "
    "content to guard are required for Guardrails contextual grounding policy evaluation."
)


@pytest.mark.newer_botocore
def test_an_answer_is_compared_with_source_and_query(ml: MockML, bedrock: Any) -> None:
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
        bedrock,
        FACTS,
        QUERY,
        qualified_text("Bananas grow upwards", "guard_content"),
        source="OUTPUT",
    )
    assert outputs(bad) == [BLOCKED_MESSAGE]
    filters = assessment(bad)["contextualGroundingPolicy"]["filters"]
    assert [(f["score"], f["action"], f["detected"]) for f in filters] == [(0, "BLOCKED", True)] * 2
    assert bad["usage"]["contextualGroundingPolicyUnits"] == 1
    assert bad["guardrailCoverage"]["textCharacters"] == {"guarded": 20, "total": 113}


@pytest.mark.newer_botocore
def test_scores_can_be_declared(ml: MockML, bedrock: Any) -> None:
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


def test_sources_and_queries_are_not_assessed(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").mask(pii=["EMAIL"])
    answer = apply(bedrock, qualified_text("a@b.org", "grounding_source"), "c@d.org")
    assert outputs(answer) == ["{EMAIL}"]
    [entity] = assessment(answer)["sensitiveInformationPolicy"]["piiEntities"]
    assert entity["match"] == "c@d.org"


def test_overlap_of_words() -> None:
    assert overlap("", "anything") == 1
    assert overlap("Tokyo Paris", "tokyo") == 0.5
