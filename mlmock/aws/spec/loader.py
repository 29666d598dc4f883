"""Service models, as the installed botocore or the package itself has them."""

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
    """Return the botocore ServiceModel of `service`; UnknownServiceError if there is none.

    `revision` names a folder of the model's; without it the latest is taken. What we bring
    ourselves comes before what botocore has.
    """
    description = bundled.load_bundled(service, "service-2", revision)
    if description is None:
        description = Loader().load_service_model(service, "service-2", revision)
    return ServiceModel(description, service_name=service)


@cache
def endpoint_prefixes(services: frozenset[str]) -> frozenset[str]:
    """Return the endpoint prefixes of `services`; a name that nobody knows has none."""
    found = set()
    for service in services:
        with suppress(UnknownServiceError):
            found.add(service_model(service).endpoint_prefix)
    return frozenset(found)
