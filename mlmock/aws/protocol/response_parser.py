"""Answers as boto3 shows them: read by botocore's own parsers."""

from __future__ import annotations

from typing import Any

from botocore.awsrequest import HeadersDict
from botocore.eventstream import EventStreamBuffer
from botocore.parsers import create_parser

from mlmock.aws.protocol.messages import HttpResponse
from mlmock.aws.protocol.rest_json import Operation


def parse_response(operation: Operation, answer: HttpResponse) -> dict[str, Any]:
    """Return what boto3 makes of `answer`, without its ResponseMetadata; an error as `Error`."""
    parser = create_parser(operation.model.service_model.metadata["protocol"])
    shape = operation.model.output_shape
    body: Any = answer.body if isinstance(answer.body, bytes) else b""
    if answer.status < 300 and _is_blob(operation):
        body = memoryview(body)  # as it is: bytes would be decoded
    response = {"status_code": answer.status, "headers": HeadersDict(answer.headers), "body": body}
    if operation.event_stream is not None and answer.status < 300:
        found = _outside_stream(answer, operation)
        found[str(operation.output_payload)] = list(_events(operation, answer))
        return found
    found = dict(parser.parse(response, shape))
    found.pop("ResponseMetadata", None)
    if type(body) is memoryview:
        found[str(operation.output_payload)] = answer.body
    return found


def _is_blob(operation: Operation) -> bool:
    """True where the payload is bytes, which boto3 gives as a stream and the journal as bytes."""
    payload = operation.output_payload
    if payload is None or operation.event_stream is not None:
        return False
    return bool(operation.model.output_shape.members[payload].type_name == "blob")


def _lowercase_keys(headers: dict[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _outside_stream(answer: HttpResponse, operation: Operation) -> dict[str, Any]:
    headers = _lowercase_keys(answer.headers)
    places = operation.model.output_shape.members.items()
    names = ((n, m.serialization.get("name", "").lower()) for n, m in places)
    return {name: headers[wire] for name, wire in names if wire in headers}


def _events(operation: Operation, answer: HttpResponse) -> Any:
    """Yield the events that have gone out so far."""
    parser = create_parser(operation.model.service_model.metadata["protocol"])
    event_parser: Any = vars(parser)["_event_stream_parser"]
    buffer = EventStreamBuffer()
    buffer.add_data(b"".join(getattr(answer.body, "sent", ())))
    shape = operation.model.output_shape.members[operation.output_payload]
    for message in buffer:
        response = message.to_response_dict()
        found = event_parser.parse(response, shape)
        if found:
            yield found
