"""SageMaker Runtime: bodies of 1 KB and 5 MB, and a response stream of 20 parts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.awsrequest import AWSResponse

from benchmarks.baseline import client, recorded_baseline
from benchmarks.paired import Around, Row, Subject, rounds_of
from mlmock import mock_ml
from mlmock.interception.botocore.bodies import raw_body

_SERVICE = "sagemaker-runtime"
_KB, _MB = 1024, 1024 * 1024
_PARTS = [b'{"token":{"text":"word %02d"}}\n' % number for number in range(20)]


def invoke(caller: Any, body: bytes) -> Subject:
    def call() -> object:
        found = caller.invoke_endpoint(
            EndpointName="churn", Body=body, ContentType="application/octet-stream"
        )
        return found["Body"].read()

    return call


def stream(caller: Any) -> Subject:
    def call() -> object:
        found = caller.invoke_endpoint_with_response_stream(EndpointName="llm", Body=b"{}")
        return [event["PayloadPart"]["Bytes"] for event in found["Body"]]

    return call


def inside(body: bytes, **options: Any) -> Around:
    """Run the calls in a mock with one endpoint that returns `body` and one that streams parts."""

    @contextmanager
    def context() -> Iterator[object]:
        with mock_ml(**options) as ml:
            endpoint = ml.sagemaker.endpoint("churn")
            endpoint.reply(body, content_type="application/octet-stream").optional()
            ml.sagemaker.endpoint("llm").stream(_PARTS).optional()
            yield ml

    return context


def streaming_baseline(ml: Any, caller: Any) -> Any:
    """Return a baseline client that gets the mock's event messages."""
    stream(caller)()
    answer = ml.calls.last.answer
    headers: Any = dict(answer.headers)
    frames = list(answer.body.sent)
    found = client(_SERVICE)

    def respond(request: Any, **kwargs: Any) -> AWSResponse:
        raw: Any = raw_body(iter(frames))[0]
        return AWSResponse(request.url, 200, headers, raw)

    found.meta.events.register("before-send", respond)
    return found


def one_piece(size: int) -> tuple[bytes, Subject, Subject]:
    """Return a body of `size` bytes, and the baseline and the subject that send and get it."""
    body, ours = bytes(range(256)) * (size // 256), client(_SERVICE)
    with inside(body)() as ml:
        baseline = recorded_baseline(_SERVICE, ml, lambda caller: invoke(caller, body), ours)
    return body, invoke(baseline, body), invoke(ours, body)


def rows() -> Iterator[Row]:
    body, baseline, subject = one_piece(_KB)
    around = {"": inside(body), ", cache=False": inside(body, cache=False)}
    found = rounds_of(baseline, dict.fromkeys(around, subject), around=around)
    for variant, bar in zip(around, (0.97, 1.08), strict=True):
        yield Row(f"invoke_endpoint, 1 KB{variant}", found[variant].ratio, bar)
    body, baseline, subject = one_piece(5 * _MB)
    found = rounds_of(baseline, {"5 MB": subject}, calls=5, around={"5 MB": inside(body)})
    yield Row("invoke_endpoint, 5 MB", found["5 MB"].ratio, 1.1)
    ours = client(_SERVICE)
    with inside(b"")() as ml:
        baseline = stream(streaming_baseline(ml, ours))
    found = rounds_of(baseline, {"stream": stream(ours)}, calls=20, around={"stream": inside(b"")})
    yield Row("invoke_endpoint_with_response_stream, 20 parts", found["stream"].ratio, 1.1)
