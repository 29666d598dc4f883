"""The cache of compiled operations: each operation is compiled once."""

from __future__ import annotations

from typing import Any

from mlmock.aws.protocol.rest_json import Operation
from mlmock.aws.spec.loader import service_model

# (service, operation) -> the loaded model that it was compiled from, and the compiled operation.
_COMPILED: dict[tuple[str, str], tuple[Any, Operation]] = {}
_ATTRIBUTE = "_mlmock_operation"


def compiled_operation(model: Any) -> Operation:
    """Return the compiled form of a botocore OperationModel; the model keeps it."""
    compiled: Operation | None = model.__dict__.get(_ATTRIBUTE)
    if compiled is None:
        compiled = model.__dict__[_ATTRIBUTE] = _compile(model)
    return compiled


def _compile(model: Any) -> Operation:
    service = model.service_model
    description = service._service_description
    key = (service.service_name, model.name)
    cached = _COMPILED.get(key)
    if cached is not None and cached[0] is description:
        return cached[1]
    compiled = Operation(model)
    _COMPILED[key] = (description, compiled)
    return compiled


def operation(service: str, name: str, revision: str | None = None) -> Operation:
    """Return a compiled operation.

    Args:
        service: The name of the service, as boto3 spells it.
        name: The name of the operation, as AWS spells it.
        revision: The revision of the service model; None for the latest.

    Raises:
        OperationNotFoundError: The service has no such operation.
    """
    return compiled_operation(service_model(service, revision).operation_model(name))
