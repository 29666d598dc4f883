"""Errors on the wire: modelled code, HTTP status, members, `x-amzn-ErrorType`."""

from __future__ import annotations

from typing import Any

from mlmock.aws.protocol.http_bindings import text_of
from mlmock.aws.protocol.json_body import plain_writer, serializer_for
from mlmock.aws.protocol.messages import HttpResponse
from mlmock.errors import ServiceError

# What any AWS service sends without modelling it (the common errors of the API references).
COMMON_ERRORS = {
    "AccessDeniedException": 403,
    "ExpiredTokenException": 403,
    "IncompleteSignature": 403,
    "InternalFailure": 500,
    "InvalidSignatureException": 403,
    "MissingAuthenticationTokenException": 403,
    "OptInRequired": 403,
    "RequestEntityTooLargeException": 413,
    "RequestExpired": 400,
    "SerializationException": 400,
    "ServiceUnavailable": 503,
    "Throttling": 400,
    "ThrottlingException": 400,
    "UnknownOperationException": 404,
    "UnrecognizedClientException": 403,
    "ValidationError": 400,
    "ValidationException": 400,
}


def error_shape(operation: Any, code: str) -> Any:
    """Return the shape that the botocore `operation` models for `code`, or None."""
    for shape in operation.error_shapes:
        if code in {shape.name, shape.error_code}:
            return shape
    return None


def _shape_of(operation: Any, code: str) -> Any:
    """Return the shape of an error: the operation's, or that of another one of its service."""
    found = error_shape(operation, code)
    if found is None and code in operation.service_model.shape_names:
        found = operation.service_model.shape_for(code)
        found = found if found.metadata.get("exception") else None
    return found


def validation_error_code(operation: Any) -> str:
    """Return the name under which `operation` refuses bad parameters."""
    names = [shape.name for shape in operation.error_shapes]
    return next((n for n in names if n.startswith("Validation")), "ValidationException")


def status_of(operation: Any, fault: ServiceError) -> int:
    """Return the HTTP status of `fault`: its own, the model's, the common one, or 400."""
    if fault.status is not None:
        return fault.status
    shape = _shape_of(operation, fault.code)
    modelled = shape.metadata.get("error", {}).get("httpStatusCode") if shape else None
    return int(modelled or COMMON_ERRORS.get(fault.code, 400))


def serialize_error(operation: Any, fault: ServiceError) -> HttpResponse:
    """Return the answer that carries `fault` for the botocore `operation`."""
    shape = _shape_of(operation, fault.code)
    headers = {"x-amzn-ErrorType": fault.code, "Content-Type": "application/json"}
    if shape is None:
        body = {_message_key(operation): fault.message, **fault.members}
        return HttpResponse(status_of(operation, fault), headers, plain_writer()(body))
    headers["x-amzn-ErrorType"] = shape.error_code
    members = {_key(shape): fault.message, **fault.members}
    body = {}
    for name, value in members.items():
        member = shape.members.get(name)
        if member is None or member.serialization.get("location") != "header":
            body[name] = value
        elif value is not None:
            wire_name = member.serialization.get("name", name)
            headers[wire_name] = text_of(member, value, "header")
    return HttpResponse(status_of(operation, fault), headers, serializer_for(shape)(body))


def _key(shape: Any) -> str:
    return next((name for name in shape.members if name.lower() == "message"), "message")


def _message_key(operation: Any) -> str:
    shapes = operation.error_shapes
    return _key(shapes[0]) if shapes else "message"
