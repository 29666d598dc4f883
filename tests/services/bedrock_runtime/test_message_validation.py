"""What the service refuses in a conversation, word for word."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from mlmock import MockML, mock_ml, tool_use
from mlmock.services.bedrock_runtime.media.images import generate_png
from tests.services.bedrock_runtime.converse_helpers import (
    CLAUDE,
    LLAMA,
    NEW_CLAUDE,
    NOVA,
    WEATHER,
    assistant,
    converse,
    refusal,
    result,
    streamed,
    user,
    uses,
)

BLANK = (
    "The text field in the ContentBlock object at messages.{}.content.{} is blank. Add text to "
    "the text field, and try again."
)


@mock_ml
def test_a_conversation_needs_a_message() -> None:
    assert refusal() == "The input is missing a user message."


@mock_ml
def test_who_speaks_first_and_last() -> None:
    assert refusal(assistant("Hi"), "Hi", model=NOVA) == (
        "A conversation must start with a user message. Try again with a conversation that starts "
        "with a user message."
    )
    assert refusal("Hi", assistant("Hi"), model=NOVA) == (
        "The model that you are using requires the last turn in the conversation to be a user "
        "message. Add a user message to the conversation and try again."
    )
    assert converse(assistant("Hi"), "Hi", assistant("{"))["stopReason"] == "end_turn"


@mock_ml
def test_turns_of_one_role_are_joined_unless_the_model_is_declared_strict(ml: MockML) -> None:
    assert converse("one", "two")["stopReason"] == "end_turn"
    ml.bedrock.model(CLAUDE, alternating=True)
    assert refusal("one", "two") == (
        "A conversation must alternate between user and assistant roles. Make sure the "
        "conversation alternates between user and assistant roles and try again."
    )


@mock_ml
def test_roles_are_the_users_and_the_assistants() -> None:
    assert refusal("Hi", {"role": "system", "content": [{"text": "x"}]}, "Hi") == (
        "1 validation error detected: Value 'system' at 'messages.2.member.role' failed to satisfy "
        "constraint: Member must satisfy enum value set: [user, assistant]"
    )


@mock_ml
def test_texts_are_not_blank() -> None:
    assert refusal("") == BLANK.format(0, 0)
    assert refusal("Hi", assistant("Hi"), user("x", " \n")) == BLANK.format(2, 1)
    assert refusal("", model=NEW_CLAUDE) == BLANK.format(0, 0)
    assert converse("\n", model=NEW_CLAUDE)["stopReason"] == "end_turn"


@mock_ml
def test_messages_are_not_empty() -> None:
    assert refusal("Hi", user()) == (
        "The content field in the Message object at messages.1 is empty. Add a ContentBlock object "
        "to the content field and try again."
    )


@mock_ml
def test_models_without_system_messages() -> None:
    model = "amazon.titan-text-express-v1"
    assert refusal("Hi", model=model, system=[{"text": "Be brief."}]) == (
        "This model doesn't support system messages. Try again without a system message or use a "
        "model that supports system messages."
    )
    assert converse("Hi", model=model, system=[], inferenceConfig={})["stopReason"] == "end_turn"


# -- tools -----------------------------------------------------------------------------------

ASKED = ("Hi", assistant(uses("t1"), uses("t2")))


@mock_ml
def test_a_conversation_about_tools() -> None:
    found = converse(*ASKED, user(result("t2", "b"), result("t1", "a")), toolConfig=WEATHER)
    assert found["stopReason"] == "end_turn"
    more = converse(*ASKED, user(result("t2", "b"), result("t1")), "And now?", toolConfig=WEATHER)
    assert more["stopReason"] == "end_turn"


@mock_ml
def test_all_results_are_in_the_message_that_follows() -> None:
    more = {"toolConfig": WEATHER, "model": NOVA}
    one, two = user(result("t1", "a")), user(result("t2", "b"))
    assert refusal(*ASKED, one, two, **more) == (
        "Expected toolResult blocks at messages.2.content for the following Ids: t2"
    )
    both = user(result("t1", "a"), result("t2", "b"))
    assert refusal(*ASKED, both, two, **more) == (
        "The number of toolResult blocks at messages.3.content exceeds the number of toolUse "
        "blocks of previous turn."
    )


@mock_ml
def test_tools_are_asked_by_one_side_and_answered_by_the_other() -> None:
    more = {"toolConfig": WEATHER}
    relayed = "The model returned the following errors: "
    assert refusal(user("Hi", uses("t1")), **more) == (
        f"{relayed}messages.0: `tool_use` blocks can only be in `assistant` messages"
    )
    answered = assistant(result("t1", "a"))
    assert refusal("Hi", answered, "So?", **more) == (
        f"{relayed}messages.1: `tool_result` blocks can only be in `user` messages"
    )
    assert "support the toolResult content block" in refusal(
        "Hi", answered, "So?", model=NOVA, **more
    )
    assert refusal("Hi", assistant("So.", uses("t1")), **more) == (
        f"{relayed}messages.1: `tool_use` ids were found without `tool_result` blocks immediately "
        "after: t1. Each `tool_use` block must have a corresponding `tool_result` block in the "
        "next message."
    )


@mock_ml
def test_documents_of_tools_are_json_objects() -> None:
    def invalid(path: str) -> str:
        return (
            f"The format of the value at {path} is invalid. Provide a json object for the field "
            "and try again."
        )

    more = {"toolConfig": WEATHER}
    asked = {"toolUse": {"toolUseId": "t1", "name": "f", "input": "x"}}
    assert refusal("Hi", assistant("So.", asked), user(result("t1", "a")), **more) == invalid(
        "messages.1.content.1.toolUse.input"
    )
    listed = user(result("t1", "a", {"json": [1]}))
    assert refusal("Hi", assistant(uses("t1")), listed, **more) == invalid(
        "messages.2.content.0.toolResult.content.1.json"
    )
    odd = {"tools": [{"toolSpec": {"name": "f", "inputSchema": {"json": "{}"}}}]}
    assert refusal("Hi", toolConfig=odd) == invalid("toolConfig.tools.0.toolSpec.inputSchema.json")
    assert refusal("Hi", additionalModelRequestFields=[1]) == invalid(
        "additionalModelRequestFields"
    )


@mock_ml
def test_tools_have_to_be_on_offer() -> None:
    text = "The toolConfig field must be defined when using toolUse and toolResult content blocks."
    assert refusal(*ASKED, user(result("t1", "a"))) == text


@mock_ml
def test_results_and_uses_have_to_match() -> None:
    more = {"toolConfig": WEATHER}
    one = user(result("t1", "a"))
    assert refusal(*ASKED, one, **more) == (
        "Expected toolResult blocks at messages.2.content for the following Ids: t2"
    )
    assert refusal(*ASKED, "no", **more) == (
        "Expected toolResult blocks at messages.2.content for the following Ids: t1, t2"
    )
    assert refusal("Hi", assistant("ok"), one, **more) == (
        "The number of toolResult blocks at messages.2.content exceeds the number of toolUse "
        "blocks of previous turn."
    )
    assert refusal("Hi", assistant(uses("a"), uses("a")), "x", **more) == (
        "The toolUse blocks at messages.1.content contain duplicate Ids: a"
    )
    assert refusal(*ASKED, user(result("t1", "a"), result("t1", "b")), **more) == (
        "The toolResult blocks at messages.2.content contain duplicate Ids: t1"
    )
    assert refusal("Hi", assistant(uses("a")), user(result("a", status="error")), **more) == (
        "The content field at messages.2.content.0.toolResult cannot be empty when status value is "
        "error."
    )


@pytest.mark.newer_botocore
@mock_ml
def test_tools_of_the_service_need_no_result() -> None:
    own = {"toolUse": {"toolUseId": "s", "name": "c", "input": {}, "type": "server_tool_use"}}
    assert converse("Hi", assistant(own, "x"), "ok", toolConfig=WEATHER)["stopReason"]


@pytest.mark.newer_botocore
@mock_ml
def test_an_answer_can_be_sent_back_as_it_came(ml: MockML) -> None:
    ml.bedrock.model("*").on(has_tool_result=False).reply(tool_use("get_weather", id="t1"))
    ml.bedrock.model("*").on(has_tool_result=True).reply("Sunny.")
    first = converse("Hi", model=NEW_CLAUDE, toolConfig=WEATHER)["output"]["message"]
    assert first["content"][0]["toolUse"]["type"] == "tool_use"
    again = converse("Hi", first, user(result("t1", "x")), model=NEW_CLAUDE, toolConfig=WEATHER)
    assert again["stopReason"] == "end_turn"


@mock_ml
def test_some_models_keep_results_apart() -> None:
    more: dict[str, Any] = {"toolConfig": WEATHER, "model": LLAMA}
    assert refusal("Hi", assistant(uses("a")), user(result("a", "x"), "y"), **more) == (
        "messages.2.content: Conversation blocks and tool result blocks cannot be provided in the "
        "same turn."
    )
    assert refusal("Hi", assistant("y", uses("a")), user(result("a", "x")), **more) == (
        "messages.1.content: Conversation blocks and tool use blocks cannot be provided in the "
        "same turn."
    )


@mock_ml
def test_models_without_tools(ml: MockML) -> None:
    ml.bedrock.model(CLAUDE, tools=False)
    assert refusal("Hi", toolConfig=WEATHER) == "This model doesn't support tool use."
    ml.bedrock.model(NOVA, streaming_tools=False)
    with pytest.raises(ClientError, match="doesn't support tool use in streaming mode"):
        streamed("Hi", model=NOVA, toolConfig=WEATHER)


@mock_ml
def test_choices_of_tools() -> None:
    config: dict[str, Any] = {**WEATHER, "toolChoice": {"tool": {"name": "other"}}}
    assert "The tool other at toolConfig.toolChoice.tool" in refusal("Hi", toolConfig=config)
    config = {**WEATHER, "toolChoice": {"any": {}}}
    assert refusal("Hi", model=LLAMA, toolConfig=config) == (
        "This model doesn't support the toolConfig.toolChoice.any field. Remove "
        "toolConfig.toolChoice.any and try again."
    )


@mock_ml
def test_the_input_of_a_tool_is_an_object() -> None:
    tool = {"toolSpec": {"name": "f", "inputSchema": {"json": {"type": "string"}}}}
    assert refusal("Hi", toolConfig={"tools": [tool]}) == (
        "The value at toolConfig.tools.0.toolSpec.inputSchema.json.type must be one of the "
        "following: object."
    )


@pytest.mark.newer_botocore
@mock_ml
def test_limits_of_the_model_are_held_on_the_wire() -> None:
    tool = {"toolSpec": {"name": "a tool", "inputSchema": {"json": {"type": "object"}}}}
    assert refusal("Hi", toolConfig={"tools": [tool]}) == (
        "1 validation error detected: Value 'a tool' at 'toolConfig.tools.1.member.toolSpec.name' "
        "failed to satisfy constraint: Member must satisfy regular expression pattern: "
        "[a-zA-Z0-9_-]+"
    )


# -- media -----------------------------------------------------------------------------------


def document(name: str = "report", data: bytes = b"%PDF-1.4", kind: str = "pdf") -> dict[str, Any]:
    return {"document": {"name": name, "format": kind, "source": {"bytes": data}}}


def picture(data: bytes = generate_png("x", 2, 2), kind: str = "png") -> dict[str, Any]:
    return {"image": {"format": kind, "source": {"bytes": data}}}


@pytest.mark.newer_botocore
@mock_ml
def test_documents_and_pictures() -> None:
    found = converse(user("Look.", document(), picture()))
    assert found["usage"]["inputTokens"] == 3 + 2 + 2 * 1600
    held = {"document": {"name": "notes", "source": {"text": "12345678"}}}
    parts = {"document": {"name": "parts", "source": {"content": [{"text": "1234"}]}}}
    assert converse(user("Look.", held, parts))["usage"]["inputTokens"] == 3 + 2 + 2 + 1


@mock_ml
@pytest.mark.parametrize("name", ["report.pdf", "two  spaces", "tab\there", "full\u3000width"])
def test_names_of_documents(name: str) -> None:
    assert refusal(user("Look.", document(name))) == (
        "The document file name can only contain alphanumeric characters, whitespace characters, "
        "hyphens, parentheses, and square brackets. The name can't contain more than one "
        "consecutive whitespace character. Check that the file name conforms to these restrictions "
        "and retry your request."
    )


@mock_ml
def test_documents_are_few_distinct_and_explained() -> None:
    assert refusal(user("Look.", document(), document())) == (
        "Messages can't contain duplicate document names. Rename the document and retry your "
        "request."
    )
    many = [document(f"report {number}") for number in range(6)]
    assert refusal(user("Look.", *many)) == "You can't include more than 5 documents in a request."
    assert refusal(user(document())) == (
        "A text block must be included when using documents. Add a text block and retry your "
        "request."
    )


@mock_ml
def test_documents_are_what_they_say() -> None:
    assert refusal(user("Look.", document(data=b"just text"))) == (
        "The detected filetype is PLAIN_TEXT, but the provided filetype was PDF."
    )
    assert converse(user("Look.", document(data=b"\xff\x00\x01")))["stopReason"] == "end_turn"
    assert converse(user("Look.", document(data=b"a,b", kind="csv")))["stopReason"] == "end_turn"
    assert "4.5 MB" in refusal(user("Look.", document(data=b"%PDF" + bytes(4_718_600))))


@mock_ml
def test_documents_are_no_pictures_and_no_pdf_in_disguise() -> None:
    def document(kind: str, data: bytes) -> dict[str, Any]:
        return user("?", {"document": {"name": "a", "format": kind, "source": {"bytes": data}}})

    assert refusal(document("pdf", generate_png("x", 8, 8))) == (
        "Unsupported MIME type: image/png. Retry your request with a supported file type: xlsx, "
        "txt, pdf, csv, md, doc, html, xls, docx"
    )
    assert refusal(document("txt", b"%PDF-1.4")) == (
        "The detected filetype is PDF, but the provided filetype was TXT."
    )
    assert converse(document("csv", b"a,b\n"))["stopReason"] == "end_turn"


@pytest.mark.newer_botocore
@mock_ml
def test_pictures_are_what_they_say_and_not_too_many() -> None:
    relayed = "The model returned the following errors: "
    assert refusal(user("Look.", picture(kind="jpeg"))) == (
        relayed + "The provided image does not match the specified image format."
    )
    assert refusal(user("Look.", *[picture()] * 21)) == (
        relayed + "messages: too many images: 21 > 20"
    )
    assert "3.75 MB" in refusal(user("Look.", picture(b"\x89PNG" + bytes(3_932_200))))
    assert converse(user("Look.", picture(b"who knows")))["stopReason"] == "end_turn"
    stored = {"image": {"format": "png", "source": {"s3Location": {"uri": "s3://bucket/a.png"}}}}
    assert converse(user("Look.", stored), model=NOVA)["stopReason"] == "end_turn"


@mock_ml
def test_media_that_a_model_does_not_take() -> None:
    video = {"video": {"format": "mp4", "source": {"bytes": b"mp4"}}}
    text = (
        "This model doesn't support the {} content block that you provided. Update the content "
        "block and try again."
    )
    assert refusal(user("Look.", video)) == text.format("video")
    assert refusal(user("Look."), assistant(picture()), "x") == text.format("image")
    shown = user(result("a", picture(kind="jpeg")))
    assert "does not match" in refusal("Hi", assistant(uses("a")), shown, toolConfig=WEATHER)


# -- parameters ------------------------------------------------------------------------------


@mock_ml
def test_max_tokens_of_a_model(ml: MockML) -> None:
    assert refusal("Hi", inferenceConfig={"maxTokens": 4097}) == (
        "The maximum tokens you requested exceeds the model limit of 4096. Try again with a "
        "maximum tokens value that is lower than 4096."
    )
    assert converse("Hi", inferenceConfig={"maxTokens": 4096})["stopReason"] == "end_turn"
    ml.bedrock.model(CLAUDE, max_tokens=10)
    assert "limit of 10" in refusal("Hi", inferenceConfig={"maxTokens": 11})


@mock_ml
def test_input_that_is_too_long(ml: MockML) -> None:
    ml.bedrock.model(CLAUDE, input_tokens=100)
    assert refusal("x" * 400) == "Input is too long for requested model."


@mock_ml
def test_paths_are_json_pointers() -> None:
    paths = ["stop_sequence"]
    assert refusal("Hi", additionalModelResponseFieldPaths=paths) == (
        "The additionalModelResponseFieldPaths value stop_sequence isn't a valid JSON Pointer. "
        "Correct the value and try again."
    )


@pytest.mark.newer_botocore
@mock_ml
def test_a_schema_is_json() -> None:
    for text in ("{", "[]"):
        structure = {"jsonSchema": {"schema": text}}
        config = {"textFormat": {"type": "json_schema", "structure": structure}}
        assert "isn't a JSON schema" in refusal("Hi", outputConfig=config)


@mock_ml
def test_a_prompt_brings_its_own_settings() -> None:
    prompt = "arn:aws:bedrock:us-east-1:123456789012:prompt/ABCDEFGHIJ:1"
    assert converse(model=prompt, promptVariables={"city": {"text": "Rome"}})["stopReason"]
    assert refusal("Hi", model=prompt, inferenceConfig={"maxTokens": 1}) == (
        "The inferenceConfig field can't be used with a prompt. Remove inferenceConfig and try "
        "again."
    )
