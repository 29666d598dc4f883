"""Synchronous invocations: validation of the target and the choice of the variant."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mlmock.call import Call
from mlmock.errors import ServiceError
from mlmock.services.common.backend import Backend
from mlmock.services.sagemaker_runtime import errors
from mlmock.services.sagemaker_runtime.endpoints import Endpoint
from mlmock.simulation.object_store import parse_s3_uri

_log = logging.getLogger("mlmock.sagemaker")
PRIMARY_CONTAINER = "primary"  # The name of a container without a host name in messages.
MAX_BODY_BYTES = 6_291_456  # Of the request, and of an answer in one piece.
MAX_SERVERLESS_BODY_BYTES = 4_194_304


class InvocationBackend(Backend):
    """The part of the backend that invocations need."""

    sessions: Any
    jobs: dict[int, Any]

    def warn_not_written(self, endpoint: str, uri: str) -> None:
        """Log that an object could not be written, because moto's S3 has no such bucket.

        Args:
            endpoint: The name of the endpoint.
            uri: The S3 URI of the object.
        """
        try:
            bucket, _ = parse_s3_uri(uri)
        except ValueError as error:
            _log.warning("endpoint %r could not write %r: %s", endpoint, uri, error)
            return
        _log.warning(
            "endpoint %r could not write %r: moto's S3 has no bucket %r. Create the bucket first.",
            endpoint,
            uri,
            bucket,
        )


@dataclass(slots=True)
class Invocation:
    """An accepted invocation, with its endpoint, variant and container.

    `call` is the call as the model sees it; its body is the input object if it is asynchronous.
    """

    backend: InvocationBackend
    call: Call
    endpoint: Endpoint
    variant: str
    container: str = PRIMARY_CONTAINER

    @property
    def max_body_bytes(self) -> int:
        """The largest request or answer, in bytes."""
        return MAX_SERVERLESS_BODY_BYTES if self.endpoint.config.serverless else MAX_BODY_BYTES

    @property
    def match_values(self) -> dict[str, Any]:
        """The values that the members of rules are matched with."""
        return {**self.call.params, "InvokedProductionVariant": self.variant}

    def model_error(self, status: int, original: str | None) -> ServiceError:
        """Return ModelError for an error response of the container.

        Args:
            status: The HTTP status of the response of the container.
            original: The body of this response, or None if it was too large or incomplete.
        """
        return errors.model_error(
            self.backend.scope, self.endpoint.name, self.container, status=status, original=original
        )

    def complete_error(self, error: ServiceError) -> ServiceError:
        """Return a scripted error with the members that the service adds."""
        return errors.complete_error(error, self.backend.scope, self.endpoint.name, self.container)


def admit(backend: InvocationBackend, call: Call, endpoint: Endpoint) -> Invocation:
    """Return the invocation of a synchronous call.

    Args:
        backend: The backend.
        call: The call.
        endpoint: The endpoint that is called.

    Raises:
        ServiceError: The endpoint does not accept the call.
    """
    config, params = endpoint.config, call.params
    if config.async_config is not None:
        return _undeclared_endpoint(backend, call, endpoint)
    if "CustomAttributes" in params:
        check_attributes(params)
    if config.components or "InferenceComponentName" in params:
        _check_component(backend, endpoint, params)
    if config.multi_model or "TargetModel" in params:
        _check_model(endpoint, call)
    container = PRIMARY_CONTAINER
    if config.containers or "TargetContainerHostname" in params:
        container = _container(endpoint, params)
    variant = endpoint.variants.only if "TargetVariant" not in params else None
    if variant is None:
        variant = _variant(backend, endpoint, params)
    if (
        config.serverless and len(call.body) > MAX_SERVERLESS_BODY_BYTES
    ):  # The service model bounds the others.
        raise errors.oversize(call.request_id)
    return Invocation(backend, call, endpoint, variant, container)


def _undeclared_endpoint(backend: InvocationBackend, call: Call, endpoint: Endpoint) -> Invocation:
    """Return the invocation of an undeclared endpoint, which has every target that is named.

    Raises ServiceError for a declared endpoint, because that is asynchronous.
    """
    if not endpoint.is_assumed:
        raise errors.async_only_error(endpoint.name)
    check_attributes(call.params)
    variant = call.params.get("TargetVariant", endpoint.variants.names[0])
    container = call.params.get("TargetContainerHostname", PRIMARY_CONTAINER)
    return Invocation(backend, call, endpoint, variant, container)


def check_attributes(params: Mapping[str, Any]) -> None:
    """Raise ServiceError for CustomAttributes with control characters other than tabs.

    The service model rejects non-ASCII characters and too long values before.
    """
    attributes = params.get("CustomAttributes")
    if attributes and not attributes.replace("\t", " ").isprintable():
        raise errors.invisible_attributes()


def _check_component(
    backend: InvocationBackend, endpoint: Endpoint, params: Mapping[str, Any]
) -> None:
    components, name = endpoint.config.components, params.get("InferenceComponentName")
    if not components:
        raise errors.no_components()
    if name is None:
        raise errors.no_component_named()
    if name not in components:
        raise errors.no_such_component(name, backend.scope)


def _check_model(endpoint: Endpoint, call: Call) -> None:
    name = call.params.get("TargetModel")
    if not endpoint.config.multi_model:
        raise errors.not_multi_model(endpoint.name)
    if name is None:
        raise errors.no_target_model(call.request_id)
    models = endpoint.config.models
    if models is not None and name not in models:
        raise errors.no_such_model(name)


def _container(endpoint: Endpoint, params: Mapping[str, Any]) -> str:
    name: str | None = params.get("TargetContainerHostname")
    if name is None:
        raise errors.no_container_named(endpoint.name)
    if name not in endpoint.config.containers:
        raise errors.no_such_container(endpoint.name, name)
    return name


def _variant(backend: InvocationBackend, endpoint: Endpoint, params: Mapping[str, Any]) -> str:
    variants, target = endpoint.variants, params.get("TargetVariant")
    if target is None:
        return variants.pick(backend.state.context.random.choices)
    if target not in variants.weights:
        raise errors.no_such_variant(endpoint.name, target)
    return str(target)
