"""The client side of the protocol: botocore's own serializer and parser."""

from typing import Any

from botocore.awsrequest import create_request_object, prepare_request_dict
from botocore.parsers import create_parser
from botocore.serialize import create_serializer

from mlmock.aws.protocol.messages import HttpResponse, Request
from mlmock.aws.protocol.rest_json import Operation
from mlmock.interception.botocore.bodies import raw_body

ENDPOINT = "https://service.us-east-1.amazonaws.com"


def serialize_request(
    operation: Operation, params: dict[str, Any], endpoint: str = ENDPOINT
) -> Request:
    """Return the request that botocore builds from `params`."""
    serializer = create_serializer("rest-json", include_validation=False)
    request_dict = serializer.serialize_to_request(params, operation.model)
    prepare_request_dict(request_dict, endpoint_url=endpoint, context={})
    request = create_request_object(request_dict).prepare()
    lower = {name.lower(): text for name, text in request.headers.items()}
    headers = {
        name: text.decode() if isinstance(text, bytes) else text
        for name, text in lower.items()
        if name in operation.header_names
    }
    return Request(request.method, request.url, headers, as_bytes(request.body))


def as_bytes(body: Any) -> bytes:
    """Return the bytes of a request body."""
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode()
    return bytes(body) if isinstance(body, (bytes, bytearray)) else bytes(body.read())


def parse_response(operation: Operation, answer: HttpResponse) -> dict[str, Any]:
    """Parse `answer` with botocore's parser, reading streams to their end."""
    parser: Any = create_parser("rest-json")
    shape: Any = operation.model.output_shape
    lower = {name.lower(): text for name, text in answer.headers.items()}
    response = {
        "status_code": answer.status,
        "headers": _CaseInsensitiveHeaders(lower),
        "body": answer.body,
        "context": {"operation_name": operation.name},
    }
    payload = operation.output_payload
    streams = payload is not None and shape.members[payload].type_name == "blob"
    if streams or operation.event_stream is not None:
        response["body"] = raw_body(answer.body)[0]
    found = dict(parser.parse(response, shape))
    assert found.pop("ResponseMetadata")["HTTPStatusCode"] == answer.status
    if streams:
        found[str(payload)] = found[str(payload)].read()
    return found


class _CaseInsensitiveHeaders(dict[str, str]):
    """Headers with case-insensitive names, as in botocore."""

    def __contains__(self, name: object) -> bool:
        return super().__contains__(str(name).lower())

    def __getitem__(self, name: str) -> str:
        return super().__getitem__(name.lower())

    def get(self, name: str, default: Any = None) -> Any:
        return super().get(name.lower(), default)
