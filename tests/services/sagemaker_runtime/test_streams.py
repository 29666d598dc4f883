"""InvokeEndpointWithResponseStream: scripted parts, generated lazily."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import EventStreamError

from mlmock import InvalidRule, MockML, error, output


def stream(client: Any, name: str = "llm", **members: Any) -> Any:
    return client.invoke_endpoint_with_response_stream(EndpointName=name, Body=b"{}", **members)


def parts(found: Any) -> list[bytes]:
    return [event["PayloadPart"]["Bytes"] for event in found["Body"]]


def test_parts_are_sent_as_scripted(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("llm").stream([b'{"to', 'ken": 1}\n', {"done": True}, b"\xff"])
    found = stream(client)
    assert found["ContentType"] == "application/json"
    assert found["InvokedProductionVariant"] == "AllTraffic"
    assert parts(found) == [b'{"to', b'ken": 1}\n', b'{"done":true}', b"\xff"]


def test_headers_of_a_stream(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("llm").stream(
        [b"a"], content_type="text/event-stream", custom_attributes="trace=1"
    )
    found = stream(client)
    headers = found["ResponseMetadata"]["HTTPHeaders"]
    assert headers["content-type"] == "application/vnd.amazon.eventstream"
    assert (found["ContentType"], found["CustomAttributes"]) == ("text/event-stream", "trace=1")
    assert parts(found) == [b"a"]


def test_parts_are_generated_on_demand(ml: MockML, client: Any) -> None:
    produced: list[int] = []

    @ml.sagemaker.endpoint("llm").handler
    def tokens(call: Any) -> Iterator[bytes]:
        for number in range(5):
            produced.append(number)
            yield f"token {number}".encode()

    found = iter(stream(client)["Body"])
    assert produced == []
    assert next(found)["PayloadPart"]["Bytes"] == b"token 0"
    assert len(produced) <= 2


def test_function_returns_a_list_of_parts(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("llm").stream(lambda call: call.text().split()).times(2)
    body = b"one two three"
    for _ in range(2):
        found = client.invoke_endpoint_with_response_stream(EndpointName="llm", Body=body)
        assert parts(found) == [b"one", b"two", b"three"]


def test_stream_ends_with_an_error(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("llm").stream([b"to", b"ken"]).then_error("ModelStreamError", "broken")
    found, received = stream(client), []  # type: tuple[Any, list[bytes]]
    with pytest.raises(EventStreamError) as caught:
        received.extend(event["PayloadPart"]["Bytes"] for event in found["Body"])
    assert received == [b"to", b"ken"]
    assert caught.value.response["Error"] == {"Code": "ModelStreamError", "Message": "broken"}
    assert found["ResponseMetadata"]["HTTPStatusCode"] == 200


@pytest.mark.parametrize(
    ("ending", "sent"),
    [
        (error("InternalStreamFailure"), b'"Message":'),
        (error("ModelStreamError", "x"), b'"ErrorCode":"StreamBroken"'),
        (
            error("ModelStreamError", "x", ErrorCode="ModelInvocationTimeExceeded"),
            b'"ErrorCode":"ModelInvocationTimeExceeded"',
        ),
    ],
)
def test_error_among_the_parts_ends_the_stream(
    ml: MockML, client: Any, ending: Any, sent: bytes
) -> None:
    ml.sagemaker.endpoint("llm").stream([b"a", ending, b"never"])
    with pytest.raises(EventStreamError):
        parts(stream(client))
    answer: Any = ml.calls.last.answer
    assert sent in b"".join(answer.body.sent)
    assert b"never" not in b"".join(answer.body.sent)


def test_generator_may_yield_an_error(ml: MockML, client: Any) -> None:
    def tokens(call: Any) -> Iterator[Any]:
        yield b"a"
        yield error("InternalStreamFailure", "gone")

    ml.sagemaker.endpoint("llm").stream(tokens)
    with pytest.raises(EventStreamError, match="gone"):
        parts(stream(client))


def test_then_error_follows_a_generated_stream(ml: MockML, client: Any) -> None:
    endpoint = ml.sagemaker.endpoint("llm")
    endpoint.stream(lambda call: [b"a"]).then_error("ModelStreamError", "cut")
    with pytest.raises(EventStreamError, match="cut"):
        parts(stream(client))


def test_errors_before_the_first_part(ml: MockML, client: Any) -> None:
    endpoint = ml.sagemaker.endpoint("llm")
    endpoint.model_error(400, "prompt too long").times(1)
    with pytest.raises(client.exceptions.ModelError) as caught:
        stream(client)
    assert caught.value.response["OriginalStatusCode"] == 400
    endpoint.fail("ModelStreamError", "at once")
    found = stream(client)
    assert found["ResponseMetadata"]["HTTPStatusCode"] == 200
    with pytest.raises(EventStreamError, match="at once"):
        parts(found)


def test_generator_must_yield_a_stream_error(ml: MockML, client: Any) -> None:
    def tokens(call: Any) -> Iterator[Any]:
        yield b"a"
        yield error("ModelError", OriginalStatusCode=500)

    ml.sagemaker.endpoint("llm").handler(tokens)
    found = stream(client)
    with pytest.raises(InvalidRule, match="ModelStreamError or InternalStreamFailure"):
        parts(found)
    with pytest.raises(InvalidRule, match="ModelStreamError or InternalStreamFailure"):
        client.invoke_endpoint(EndpointName="llm", Body=b"")
    ml.unmatched.clear()


def test_fail_requires_an_error_of_the_operation(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("llm").fail("ModelNotReadyException")
    with pytest.raises(
        InvalidRule, match="WithResponseStream has no error 'ModelNotReadyException'"
    ):
        stream(client)
    ml.unmatched.clear()


def test_failed_stream_cannot_be_joined(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("llm").fail("ModelStreamError")
    with pytest.raises(client.exceptions.ModelError, match="could not load the entire"):
        client.invoke_endpoint(EndpointName="llm", Body=b"{}")


def test_plain_answer_is_one_part(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("llm").reply({"text": "hi"})
    assert parts(stream(client)) == [b'{"text":"hi"}']


def test_stream_is_joined_for_invoke_endpoint(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("llm").stream([b"to", b"ken"], content_type="text/plain")
    found = client.invoke_endpoint(EndpointName="llm", Body=b"{}")
    assert (found["Body"].read(), found["ContentType"]) == (b"token", "text/plain")


@pytest.mark.parametrize("broken", [True, False])
def test_broken_stream_cannot_be_joined(ml: MockML, client: Any, broken: bool) -> None:
    endpoint = ml.sagemaker.endpoint("llm")
    if broken:
        endpoint.stream([b"to"]).then_error("ModelStreamError")
    else:
        endpoint.stream([b"to", error("InternalStreamFailure")])
    with pytest.raises(client.exceptions.ModelError, match="could not load the entire"):
        client.invoke_endpoint(EndpointName="llm", Body=b"{}")


def test_pauses_are_virtual(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("llm").stream([b"a", b"b", b"c"], pause=2.5)
    started = ml.clock.now()
    assert parts(stream(client)) == [b"a", b"b", b"c"]
    assert (ml.clock.now() - started).total_seconds() == pytest.approx(5, abs=1)


def test_joined_stream_times_out_after_sixty_seconds(ml: MockML, client: Any) -> None:
    endpoint = ml.sagemaker.endpoint("llm")
    endpoint.stream([b"a", b"b", b"c"], pause=20).times(1)
    started = ml.clock.now()
    assert client.invoke_endpoint(EndpointName="llm", Body=b"")["Body"].read() == b"abc"
    assert (ml.clock.now() - started).total_seconds() == pytest.approx(40, abs=10)
    endpoint.stream([b"a", b"b", b"c"], pause=20).delay(25)
    with pytest.raises(client.exceptions.ModelError, match="invocation timed out"):
        client.invoke_endpoint(EndpointName="llm", Body=b"")


def test_too_long_stream_is_ended_by_the_service(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("llm").stream([b"a", b"b", b"c"], pause=300)
    with pytest.raises(EventStreamError, match="too long"):
        parts(stream(client))
    answer: Any = ml.calls.last.answer
    assert b"ModelInvocationTimeExceeded" in b"".join(answer.body.sent)


def test_several_streams_in_order(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("llm").stream([b"always"]).optional()
    ml.sagemaker.endpoint("llm").stream([b"once", b"more"]).times(1)
    assert parts(stream(client)) == [b"once", b"more"]
    assert parts(stream(client)) == [b"always"]


def test_output_in_a_stream(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("llm").reply(output(Body="x", CustomAttributes="k"))
    found = stream(client)
    assert (parts(found), found["CustomAttributes"]) == ([b"x"], "k")


def test_journal_has_the_sent_events(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("llm").stream([b"a", b"b"])
    parts(stream(client))
    assert ml.calls.last.response == {
        "Body": [{"PayloadPart": {"Bytes": b"a"}}, {"PayloadPart": {"Bytes": b"b"}}],
        "ContentType": "application/json",
        "InvokedProductionVariant": "AllTraffic",
    }
