"""Which operation a request is for: by method and path, host and signing name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from mlmock.aws.protocol import uri
from mlmock.aws.protocol.compiler import compiled_operation
from mlmock.aws.protocol.rest_json import Operation
from mlmock.aws.spec.loader import service_model


class OperationRouter:
    """The operations of one service, found by method and raw path; literal segments come first."""

    def __init__(self, model: Any) -> None:
        self.endpoint_prefix: str = model.endpoint_prefix
        self.signing_name: str = model.signing_name
        self._routes: dict[tuple[str, int, str], list[tuple[list[str], Any]]] = {}
        for name in model.operation_names:
            operation = model.operation_model(name)
            if not operation.has_event_stream_input:  # a conversation, which no request holds
                self._add(operation)
        for routes in self._routes.values():
            routes.sort(key=lambda route: sum(part.startswith("{") for part in route[0]))

    def _add(self, operation: Any) -> None:
        segments = operation.http["requestUri"].partition("?")[0].split("/")
        key = operation.http["method"], len(segments), segments[1]  # which no service leaves open
        self._routes.setdefault(key, []).append((segments, operation))

    def find(self, method: str, segments: list[str]) -> Operation | None:
        """Return the operation that `method` on the raw path of these segments is, or None."""
        for known, operation in self._routes.get((method, len(segments), segments[1]), ()):
            if all(map(_fits, known, segments)):
                return compiled_operation(operation)
        return None


def _fits(segment: str, given: str) -> bool:
    return bool(given) if segment.startswith("{") else segment == given


@cache
def router_for(service: str, revision: str | None = None) -> OperationRouter:
    """Return the operations of `service` by their paths."""
    return OperationRouter(service_model(service, revision))


def _latest(service: str) -> None:
    """Name no revision."""


def find_operation(
    services: Iterable[str],
    method: str,
    url: str,
    *,
    host: str = "",
    signing_name: str | None = None,
    revision_of: Callable[[str], str | None] = _latest,
) -> Operation | None:
    """Return the operation of `services` that a request is for, or None.

    Where paths of several services fit, the host's first labels decide, then the `signing_name`
    of the credential scope. `revision_of` says which revision of a service is meant.
    """
    segments = uri.path_and_query(url)[0].split("/")
    found: list[tuple[OperationRouter, Operation]] = []
    for service in services if len(segments) > 1 else ():
        paths = router_for(service, revision_of(service))
        operation = paths.find(method, segments)
        if operation is not None:
            found.append((paths, operation))
    if len(found) > 1:
        found.sort(
            key=lambda pair: (*_mismatch_score(pair[0], host, signing_name), pair[1].service)
        )
    return found[0][1] if found else None


def _mismatch_score(
    paths: OperationRouter, host: str, signing_name: str | None
) -> tuple[bool, bool]:
    """Return how badly a service fits; the least is the best."""
    return not host.startswith(f"{paths.endpoint_prefix}."), paths.signing_name != signing_name
