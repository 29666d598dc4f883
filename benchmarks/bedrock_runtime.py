"""Bedrock Runtime: Converse with a short and a long conversation, a list, a stream."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse
from botocore.config import Config

from benchmarks.paired import Row, rounds_of
from mlmock import mock_ml
from mlmock.interception.botocore.bodies import raw_body

MODEL = "anthropic.claude-3-haiku-20240307-v1:0"
SHORT: dict[str, Any] = {
    "modelId": MODEL,
    "messages": [{"role": "user", "content": [{"text": "What is the weather in Rome?"}]}],
}
TOOLS = [
    {
        "toolSpec": {
            "name": f"tool_{number}",
            "description": f"Look up the {number}. thing that somebody asks for.",
            "inputSchema": {
                "json": {
                    "type": "object",
                    "properties": {"city": {"type": "string"}, "day": {"type": "string"}},
                    "required": ["city"],
                }
            },
        }
    }
    for number in range(5)
]
IMAGE = b"\x89PNG\r\n\x1a\n" + bytes(range(250))
WORDS = " ".join(f"word{number}" for number in range(16))


def turns(count: int) -> list[dict[str, Any]]:
    """Return a conversation of `count` messages: texts, images, tool uses and their results."""
    image = {"image": {"format": "png", "source": {"bytes": IMAGE}}}
    found: list[dict[str, Any]] = [{"role": "user", "content": [{"text": "Describe it."}, image]}]
    for number in range(1, count):
        ident = f"tooluse_{(number + 1) // 2:022d}"
        if number % 2:
            use = {"toolUseId": ident, "name": "tool_1", "input": {"city": "Rome"}}
            found.append({"role": "assistant", "content": [{"text": "Well."}, {"toolUse": use}]})
            continue
        result = {"toolUseId": f"tooluse_{number // 2:022d}", "content": [{"text": "It is sunny."}]}
        extra = [image] if number in (6, 12) else [{"text": "And tomorrow?"}]
        found.append({"role": "user", "content": [{"toolResult": result}, *extra]})
    return found


def long(count: int = 25) -> dict[str, Any]:
    """Return the parameters of a long conversation."""
    return {
        "modelId": MODEL,
        "messages": turns(count),
        "system": [{"text": "You are a weather service. Answer in short sentences."}],
        "inferenceConfig": {"maxTokens": 500, "temperature": 0.5, "topP": 0.9},
        "toolConfig": {"tools": TOOLS, "toolChoice": {"auto": {}}},
        "requestMetadata": {"team": "weather", "stage": "test"},
    }


def client() -> Any:
    return boto3.client(
        "bedrock-runtime",
        region_name="us-east-1",
        aws_access_key_id="123456789012",
        aws_secret_access_key="x",
        config=Config(retries={"total_max_attempts": 1}),
    )


def recorded(prepare: Callable[[Any, Any], None], call: Callable[[Any], object]) -> Any:
    """Return the mock's response to `call`: its headers, and its body or event messages."""
    with mock_ml() as ml:
        caller = client()
        prepare(ml, caller)
        call(caller)
        answer = ml.calls.last.answer
        assert answer is not None
        body: Any = answer.body
        return dict(answer.headers), body if isinstance(body, bytes) else list(body.sent)


def baseline_client(headers: dict[str, str], body: Any) -> Any:
    """Return a client that gets this response to every request."""
    found = client()

    def respond(request: Any, **kwargs: Any) -> AWSResponse:
        raw = raw_body(body if isinstance(body, bytes) else iter(body))[0]
        given: Any = dict(headers)
        return AWSResponse(request.url, 200, given, raw)

    found.meta.events.register("before-send", respond)
    return found


def row(
    name: str,
    call: Callable[[Any], object],
    prepare: Callable[[Any, Any], None],
    bar: float,
    *,
    cache: bool,
    rounds: int,
    calls: int,
) -> Row:
    """Compare `call` in a mock with a baseline client that gets the same response."""
    baseline = baseline_client(*recorded(prepare, call))
    subject = client()

    @contextmanager
    def context() -> Iterator[None]:
        with mock_ml(cache=cache) as ml:
            prepare(ml, subject)
            yield

    found = rounds_of(
        lambda: call(baseline),
        {"mlmock": lambda: call(subject)},
        rounds=rounds,
        calls=calls,
        around={"mlmock": context},
    )
    return Row(f"{name}{'' if cache else ', cache=False'}", found["mlmock"].ratio, bar)


def hello(ml: Any, caller: Any) -> None:
    ml.bedrock.model(MODEL).reply("It is sunny in Rome.").optional()


def sixteen(ml: Any, caller: Any) -> None:
    ml.bedrock.model(MODEL).reply(WORDS).optional()


def ten_invokes(ml: Any, caller: Any) -> None:
    for number in range(10):
        caller.start_async_invoke(
            modelId="amazon.nova-reel-v1:0",
            clientRequestToken=f"token-{number}",
            modelInput={
                "taskType": "TEXT_VIDEO",
                "textToVideoParams": {"text": "A quiet harbour at dawn"},
                "videoGenerationConfig": {"durationSeconds": 6, "fps": 24, "dimension": "1280x720"},
            },
            outputDataConfig={"s3OutputDataConfig": {"s3Uri": "s3://bucket/out"}},
        )


def read_stream(caller: Any) -> object:
    return list(caller.converse_stream(**SHORT)["stream"])


def rows(*, rounds: int = 21) -> Iterator[Row]:
    conversation = long()
    for cache, bars in ((True, (0.95, 1.12, 0.40, 1.06)), (False, (1.10, 1.22, 1.06, 1.16))):
        table: list[tuple[str, Callable[[Any], object], Callable[[Any, Any], None], int]] = [
            ("Converse, short", lambda c: c.converse(**SHORT), hello, 40),
            ("Converse, 25 messages", lambda c: c.converse(**conversation), hello, 15),
            ("ListAsyncInvokes, 10 rows", lambda c: c.list_async_invokes(), ten_invokes, 15),
            ("ConverseStream, 20 events", read_stream, sixteen, 20),
        ]
        for (name, call, prepare, calls), bar in zip(table, bars, strict=True):
            yield row(name, call, prepare, bar, cache=cache, rounds=rounds, calls=calls)
    yield Row("Converse, 200 turns against 100", growth(), 2.3, "times as long")


def growth() -> float:
    """Return the time of a conversation of 200 turns over that of one of 100."""
    half, whole = long(199), long(399)
    with mock_ml() as ml:
        caller = client()
        hello(ml, caller)
        return min(_seconds(caller, whole) for _ in range(5)) / min(
            _seconds(caller, half) for _ in range(5)
        )


def _seconds(caller: Any, params: dict[str, Any]) -> float:
    started = time.thread_time()
    for _ in range(5):
        caller.converse(**params)
    return time.thread_time() - started
