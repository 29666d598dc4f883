"""Service models: bundled ones, and those of the installed botocore."""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from typing import Any

from botocore.exceptions import UnknownServiceError
from botocore.loaders import Loader
from botocore.model import ServiceModel

from mlmock.aws.spec import bundled


@cache
def service_model(service: str, revision: str | None = None) -> Any:
    """Return the botocore ServiceModel of a service. A bundled model has precedence.

    Args:
        service: The name of the service, as boto3 spells it.
        revision: The name of a folder of the model; None for the latest.

    Raises:
        UnknownServiceError: There is no such model.
    """
    description = bundled.load_bundled(service, "service-2", revision)
    if description is None:
        description = Loader().load_service_model(service, "service-2", revision)
    return ServiceModel(description, service_name=service)


@cache
def endpoint_prefixes(services: frozenset[str]) -> frozenset[str]:
    """Return the endpoint prefixes of `services`; an unknown service has none."""
    found = set()
    for service in services:
        with suppress(UnknownServiceError):
            found.add(service_model(service).endpoint_prefix)
    return frozenset(found)
