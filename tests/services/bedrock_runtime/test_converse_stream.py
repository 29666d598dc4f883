"""ConverseStream: the events of an answer and their order."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError, EventStreamError

from mlmock import MockML, message, mock_ml, reasoning, stream, tool_use
from tests.services.bedrock_runtime.converse_helpers import (
    CLAUDE,
    LLAMA,
    NEW_CLAUDE,
    NOVA,
    WEATHER,
    bedrock_client,
    stream_events,
    user,
)


def event_names(events: list[Any]) -> list[str]:
    return [name for name, _ in events]


def deltas(events: list[Any]) -> list[Any]:
    return [value["delta"] for name, value in events if name == "contentBlockDelta"]


@mock_ml
def test_text_is_streamed_word_by_word(ml: MockML) -> None:
    ml.bedrock.model("*").reply("It is sunny\nin Rome. ")
    found = stream_events("?")
    assert found[0] == ("messageStart", {"role": "assistant"})
    texts = [delta["text"] for delta in deltas(found)]
    assert texts == ["It", " is", " sunny", "\nin", " Rome.", " "]
    assert event_names(found) == [
        "messageStart",
        *["contentBlockDelta"] * 6,
        "contentBlockStop",
        "messageStop",
        "metadata",
    ]
    assert found[-2] == ("messageStop", {"stopReason": "end_turn"})
    assert found[-1][1]["usage"]["outputTokens"] == 6
    assert found[-1][1]["metrics"] == {"latencyMs": 200 + 6 * 12}


@mock_ml
def test_tool_input_is_streamed_in_fragments(ml: MockML) -> None:
    ml.bedrock.model("*").reply(message("Let me see.", tool_use("get_weather", {"city": "Rome"})))
    found = stream_events("?", toolConfig=WEATHER)
    (start,) = [value for name, value in found if name == "contentBlockStart"]
    assert start["contentBlockIndex"] == 1
    assert start["start"]["toolUse"]["name"] == "get_weather"
    fragments = [delta["toolUse"]["input"] for delta in deltas(found) if "toolUse" in delta]
    assert fragments[0] == ""
    assert json.loads("".join(fragments)) == {"city": "Rome"}
    assert found[-2][1] == {"stopReason": "tool_use"}


@mock_ml
def test_other_models_send_tool_input_in_one_event(ml: MockML) -> None:
    ml.bedrock.model("*").reply(tool_use("get_weather", {"city": "Rome"}))
    found = stream_events("?", model=NOVA, toolConfig=WEATHER)
    assert deltas(found) == [{"toolUse": {"input": '{"city": "Rome"}'}}]


@pytest.mark.newer_botocore
@mock_ml
def test_a_tool_use_without_input_has_an_empty_input_delta(ml: MockML) -> None:
    ml.bedrock.model("*").reply(tool_use("get_weather"))
    found = stream_events("?", model=NEW_CLAUDE, toolConfig=WEATHER)
    assert deltas(found) == [{"toolUse": {"input": ""}}]
    assert found[1][1]["start"]["toolUse"]["type"] == "tool_use"


@pytest.mark.newer_botocore
@mock_ml
def test_reasoning_is_a_block_that_ends_with_its_signature(ml: MockML) -> None:
    redacted = {"reasoningContent": {"redactedContent": b"xyz"}}
    ml.bedrock.model("*").reply(message(reasoning("Let me", signature="s"), redacted, "Yes."))
    found = stream_events("?")
    assert deltas(found) == [
        {"reasoningContent": {"text": "Let"}},
        {"reasoningContent": {"text": " me"}},
        {"reasoningContent": {"signature": "s"}},
        {"reasoningContent": {"redactedContent": b"xyz"}},
        {"text": "Yes."},
    ]
    assert "contentBlockStart" not in event_names(found)
    assert event_names(found).count("contentBlockStop") == 3


@pytest.mark.newer_botocore
@mock_ml
def test_truncated_reasoning_has_no_signature(ml: MockML) -> None:
    ml.bedrock.model("*").reply(reasoning("Let me think"))
    found = stream_events("?", inferenceConfig={"maxTokens": 1})
    assert deltas(found) == [
        {"reasoningContent": {"text": "Let"}},
        {"reasoningContent": {"text": " "}},
    ]


@pytest.mark.newer_botocore
@mock_ml
def test_citations_come_before_their_text(ml: MockML) -> None:
    citation = {
        "title": "policy",
        "sourceContent": [{"text": "20 days"}],
        "location": {"documentChar": {"documentIndex": 0, "start": 0, "end": 7}},
    }
    block = {"citationsContent": {"content": [{"text": "20 days"}], "citations": [citation]}}
    ml.bedrock.model("*").reply([block])
    assert deltas(stream_events("?")) == [{"citation": citation}, {"text": "20 days"}]


@pytest.mark.newer_botocore
@mock_ml
def test_server_tools_and_images_are_streamed(ml: MockML) -> None:
    use = {"toolUseId": "t1", "name": "code", "input": {}, "type": "server_tool_use"}
    done = {"toolUseId": "t1", "status": "success", "content": [{"json": {"exitCode": 0}}]}
    image = {"format": "png", "source": {"bytes": b"png"}}
    ml.bedrock.model("*").reply([{"toolUse": use}, {"toolResult": done}, {"image": image}])
    found = stream_events("?", model=LLAMA)
    assert deltas(found) == [
        {"toolUse": {"input": "{}"}},
        {"toolResult": [{"json": {"exitCode": 0}}]},
        {"image": {"source": {"bytes": b"png"}}},
    ]
    starts = [value["start"] for name, value in found if name == "contentBlockStart"]
    assert starts[1] == {"toolResult": {"toolUseId": "t1", "status": "success"}}
    assert starts[2] == {"image": {"format": "png"}}
    assert found[-2][1] == {"stopReason": "end_turn"}


@pytest.mark.newer_botocore
@mock_ml
def test_blocks_without_deltas_have_only_a_stop_event(ml: MockML) -> None:
    ml.bedrock.model("*").reply([{"cachePoint": {"type": "default"}}])
    assert event_names(stream_events("?")) == [
        "messageStart",
        "contentBlockStop",
        "messageStop",
        "metadata",
    ]


# -- how a stream rule is split ---------------------------------------------------------------


@mock_ml
def test_each_stream_text_is_a_delta(ml: MockML) -> None:
    ml.bedrock.model("*").reply(stream("It is ", "sunny"))
    assert deltas(stream_events("?")) == [{"text": "It is "}, {"text": "sunny"}]


@mock_ml
def test_size_and_interval_split_the_text(ml: MockML) -> None:
    ml.bedrock.model("*").reply(stream("abcdefg", size=3, every=0.5))
    events = bedrock_client().converse_stream(modelId=CLAUDE, messages=[user("?")])["stream"]
    started, received = ml.clock.seconds(), []
    for event in events:
        if "contentBlockDelta" in event:
            received.append(
                (event["contentBlockDelta"]["delta"]["text"], ml.clock.seconds() - started)
            )
    assert [text for text, _ in received] == ["abc", "def", "g"]
    assert [round(at, 1) for _, at in received] == [0.5, 1.0, 1.5]


@mock_ml
def test_pauses_elapse_while_the_caller_reads(ml: MockML) -> None:
    reply = stream().pause(1).then("one").pause(10).then(" two", tool_use("f", id="x")).pause(100)
    ml.bedrock.model("*").reply(reply)
    events = iter(bedrock_client().converse_stream(modelId=LLAMA, messages=[user("?")])["stream"])
    started = ml.clock.seconds()
    times: dict[str, float] = {}
    for event in events:
        times[json.dumps(event)] = round(ml.clock.seconds() - started)
    assert list(times.values()) == [0, 1, 11, 11, 11, 11, 111, 111, 111]


@mock_ml
def test_a_stream_error_in_the_middle_of_a_block(ml: MockML) -> None:
    ml.bedrock.model("*").reply(
        stream("It is ", "sunny").pause(0.2).then_error("modelStreamErrorException", "boom")
    )
    events = iter(bedrock_client().converse_stream(modelId=CLAUDE, messages=[user("?")])["stream"])
    received = [name for _ in range(3) for name in next(events)]
    with pytest.raises(EventStreamError) as caught:
        next(events)
    assert received == ["messageStart", "contentBlockDelta", "contentBlockDelta"]
    assert caught.value.response["Error"] == {
        "Code": "modelStreamErrorException",
        "Message": "boom",
    }


@mock_ml
def test_a_stream_error_before_any_text(ml: MockML) -> None:
    ml.bedrock.model("*").reply(stream().then_error("ThrottlingException", "slow down"))
    with pytest.raises(EventStreamError, match="slow down"):
        stream_events("?")


@mock_ml
def test_an_error_before_the_stream_is_retried(ml: MockML) -> None:
    ml.bedrock.model("*").fail("ThrottlingException", "slow down", times=1)
    found = stream_events("?")
    assert found[0][0] == "messageStart"
    assert [call.attempt for call in ml.calls] == [1, 2]


@mock_ml
def test_stop_sequences_end_streams(ml: MockML) -> None:
    ml.bedrock.model("*").reply(stream("one ", "two STOP", " three").pause(1))
    found = stream_events("?", inferenceConfig={"stopSequences": ["STOP"]})
    assert deltas(found) == [{"text": "one "}, {"text": "two "}]
    assert found[-2][1] == {"stopReason": "stop_sequence"}


@pytest.mark.newer_botocore
@mock_ml
def test_the_last_events_carry_the_requested_fields(ml: MockML) -> None:
    ml.bedrock.model("*").reply(message("x", fields={"a": 1}))
    found = stream_events(
        "?",
        additionalModelResponseFieldPaths=["/a"],
        performanceConfig={"latency": "standard"},
        serviceTier={"type": "flex"},
    )
    assert found[-2][1]["additionalModelResponseFields"] == {"a": 1}
    assert found[-1][1]["performanceConfig"] == {"latency": "standard"}
    assert found[-1][1]["serviceTier"] == {"type": "flex"}


@mock_ml
def test_events_have_padding_of_random_length(ml: MockML) -> None:
    ml.bedrock.model("*").reply("one two \ud800")
    stream_events("?")
    answer: Any = ml.calls.last.answer
    payloads = [json.loads(frame[frame.index(b'{"') : -4]) for frame in answer.body.sent]
    assert all(payload["p"].startswith("ab") for payload in payloads)
    assert len({payload["p"] for payload in payloads}) > 1
    assert all(list(payload) == sorted(payload) for payload in payloads)


@mock_ml
def test_long_texts_and_several_blocks(ml: MockML) -> None:
    long = "word " * 400
    ml.bedrock.model("*").reply(long, message("one", "two"))
    texts = [delta["text"] for delta in deltas(stream_events("?"))]
    assert "".join(texts) == long
    assert len(texts) == 401
    found = stream_events("?")
    indexes = [v["contentBlockIndex"] for name, v in found if name == "contentBlockStop"]
    assert indexes == [0, 1]
    assert event_names(found).count("messageStart") == 1


@mock_ml
def test_an_empty_answer_still_has_start_and_stop_events(ml: MockML) -> None:
    ml.bedrock.model("*").reply("STOP")
    found = stream_events("?", inferenceConfig={"stopSequences": ["STOP"]})
    assert event_names(found) == ["messageStart", "messageStop", "metadata"]


@mock_ml
def test_a_stream_can_be_closed_early(ml: MockML) -> None:
    ml.bedrock.model("*").reply("one two three")
    events = bedrock_client().converse_stream(modelId=CLAUDE, messages=[user("?")])["stream"]
    next(iter(events))
    events.close()
    assert ml.calls.last.error is None


@mock_ml
def test_validation_errors_come_before_the_stream() -> None:
    with pytest.raises(ClientError, match="identifier is invalid"):
        stream_events("?", model="unknown.model-v1")
