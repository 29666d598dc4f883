"""Text models: Titan, Llama, Mistral, Command, Jurassic, R1 and Pegasus."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from mlmock import MockML, message, mock_ml, reasoning, stream, tool_use
from tests.services.bedrock_runtime.converse_helpers import bedrock_client
from tests.services.bedrock_runtime.invoke_helpers import (
    METRICS,
    error_message,
    invoke,
    invoke_model,
    schema_violations,
    stream_chunks,
)

VIDEO = {"s3Location": {"uri": "s3://videos/a.mp4"}}
TEXT_MODELS: list[tuple[str, dict[str, Any], str]] = [
    ("amazon.titan-text-express-v1", {"inputText": "Hi"}, "outputText"),
    ("meta.llama3-8b-instruct-v1:0", {"prompt": "Hi"}, "generation"),
    ("mistral.mistral-7b-instruct-v0:2", {"prompt": "Hi"}, "outputs"),
    ("cohere.command-text-v14", {"prompt": "Hi", "stream": True}, "text"),
    ("deepseek.r1-v1:0", {"prompt": "Hi"}, "choices"),
    ("twelvelabs.pegasus-1-2-v1:0", {"inputPrompt": "Hi", "mediaSource": VIDEO}, "message"),
]


def chunk_text(chunk: dict[str, Any], key: str) -> str:
    """Return the text of a chunk."""
    found = chunk.get(key, "")
    return str(found[0]["text"] if isinstance(found, list) else found)


@pytest.mark.parametrize(("model_id", "body", "key"), TEXT_MODELS)
@mock_ml
def test_a_stream_equals_the_response(
    model_id: str, body: dict[str, Any], key: str, ml: MockML
) -> None:
    ml.bedrock.model("*").on(last_user="Hi").reply("Hello to you")
    found = stream_chunks(model_id, **body)
    assert [chunk_text(chunk, key) for chunk in found] == ["Hello", " to", " you", ""]
    assert [METRICS in chunk for chunk in found] == [False, False, False, True]


@pytest.mark.parametrize(("model_id", "body", "key"), TEXT_MODELS)
@mock_ml
def test_a_tool_use_is_returned_as_json_text(
    model_id: str, body: dict[str, Any], key: str, ml: MockML
) -> None:
    ml.bedrock.model("*").reply(message("So: ", tool_use("f", {"n": 1})))
    text = 'So: {"name": "f", "parameters": {"n": 1}}'
    assert text.replace('"', '\\"') in str(json_body(model_id, body))
    assert "".join(chunk_text(chunk, key) for chunk in stream_chunks(model_id, **body)) == text


def json_body(model_id: str, body: dict[str, Any]) -> str:
    """Return the body of a response as JSON text."""
    found = bedrock_client().invoke_model(modelId=model_id, body=json.dumps(body))
    return str(found["body"].read().decode())


@mock_ml
def test_titan(ml: MockML) -> None:
    ml.bedrock.model("amazon.titan-*").on(turn=2, last_user="And now?").reply("one two three")
    prompt = "User: Hi\nBot: Hello\nUser: And now?\nBot:"
    found = invoke_model(
        "amazon.titan-text-express-v1",
        {"inputText": prompt, "textGenerationConfig": {"maxTokenCount": 0, "temperature": 0}},
    )
    assert found["body"] == {
        "inputTextTokenCount": found["body"]["inputTextTokenCount"],
        "results": [{"tokenCount": 4, "outputText": "one two three", "completionReason": "FINISH"}],
    }
    headers = found["ResponseMetadata"]["HTTPHeaders"]
    assert headers["x-amzn-bedrock-output-token-count"] == "4"


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ({"maxTokenCount": 1}, "LENGTH"),
        ({"stopSequences": ["two"]}, "STOP_CRITERIA_MET"),
        ({}, "FINISH"),
    ],
)
@mock_ml
def test_titan_completion_reasons(config: dict[str, Any], reason: str, ml: MockML) -> None:
    ml.bedrock.model("amazon.titan-*").reply("one two")
    body = {"inputText": "Count", "textGenerationConfig": config}
    model_id = "amazon.titan-text-lite-v1"
    assert invoke(model_id, **body)["results"][0]["completionReason"] == reason
    last = stream_chunks(model_id, **body)[-1]
    assert last["completionReason"] == reason
    assert isinstance(last["totalOutputTextTokenCount"], int)


@mock_ml
def test_a_stream_of_titan(ml: MockML) -> None:
    ml.bedrock.model("amazon.titan-*").reply(stream("Hi"))
    assert stream_chunks("amazon.titan-tg1-large", inputText="x")[0] == {
        "outputText": "Hi",
        "index": 0,
        "totalOutputTextTokenCount": None,
        "completionReason": None,
        "inputTextTokenCount": 4,
    }


LLAMA = (
    "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nBe kind.<|eot_id|>"
    "<|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|>"
    "<|start_header_id|>assistant<|end_header_id|>\n\nCall f<|eot_id|>"
    "<|start_header_id|>ipython<|end_header_id|>\n\nsunny<|eot_id|>"
    "<|start_header_id|>assistant<|end_header_id|>\n\n"
)


@mock_ml
def test_llama_3_prompts_are_parsed(ml: MockML) -> None:
    ml.bedrock.model("meta.*").on(
        system="Be kind.", last_user="Hi", tool_result="sunny", turn=2
    ).reply("It is sunny.")
    found = invoke("us.meta.llama3-1-70b-instruct-v1:0", prompt=LLAMA, max_gen_len=50)
    assert found == {
        "generation": "It is sunny.",
        "prompt_token_count": found["prompt_token_count"],
        "generation_token_count": 3,
        "stop_reason": "stop",
    }


@mock_ml
def test_llama_2_prompts_are_parsed(ml: MockML) -> None:
    ml.bedrock.model("meta.*").on(system="Be kind.", last_user="Again", turn=2).reply("one two")
    prompt = "<s>[INST] <<SYS>>\nBe kind.\n<</SYS>>\n\nHi [/INST] Hello </s><s>[INST] Again [/INST]"
    found = invoke("meta.llama2-13b-chat-v1", prompt=prompt, max_gen_len=1)
    assert (found["generation"], found["stop_reason"]) == ("one ", "length")


@mock_ml
def test_token_counts_in_a_llama_stream(ml: MockML) -> None:
    ml.bedrock.model("meta.*").reply(stream("one ", "two"))
    found = stream_chunks("meta.llama3-8b-instruct-v1:0", prompt="Hi")
    assert [chunk["prompt_token_count"] for chunk in found] == [4, None, None]
    assert [chunk["generation_token_count"] for chunk in found] == [1, 2, 2]
    assert [chunk["stop_reason"] for chunk in found] == [None, None, "stop"]


@mock_ml
def test_mistral(ml: MockML) -> None:
    ml.bedrock.model("mistral.*").on(last_user="Again", turn=2).reply("one two")
    prompt = "<s>[INST] Hi [/INST] Hello</s>[INST] Again [/INST]"
    model_id = "mistral.mixtral-8x7b-instruct-v0:1"
    found = invoke(model_id, prompt=prompt, stop=["two"])
    assert found == {"outputs": [{"text": "one ", "stop_reason": "stop"}]}
    truncated = invoke(model_id, prompt=prompt, max_tokens=1)
    assert truncated["outputs"][0]["stop_reason"] == "length"


@mock_ml
def test_command(ml: MockML) -> None:
    ml.bedrock.model("cohere.*").reply("one two")
    found = invoke("cohere.command-light-text-v14", prompt="Hi", num_generations=2)
    assert list(found) == ["generations", "id", "prompt"]
    assert found["prompt"] == "Hi"
    first, second = found["generations"]
    assert (first["finish_reason"], first["text"]) == ("COMPLETE", "one two")
    assert first["id"] != second["id"]
    truncated = invoke("cohere.command-text-v14", prompt="Hi", max_tokens=1)
    assert truncated["generations"][0]["finish_reason"] == "MAX_TOKENS"
    last = stream_chunks("cohere.command-text-v14", prompt="Hi", stream=True)[-1]
    assert (last["finish_reason"], last["is_finished"]) == ("COMPLETE", True)


@mock_ml
def test_a_command_stream_is_one_chunk_unless_requested(ml: MockML) -> None:
    ml.bedrock.model("cohere.*").reply("one two")
    (whole,) = stream_chunks("cohere.command-text-v14", prompt="Hi")
    assert whole["generations"][0]["text"] == "one two"
    assert METRICS in whole


@mock_ml
def test_a_filtered_command_answer(ml: MockML) -> None:
    ml.bedrock.model("cohere.*").reply(message("No.", stop_reason="content_filtered"))
    found = invoke("cohere.command-text-v14", prompt="Hi")
    assert found["generations"][0]["finish_reason"] == "ERROR_TOXIC"


@mock_ml
def test_jurassic(ml: MockML) -> None:
    ml.bedrock.model("ai21.*").reply("one two")
    found = invoke("ai21.j2-mid-v1", prompt="Hi there", maxTokens=50)
    assert list(found) == ["id", "prompt", "completions"]
    assert [t["generatedToken"]["token"] for t in found["prompt"]["tokens"]] == ["Hi", "▁there"]
    assert found["completions"][0]["data"]["text"] == "one two"
    assert found["completions"][0]["finishReason"] == {"reason": "endoftext"}
    truncated = invoke("ai21.j2-ultra-v1", prompt="Hi", maxTokens=1)["completions"][0]
    assert truncated["finishReason"] == {"reason": "length", "length": 1}
    stopped = invoke("ai21.j2-ultra-v1", prompt="Hi", stopSequences=["two"])["completions"][0]
    assert stopped["finishReason"] == {"reason": "stop", "sequence": "two"}


@mock_ml
def test_jurassic_does_not_stream() -> None:
    with pytest.raises(ClientError, match="unsupported for streaming"):
        stream_chunks("ai21.j2-mid-v1", prompt="Hi")


R1_PROMPT = "<｜begin▁of▁sentence｜>Be kind.<｜User｜>Hi<｜Assistant｜><think>\n"


@pytest.mark.newer_botocore
@mock_ml
def test_r1_returns_its_reasoning_first(ml: MockML) -> None:
    model = ml.bedrock.model("deepseek.r1*")
    model.on(last_user="Hi", system="Be kind.").reply(message(reasoning("Hm."), "Yes."))
    text = "Hm.\n</think>\n\nYes."
    found = invoke("us.deepseek.r1-v1:0", prompt=R1_PROMPT)
    assert found == {"choices": [{"text": text, "stop_reason": "stop"}]}
    chunks = stream_chunks("us.deepseek.r1-v1:0", prompt=R1_PROMPT)
    assert "".join(chunk_text(chunk, "choices") for chunk in chunks) == text


@mock_ml
def test_r1_prompts_with_ascii_markers_are_parsed(ml: MockML) -> None:
    ml.bedrock.model("deepseek.r1*").on(last_user="Hi", system="Be kind.").reply("Yes.")
    prompt = "\n<|begin_of_sentence|><|System|>Be kind.<|User|>Hi<|Assistant|>\n\n"
    assert invoke("deepseek.r1-v1:0", prompt=prompt)["choices"][0]["text"] == "Yes."


@mock_ml
def test_r1_also_accepts_messages(ml: MockML) -> None:
    ml.bedrock.model("deepseek.r1*").on(last_user="Hi").reply("one two three")
    turns = [{"role": "user", "content": "Hi"}]
    found = invoke("deepseek.r1-v1:0", messages=turns, max_tokens=1, stop="x")
    assert found["choices"][0]["stop_reason"] == "length"


@mock_ml
def test_pegasus(ml: MockML) -> None:
    ml.bedrock.model("*pegasus*").reply("A dog.")
    model_id = "us.twelvelabs.pegasus-1-2-v1:0"
    request = {"inputPrompt": "What is it?", "mediaSource": VIDEO}
    assert invoke(model_id, **request) == {"message": "A dog.", "finishReason": "stop"}
    truncated = invoke(model_id, **request, maxOutputTokens=1)
    assert truncated["finishReason"] == "length"
    by_value = {"inputPrompt": "What?", "mediaSource": {"base64String": "AAAA"}}
    assert invoke(model_id, **by_value)["message"] == "A dog."


@mock_ml
def test_pegasus_follows_a_schema() -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    request = {"inputPrompt": "?", "mediaSource": VIDEO, "responseFormat": {"jsonSchema": schema}}
    assert invoke("twelvelabs.pegasus-1-2-v1:0", **request)["message"] == '{"n": 0}'


INVALID: list[tuple[str, dict[str, Any], str]] = [
    (
        "amazon.titan-text-express-v1",
        {"inputText": "x", "textGenerationConfig": {"stopSequences": "x"}},
        "#/textGenerationConfig/stopSequences: expected type: JSONArray, found: String",
    ),
    (
        "amazon.titan-text-lite-v1",
        {"inputText": "x", "textGenerationConfig": {"maxTokenCount": 8192}},
        "#/textGenerationConfig/maxTokenCount: 8192 is not less or equal to 4096",
    ),
    (
        "meta.llama3-8b-instruct-v1:0",
        {"prompt": "x", "max_tokens": 5},
        "#: extraneous key [max_tokens] is not permitted",
    ),
    (
        "mistral.mistral-7b-instruct-v0:2",
        {"messages": []},
        "#: extraneous key [messages] is not permitted#: required key [prompt] not found",
    ),
    (
        "cohere.command-text-v14",
        {"prompt": "x", "p": 2},
        "#/p: 2 is not less or equal to 1",
    ),
    (
        "ai21.j2-mid-v1",
        {"prompt": "x", "top_p": 1, "max_tokens_to_sample": 5},
        "#: extraneous key [top_p] is not permitted"
        "#: extraneous key [max_tokens_to_sample] is not permitted",
    ),
    (
        "deepseek.r1-v1:0",
        {"max_tokens": 5},
        "#: required key [prompt] not found",
    ),
    (
        "twelvelabs.pegasus-1-2-v1:0",
        {"inputPrompt": "x", "mediaSource": {}},
        "#: required key [s3Location] not found",
    ),
    (
        "twelvelabs.pegasus-1-2-v1:0",
        {"inputPrompt": "x", "mediaSource": {"s3Location": {}}},
        "#/mediaSource/s3Location: required key [uri] not found",
    ),
    (
        "twelvelabs.pegasus-1-2-v1:0",
        {"inputPrompt": "x", "mediaSource": {"base64String": "!"}},
        "#/mediaSource/base64String: invalid base64",
    ),
]


@pytest.mark.parametrize(("model_id", "body", "violations"), INVALID)
@mock_ml
def test_invalid_bodies(model_id: str, body: dict[str, Any], violations: str) -> None:
    assert schema_violations(model_id, **body) == violations


@pytest.mark.parametrize("body", [[], "x", 5])
@mock_ml
def test_bodies_that_are_not_objects_are_rejected(body: Any) -> None:
    with pytest.raises(ClientError, match="Malformed input request, please reformat your input"):
        invoke_model("meta.llama3-8b-instruct-v1:0", body)


@mock_ml
def test_token_limits_above_the_model_limit_are_rejected() -> None:
    text = error_message("meta.llama3-8b-instruct-v1:0", prompt="x", max_gen_len=4000)
    assert "#/max_gen_len: 4000 is not less or equal to 2048" in text
    text = error_message("mistral.mixtral-8x7b-instruct-v0:1", prompt="x", max_tokens=5000)
    assert "#/max_tokens: 5000 is not less or equal to 4096" in text
    later = "us.meta.llama3-1-8b-instruct-v1:0"
    assert "8192" in error_message(later, prompt="x", max_gen_len=9000)


@mock_ml
def test_lone_surrogates_are_returned(ml: MockML) -> None:
    assert "\ud800" in invoke("cohere.command-text-v14", prompt="Hi \ud800")["prompt"]
    (whole,) = stream_chunks("cohere.command-text-v14", prompt="Hi \ud800")
    assert "\ud800" in whole["prompt"]
    found = invoke("cohere.embed-multilingual-v3", texts=["\ud800"], input_type="search_query")
    assert found["texts"] == ["\ud800"]
