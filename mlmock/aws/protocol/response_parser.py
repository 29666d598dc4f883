"""Responses in the form of boto3, parsed by botocore's own parsers."""

from __future__ import annotations

from typing import Any

from botocore.awsrequest import HeadersDict
from botocore.eventstream import EventStreamBuffer
from botocore.parsers import create_parser

from mlmock.aws.protocol.messages import HttpResponse
from mlmock.aws.protocol.rest_json import Operation


def parse_response(operation: Operation, http_response: HttpResponse) -> dict[str, Any]:
    """Return the response as boto3 returns it, without ResponseMetadata; an error has `Error`."""
    parser = create_parser(operation.model.service_model.metadata["protocol"])
    shape = operation.model.output_shape
    body: Any = http_response.body if isinstance(http_response.body, bytes) else b""
    if http_response.status < 300 and _is_blob(operation):
        body = memoryview(body)  # botocore decodes bytes, but not a memoryview
    response = {
        "status_code": http_response.status,
        "headers": HeadersDict(http_response.headers),
        "body": body,
    }
    if operation.event_stream is not None and http_response.status < 300:
        result = _outside_stream(http_response, operation)
        result[str(operation.output_payload)] = list(_events(operation, http_response))
        return result
    result = dict(parser.parse(response, shape))
    result.pop("ResponseMetadata", None)
    if type(body) is memoryview:
        result[str(operation.output_payload)] = http_response.body
    return result


def _is_blob(operation: Operation) -> bool:
    """Return whether the payload is a blob: boto3 returns a stream, the journal the bytes."""
    payload = operation.output_payload
    if payload is None or operation.event_stream is not None:
        return False
    return bool(operation.model.output_shape.members[payload].type_name == "blob")


def _lowercase_keys(headers: dict[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _outside_stream(http_response: HttpResponse, operation: Operation) -> dict[str, Any]:
    headers = _lowercase_keys(http_response.headers)
    places = operation.model.output_shape.members.items()
    names = ((n, m.serialization.get("name", "").lower()) for n, m in places)
    return {name: headers[wire] for name, wire in names if wire in headers}


def _events(operation: Operation, http_response: HttpResponse) -> Any:
    """Yield the events that were sent so far."""
    parser = create_parser(operation.model.service_model.metadata["protocol"])
    event_parser: Any = vars(parser)["_event_stream_parser"]
    buffer = EventStreamBuffer()
    buffer.add_data(b"".join(getattr(http_response.body, "sent", ())))
    shape = operation.model.output_shape.members[operation.output_payload]
    for message in buffer:
        response = message.to_response_dict()
        result = event_parser.parse(response, shape)
        if result:
            yield result
