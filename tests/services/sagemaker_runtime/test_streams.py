"""InvokeEndpointWithResponseStream: parts, cut where the script says, lazily."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import EventStreamError

from mlmock import BadAnswer, MockML, error, output


def stream(client: Any, name: str = "llm", **members: Any) -> Any:
    return client.invoke_endpoint_with_response_stream(EndpointName=name, Body=b"{}", **members)


def parts(found: Any) -> list[bytes]:
    return [event["PayloadPart"]["Bytes"] for event in found["Body"]]


def test_parts_are_cut_where_the_script_says(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("llm").stream([b'{"to', 'ken": 1}\n', {"done": True}, b"\xff"])
    found = stream(client)
    assert found["ContentType"] == "application/json"
    assert found["InvokedProductionVariant"] == "AllTraffic"
    assert parts(found) == [b'{"to', b'ken": 1}\n', b'{"done":true}', b"\xff"]


def test_the_headers_of_a_stream(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("llm").stream(
        [b"a"], content_type="text/event-stream", custom_attributes="trace=1"
    )
    found = stream(client)
    headers = found["ResponseMetadata"]["HTTPHeaders"]
    assert headers["content-type"] == "application/vnd.amazon.eventstream"
    assert (found["ContentType"], found["CustomAttributes"]) == ("text/event-stream", "trace=1")
    assert parts(found) == [b"a"]


def test_parts_are_made_when_the_caller_pulls_them(ml: MockML, client: Any) -> None:
    made: list[int] = []

    @ml.sagemaker.endpoint("llm").handler
    def tokens(call: Any) -> Iterator[bytes]:
        for number in range(5):
            made.append(number)
            yield f"token {number}".encode()

    found = iter(stream(client)["Body"])
    assert made == []
    assert next(found)["PayloadPart"]["Bytes"] == b"token 0"
    assert len(made) <= 2


def test_a_function_of_the_call_makes_a_list_of_parts(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("llm").stream(lambda call: call.text().split()).times(2)
    body = b"one two three"
    for _ in range(2):
        found = client.invoke_endpoint_with_response_stream(EndpointName="llm", Body=body)
        assert parts(found) == [b"one", b"two", b"three"]


def test_a_stream_breaks_after_its_last_part(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("llm").stream([b"to", b"ken"]).then_error("ModelStreamError", "broken")
    found, got = stream(client), []  # type: tuple[Any, list[bytes]]
    with pytest.raises(EventStreamError) as caught:
        got.extend(event["PayloadPart"]["Bytes"] for event in found["Body"])
    assert got == [b"to", b"ken"]
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
def test_a_part_may_be_what_breaks_it(ml: MockML, client: Any, ending: Any, sent: bytes) -> None:
    ml.sagemaker.endpoint("llm").stream([b"a", ending, b"never"])
    with pytest.raises(EventStreamError):
        parts(stream(client))
    answer: Any = ml.calls.last.answer
    assert sent in b"".join(answer.body.sent)
    assert b"never" not in b"".join(answer.body.sent)


def test_a_function_may_break_its_stream(ml: MockML, client: Any) -> None:
    def tokens(call: Any) -> Iterator[Any]:
        yield b"a"
        yield error("InternalStreamFailure", "gone")

    ml.sagemaker.endpoint("llm").stream(tokens)
    with pytest.raises(EventStreamError, match="gone"):
        parts(stream(client))


def test_an_ending_of_a_function_made_stream(ml: MockML, client: Any) -> None:
    endpoint = ml.sagemaker.endpoint("llm")
    endpoint.stream(lambda call: [b"a"]).then_error("ModelStreamError", "cut")
    with pytest.raises(EventStreamError, match="cut"):
        parts(stream(client))


def test_errors_before_the_first_byte_are_ordinary_unless_they_are_a_streams(
    ml: MockML, client: Any
) -> None:
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


def test_a_function_breaks_its_stream_as_streams_break(ml: MockML, client: Any) -> None:
    def tokens(call: Any) -> Iterator[Any]:
        yield b"a"
        yield error("ModelError", OriginalStatusCode=500)

    ml.sagemaker.endpoint("llm").handler(tokens)
    found = stream(client)
    with pytest.raises(BadAnswer, match="ModelStreamError or InternalStreamFailure"):
        parts(found)
    with pytest.raises(BadAnswer, match="ModelStreamError or InternalStreamFailure"):
        client.invoke_endpoint(EndpointName="llm", Body=b"")
    ml.unmatched.clear()


def test_a_stream_fails_with_what_a_stream_can_fail_with(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("llm").fail("ModelNotReadyException")
    with pytest.raises(BadAnswer, match="WithResponseStream has no error ModelNotReadyException"):
        stream(client)
    ml.unmatched.clear()


def test_a_stream_that_breaks_before_it_begins_cant_be_joined(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("llm").fail("ModelStreamError")
    with pytest.raises(client.exceptions.ModelError, match="could not load the entire"):
        client.invoke_endpoint(EndpointName="llm", Body=b"{}")


def test_an_answer_in_one_piece_is_one_part(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("llm").reply({"text": "hi"})
    assert parts(stream(client)) == [b'{"text":"hi"}']


def test_a_stream_is_joined_for_a_caller_that_wants_one_piece(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("llm").stream([b"to", b"ken"], content_type="text/plain")
    found = client.invoke_endpoint(EndpointName="llm", Body=b"{}")
    assert (found["Body"].read(), found["ContentType"]) == (b"token", "text/plain")


@pytest.mark.parametrize("broken", [True, False])
def test_a_broken_stream_cant_be_joined(ml: MockML, client: Any, broken: bool) -> None:
    endpoint = ml.sagemaker.endpoint("llm")
    if broken:
        endpoint.stream([b"to"]).then_error("ModelStreamError")
    else:
        endpoint.stream([b"to", error("InternalStreamFailure")])
    with pytest.raises(client.exceptions.ModelError, match="could not load the entire"):
        client.invoke_endpoint(EndpointName="llm", Body=b"{}")


def test_pauses_pass_in_virtual_time(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("llm").stream([b"a", b"b", b"c"], pause=2.5)
    started = ml.clock.now()
    assert parts(stream(client)) == [b"a", b"b", b"c"]
    assert (ml.clock.now() - started).total_seconds() == pytest.approx(5, abs=1)


def test_a_joined_stream_has_a_models_sixty_seconds(ml: MockML, client: Any) -> None:
    endpoint = ml.sagemaker.endpoint("llm")
    endpoint.stream([b"a", b"b", b"c"], pause=20).times(1)
    started = ml.clock.now()
    assert client.invoke_endpoint(EndpointName="llm", Body=b"")["Body"].read() == b"abc"
    assert (ml.clock.now() - started).total_seconds() == pytest.approx(40, abs=10)
    endpoint.stream([b"a", b"b", b"c"], pause=20).delay(25)
    with pytest.raises(client.exceptions.ModelError, match="invocation timed out"):
        client.invoke_endpoint(EndpointName="llm", Body=b"")


def test_the_service_ends_a_stream_that_takes_too_long(ml: MockML, client: Any) -> None:
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


def test_the_journal_shows_the_events_that_went_out(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("llm").stream([b"a", b"b"])
    parts(stream(client))
    assert ml.calls.last.response == {
        "Body": [{"PayloadPart": {"Bytes": b"a"}}, {"PayloadPart": {"Bytes": b"b"}}],
        "ContentType": "application/json",
        "InvokedProductionVariant": "AllTraffic",
    }
