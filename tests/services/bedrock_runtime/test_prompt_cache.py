"""Cache points: what the first call writes, the next one reads."""

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
    bedrock,
    converse,
    refusal,
    streamed,
    user,
)

POINT = {"cachePoint": {"type": "default"}}
LONG = "All that is known of Rome. " * 200
NEWEST = "anthropic.claude-sonnet-5"


def usage(*messages: Any, model: str = NEW_CLAUDE, **more: Any) -> dict[str, Any]:
    """Return the usage of a Converse."""
    found: dict[str, Any] = converse(*messages, model=model, **more)["usage"]
    return found


def spent(found: dict[str, Any]) -> tuple[int, int, int]:
    """Return what of a usage was read from the cache, what written to it, and what is beside it."""
    names = ("cacheReadInputTokens", "cacheWriteInputTokens", "inputTokens")
    read, written, beside = (found.get(name, 0) for name in names)
    total = read + written + beside + found["outputTokens"]
    assert found["totalTokens"] == total
    return read, written, beside


@pytest.mark.newer_botocore
@mock_ml
def test_the_first_call_writes_and_the_second_reads() -> None:
    first = usage(user(LONG, POINT, "When was it founded?"))
    second = usage(user(LONG, POINT, "By whom?"))
    assert spent(first) == (0, 1350, 8)
    assert first["cacheDetails"] == [{"inputTokens": 1350, "ttl": "5m"}]
    assert spent(second) == (1350, 0, 5)
    assert "cacheDetails" not in second


@pytest.mark.newer_botocore
@mock_ml
def test_a_conversation_reads_what_was_said_and_writes_what_is_new() -> None:
    asked = user(LONG, POINT)
    usage(asked)
    grown = usage(asked, assistant("Yes."), user("word " * 100, POINT))
    assert spent(grown) == (1350, 132, 3)
    assert spent(usage(asked, assistant("Yes."), user("word " * 100, POINT)))[0] == 1482


@pytest.mark.newer_botocore
@mock_ml
def test_tools_and_system_text_come_before_the_messages() -> None:
    tools = {"tools": [*WEATHER["tools"], POINT]}
    system = [{"text": LONG}, POINT]
    first = usage("Hi", system=system, toolConfig=tools)
    read, written, beside = spent(usage("Ho", system=system, toolConfig=tools))
    assert (read, written) == (first["cacheWriteInputTokens"], 0)
    assert beside == first["inputTokens"]
    changed = [{"text": LONG + "!"}, POINT]
    assert spent(usage("Hi", system=changed, toolConfig=tools))[0] == 0


@pytest.mark.newer_botocore
@mock_ml
def test_what_is_short_is_not_kept() -> None:
    for _ in range(2):
        assert spent(usage(user("short", POINT, "?"))) == (0, 0, 6)


@pytest.mark.newer_botocore
@mock_ml
def test_a_prefix_is_forgotten_after_its_time(ml: MockML) -> None:
    hour = {"cachePoint": {"type": "default", "ttl": "1h"}}
    both = [user(LONG, hour), user("word " * 20, POINT, "?")]
    assert usage(*both)["cacheDetails"] == [
        {"inputTokens": 1350, "ttl": "1h"},
        {"inputTokens": 28, "ttl": "5m"},
    ]
    ml.clock.advance(minutes=4)
    assert spent(usage(*both))[0] == 1378
    ml.clock.advance(minutes=4)
    assert spent(usage(*both))[0] == 1378
    ml.clock.advance(minutes=6)
    assert spent(usage(*both))[:2] == (1350, 28)
    ml.clock.advance(hours=2)
    assert spent(usage(*both))[:2] == (0, 1378)


@pytest.mark.newer_botocore
@mock_ml
def test_every_model_and_region_has_a_cache_of_its_own(ml: MockML) -> None:
    usage(user(LONG, POINT))
    assert spent(usage(user(LONG, POINT), model=f"us.{NEW_CLAUDE}"))[0] == 1350
    assert spent(usage(user(LONG, POINT), model=NOVA))[1] == 1350
    far = bedrock("eu-west-1").converse(modelId=NEW_CLAUDE, messages=[user(LONG, POINT)])
    assert spent(far["usage"])[1] == 1350
    with ml.savepoint():
        usage(user(LONG * 2, POINT))
    assert spent(usage(user(LONG * 2, POINT)))[0] == 0


@pytest.mark.newer_botocore
@mock_ml
def test_a_call_that_fails_writes_nothing(ml: MockML) -> None:
    ml.bedrock.model("anthropic.*").fail("ModelErrorException", times=1)
    with pytest.raises(ClientError):
        usage(user(LONG, POINT))
    assert spent(usage(user(LONG, POINT)))[1] == 1350


@pytest.mark.newer_botocore
@mock_ml
def test_a_script_has_the_last_word(ml: MockML) -> None:
    said = message("Hi", usage={"inputTokens": 3, "cacheReadInputTokens": 9})
    ml.bedrock.model("anthropic.*").reply(said)
    assert spent(usage(user(LONG, POINT, "?"))) == (9, 1350, 3)


@pytest.mark.newer_botocore
@mock_ml
def test_pictures_belong_to_the_prefix() -> None:
    def shown(data: bytes) -> tuple[int, int, int]:
        picture = {"image": {"format": "png", "source": {"bytes": b"\x89PNG" + data}}}
        return spent(usage(user(picture, POINT, "?")))

    assert [shown(b"a")[0], shown(b"a")[0], shown(b"b")[0]] == [0, 1600, 0]


