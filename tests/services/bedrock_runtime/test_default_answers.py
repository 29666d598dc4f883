"""Default answers of Converse, with required tools and output schemas."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mlmock import mock_ml
from tests.services.bedrock_runtime.converse_helpers import (
    CLAUDE,
    WEATHER,
    converse,
    converse_text,
)


@mock_ml
def test_the_default_answer_names_the_model_and_the_prompt() -> None:
    assert converse_text("Who are you?").startswith(
        f'This is a mock answer of {CLAUDE} to "Who are you?"'
    )


def test_the_default_answer_depends_only_on_the_seed() -> None:
    answers = []
    for seed in (1, 1, 2):
        with mock_ml(seed=seed):
            answers.append([converse_text("Who are you?"), converse_text("x" * 100)])
    assert answers[0] == answers[1] != answers[2]


@mock_ml
def test_a_required_tool_is_used() -> None:
    choices: list[dict[str, Any]] = [{"any": {}}, {"tool": {"name": "get_weather"}}]
    for choice in choices:
        found = converse("?", toolConfig={**WEATHER, "toolChoice": choice})
        (block,) = found["output"]["message"]["content"]
        assert block["toolUse"]["input"] == {"city": "mock"}
        assert found["stopReason"] == "tool_use"
    assert "mock answer" in converse_text("?", toolConfig={**WEATHER, "toolChoice": {"auto": {}}})


@pytest.mark.newer_botocore
@mock_ml
def test_the_default_answer_follows_the_output_schema() -> None:
    schema = {
        "type": "object",
        "$defs": {"day": {"enum": ["Monday"]}},
        "properties": {
            "day": {"$ref": "#/$defs/day"},
            "count": {"type": "integer", "minimum": 3},
            "over": {"type": "number", "exclusiveMinimum": 3},
            "sure": {"type": ["boolean", "null"]},
            "none": {"type": "null"},
            "names": {"type": "array", "minItems": 2, "items": {"type": "string", "minLength": 6}},
            "either": {"anyOf": [{"const": 7}, {"type": "string"}]},
            "always": {"default": "d"},
            "open": {"properties": {}},
            "whatever": True,
        },
    }
    structure = {"jsonSchema": {"schema": json.dumps(schema), "name": "answer"}}
    config = {"textFormat": {"type": "json_schema", "structure": structure}}
    assert json.loads(converse_text("?", outputConfig=config)) == {
        "day": "Monday",
        "count": 3,
        "over": 4,
        "sure": False,
        "none": None,
        "names": ["mockkk", "mockkk"],
        "either": 7,
        "always": "d",
        "open": {},
        "whatever": None,
    }


@pytest.mark.newer_botocore
@mock_ml
@pytest.mark.parametrize(
    ("schema", "answer"),
    [
        ({"$ref": "#/nowhere"}, None),
        ({"$ref": 5, "type": "array", "minItems": "x"}, []),
        ({"enum": 5, "anyOf": {}, "type": ["string"], "minLength": []}, "mock"),
        ({"type": "object", "properties": 5, "required": ["a", 5]}, {"a": "mock"}),
        ({"type": "object", "required": 5}, {}),
        ({"type": "number", "minimum": True}, 0),
    ],
)
def test_an_invalid_output_schema_still_gets_an_answer(schema: Any, answer: Any) -> None:
    structure = {"jsonSchema": {"schema": json.dumps(schema)}}
    config = {"textFormat": {"type": "json_schema", "structure": structure}}
    assert json.loads(converse_text("?", outputConfig=config)) == answer


@pytest.mark.newer_botocore
@mock_ml
def test_a_recursive_output_schema_gives_a_finite_answer() -> None:
    schema = {"type": "array", "minItems": 10**9, "items": {"$ref": "#"}}
    structure = {"jsonSchema": {"schema": json.dumps(schema)}}
    config = {"textFormat": {"type": "json_schema", "structure": structure}}
    assert len(json.loads(converse_text("?", outputConfig=config))) == 256


@pytest.mark.newer_botocore
@mock_ml
def test_an_effort_without_a_schema_gives_a_text_answer() -> None:
    assert "mock answer" in converse_text("?", outputConfig={"effort": "low"})
