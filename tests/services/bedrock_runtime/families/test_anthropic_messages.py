"""Claude through InvokeModel with the Messages API."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from mlmock import MockML, message, mock_ml, reasoning, stream, tool_use
from mlmock.services.bedrock_runtime.media.images import generate_png
from tests.services.bedrock_runtime.families.anthropic_helpers import (
    HAIKU,
    OLD,
    TOOLS,
    body,
    document,
    image,
)
from tests.services.bedrock_runtime.invoke_helpers import (
    METRICS,
    invoke,
    invoke_model,
    stream_chunks,
)


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
def test_supported_api_versions(ml: MockML, version: str) -> None:
    ml.bedrock.model("anthropic.*").reply("Hello")
    found = invoke(HAIKU, **body("Hi", anthropic_version=version))
    assert found["content"] == [{"type": "text", "text": "Hello"}]


@mock_ml
def test_token_headers_agree_with_usage() -> None:
    found = invoke_model(OLD, body("Hi"))
    headers = found["ResponseMetadata"]["HTTPHeaders"]
    usage = found["body"]["usage"]
    assert headers["x-amzn-bedrock-input-token-count"] == str(usage["input_tokens"])
    assert headers["x-amzn-bedrock-output-token-count"] == str(usage["output_tokens"])
    assert found["contentType"] == "application/json"


@mock_ml
def test_a_stream_of_text(ml: MockML) -> None:
    ml.bedrock.model("anthropic.*").reply(stream("Hel", "lo"))
    found = stream_chunks(OLD, **body("Hi"))
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
    first = invoke(HAIKU, **body("Weather?", tools=TOOLS))
    use = first["content"][1]
    assert first["stop_reason"] == "tool_use"
    assert use["id"].startswith("toolu_bdrk_01")
    assert (use["type"], use["name"], use["input"]) == ("tool_use", "get_weather", {"city": "Rome"})
    result = {"type": "tool_result", "tool_use_id": use["id"], "content": "sunny"}
    turns = (
        "Weather?",
        {"role": "assistant", "content": first["content"]},
        {"role": "user", "content": [result]},
    )
    assert invoke(HAIKU, **body(*turns, tools=TOOLS))["content"][0]["text"] == "It is sunny."


@mock_ml
def test_a_stream_of_a_tool_use(ml: MockML) -> None:
    ml.bedrock.model("anthropic.*").reply(tool_use("get_weather", {"city": "Rome"}, id="toolu_1"))
    found = stream_chunks(HAIKU, **body("Weather?", tools=TOOLS))
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
    request = body("Sure?", max_tokens=2000, thinking=thinking)
    assert invoke(HAIKU, **request)["content"] == [
        {"type": "thinking", "thinking": "Hm.", "signature": "s"},
        {"type": "text", "text": "Yes."},
    ]
    found = stream_chunks(HAIKU, **request)
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
def test_redacted_thinking(ml: MockML) -> None:
    hidden = {"reasoningContent": {"redactedContent": b"\x00\x01"}}
    ml.bedrock.model("anthropic.*").reply(message(hidden, "Yes."))
    written = {"type": "redacted_thinking", "data": "AAE="}
    assert invoke(HAIKU, **body("Sure?"))["content"][0] == written
    assert stream_chunks(HAIKU, **body("Sure?"))[1]["content_block"] == written


CITATIONS = {
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
    ml.bedrock.model("anthropic.*").reply(message(CITATIONS))
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
    chunks = stream_chunks(HAIKU, **body("How many?"))
    assert chunks[1]["content_block"] == {"citations": [], "type": "text", "text": ""}
    assert chunks[2]["delta"] == {"type": "citations_delta", "citation": citation}
    assert chunks[3]["delta"]["text"] == "Twenty days."


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
def test_citations_of_web_pages_and_search_results(
    ml: MockML, location: dict[str, Any], written: dict[str, Any]
) -> None:
    citation = {
        "title": "policy",
        "source": "https://docs",
        "sourceContent": [{"text": "20 days"}],
        "location": location,
    }
    content = {"content": [{"text": "Twenty."}], "citations": [citation]}
    ml.bedrock.model("anthropic.*").reply(message({"citationsContent": content}))
    (block,) = invoke(HAIKU, **body("How many?"))["content"]
    common = {"cited_text": "20 days", "title": "policy"}
    assert block["citations"] == [common | written]


@mock_ml
def test_limits_truncate_an_answer(ml: MockML) -> None:
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
def test_usage_of_the_prompt_cache(ml: MockML) -> None:
    usage = {"inputTokens": 5, "cacheReadInputTokens": 7, "cacheWriteInputTokens": 9}
    details = [{"ttl": "5m", "inputTokens": 9}]
    reply = message("Hi", usage=usage | {"cacheDetails": details})
    ml.bedrock.model("anthropic.*").reply(reply)
    system = [{"type": "text", "text": "Be kind.", "cache_control": {"type": "ephemeral"}}]
    assert invoke(HAIKU, **body("Hi", system=system))["usage"] == {
        "input_tokens": 5,
        "cache_creation_input_tokens": 9,
        "cache_read_input_tokens": 7,
        "cache_creation": {"ephemeral_5m_input_tokens": 9, "ephemeral_1h_input_tokens": 0},
        "output_tokens": 1,
    }


@mock_ml
def test_every_kind_of_content_block_is_accepted(ml: MockML) -> None:
    ml.bedrock.model("anthropic.*").on(last_user="And now?", system="Be kind.").reply("Yes.")
    png = base64.b64encode(generate_png("a cat", 8, 8)).decode()
    search = {"type": "search_result", "source": "s", "title": "t", "content": [
        {"type": "text", "text": "found"}
    ]}  # fmt: skip
    blocks = [
        image(png),
        document({"type": "base64", "media_type": "application/pdf", "data": "JVBERg=="}),
        document({"type": "text", "media_type": "text/plain", "data": "Twenty days."}),
        document({"type": "content", "content": [{"type": "text", "text": "Twenty days."}]}),
        document({"type": "content", "content": "Twenty days."}),
        search,
        {"type": "text", "text": "And now?"},
    ]
    thinking = [
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
        {"role": "assistant", "content": thinking},
        {"role": "user", "content": [failed, *blocks]},
    )
    system = [{"type": "text", "text": "Be kind."}]
    found = invoke(HAIKU, **body(*turns, system=system, tools=TOOLS))
    assert found["content"][0]["text"] == "Yes."


@mock_ml
def test_a_required_tool_is_used() -> None:
    choice = {"type": "tool", "name": "get_weather"}
    found = invoke(HAIKU, **body("Hi", tools=TOOLS, tool_choice=choice))
    assert found["content"][0]["name"] == "get_weather"
    builtin = [{"type": "bash_20250124", "name": "bash"}]
    used = invoke(HAIKU, **body("Hi", tools=builtin, tool_choice={"type": "any"}))
    assert used["content"][0]["name"] == "bash"
    none = invoke(HAIKU, **body("Hi", tools=TOOLS, tool_choice={"type": "none"}))
    assert none["content"][0]["type"] == "text"


@mock_ml
def test_the_answer_follows_an_output_schema() -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    config = {"format": {"type": "json_schema", "schema": schema}}
    assert invoke(HAIKU, **body("Hi", output_config=config))["content"][0]["text"] == '{"n": 0}'


@mock_ml
def test_assistant_prefill(ml: MockML) -> None:
    ml.bedrock.model("anthropic.*").on(last_user="Yes?").reply("course")
    turns = ("Yes?", {"role": "assistant", "content": "Of"})
    assert invoke(OLD, **body(*turns))["content"][0]["text"] == "course"
    empty = ("Yes?", {"role": "assistant", "content": ""})
    assert invoke(OLD, **body(*empty))["content"][0]["text"] == "course"
