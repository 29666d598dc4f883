"""Service models: loaded as botocore loads them, compiled once for every operation."""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from typing import Any

from botocore.exceptions import UnknownServiceError
from botocore.loaders import Loader
from botocore.model import ServiceModel

from mlmock.aws.protocol.rest_json import Operation
from mlmock.aws.spec import bundled as brought

# (service, operation) -> the loaded model it was compiled from, and the plan. One model each.
_PLANS: dict[tuple[str, str], tuple[Any, Operation]] = {}
_OWN = "_mlmock_plan"


def plan_of(model: Any) -> Operation:
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


@cache
def service_model(service: str, revision: str | None = None) -> Any:
    """Return the botocore ServiceModel of `service`; UnknownServiceError if there is none.

    `revision` names a folder of the model's; without it the latest is taken. What we bring
    ourselves comes before what botocore has.
    """
    description = brought.load(service, "service-2", revision)
    if description is None:
        description = Loader().load_service_model(service, "service-2", revision)
    return ServiceModel(description, service_name=service)


@cache
def prefixes(services: frozenset[str]) -> frozenset[str]:
    """Return the endpoint prefixes of `services`; a name that nobody knows has none."""
    found = set()
    for service in services:
        with suppress(UnknownServiceError):
            found.add(service_model(service).endpoint_prefix)
    return frozenset(found)


def operation(service: str, name: str, revision: str | None = None) -> Operation:
    """Return the compiled operation `name` of `service`; OperationNotFoundError if it has none."""
    return plan_of(service_model(service, revision).operation_model(name))
