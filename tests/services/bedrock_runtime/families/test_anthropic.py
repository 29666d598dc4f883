"""Claude through InvokeModel: the Messages API and text completions."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from mlmock import MockML, message, mock_ml, reasoning, stream, tool_use
from mlmock.services.bedrock_runtime.families.anthropic.family import name_of, version_of
from mlmock.services.bedrock_runtime.media.images import generate_png
from tests.services.bedrock_runtime.invoke_helpers import METRICS, answer, invoke
from tests.services.bedrock_runtime.invoke_helpers import stream as chunks_of

HAIKU = "anthropic.claude-haiku-4-5-20251001-v1:0"
OLD = "anthropic.claude-3-haiku-20240307-v1:0"
TOOLS = [{"name": "get_weather", "input_schema": {"type": "object", "properties": {}}}]


def body(*messages: Any, **more: Any) -> dict[str, Any]:
    """Return a Messages body; a text is a turn of the user."""
    turns = [{"role": "user", "content": m} if isinstance(m, str) else m for m in messages]
    return {
        "anthropic_version": "bedrock-2023-05-31",
        "max_tokens": 1000,
        "messages": turns,
    } | more


@mock_ml
def test_a_message(ml: MockML) -> None:
    ml.bedrock.model("anthropic.*").reply("Hello")
    found = invoke(HAIKU, **body("Hi"))
    assert list(found) == [
        *("model", "id", "type", "role", "content", "stop_reason", "stop_sequence", "usage")
    ]
    assert found["model"] == "claude-haiku-4-5-20251001"
    assert found["id"].startswith("msg_bdrk_01")
    assert (found["type"], found["role"]) == ("message", "assistant")
    assert found["content"] == [{"type": "text", "text": "Hello"}]
    assert (found["stop_reason"], found["stop_sequence"]) == ("end_turn", None)
    assert found["usage"]["output_tokens"] == 2


@mock_ml
@pytest.mark.parametrize("version", ["bedrock-2023-05-31", "2026-10-21"])
def test_the_versions(ml: MockML, version: str) -> None:
    ml.bedrock.model("anthropic.*").reply("Hello")
    found = invoke(HAIKU, **body("Hi", anthropic_version=version))
    assert found["content"] == [{"type": "text", "text": "Hello"}]


@mock_ml
def test_the_token_headers_say_what_the_usage_says() -> None:
    found = answer(OLD, body("Hi"))
    headers = found["ResponseMetadata"]["HTTPHeaders"]
    usage = found["body"]["usage"]
    assert headers["x-amzn-bedrock-input-token-count"] == str(usage["input_tokens"])
    assert headers["x-amzn-bedrock-output-token-count"] == str(usage["output_tokens"])
    assert found["contentType"] == "application/json"


@mock_ml
def test_a_stream_of_text(ml: MockML) -> None:
    ml.bedrock.model("anthropic.*").reply(stream("Hel", "lo"))
    found = chunks_of(OLD, **body("Hi"))
    opening = found[0]["message"]
    assert (opening["content"], opening["stop_reason"]) == ([], None)
    assert opening["usage"] == {"input_tokens": 4, "output_tokens": 1}
    assert found[1:-2] == [
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hel"}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "lo"}},
        {"type": "content_block_stop", "index": 0},
    ]
    assert found[-2] == {
        "type": "message_delta",
        "delta": {"stop_reason": "end_turn", "stop_sequence": None},
        "usage": {"output_tokens": 2},
    }
    assert found[-1]["type"] == "message_stop"
    assert found[-1][METRICS]["outputTokenCount"] == 2


@mock_ml
def test_a_tool_use_and_its_result(ml: MockML) -> None:
    model = ml.bedrock.model("anthropic.*")
    model.on(has_tool_result=False).reply(
        message("Let me see.", tool_use("get_weather", {"city": "Rome"}))
    )
    model.on(tool_result="sunny").reply("It is sunny.")
    asked = invoke(HAIKU, **body("Weather?", tools=TOOLS))
    use = asked["content"][1]
    assert asked["stop_reason"] == "tool_use"
    assert use["id"].startswith("toolu_bdrk_01")
    assert (use["type"], use["name"], use["input"]) == ("tool_use", "get_weather", {"city": "Rome"})
    result = {"type": "tool_result", "tool_use_id": use["id"], "content": "sunny"}
    turns = (
        "Weather?",
        {"role": "assistant", "content": asked["content"]},
        {"role": "user", "content": [result]},
    )
    assert invoke(HAIKU, **body(*turns, tools=TOOLS))["content"][0]["text"] == "It is sunny."


@mock_ml
def test_a_stream_of_a_tool_use(ml: MockML) -> None:
    ml.bedrock.model("anthropic.*").reply(tool_use("get_weather", {"city": "Rome"}, id="toolu_1"))
    found = chunks_of(HAIKU, **body("Weather?", tools=TOOLS))
    assert found[1]["content_block"] == {
        "type": "tool_use",
        "id": "toolu_1",
        "name": "get_weather",
        "input": {},
    }
    parts = [chunk["delta"] for chunk in found if chunk["type"] == "content_block_delta"]
    assert {part["type"] for part in parts} == {"input_json_delta"}
    assert "".join(part["partial_json"] for part in parts) == '{"city": "Rome"}'
    assert found[-2]["delta"]["stop_reason"] == "tool_use"


@pytest.mark.newer_botocore
@mock_ml
def test_thinking(ml: MockML) -> None:
    ml.bedrock.model("anthropic.*").reply(message(reasoning("Hm.", signature="s"), "Yes."))
    thinking = {"type": "enabled", "budget_tokens": 1024}
    asked = body("Sure?", max_tokens=2000, thinking=thinking)
    assert invoke(HAIKU, **asked)["content"] == [
        {"type": "thinking", "thinking": "Hm.", "signature": "s"},
        {"type": "text", "text": "Yes."},
    ]
    found = chunks_of(HAIKU, **asked)
    assert [chunk.get("content_block", chunk.get("delta")) for chunk in found[1:7]] == [
        {"type": "thinking", "thinking": "", "signature": ""},
        {"type": "thinking_delta", "thinking": "Hm."},
        {"type": "signature_delta", "signature": "s"},
        None,
        {"type": "text", "text": ""},
        {"type": "text_delta", "text": "Yes."},
    ]


@pytest.mark.newer_botocore
@mock_ml
def test_thinking_that_is_kept_back(ml: MockML) -> None:
    hidden = {"reasoningContent": {"redactedContent": b"\x00\x01"}}
    ml.bedrock.model("anthropic.*").reply(message(hidden, "Yes."))
    written = {"type": "redacted_thinking", "data": "AAE="}
    assert invoke(HAIKU, **body("Sure?"))["content"][0] == written
    assert chunks_of(HAIKU, **body("Sure?"))[1]["content_block"] == written


CITED = {
    "citationsContent": {
        "content": [{"text": "Twenty days."}],
        "citations": [
            {
                "title": "policy",
                "sourceContent": [{"text": "Employees get 20 days."}],
                "location": {"documentChar": {"documentIndex": 0, "start": 5, "end": 27}},
            }
        ],
    }
}


@pytest.mark.newer_botocore
@mock_ml
def test_citations(ml: MockML) -> None:
    ml.bedrock.model("anthropic.*").reply(message(CITED))
    citation = {
        "type": "char_location",
        "cited_text": "Employees get 20 days.",
        "document_index": 0,
        "document_title": "policy",
        "start_char_index": 5,
        "end_char_index": 27,
    }
    found = invoke(HAIKU, **body("How many?"))["content"]
    assert found == [{"citations": [citation], "type": "text", "text": "Twenty days."}]
    streamed = chunks_of(HAIKU, **body("How many?"))
    assert streamed[1]["content_block"] == {"citations": [], "type": "text", "text": ""}
    assert streamed[2]["delta"] == {"type": "citations_delta", "citation": citation}
    assert streamed[3]["delta"]["text"] == "Twenty days."


@pytest.mark.newer_botocore
@pytest.mark.parametrize(
    ("location", "written"),
    [
        (
            {"web": {"url": "https://example.com", "domain": "example.com"}},
            {
                "type": "web_search_result_location",
                "url": "https://example.com",
                "encrypted_index": "",
            },
        ),
        (
            {"searchResultLocation": {"searchResultIndex": 1, "start": 2, "end": 3}},
            {
                "type": "search_result_location",
                "source": "https://docs",
                "search_result_index": 1,
                "start_block_index": 2,
                "end_block_index": 3,
            },
        ),
    ],
)
@mock_ml
def test_citations_of_pages_and_search_results(
    ml: MockML, location: dict[str, Any], written: dict[str, Any]
) -> None:
    cited = {
        "title": "policy",
        "source": "https://docs",
        "sourceContent": [{"text": "20 days"}],
        "location": location,
    }
    content = {"content": [{"text": "Twenty."}], "citations": [cited]}
    ml.bedrock.model("anthropic.*").reply(message({"citationsContent": content}))
    (block,) = invoke(HAIKU, **body("How many?"))["content"]
    common = {"cited_text": "20 days", "title": "policy"}
    assert block["citations"] == [common | written]


@mock_ml
def test_limits_end_an_answer(ml: MockML) -> None:
    ml.bedrock.model("anthropic.*").reply("one two three four")
    assert invoke(HAIKU, **body("Count", max_tokens=1))["stop_reason"] == "max_tokens"
    stopped = invoke(HAIKU, **body("Count", stop_sequences=["three"]))
    assert (stopped["stop_reason"], stopped["stop_sequence"]) == ("stop_sequence", "three")
    assert stopped["content"][0]["text"] == "one two "


@mock_ml
def test_a_filtered_answer_is_a_refusal(ml: MockML) -> None:
    ml.bedrock.model("anthropic.*").reply(message("No.", stop_reason="content_filtered"))
    assert invoke(HAIKU, **body("?"))["stop_reason"] == "refusal"


@pytest.mark.newer_botocore
@mock_ml
def test_usage_of_the_cache(ml: MockML) -> None:
    usage = {"inputTokens": 5, "cacheReadInputTokens": 7, "cacheWriteInputTokens": 9}
    details = [{"ttl": "5m", "inputTokens": 9}]
    said = message("Hi", usage=usage | {"cacheDetails": details})
    ml.bedrock.model("anthropic.*").reply(said)
    system = [{"type": "text", "text": "Be kind.", "cache_control": {"type": "ephemeral"}}]
    assert invoke(HAIKU, **body("Hi", system=system))["usage"] == {
        "input_tokens": 5,
        "cache_creation_input_tokens": 9,
        "cache_read_input_tokens": 7,
        "cache_creation": {"ephemeral_5m_input_tokens": 9, "ephemeral_1h_input_tokens": 0},
        "output_tokens": 1,
    }


def image(data: str, media_type: str = "image/png") -> dict[str, Any]:
    """Return a picture as Messages hold it."""
    source = {"type": "base64", "media_type": media_type, "data": data}
    return {"type": "image", "source": source, "cache_control": {"type": "ephemeral"}}


def document(source: dict[str, Any]) -> dict[str, Any]:
    """Return a document as Messages hold it."""
    return {"type": "document", "source": source, "title": "policy"}


@mock_ml
def test_everything_that_a_turn_may_hold(ml: MockML) -> None:
    ml.bedrock.model("anthropic.*").on(last_user="And now?", system="Be kind.").reply("Yes.")
    picture = base64.b64encode(generate_png("a cat", 8, 8)).decode()
    search = {"type": "search_result", "source": "s", "title": "t", "content": [
        {"type": "text", "text": "found"}
    ]}  # fmt: skip
    blocks = [
        image(picture),
        document({"type": "base64", "media_type": "application/pdf", "data": "JVBERg=="}),
        document({"type": "text", "media_type": "text/plain", "data": "Twenty days."}),
        document({"type": "content", "content": [{"type": "text", "text": "Twenty days."}]}),
        document({"type": "content", "content": "Twenty days."}),
        search,
        {"type": "text", "text": "And now?"},
    ]
    thought = [
        {"type": "thinking", "thinking": "Hm.", "signature": "s"},
        {"type": "redacted_thinking", "data": "AAE="},
        {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}},
        {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {}},
    ]
    failed = {"type": "tool_result", "tool_use_id": "toolu_1", "is_error": True, "content": [
        {"type": "text", "text": "no network"}
    ]}  # fmt: skip
    turns = (
        "Hi",
        {"role": "assistant", "content": thought},
        {"role": "user", "content": [failed, *blocks]},
    )
    system = [{"type": "text", "text": "Be kind."}]
    found = invoke(HAIKU, **body(*turns, system=system, tools=TOOLS))
    assert found["content"][0]["text"] == "Yes."


@mock_ml
def test_a_tool_that_must_be_used_is_used() -> None:
    choice = {"type": "tool", "name": "get_weather"}
    found = invoke(HAIKU, **body("Hi", tools=TOOLS, tool_choice=choice))
    assert found["content"][0]["name"] == "get_weather"
    ready = [{"type": "bash_20250124", "name": "bash"}]
    used = invoke(HAIKU, **body("Hi", tools=ready, tool_choice={"type": "any"}))
    assert used["content"][0]["name"] == "bash"
    none = invoke(HAIKU, **body("Hi", tools=TOOLS, tool_choice={"type": "none"}))
    assert none["content"][0]["type"] == "text"


@mock_ml
def test_a_schema_that_the_answer_is_to_fit() -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    form = {"format": {"type": "json_schema", "schema": schema}}
    assert invoke(HAIKU, **body("Hi", output_config=form))["content"][0]["text"] == '{"n": 0}'


@mock_ml
def test_what_the_assistant_is_to_go_on_with(ml: MockML) -> None:
    ml.bedrock.model("anthropic.*").on(last_user="Yes?").reply("course")
    turns = ("Yes?", {"role": "assistant", "content": "Of"})
    assert invoke(OLD, **body(*turns))["content"][0]["text"] == "course"
    empty = ("Yes?", {"role": "assistant", "content": ""})
    assert invoke(OLD, **body(*empty))["content"][0]["text"] == "course"


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
def test_a_completion_that_is_cut(ml: MockML) -> None:
    ml.bedrock.model("anthropic.*").reply("one two three")
    found = invoke("anthropic.claude-v2", prompt=PROMPT, max_tokens_to_sample=1)
    assert (found["stop_reason"], found["stop"]) == ("max_tokens", None)


@mock_ml
def test_a_stream_of_a_completion(ml: MockML) -> None:
    ml.bedrock.model("anthropic.*").reply("Well then")
    model_id = "anthropic.claude-instant-v1"
    found = chunks_of(model_id, prompt=PROMPT, max_tokens_to_sample=50, stop_sequences=["!"])
    assert [chunk["completion"] for chunk in found] == ["Well", " then", ""]
    assert [chunk["stop_reason"] for chunk in found] == [None, None, "stop_sequence"]
    assert METRICS in found[-1]


@mock_ml
def test_the_oldest_models_speak_messages_too(ml: MockML) -> None:
    ml.bedrock.model("anthropic.*").reply("Hello")
    assert invoke("anthropic.claude-v2:1", **body("Hi"))["model"] == "claude-2.1"


# -- models -----------------------------------------------------------------------------------


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
def test_versions_and_names(model_id: str, version: tuple[int, ...], name: str | None) -> None:
    assert version_of(model_id) == version
    assert name in (None, name_of(model_id))
