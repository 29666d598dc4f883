"""Service models: loaded as botocore loads them, compiled once for every operation."""

from __future__ import annotations

from typing import Any

from mlmock.aws.protocol.rest_json import Operation
from mlmock.aws.spec.loader import service_model

# (service, operation) -> the loaded model it was compiled from, and the plan. One model each.
_PLANS: dict[tuple[str, str], tuple[Any, Operation]] = {}
_OWN = "_mlmock_plan"


def compiled_operation(model: Any) -> Operation:
    """Return the compiled form of a botocore OperationModel; hung on it for the next call."""
    plan: Operation | None = model.__dict__.get(_OWN)
    if plan is None:
        plan = model.__dict__[_OWN] = _shared_plan(model)
    return plan


def _shared_plan(model: Any) -> Operation:
    service = model.service_model
    description = service._service_description
    key = (service.service_name, model.name)
    known = _PLANS.get(key)
    if known is not None and known[0] is description:
        return known[1]
    plan = Operation(model)
    _PLANS[key] = (description, plan)
    return plan


def operation(service: str, name: str, revision: str | None = None) -> Operation:
    """Return the compiled operation `name` of `service`; OperationNotFoundError if it has none."""
    return compiled_operation(service_model(service, revision).operation_model(name))