@pytest.mark.newer_botocore
@mock_ml
def test_streams_say_the_same() -> None:
    asked = user(LONG, POINT, "?")
    usages = [streamed(asked, model=NEW_CLAUDE)[-1][1]["usage"] for _ in range(2)]
    assert [spent(each)[:2] for each in usages] == [(0, 1350), (1350, 0)]


@pytest.mark.newer_botocore
@mock_ml
def test_the_newest_models_name_only_what_happened(ml: MockML) -> None:
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
    told = streamed("Hi", model=NEWEST)[-1][1]["usage"]
    assert list(told) == ["inputTokens", "outputTokens", "totalTokens"]
    asked = user(LONG * 3, POINT)
    assert spent(streamed(asked, model=NEWEST)[-1][1]["usage"])[1] == 4050
    assert spent(streamed(asked, model=NEWEST)[-1][1]["usage"])[0] == 4050


@pytest.mark.newer_botocore
@mock_ml
def test_models_without_a_cache_refuse_its_points(ml: MockML) -> None:
    for model in (CLAUDE, LLAMA):
        with pytest.raises(
            ClientError, match="your request did not allow prompt caching"
        ) as caught:
            converse(user("Hi", POINT), model=model)
        assert caught.value.response["Error"]["Code"] == "AccessDeniedException"
    converse("What is a cachePoint?", model=CLAUDE)
    assert spent(usage("What is a cachePoint?"))[:2] == (0, 0)
    ml.bedrock.model(NEW_CLAUDE, caches=False)
    with pytest.raises(ClientError, match="unsupported model"):
        usage(user("Hi", POINT))
    ml.bedrock.model(LLAMA, caches=True)
    assert spent(usage(user(LONG, POINT), model=LLAMA))[1] == 1350


@pytest.mark.newer_botocore
@mock_ml
def test_points_are_few_and_the_long_ones_first() -> None:
    relayed = "The model returned the following errors: "
    five = [block for _ in range(5) for block in ("Hi", POINT)]
    for model in (NEW_CLAUDE, NOVA):
        assert refusal(user(*five), model=model) == (
            f"{relayed}A maximum of 4 blocks with cache_control may be provided. Found 5."
        )
    hour = {"cachePoint": {"type": "default", "ttl": "1h"}}
    order = (
        "a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block. Note "
        "that blocks are processed in the following order: `tools`, `system`, `messages`."
    )
    late = user("one", POINT, "two", hour)
    assert refusal("Hi", late, model=NEW_CLAUDE) == (
        f"{relayed}messages.1.content.1.cache_control.ttl: {order}"
    )
    tools = {"tools": [*WEATHER["tools"], POINT]}
    assert refusal("Hi", model=NEW_CLAUDE, toolConfig=tools, system=[{"text": "x"}, hour]) == (
        f"{relayed}system.0.cache_control.ttl: {order}"
    )
    twice = {"tools": [*WEATHER["tools"], POINT, hour]}
    assert "tools.0.cache_control.ttl" in refusal("Hi", model=NEW_CLAUDE, toolConfig=twice)
    control = {"type": "text", "text": "Hi", "cache_control": {"type": "ephemeral"}}
    body = {
        "anthropic_version": "bedrock-2023-05-31",
        "max_tokens": 9,
        "messages": [{"role": "user", "content": [control] * 5}],
    }
    with pytest.raises(ClientError) as caught:
        invoked(NEW_CLAUDE, **body)
    assert caught.value.response["Error"]["Message"] == (
        "A maximum of 4 blocks with cache_control may be provided. Found 5."
    )


# -- bodies of the providers -----------------------------------------------------------------


def invoked(model: str, **body: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the body and the headers that InvokeModel answers."""
    answer = bedrock().invoke_model(modelId=model, body=json.dumps(body))
    return json.loads(answer["body"].read()), answer["ResponseMetadata"]["HTTPHeaders"]


@mock_ml
def test_a_messages_body_marks_blocks_tools_and_system_text() -> None:
    control = {"cache_control": {"type": "ephemeral", "ttl": "1h"}}
    tool = {"name": "f", "input_schema": {"type": "object"}}
    body = {
        "anthropic_version": "bedrock-2023-05-31",
        "max_tokens": 9,
        "system": [{"type": "text", "text": LONG, **control}],
        "tools": [{**tool, **control}],
        "messages": [{"role": "user", "content": [{"type": "text", "text": "Hi", **control}]}],
    }
    first, headers = invoked(NEW_CLAUDE, **body)
    written = first["usage"]["cache_creation_input_tokens"]
    assert written > 1350
    assert first["usage"]["cache_creation"] == {
        "ephemeral_5m_input_tokens": 0,
        "ephemeral_1h_input_tokens": written,
    }
    assert headers["x-amzn-bedrock-cache-write-input-token-count"] == str(written)
    second, headers = invoked(NEW_CLAUDE, **body)
    assert second["usage"]["cache_read_input_tokens"] == written
    assert headers["x-amzn-bedrock-cache-read-input-token-count"] == str(written)


@mock_ml
def test_a_nova_body_has_points_too() -> None:
    turns = [{"role": "user", "content": [{"text": "Hi"}]}]
    for read, written in ((0, 1350), (1350, 0)):
        found, _ = invoked(NOVA, system=[{"text": LONG}, POINT], messages=turns)
        assert found["usage"]["cacheReadInputTokenCount"] == read
        assert found["usage"]["cacheWriteInputTokenCount"] == written
