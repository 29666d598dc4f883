"""Models that take one text and give one: Titan, Llama, Mistral, Command, Jurassic, R1, Pegasus."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from mlmock import MockML, message, mock_ml, reasoning, stream, tool_use
from tests.services.bedrock_runtime.invoke_helpers import (
    METRICS,
    answer,
    client_of,
    invoke,
    malformed,
    refusal,
)
from tests.services.bedrock_runtime.invoke_helpers import stream as chunks_of

FILM = {"s3Location": {"uri": "s3://films/a.mp4"}}
TEXT_MODELS: list[tuple[str, dict[str, Any], str]] = [
    ("amazon.titan-text-express-v1", {"inputText": "Hi"}, "outputText"),
    ("meta.llama3-8b-instruct-v1:0", {"prompt": "Hi"}, "generation"),
    ("mistral.mistral-7b-instruct-v0:2", {"prompt": "Hi"}, "outputs"),
    ("cohere.command-text-v14", {"prompt": "Hi", "stream": True}, "text"),
    ("deepseek.r1-v1:0", {"prompt": "Hi"}, "choices"),
    ("twelvelabs.pegasus-1-2-v1:0", {"inputPrompt": "Hi", "mediaSource": FILM}, "message"),
]


def said(chunk: dict[str, Any], key: str) -> str:
    """Return the text in a chunk."""
    found = chunk.get(key, "")
    return str(found[0]["text"] if isinstance(found, list) else found)


@pytest.mark.parametrize(("model_id", "body", "key"), TEXT_MODELS)
@mock_ml
def test_a_stream_says_what_the_answer_says(
    model_id: str, body: dict[str, Any], key: str, ml: MockML
) -> None:
    ml.bedrock.model("*").on(last_user="Hi").reply("Hello to you")
    found = chunks_of(model_id, **body)
    assert [said(chunk, key) for chunk in found] == ["Hello", " to", " you", ""]
    assert [METRICS in chunk for chunk in found] == [False, False, False, True]


@pytest.mark.parametrize(("model_id", "body", "key"), TEXT_MODELS)
@mock_ml
def test_a_tool_use_is_written_down(
    model_id: str, body: dict[str, Any], key: str, ml: MockML
) -> None:
    ml.bedrock.model("*").reply(message("So: ", tool_use("f", {"n": 1})))
    text = 'So: {"name": "f", "parameters": {"n": 1}}'
    assert text.replace('"', '\\"') in str(answer_text(model_id, body))
    assert "".join(said(chunk, key) for chunk in chunks_of(model_id, **body)) == text


def answer_text(model_id: str, body: dict[str, Any]) -> str:
    """Return the JSON of an answer."""
    found = client_of().invoke_model(modelId=model_id, body=json.dumps(body))
    return str(found["body"].read().decode())


@mock_ml
def test_titan(ml: MockML) -> None:
    ml.bedrock.model("amazon.titan-*").on(turn=2, last_user="And now?").reply("one two three")
    prompt = "User: Hi\nBot: Hello\nUser: And now?\nBot:"
    found = answer(
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
def test_why_titan_ends(config: dict[str, Any], reason: str, ml: MockML) -> None:
    ml.bedrock.model("amazon.titan-*").reply("one two")
    body = {"inputText": "Count", "textGenerationConfig": config}
    model_id = "amazon.titan-text-lite-v1"
    assert invoke(model_id, **body)["results"][0]["completionReason"] == reason
    last = chunks_of(model_id, **body)[-1]
    assert last["completionReason"] == reason
    assert isinstance(last["totalOutputTextTokenCount"], int)


@mock_ml
def test_a_stream_of_titan(ml: MockML) -> None:
    ml.bedrock.model("amazon.titan-*").reply(stream("Hi"))
    assert chunks_of("amazon.titan-tg1-large", inputText="x")[0] == {
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
def test_llama_reads_its_headers(ml: MockML) -> None:
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
def test_llama_2_reads_its_marks(ml: MockML) -> None:
    ml.bedrock.model("meta.*").on(system="Be kind.", last_user="Again", turn=2).reply("one two")
    prompt = "<s>[INST] <<SYS>>\nBe kind.\n<</SYS>>\n\nHi [/INST] Hello </s><s>[INST] Again [/INST]"
    found = invoke("meta.llama2-13b-chat-v1", prompt=prompt, max_gen_len=1)
    assert (found["generation"], found["stop_reason"]) == ("one ", "length")


@mock_ml
def test_counts_in_a_stream_of_llama(ml: MockML) -> None:
    ml.bedrock.model("meta.*").reply(stream("one ", "two"))
    found = chunks_of("meta.llama3-8b-instruct-v1:0", prompt="Hi")
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
    cut = invoke(model_id, prompt=prompt, max_tokens=1)
    assert cut["outputs"][0]["stop_reason"] == "length"


@mock_ml
def test_command(ml: MockML) -> None:
    ml.bedrock.model("cohere.*").reply("one two")
    found = invoke("cohere.command-light-text-v14", prompt="Hi", num_generations=2)
    assert list(found) == ["generations", "id", "prompt"]
    assert found["prompt"] == "Hi"
    first, second = found["generations"]
    assert (first["finish_reason"], first["text"]) == ("COMPLETE", "one two")
    assert first["id"] != second["id"]
    cut = invoke("cohere.command-text-v14", prompt="Hi", max_tokens=1)
    assert cut["generations"][0]["finish_reason"] == "MAX_TOKENS"
    last = chunks_of("cohere.command-text-v14", prompt="Hi", stream=True)[-1]
    assert (last["finish_reason"], last["is_finished"]) == ("COMPLETE", True)


@mock_ml
def test_a_stream_of_command_that_is_none(ml: MockML) -> None:
    ml.bedrock.model("cohere.*").reply("one two")
    (whole,) = chunks_of("cohere.command-text-v14", prompt="Hi")
    assert whole["generations"][0]["text"] == "one two"
    assert METRICS in whole


@mock_ml
def test_a_filtered_answer_of_command(ml: MockML) -> None:
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
    cut = invoke("ai21.j2-ultra-v1", prompt="Hi", maxTokens=1)["completions"][0]
    assert cut["finishReason"] == {"reason": "length", "length": 1}
    stopped = invoke("ai21.j2-ultra-v1", prompt="Hi", stopSequences=["two"])["completions"][0]
    assert stopped["finishReason"] == {"reason": "stop", "sequence": "two"}


@mock_ml
def test_jurassic_does_not_stream() -> None:
    with pytest.raises(ClientError, match="unsupported for streaming"):
        chunks_of("ai21.j2-mid-v1", prompt="Hi")


BARS = "<｜begin▁of▁sentence｜>Be kind.<｜User｜>Hi<｜Assistant｜><think>\n"


@pytest.mark.newer_botocore
@mock_ml
def test_r1_reasons_first(ml: MockML) -> None:
    model = ml.bedrock.model("deepseek.r1*")
    model.on(last_user="Hi", system="Be kind.").reply(message(reasoning("Hm."), "Yes."))
    text = "Hm.\n</think>\n\nYes."
    found = invoke("us.deepseek.r1-v1:0", prompt=BARS)
    assert found == {"choices": [{"text": text, "stop_reason": "stop"}]}
    chunks = chunks_of("us.deepseek.r1-v1:0", prompt=BARS)
    assert "".join(said(chunk, "choices") for chunk in chunks) == text


@mock_ml
def test_r1_reads_marks_in_plain_letters(ml: MockML) -> None:
    ml.bedrock.model("deepseek.r1*").on(last_user="Hi", system="Be kind.").reply("Yes.")
    prompt = "\n<|begin_of_sentence|><|System|>Be kind.<|User|>Hi<|Assistant|>\n\n"
    assert invoke("deepseek.r1-v1:0", prompt=prompt)["choices"][0]["text"] == "Yes."


@mock_ml
def test_r1_takes_messages_too(ml: MockML) -> None:
    ml.bedrock.model("deepseek.r1*").on(last_user="Hi").reply("one two three")
    turns = [{"role": "user", "content": "Hi"}]
    found = invoke("deepseek.r1-v1:0", messages=turns, max_tokens=1, stop="x")
    assert found["choices"][0]["stop_reason"] == "length"


@mock_ml
def test_pegasus(ml: MockML) -> None:
    ml.bedrock.model("*pegasus*").reply("A dog.")
    model_id = "us.twelvelabs.pegasus-1-2-v1:0"
    asked = {"inputPrompt": "What is it?", "mediaSource": FILM}
    assert invoke(model_id, **asked) == {"message": "A dog.", "finishReason": "stop"}
    cut = invoke(model_id, **asked, maxOutputTokens=1)
    assert cut["finishReason"] == "length"
    by_value = {"inputPrompt": "What?", "mediaSource": {"base64String": "AAAA"}}
    assert invoke(model_id, **by_value)["message"] == "A dog."


@mock_ml
def test_pegasus_fits_a_schema() -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    asked = {"inputPrompt": "?", "mediaSource": FILM, "responseFormat": {"jsonSchema": schema}}
    assert invoke("twelvelabs.pegasus-1-2-v1:0", **asked)["message"] == '{"n": 0}'


REFUSED: list[tuple[str, dict[str, Any], str]] = [
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


@pytest.mark.parametrize(("model_id", "body", "faults"), REFUSED)
@mock_ml
def test_bodies_that_do_not_fit(model_id: str, body: dict[str, Any], faults: str) -> None:
    assert malformed(model_id, **body) == faults


@pytest.mark.parametrize("body", [[], "x", 5])
@mock_ml
def test_bodies_that_are_no_objects(body: Any) -> None:
    with pytest.raises(ClientError, match="Malformed input request, please reformat your input"):
        answer("meta.llama3-8b-instruct-v1:0", body)


@mock_ml
def test_a_limit_above_the_model_s() -> None:
    text = refusal("meta.llama3-8b-instruct-v1:0", prompt="x", max_gen_len=4000)
    assert "#/max_gen_len: 4000 is not less or equal to 2048" in text
    text = refusal("mistral.mixtral-8x7b-instruct-v0:1", prompt="x", max_tokens=5000)
    assert "#/max_tokens: 5000 is not less or equal to 4096" in text
    later = "us.meta.llama3-1-8b-instruct-v1:0"
    assert "8192" in refusal(later, prompt="x", max_gen_len=9000)


@mock_ml
def test_half_a_surrogate_pair_comes_back(ml: MockML) -> None:
    assert "\ud800" in invoke("cohere.command-text-v14", prompt="Hi \ud800")["prompt"]
    (whole,) = chunks_of("cohere.command-text-v14", prompt="Hi \ud800")
    assert "\ud800" in whole["prompt"]
    found = invoke("cohere.embed-multilingual-v3", texts=["\ud800"], input_type="search_query")
    assert found["texts"] == ["\ud800"]
