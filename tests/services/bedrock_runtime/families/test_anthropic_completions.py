"""Claude text completions, and the versions of Claude models."""

from __future__ import annotations

import pytest

from mlmock import MockML, mock_ml
from mlmock.services.bedrock_runtime.families.anthropic.family import provider_name, version_of
from tests.services.bedrock_runtime.families.anthropic_helpers import body
from tests.services.bedrock_runtime.invoke_helpers import (
    METRICS,
    invoke,
    stream_chunks,
)

# -- text completions -------------------------------------------------------------------------

PROMPT = "Be kind.\n\nHuman: Hi\n\nAssistant: Hello\n\nHuman: And now?\n\nAssistant:"


@mock_ml
def test_a_completion(ml: MockML) -> None:
    ml.bedrock.model("anthropic.*").on(last_user="And now?", system="Be kind.", turn=2).reply("Go")
    found = invoke("anthropic.claude-v2", prompt=PROMPT, max_tokens_to_sample=50)
    assert found == {
        "type": "completion",
        "completion": "Go",
        "stop_reason": "stop_sequence",
        "stop": "\n\nHuman:",
    }


@mock_ml
@pytest.mark.parametrize("start", ["", "\n", "\n\n"])
def test_empty_lines_before_the_first_turn(ml: MockML, start: str) -> None:
    ml.bedrock.model("anthropic.*").on(last_user="Hi", system="").reply("Hello")
    prompt = f"{start}Human: Hi\n\nAssistant:"
    found = invoke("anthropic.claude-v2", prompt=prompt, max_tokens_to_sample=9)
    assert found["completion"] == "Hello"


@mock_ml
def test_a_truncated_completion(ml: MockML) -> None:
    ml.bedrock.model("anthropic.*").reply("one two three")
    found = invoke("anthropic.claude-v2", prompt=PROMPT, max_tokens_to_sample=1)
    assert (found["stop_reason"], found["stop"]) == ("max_tokens", None)


@mock_ml
def test_a_stream_of_a_completion(ml: MockML) -> None:
    ml.bedrock.model("anthropic.*").reply("Well then")
    model_id = "anthropic.claude-instant-v1"
    found = stream_chunks(model_id, prompt=PROMPT, max_tokens_to_sample=50, stop_sequences=["!"])
    assert [chunk["completion"] for chunk in found] == ["Well", " then", ""]
    assert [chunk["stop_reason"] for chunk in found] == [None, None, "stop_sequence"]
    assert METRICS in found[-1]


@mock_ml
def test_the_oldest_models_accept_messages(ml: MockML) -> None:
    ml.bedrock.model("anthropic.*").reply("Hello")
    assert invoke("anthropic.claude-v2:1", **body("Hi"))["model"] == "claude-2.1"


# -- versions ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model_id", "version", "name"),
    [
        ("anthropic.claude-v2", (2,), "claude-2.0"),
        ("anthropic.claude-instant-v1", (2,), "claude-instant-1.2"),
        ("anthropic.claude-3-opus-20240229-v1:0", (3,), "claude-3-opus-20240229"),
        ("anthropic.claude-3-5-sonnet-20241022-v2:0", (3, 5), "claude-3-5-sonnet-20241022"),
        ("anthropic.claude-sonnet-4-20250514-v1:0", (4,), "claude-sonnet-4-20250514"),
        ("anthropic.claude-opus-4-1-20250805-v1:0", (4, 1), "claude-opus-4-1-20250805"),
        ("anthropic.claude-opus-4-6-v1", (4, 6), "claude-opus-4-6"),
        ("anthropic.claude-sonnet-5", (5,), "claude-sonnet-5"),
        ("arn:aws:bedrock:us-east-1:123456789012:imported-model/abcdefghijkl", (4,), None),
    ],
)
def test_versions_and_names_of_models(
    model_id: str, version: tuple[int, ...], name: str | None
) -> None:
    assert version_of(model_id) == version
    assert name in (None, provider_name(model_id))
