"""The operation of a request, by method, path, host and signing name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from mlmock.aws.protocol import uri
from mlmock.aws.protocol.compiler import compiled_operation
from mlmock.aws.protocol.rest_json import Operation
from mlmock.aws.spec.loader import service_model


class OperationRouter:
    """The operations of one service by method and raw path; literal segments have precedence."""

    def __init__(self, model: Any) -> None:
        self.endpoint_prefix: str = model.endpoint_prefix
        self.signing_name: str = model.signing_name
        self._routes: dict[tuple[str, int, str], list[tuple[list[str], Any]]] = {}
        for name in model.operation_names:
            operation = model.operation_model(name)
            if not operation.has_event_stream_input:  # bidirectional streams are not supported
                self._add(operation)
        for routes in self._routes.values():
            routes.sort(key=lambda route: sum(part.startswith("{") for part in route[0]))

    def _add(self, operation: Any) -> None:
        segments = operation.http["requestUri"].partition("?")[0].split("/")
        key = (
            operation.http["method"],
            len(segments),
            segments[1],
        )  # the first segment is always literal
        self._routes.setdefault(key, []).append((segments, operation))

    def find(self, method: str, segments: list[str]) -> Operation | None:
        """Return the operation for a method and the segments of a raw path, or None."""
        for pattern, operation in self._routes.get((method, len(segments), segments[1]), ()):
            if all(map(_matches, pattern, segments)):
                return compiled_operation(operation)
        return None


def _matches(segment: str, given: str) -> bool:
    return bool(given) if segment.startswith("{") else segment == given


@cache
def router_for(service: str, revision: str | None = None) -> OperationRouter:
    """Return the router of a service."""
    return OperationRouter(service_model(service, revision))


def _latest(service: str) -> None:
    """Return None: the latest revision."""


def find_operation(
    services: Iterable[str],
    method: str,
    url: str,
    *,
    host: str = "",
    signing_name: str | None = None,
    revision_of: Callable[[str], str | None] = _latest,
) -> Operation | None:
    """Return the operation of a request, or None if no service has its path.

    If several services have the path, the host decides, then the signing name.

    Args:
        services: The names of the services to search.
        method: The HTTP method.
        url: The URL or request target.
        host: The host of the request.
        signing_name: The signing name of the credential scope.
        revision_of: Returns the revision of a service; None for the latest.
    """
    segments = uri.path_and_query(url)[0].split("/")
    matches: list[tuple[OperationRouter, Operation]] = []
    for service in services if len(segments) > 1 else ():
        router = router_for(service, revision_of(service))
        operation = router.find(method, segments)
        if operation is not None:
            matches.append((router, operation))
    if len(matches) > 1:
        matches.sort(
            key=lambda pair: (*_mismatch_score(pair[0], host, signing_name), pair[1].service)
        )
    return matches[0][1] if matches else None


def _mismatch_score(
    router: OperationRouter, host: str, signing_name: str | None
) -> tuple[bool, bool]:
    """Return a sort key: the service with the least value matches best."""
    return not host.startswith(f"{router.endpoint_prefix}."), router.signing_name != signing_name
