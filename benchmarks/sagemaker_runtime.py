"""SageMaker Runtime against botocore's own floor: calls at 1 KB and 5 MB, a stream of 20 parts."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse
from botocore.config import Config

from benchmarks.paired import Around, Outcome, Subject, rounds_of
from mlmock import mock_ml
from mlmock.transport.bodies import raw_body
from mlmock.wire.eventstream import EventStream
from mlmock.wire.models import service_model

KB, MB = 1024, 1024 * 1024


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table."""

    name: str
    outcome: Outcome
    bar: float


PARTS = [b'{"token":{"text":"word %02d"}}\n' % number for number in range(20)]


def client() -> Any:
    return boto3.client(
        "sagemaker-runtime",
        region_name="us-east-1",
        aws_access_key_id="123456789012",
        aws_secret_access_key="x",
        config=Config(retries={"total_max_attempts": 1}),
    )


def floor_client(make: Callable[[], Any], headers: dict[str, str], length: int | None) -> Any:
    """Return a client that no mock ever sees, answered from a constant in `before-send`."""
    found = client()
    common = {
        "x-amzn-RequestId": "e3e70682-c209-4cac-a29f-000000000001",
        "Date": "Sat, 21 Nov 2026 04:03:54 GMT",
        "Connection": "keep-alive",
    }
    if length is not None:
        common["Content-Length"] = str(length)
    every = {**headers, **common}

    def answer(request: Any, **kwargs: Any) -> AWSResponse:
        given: Any = dict(every)
        return AWSResponse(request.url, 200, given, make())

    found.meta.events.register("before-send", answer)
    return found


def invoke(caller: Any, body: bytes) -> Callable[[], object]:
    def call() -> object:
        answer = caller.invoke_endpoint(
            EndpointName="churn", Body=body, ContentType="application/octet-stream"
        )
        return answer["Body"].read()

    return call


def stream(caller: Any) -> Callable[[], object]:
    def call() -> object:
        answer = caller.invoke_endpoint_with_response_stream(EndpointName="llm", Body=b"{}")
        return [event["PayloadPart"]["Bytes"] for event in answer["Body"]]

    return call


def frames() -> Iterator[bytes]:
    model = service_model("sagemaker-runtime")
    shape = model.operation_model("InvokeEndpointWithResponseStream").output_shape.members["Body"]
    return EventStream(shape).encode({"PayloadPart": {"Bytes": part}} for part in PARTS)


def one_piece(size: int, *, memos: bool, rounds: int, calls: int) -> Outcome:
    """Time a call that sends `size` bytes and gets as many."""
    body = bytes(range(256)) * (size // 256)
    headers = {
        "Content-Type": "application/octet-stream",
        "x-Amzn-Invoked-Production-Variant": "AllTraffic",
    }

    @contextmanager
    def block() -> Iterator[None]:
        with mock_ml(memos=memos) as ml:
            endpoint = ml.sagemaker.endpoint("churn")
            endpoint.reply(body, content_type="application/octet-stream")
            yield

    floor = invoke(floor_client(lambda: raw_body(body)[0], headers, size), body)
    return timed(floor, invoke(client(), body), block, rounds=rounds, calls=calls)


def parts(*, memos: bool, rounds: int, calls: int) -> Outcome:
    """Time a stream of 20 parts, read to its end."""
    sent = list(frames())
    headers = {
        "Content-Type": "application/vnd.amazon.eventstream",
        "X-Amzn-SageMaker-Content-Type": "application/json",
        "x-Amzn-Invoked-Production-Variant": "AllTraffic",
    }

    @contextmanager
    def block() -> Iterator[None]:
        with mock_ml(memos=memos) as ml:
            ml.sagemaker.endpoint("llm").stream(PARTS)
            yield

    floor = stream(floor_client(lambda: raw_body(iter(sent))[0], headers, None))
    return timed(floor, stream(client()), block, rounds=rounds, calls=calls)


def timed(floor: Subject, subject: Subject, block: Around, *, rounds: int, calls: int) -> Outcome:
    found = rounds_of(
        floor, {"mlmock": subject}, rounds=rounds, calls=calls, around={"mlmock": block}
    )
    return found["mlmock"]


def rows(*, rounds: int = 21) -> Iterator[Row]:
    """Yield every row of the table: what was timed, its ratio to the floor, and its bar."""
    for memos, bar in ((True, 0.97), (False, 1.08)):
        found = one_piece(KB, memos=memos, rounds=rounds, calls=40)
        yield Row(f"InvokeEndpoint, 1 KB{'' if memos else ', without memos'}", found, bar)
    yield Row("InvokeEndpoint, 5 MB", one_piece(5 * MB, memos=True, rounds=rounds, calls=5), 1.1)
    found = parts(memos=True, rounds=rounds, calls=20)
    yield Row("InvokeEndpointWithResponseStream, 20 parts", found, 1.1)


def main() -> int:
    failed = 0
    for row in rows():
        verdict = "ok" if row.outcome.ratio <= row.bar else "TOO SLOW"
        failed += verdict != "ok"
        print(
            f"{row.name:46} {row.outcome.ratio:5.2f} x floor ({row.outcome.floor_us:8.0f} us), "
            f"at most {row.bar:.2f}: {verdict}"
        )
    return failed


if __name__ == "__main__":
    sys.exit(main())
