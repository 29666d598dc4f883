"""Rules of ml.bedrock.model(): matching, answers and validation."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ReadTimeoutError

from mlmock import (
    InvalidRule,
    MockML,
    UnmatchedCall,
    contains,
    error,
    json_output,
    message,
    mock_ml,
    raw,
    reasoning,
    stream,
    tool_use,
)
from tests.services.bedrock_runtime.converse_helpers import (
    CLAUDE,
    LLAMA,
    WEATHER,
    assistant,
    bedrock_client,
    converse,
    converse_text,
    tool_result_block,
    tool_use_block,
    user,
)


@mock_ml
def test_agent_loop_with_a_tool(ml: MockML) -> None:
    model = ml.bedrock.model("anthropic.claude-3-*")
    use = tool_use("get_weather", {"city": "Rome"}, id="t1")
    model.on(last_user=contains("weather"), has_tool_result=False).reply(use)
    model.on(has_tool_result=True).reply("It is sunny.")
    first = converse("What is the weather?", toolConfig=WEATHER)["output"]["message"]
    again = [user("What is the weather?"), first, user(tool_result_block("t1", "sunny"))]
    assert converse_text(*again, toolConfig=WEATHER) == "It is sunny."


@mock_ml
def test_matching_turn_system_and_tools(ml: MockML) -> None:
    model = ml.bedrock.model("*")
    model.on(turn=1).reply("first")
    model.on(turn=2).reply("second")
    model.on(system=contains("French")).reply("oui")
    model.on(tools="get_weather").reply("with tools")
    model.on(tools=["other"]).reply("never").optional()
    assert converse_text("a") == "first"
    assert converse_text("a", assistant("x"), "b") == "second"
    assert converse_text("a", system=[{"text": "Speak French."}, {"text": "Always."}]) == "oui"
    assert converse_text("a", toolConfig=WEATHER) == "with tools"


@mock_ml
def test_matching_tool_results(ml: MockML) -> None:
    model = ml.bedrock.model("*")
    model.on(tool_result={"degrees": 30}).reply("hot")
    model.on(tool_result=contains("rain")).reply("wet")
    turns = ("?", assistant(tool_use_block("a"), tool_use_block("b")))
    hot = {"toolResult": {"toolUseId": "a", "content": [{"json": {"degrees": 30, "of": "C"}}]}}
    assert (
        converse_text(*turns, user(hot, tool_result_block("b", "wind")), toolConfig=WEATHER)
        == "hot"
    )
    wet = user(tool_result_block("a", "sun"), tool_result_block("b", "some", "rain"))
    assert converse_text(*turns, wet, toolConfig=WEATHER) == "wet"


@mock_ml
def test_last_user_is_the_last_user_turn_with_text(ml: MockML) -> None:
    ml.bedrock.model("*").on(last_user="What now?").reply("This.")
    turns = ["What now?", assistant(tool_use_block("a")), user(tool_result_block("a", "x"))]
    assert converse_text(*turns, toolConfig=WEATHER) == "This."
    guarded = {"guardContent": {"text": {"text": "What now?"}}}
    assert converse_text(user(guarded)) == "This."


@mock_ml
def test_where_matches_the_whole_call(ml: MockML) -> None:
    ml.bedrock.model("*").on(where=lambda call: call.region == "us-east-1").reply("matched")
    assert converse_text("?") == "matched"


@mock_ml
def test_answers_come_in_order_and_the_newest_rule_first(ml: MockML) -> None:
    model = ml.bedrock.model("*")
    model.reply("always")
    model.reply(error("ThrottlingException", "slow down"), "one", "two").optional()
    assert [converse_text("?") for _ in "123"] == ["one", "two", "always"]


@mock_ml
def test_rules_of_several_matching_patterns(ml: MockML) -> None:
    ml.bedrock.model("anthropic.*").reply("older")
    ml.bedrock.model("*haiku*").times(1).reply("newer")
    assert [converse_text("?"), converse_text("?")] == ["newer", "older"]


@mock_ml
def test_an_unmatched_call_is_an_error(ml: MockML) -> None:
    ml.bedrock.model("anthropic.*").on(last_user="Hi").reply("Hello").optional()
    with pytest.raises(UnmatchedCall, match="last_user is 'Bye'; expected 'Hi'"):
        converse_text("Bye")
    ml.unmatched.clear()
    assert "mock answer" in converse_text("Bye", model=LLAMA)


def test_an_unmatched_call_gets_the_default_answer_when_not_strict() -> None:
    with mock_ml(strict=False) as ml:
        ml.bedrock.model("anthropic.*").on(last_user="Hi").reply("Hello").optional()
        assert "mock answer" in converse_text("Bye")


@mock_ml
def test_failures_and_embeddings_do_not_answer_converse(ml: MockML) -> None:
    model = ml.bedrock.model("*")
    model.fail("ModelNotReadyException", times=1)
    model.embed([0.1]).optional()
    assert "mock answer" in converse_text("?")


@mock_ml
def test_rules_can_be_limited_to_a_region(ml: MockML) -> None:
    ml.at(region="eu-west-1").bedrock.model("anthropic.*").reply("bonjour")
    turns = [user("?")]
    response = bedrock_client("eu-west-1").converse(modelId=CLAUDE, messages=turns)
    assert response["output"]["message"]["content"] == [{"text": "bonjour"}]
    assert "mock answer" in converse_text("?")


@mock_ml
def test_many_rules(ml: MockML) -> None:
    model = ml.bedrock.model("*")
    for number in range(20):
        model.on(last_user=f"q{number}").reply(f"a{number}").optional()
    assert converse_text("q7") == "a7"
    with pytest.raises(UnmatchedCall):
        converse_text("q99")
    ml.unmatched.clear()


# -- answers ----------------------------------------------------------------------------------


@mock_ml
def test_functions_answer(ml: MockML) -> None:
    async def answer_async(call: Any) -> Any:
        return [tool_use("f", {"text": call.params["messages"][0]["content"][0]["text"]})]

    ml.bedrock.model("*").reply(lambda call: call.region, answer_async, lambda call: "")
    assert converse_text("?") == "us-east-1"
    (block,) = converse("?")["output"]["message"]["content"]
    assert block["toolUse"]["input"] == {"text": "?"}
    assert converse_text("?") == ""


@mock_ml
def test_a_function_cannot_answer_converse_with_a_raw_body(ml: MockML) -> None:
    ml.bedrock.model("*").reply(lambda call: raw({}))
    with pytest.raises(InvalidRule, match="cannot be answered with an exact body"):
        converse_text("?")
    ml.unmatched.clear()


@mock_ml
def test_failures(ml: MockML) -> None:
    model = ml.bedrock.model("*")
    model.fail("ModelErrorException", "broken", originalStatusCode=500).times(1)
    with pytest.raises(ClientError, match="broken") as caught:
        converse_text("?")
    assert caught.value.response["originalStatusCode"] == 500  # type: ignore[typeddict-item]
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 424


@mock_ml
def test_every_connection_failure(ml: MockML) -> None:
    no_retries = Config(retries={"total_max_attempts": 1})
    client = boto3.client("bedrock-runtime", "us-east-1", config=no_retries)
    model = ml.bedrock.model("*")
    for inject in (model.timeout, model.drop, model.unreachable):
        inject().times(1)
        with pytest.raises(Exception, match=r"(?i)timeout|connect"):
            client.converse(modelId=CLAUDE, messages=[user("?")])
    model.delay(100).reply("late")
    with pytest.raises(ReadTimeoutError):
        client.converse(modelId=CLAUDE, messages=[user("?")])


@mock_ml
def test_an_exception_is_raised_unchanged(ml: MockML) -> None:
    ml.bedrock.model("*").optional().reply(RuntimeError("boom"))
    with pytest.raises(RuntimeError, match="boom"):
        converse_text("?")


@pytest.mark.newer_botocore
@mock_ml
@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (5, "a model answers with texts"),
        ({"text": 5}, "a model answers with texts"),
        ({"nothing": {}}, "a model answers with texts"),
        ({"image": "x"}, "a model answers with texts"),
        ([], "at least one block"),
        (stream(), "at least one text, block or then_error"),
        ({"reasoningContent": {}}, "exactly one of reasoningText, redactedContent"),
        ({"image": {"format": "bmp", "source": {"bytes": b"x"}}}, "image.format must be one of"),
        ({"toolUse": {"name": "f", "kind": "x"}}, "toolUse has no member 'kind'"),
        ({"toolUse": {"input": {}}}, "toolUse.name is required"),
        (
            {"citationsContent": {"content": [], "citations": [{"location": {}}]}},
            r"citations\[0\].location: exactly one of web",
        ),
        (error("NoSuchException"), "has no error 'NoSuchException'"),
    ],
)
def test_invalid_answers_are_rejected(ml: MockML, answer: Any, text: str) -> None:
    with pytest.raises(InvalidRule, match=text):
        ml.bedrock.model("*").reply(answer)


@pytest.mark.newer_botocore
@pytest.mark.parametrize(
    ("make_answer", "text"),
    [
        (lambda: message(), "at least one block"),
        (lambda: message("x", stop_reason="done"), "stop_reason must be one of"),
        (lambda: message("x", usage={"tokens": 5}), "usage has no member 'tokens'"),
        (lambda: message("x", usage={"inputTokens": -1}), "0 or more tokens"),
        (lambda: message("x", usage={"cacheDetails": 1}), "cacheDetails must be of type list"),
        (lambda: message("x", usage={"cacheDetails": [{"ttl": "9m"}]}), "must be one of 5m, 1h"),
        (lambda: message("x", latency_ms=-1), "0 or more milliseconds"),
        (lambda: stream("x", latency_ms=1.5), "0 or more milliseconds"),  # type: ignore[arg-type]
        (lambda: message("x", fields=5), "fields requires a dict"),  # type: ignore[arg-type]
        (lambda: tool_use("a b"), "does not match the pattern"),
        (lambda: tool_use("f", id="a b"), "does not match the pattern"),
        (lambda: tool_use("f", {"x": {1, 2}}), "input of a tool must be JSON"),
        (lambda: reasoning(5), "must be of type str"),  # type: ignore[arg-type]
        (lambda: raw({"x": {1, 2}}), "requires a JSON value"),
        (lambda: raw([{"x": 1}, {1, 2}]), "requires a JSON value"),
        (lambda: tool_use("f", "x"), "input as a dict"),  # type: ignore[arg-type]
        (lambda: json_output({1, 2}), "requires a JSON value"),
        (lambda: stream("x", size=0), "1 or more characters"),
        (lambda: stream("x", every=-1), "0 or more seconds"),
        (lambda: stream("x").pause(-1), "0 or more seconds"),
        (lambda: stream("x").then_error("a").then("y"), "nothing can follow"),
        (lambda: stream("x").then_error("a").pause(1), "nothing can follow"),
        (lambda: stream("x").then_error("a").then_error("a"), "only once"),
        (lambda: stream(5), "a model answers with texts"),
    ],
)
def test_invalid_answer_arguments_are_rejected(make_answer: Any, text: str) -> None:
    with pytest.raises(InvalidRule, match=text):
        make_answer()


@mock_ml
def test_a_tool_use_can_omit_id_and_input(ml: MockML) -> None:
    ml.bedrock.model("*").reply({"toolUse": {"name": "f", "type": "tool_use"}})
    (block,) = converse("?")["output"]["message"]["content"]
    assert block["toolUse"]["input"] == {}
    assert block["toolUse"]["toolUseId"].startswith("tooluse_")


@mock_ml
def test_stream_errors_must_be_exceptions_of_the_stream(ml: MockML) -> None:
    with pytest.raises(InvalidRule, match="a stream has no exception 'ConflictException'"):
        ml.bedrock.model("*").reply(stream("x").then_error("ConflictException"))
    unknown = stream("x").then_error("OddException", "odd", status=499)
    ml.bedrock.model("*").reply(unknown)
    with pytest.raises(ClientError, match="odd"):
        converse_text("?")


@mock_ml
def test_embeddings_must_be_functions_dicts_or_numbers(ml: MockML) -> None:
    with pytest.raises(InvalidRule, match="requires a function of the input, a dict or a vector"):
        ml.bedrock.model("*").embed()
    with pytest.raises(
        InvalidRule, match="requires a function of the input, a dict or a vector, not 'text'"
    ):
        ml.bedrock.model("*").embed("text")


@mock_ml
def test_failures_and_embeddings_come_in_order(ml: MockML) -> None:
    model = "amazon.titan-embed-text-v2:0"
    ml.bedrock.model(model).embed(error("ModelErrorException", "broken"), [0.5])
    client = bedrock_client()
    with pytest.raises(ClientError, match="broken"):
        client.invoke_model(modelId=model, body='{"inputText": "x"}')
    body = client.invoke_model(modelId=model, body='{"inputText": "x"}')["body"].read()
    assert b'"embedding":[0.5]' in body


@mock_ml
def test_an_unmatched_call_explains_what_differs(ml: MockML) -> None:
    model = ml.bedrock.model("anthropic.*")
    for number in range(9):
        model.on(turn=number + 5, tools=["f"], system="s").reply("x").optional()
    with pytest.raises(UnmatchedCall, match="system is ''; expected 's'") as caught:
        converse_text("?")
    ml.unmatched.clear()
    assert str(caught.value).endswith(".reply('x')")  # It needs no import of `message`.


@pytest.mark.newer_botocore
def test_repr_of_answers() -> None:
    assert repr(message("a", tool_use("f"), reasoning("b"))) == (
        "message('a', tool_use('f'), {'reasoningContent': ...})"
    )
    assert repr(message("a")) == "'a'"
    assert repr(message("a", stop_reason="max_tokens")) == "message('a')"
    assert repr(stream("a", "b")) == "stream('ab')"
    assert repr(raw({"a": 1})) == "raw({'a': 1})"
    assert repr(raw([1, 2])) == "raw([1, 2])"


@mock_ml
def test_repr_of_the_handle(ml: MockML) -> None:
    assert repr(ml.bedrock) == "<bedrock>"
    assert repr(ml.bedrock.model("x.*")) == 'ml.bedrock.model("x.*")'
