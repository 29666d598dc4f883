"""Prompt caching: a call writes a prefix to the cache, later calls read it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from mlmock import MockML, message, mock_ml
from tests.services.bedrock_runtime.converse_helpers import (
    CLAUDE,
    LLAMA,
    NEW_CLAUDE,
    NOVA,
    WEATHER,
    assistant,
    bedrock_client,
    converse,
    error_message,
    stream_events,
    user,
)

POINT = {"cachePoint": {"type": "default"}}
LONG = "All that is known of Rome. " * 200
NEWEST = "anthropic.claude-sonnet-5"


def usage(*messages: Any, model: str = NEW_CLAUDE, **options: Any) -> dict[str, Any]:
    """Return the usage of a call of Converse."""
    found: dict[str, Any] = converse(*messages, model=model, **options)["usage"]
    return found


def cache_tokens(found: dict[str, Any]) -> tuple[int, int, int]:
    """Return the read, written and uncached input tokens of a usage after checking the total."""
    names = ("cacheReadInputTokens", "cacheWriteInputTokens", "inputTokens")
    read, written, uncached = (found.get(name, 0) for name in names)
    total = read + written + uncached + found["outputTokens"]
    assert found["totalTokens"] == total
    return read, written, uncached


@pytest.mark.newer_botocore
@mock_ml
def test_the_first_call_writes_and_the_second_call_reads() -> None:
    first = usage(user(LONG, POINT, "When was it founded?"))
    second = usage(user(LONG, POINT, "By whom?"))
    assert cache_tokens(first) == (0, 1350, 8)
    assert first["cacheDetails"] == [{"inputTokens": 1350, "ttl": "5m"}]
    assert cache_tokens(second) == (1350, 0, 5)
    assert "cacheDetails" not in second


@pytest.mark.newer_botocore
@mock_ml
def test_a_conversation_reads_earlier_turns_and_writes_new_ones() -> None:
    first_turn = user(LONG, POINT)
    usage(first_turn)
    grown = usage(first_turn, assistant("Yes."), user("word " * 100, POINT))
    assert cache_tokens(grown) == (1350, 132, 3)
    assert cache_tokens(usage(first_turn, assistant("Yes."), user("word " * 100, POINT)))[0] == 1482


@pytest.mark.newer_botocore
@mock_ml
def test_tools_and_system_text_are_part_of_the_prefix() -> None:
    tools = {"tools": [*WEATHER["tools"], POINT]}
    system = [{"text": LONG}, POINT]
    first = usage("Hi", system=system, toolConfig=tools)
    read, written, uncached = cache_tokens(usage("Ho", system=system, toolConfig=tools))
    assert (read, written) == (first["cacheWriteInputTokens"], 0)
    assert uncached == first["inputTokens"]
    changed = [{"text": LONG + "!"}, POINT]
    assert cache_tokens(usage("Hi", system=changed, toolConfig=tools))[0] == 0


@pytest.mark.newer_botocore
@mock_ml
def test_short_prefixes_are_not_cached() -> None:
    for _ in range(2):
        assert cache_tokens(usage(user("short", POINT, "?"))) == (0, 0, 6)


@pytest.mark.newer_botocore
@mock_ml
def test_a_prefix_expires_after_its_ttl(ml: MockML) -> None:
    hour = {"cachePoint": {"type": "default", "ttl": "1h"}}
    both = [user(LONG, hour), user("word " * 20, POINT, "?")]
    assert usage(*both)["cacheDetails"] == [
        {"inputTokens": 1350, "ttl": "1h"},
        {"inputTokens": 28, "ttl": "5m"},
    ]
    ml.clock.advance(minutes=4)
    assert cache_tokens(usage(*both))[0] == 1378
    ml.clock.advance(minutes=4)
    assert cache_tokens(usage(*both))[0] == 1378
    ml.clock.advance(minutes=6)
    assert cache_tokens(usage(*both))[:2] == (1350, 28)
    ml.clock.advance(hours=2)
    assert cache_tokens(usage(*both))[:2] == (0, 1378)


@pytest.mark.newer_botocore
@mock_ml
def test_every_model_and_region_has_its_own_cache(ml: MockML) -> None:
    usage(user(LONG, POINT))
    assert cache_tokens(usage(user(LONG, POINT), model=f"us.{NEW_CLAUDE}"))[0] == 1350
    assert cache_tokens(usage(user(LONG, POINT), model=NOVA))[1] == 1350
    far = bedrock_client("eu-west-1").converse(modelId=NEW_CLAUDE, messages=[user(LONG, POINT)])
    assert cache_tokens(far["usage"])[1] == 1350
    with ml.savepoint():
        usage(user(LONG * 2, POINT))
    assert cache_tokens(usage(user(LONG * 2, POINT)))[0] == 0


@pytest.mark.newer_botocore
@mock_ml
def test_a_call_that_fails_writes_nothing(ml: MockML) -> None:
    ml.bedrock.model("anthropic.*").fail("ModelErrorException", times=1)
    with pytest.raises(ClientError):
        usage(user(LONG, POINT))
    assert cache_tokens(usage(user(LONG, POINT)))[1] == 1350


@pytest.mark.newer_botocore
@mock_ml
def test_the_usage_of_a_rule_overrides_the_cache(ml: MockML) -> None:
    reply = message("Hi", usage={"inputTokens": 3, "cacheReadInputTokens": 9})
    ml.bedrock.model("anthropic.*").reply(reply)
    assert cache_tokens(usage(user(LONG, POINT, "?"))) == (9, 1350, 3)


@pytest.mark.newer_botocore
@mock_ml
def test_images_are_part_of_the_prefix() -> None:
    def tokens_with_image(data: bytes) -> tuple[int, int, int]:
        image = {"image": {"format": "png", "source": {"bytes": b"\x89PNG" + data}}}
        return cache_tokens(usage(user(image, POINT, "?")))

    assert [tokens_with_image(data)[0] for data in (b"a", b"a", b"b")] == [0, 1600, 0]


@pytest.mark.newer_botocore
@mock_ml
def test_streams_report_cache_tokens() -> None:
    first_turn = user(LONG, POINT, "?")
    usages = [stream_events(first_turn, model=NEW_CLAUDE)[-1][1]["usage"] for _ in range(2)]
    assert [cache_tokens(each)[:2] for each in usages] == [(0, 1350), (1350, 0)]


@pytest.mark.newer_botocore
@mock_ml
def test_streams_of_the_newest_models_omit_unused_cache_counts(ml: MockML) -> None:
    converse("Hi", model=NEWEST)
    answer: Any = ml.calls.last.answer
    assert list(json.loads(answer.body)["usage"]) == [
        "cacheReadInputTokenCount",
        "cacheReadInputTokens",
        "inputTokens",
        "outputTokens",
        "serverToolUsage",
        "totalTokens",
    ]
    stream_usage = stream_events("Hi", model=NEWEST)[-1][1]["usage"]
    assert list(stream_usage) == ["inputTokens", "outputTokens", "totalTokens"]
    first_turn = user(LONG * 3, POINT)
    assert cache_tokens(stream_events(first_turn, model=NEWEST)[-1][1]["usage"])[1] == 4050
    assert cache_tokens(stream_events(first_turn, model=NEWEST)[-1][1]["usage"])[0] == 4050


@pytest.mark.newer_botocore
@mock_ml
def test_models_without_prompt_caching_reject_cache_points(ml: MockML) -> None:
    for model in (CLAUDE, LLAMA):
        with pytest.raises(
            ClientError, match="your request did not allow prompt caching"
        ) as caught:
            converse(user("Hi", POINT), model=model)
        assert caught.value.response["Error"]["Code"] == "AccessDeniedException"
    converse("What is a cachePoint?", model=CLAUDE)
    assert cache_tokens(usage("What is a cachePoint?"))[:2] == (0, 0)
    ml.bedrock.model(NEW_CLAUDE, caches=False)
    with pytest.raises(ClientError, match="unsupported model"):
        usage(user("Hi", POINT))
    ml.bedrock.model(LLAMA, caches=True)
    assert cache_tokens(usage(user(LONG, POINT), model=LLAMA))[1] == 1350


@pytest.mark.newer_botocore
@mock_ml
def test_cache_points_are_limited_and_longer_ttls_come_first() -> None:
    prefix = "The model returned the following errors: "
    five = [block for _ in range(5) for block in ("Hi", POINT)]
    for model in (NEW_CLAUDE, NOVA):
        assert error_message(user(*five), model=model) == (
            f"{prefix}A maximum of 4 blocks with cache_control may be provided. Found 5."
        )
    hour = {"cachePoint": {"type": "default", "ttl": "1h"}}
    order = (
        "a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block. Note "
        "that blocks are processed in the following order: `tools`, `system`, `messages`."
    )
    late = user("one", POINT, "two", hour)
    assert error_message("Hi", late, model=NEW_CLAUDE) == (
        f"{prefix}messages.1.content.1.cache_control.ttl: {order}"
    )
    tools = {"tools": [*WEATHER["tools"], POINT]}
    assert error_message(
        "Hi", model=NEW_CLAUDE, toolConfig=tools, system=[{"text": "x"}, hour]
    ) == (f"{prefix}system.0.cache_control.ttl: {order}")
    twice = {"tools": [*WEATHER["tools"], POINT, hour]}
    assert "tools.0.cache_control.ttl" in error_message("Hi", model=NEW_CLAUDE, toolConfig=twice)
    control = {"type": "text", "text": "Hi", "cache_control": {"type": "ephemeral"}}
    body = {
        "anthropic_version": "bedrock-2023-05-31",
        "max_tokens": 9,
        "messages": [{"role": "user", "content": [control] * 5}],
    }
    with pytest.raises(ClientError) as caught:
        invoke_model(NEW_CLAUDE, **body)
    assert caught.value.response["Error"]["Message"] == (
        "A maximum of 4 blocks with cache_control may be provided. Found 5."
    )


# -- provider bodies --------------------------------------------------------------------------


def invoke_model(model: str, **body: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """Return body and headers of a response of InvokeModel."""
    answer = bedrock_client().invoke_model(modelId=model, body=json.dumps(body))
    return json.loads(answer["body"].read()), answer["ResponseMetadata"]["HTTPHeaders"]


@mock_ml
def test_cache_control_in_a_messages_body() -> None:
    control = {"cache_control": {"type": "ephemeral", "ttl": "1h"}}
    tool = {"name": "f", "input_schema": {"type": "object"}}
    body = {
        "anthropic_version": "bedrock-2023-05-31",
        "max_tokens": 9,
        "system": [{"type": "text", "text": LONG, **control}],
        "tools": [{**tool, **control}],
        "messages": [{"role": "user", "content": [{"type": "text", "text": "Hi", **control}]}],
    }
    first, headers = invoke_model(NEW_CLAUDE, **body)
    written = first["usage"]["cache_creation_input_tokens"]
    assert written > 1350
    assert first["usage"]["cache_creation"] == {
        "ephemeral_5m_input_tokens": 0,
        "ephemeral_1h_input_tokens": written,
    }
    assert headers["x-amzn-bedrock-cache-write-input-token-count"] == str(written)
    second, headers = invoke_model(NEW_CLAUDE, **body)
    assert second["usage"]["cache_read_input_tokens"] == written
    assert headers["x-amzn-bedrock-cache-read-input-token-count"] == str(written)


@mock_ml
def test_cache_points_in_a_nova_body() -> None:
    turns = [{"role": "user", "content": [{"text": "Hi"}]}]
    for read, written in ((0, 1350), (1350, 0)):
        found, _ = invoke_model(NOVA, system=[{"text": LONG}, POINT], messages=turns)
        assert found["usage"]["cacheReadInputTokenCount"] == read
        assert found["usage"]["cacheWriteInputTokenCount"] == written
