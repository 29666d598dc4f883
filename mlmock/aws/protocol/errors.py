"""Serialized errors: code, HTTP status, members, `x-amzn-ErrorType`."""

from __future__ import annotations

from typing import Any

from mlmock.aws.protocol.http_bindings import text_of
from mlmock.aws.protocol.json_body import plain_serializer, serializer_for
from mlmock.aws.protocol.messages import HttpResponse
from mlmock.errors import ServiceError

# Errors that every AWS service may send without modeling them.
# Source: "Common Errors" of the API references.
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
    """Return the error shape of a botocore OperationModel for `code`, or None."""
    for shape in operation.error_shapes:
        if code in {shape.name, shape.error_code}:
            return shape
    return None


def _shape_of(operation: Any, code: str) -> Any:
    """Return the error shape of the operation, or of another operation of the service."""
    found = error_shape(operation, code)
    if found is None and code in operation.service_model.shape_names:
        found = operation.service_model.shape_for(code)
        found = found if found.metadata.get("exception") else None
    return found


def validation_error_code(operation: Any) -> str:
    """Return the error code of `operation` for invalid parameters."""
    names = [shape.name for shape in operation.error_shapes]
    return next((n for n in names if n.startswith("Validation")), "ValidationException")


def status_of(operation: Any, error: ServiceError) -> int:
    """Return the HTTP status of an error: its own, the model's, the common one, or 400."""
    if error.status is not None:
        return error.status
    shape = _shape_of(operation, error.code)
    modeled = shape.metadata.get("error", {}).get("httpStatusCode") if shape else None
    return int(modeled or COMMON_ERRORS.get(error.code, 400))


def serialize_error(operation: Any, error: ServiceError) -> HttpResponse:
    """Return the HTTP response with `error` for a botocore OperationModel."""
    shape = _shape_of(operation, error.code)
    headers = {"x-amzn-ErrorType": error.code, "Content-Type": "application/json"}
    if shape is None:
        body = {_message_key(operation): error.message, **error.members}
        return HttpResponse(status_of(operation, error), headers, plain_serializer()(body))
    headers["x-amzn-ErrorType"] = shape.error_code
    members = {_key(shape): error.message, **error.members}
    body = {}
    for name, value in members.items():
        member = shape.members.get(name)
        if member is None or member.serialization.get("location") != "header":
            body[name] = value
        elif value is not None:
            wire_name = member.serialization.get("name", name)
            headers[wire_name] = text_of(member, value, "header")
    return HttpResponse(status_of(operation, error), headers, serializer_for(shape)(body))


def _key(shape: Any) -> str:
    return next((name for name in shape.members if name.lower() == "message"), "message")


def _message_key(operation: Any) -> str:
    shapes = operation.error_shapes
    return _key(shapes[0]) if shapes else "message"
