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
    bedrock,
    streamed,
    user,
)


def names(events: list[Any]) -> list[str]:
    return [name for name, _ in events]


def deltas(events: list[Any]) -> list[Any]:
    return [value["delta"] for name, value in events if name == "contentBlockDelta"]


@mock_ml
def test_a_text_comes_a_word_at_a_time(ml: MockML) -> None:
    ml.bedrock.model("*").reply("It is sunny\nin Rome. ")
    found = streamed("?")
    assert found[0] == ("messageStart", {"role": "assistant"})
    texts = [delta["text"] for delta in deltas(found)]
    assert texts == ["It", " is", " sunny", "\nin", " Rome.", " "]
    assert names(found) == [
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
def test_a_tool_use_starts_and_comes_in_fragments(ml: MockML) -> None:
    ml.bedrock.model("*").reply(message("Let me see.", tool_use("get_weather", {"city": "Rome"})))
    found = streamed("?", toolConfig=WEATHER)
    (start,) = [value for name, value in found if name == "contentBlockStart"]
    assert start["contentBlockIndex"] == 1
    assert start["start"]["toolUse"]["name"] == "get_weather"
    pieces = [delta["toolUse"]["input"] for delta in deltas(found) if "toolUse" in delta]
    assert pieces[0] == ""
    assert json.loads("".join(pieces)) == {"city": "Rome"}
    assert found[-2][1] == {"stopReason": "tool_use"}


@mock_ml
def test_other_models_send_the_input_whole(ml: MockML) -> None:
    ml.bedrock.model("*").reply(tool_use("get_weather", {"city": "Rome"}))
    found = streamed("?", model=NOVA, toolConfig=WEATHER)
    assert deltas(found) == [{"toolUse": {"input": '{"city": "Rome"}'}}]


@pytest.mark.newer_botocore
@mock_ml
def test_a_tool_without_input_sends_nothing(ml: MockML) -> None:
    ml.bedrock.model("*").reply(tool_use("get_weather"))
    found = streamed("?", model=NEW_CLAUDE, toolConfig=WEATHER)
    assert deltas(found) == [{"toolUse": {"input": ""}}]
    assert found[1][1]["start"]["toolUse"]["type"] == "tool_use"


@pytest.mark.newer_botocore
@mock_ml
def test_reasoning_is_a_block_that_ends_with_its_signature(ml: MockML) -> None:
    redacted = {"reasoningContent": {"redactedContent": b"xyz"}}
    ml.bedrock.model("*").reply(message(reasoning("Let me", signature="s"), redacted, "Yes."))
    found = streamed("?")
    assert deltas(found) == [
        {"reasoningContent": {"text": "Let"}},
        {"reasoningContent": {"text": " me"}},
        {"reasoningContent": {"signature": "s"}},
        {"reasoningContent": {"redactedContent": b"xyz"}},
        {"text": "Yes."},
    ]
    assert "contentBlockStart" not in names(found)
    assert names(found).count("contentBlockStop") == 3


@pytest.mark.newer_botocore
@mock_ml
def test_reasoning_that_was_cut_has_no_signature(ml: MockML) -> None:
    ml.bedrock.model("*").reply(reasoning("Let me think"))
    found = streamed("?", inferenceConfig={"maxTokens": 1})
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
    assert deltas(streamed("?")) == [{"citation": citation}, {"text": "20 days"}]


@pytest.mark.newer_botocore
@mock_ml
def test_tools_of_the_service_and_pictures(ml: MockML) -> None:
    use = {"toolUseId": "t1", "name": "code", "input": {}, "type": "server_tool_use"}
    done = {"toolUseId": "t1", "status": "success", "content": [{"json": {"exitCode": 0}}]}
    picture = {"format": "png", "source": {"bytes": b"png"}}
    ml.bedrock.model("*").reply([{"toolUse": use}, {"toolResult": done}, {"image": picture}])
    found = streamed("?", model=LLAMA)
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
def test_blocks_without_events_only_stop(ml: MockML) -> None:
    ml.bedrock.model("*").reply([{"cachePoint": {"type": "default"}}])
    assert names(streamed("?")) == ["messageStart", "contentBlockStop", "messageStop", "metadata"]


# -- how a script cuts -----------------------------------------------------------------------


@mock_ml
def test_a_script_cuts(ml: MockML) -> None:
    ml.bedrock.model("*").reply(stream("It is ", "sunny"))
    assert deltas(streamed("?")) == [{"text": "It is "}, {"text": "sunny"}]


@mock_ml
def test_a_script_cuts_by_size_and_time(ml: MockML) -> None:
    ml.bedrock.model("*").reply(stream("abcdefg", size=3, every=0.5))
    events = bedrock().converse_stream(modelId=CLAUDE, messages=[user("?")])["stream"]
    started, seen = ml.clock.seconds(), []
    for event in events:
        if "contentBlockDelta" in event:
            seen.append((event["contentBlockDelta"]["delta"]["text"], ml.clock.seconds() - started))
    assert [text for text, _ in seen] == ["abc", "def", "g"]
    assert [round(at, 1) for _, at in seen] == [0.5, 1.0, 1.5]


@mock_ml
def test_pauses_pass_when_the_caller_gets_there(ml: MockML) -> None:
    words = stream().pause(1).then("one").pause(10).then(" two", tool_use("f", id="x")).pause(100)
    ml.bedrock.model("*").reply(words)
    events = iter(bedrock().converse_stream(modelId=LLAMA, messages=[user("?")])["stream"])
    started = ml.clock.seconds()
    times: dict[str, float] = {}
    for event in events:
        times[json.dumps(event)] = round(ml.clock.seconds() - started)
    assert list(times.values()) == [0, 1, 11, 11, 11, 11, 111, 111, 111]


@mock_ml
def test_a_stream_breaks_in_the_middle_of_a_block(ml: MockML) -> None:
    ml.bedrock.model("*").reply(
        stream("It is ", "sunny").pause(0.2).then_error("modelStreamErrorException", "boom")
    )
    events = iter(bedrock().converse_stream(modelId=CLAUDE, messages=[user("?")])["stream"])
    found = [name for _ in range(3) for name in next(events)]
    with pytest.raises(EventStreamError) as caught:
        next(events)
    assert found == ["messageStart", "contentBlockDelta", "contentBlockDelta"]
    assert caught.value.response["Error"] == {
        "Code": "modelStreamErrorException",
        "Message": "boom",
    }


@mock_ml
def test_a_stream_may_break_at_once(ml: MockML) -> None:
    ml.bedrock.model("*").reply(stream().then_error("ThrottlingException", "slow down"))
    with pytest.raises(EventStreamError, match="slow down"):
        streamed("?")


@mock_ml
def test_an_error_before_the_stream_is_an_error_of_the_call(ml: MockML) -> None:
    ml.bedrock.model("*").fail("ThrottlingException", "slow down", times=1)
    found = streamed("?")
    assert found[0][0] == "messageStart"
    assert [call.attempt for call in ml.calls] == [1, 2]


@mock_ml
def test_limits_cut_streams_too(ml: MockML) -> None:
    ml.bedrock.model("*").reply(stream("one ", "two STOP", " three").pause(1))
    found = streamed("?", inferenceConfig={"stopSequences": ["STOP"]})
    assert deltas(found) == [{"text": "one "}, {"text": "two "}]
    assert found[-2][1] == {"stopReason": "stop_sequence"}


@pytest.mark.newer_botocore
@mock_ml
def test_the_last_events_carry_what_was_asked_for(ml: MockML) -> None:
    ml.bedrock.model("*").reply(message("x", fields={"a": 1}))
    found = streamed(
        "?",
        additionalModelResponseFieldPaths=["/a"],
        performanceConfig={"latency": "standard"},
        serviceTier={"type": "flex"},
    )
    assert found[-2][1]["additionalModelResponseFields"] == {"a": 1}
    assert found[-1][1]["performanceConfig"] == {"latency": "standard"}
    assert found[-1][1]["serviceTier"] == {"type": "flex"}


@mock_ml
def test_frames_hide_their_length_as_the_service_does(ml: MockML) -> None:
    ml.bedrock.model("*").reply("one two \ud800")
    streamed("?")
    answer: Any = ml.calls.last.answer
    payloads = [json.loads(frame[frame.index(b'{"') : -4]) for frame in answer.body.sent]
    assert all(payload["p"].startswith("ab") for payload in payloads)
    assert len({payload["p"] for payload in payloads}) > 1
    assert all(list(payload) == sorted(payload) for payload in payloads)


@mock_ml
def test_long_texts_and_several_blocks(ml: MockML) -> None:
    long = "word " * 400
    ml.bedrock.model("*").reply(long, message("one", "two"))
    texts = [delta["text"] for delta in deltas(streamed("?"))]
    assert "".join(texts) == long
    assert len(texts) == 401
    found = streamed("?")
    indexes = [v["contentBlockIndex"] for name, v in found if name == "contentBlockStop"]
    assert indexes == [0, 1]
    assert names(found).count("messageStart") == 1


@mock_ml
def test_a_stream_of_nothing_has_its_frame_all_the_same(ml: MockML) -> None:
    ml.bedrock.model("*").reply("STOP")
    found = streamed("?", inferenceConfig={"stopSequences": ["STOP"]})
    assert names(found) == ["messageStart", "messageStop", "metadata"]


@mock_ml
def test_a_stream_may_be_left(ml: MockML) -> None:
    ml.bedrock.model("*").reply("one two three")
    events = bedrock().converse_stream(modelId=CLAUDE, messages=[user("?")])["stream"]
    next(iter(events))
    events.close()
    assert ml.calls.last.error is None


@mock_ml
def test_a_refusal_comes_before_the_stream() -> None:
    with pytest.raises(ClientError, match="identifier is invalid"):
        streamed("?", model="nobody.knows-v1")
