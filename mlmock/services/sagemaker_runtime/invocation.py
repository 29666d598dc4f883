"""One invocation on its way to the model: what the service refuses, and which variant it picks."""

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
PRIMARY_CONTAINER = "primary"  # what the messages call a container without a host name
MAX_BODY_BYTES = 6_291_456  # bytes of a body, of an answer in one piece
MOST_SERVERLESS = 4_194_304


class InvocationBackend(Backend):
    """A backend as far as an invocation needs it: its sessions, its work, and a log."""

    sessions: Any
    jobs: dict[int, Any]

    def warn_of_place(self, endpoint: str, uri: str) -> None:
        """Say that something could not be written: moto's S3 lacks the bucket, or no S3 has it."""
        try:
            bucket, _ = parse_s3_uri(uri)
        except ValueError as fault:
            _log.warning("endpoint %s could not write %s: %s", endpoint, uri, fault)
            return
        _log.warning(
            "endpoint %s could not write %s: the bucket %s is not in moto's S3; create it",
            endpoint,
            uri,
            bucket,
        )


@dataclass(slots=True)
class Invocation:
    """An invocation that the service lets through: the call, and who answers it.

    `call` is what the model sees: of an asynchronous call its body is the input object's.
    """

    backend: InvocationBackend
    call: Call
    endpoint: Endpoint
    variant: str
    container: str = PRIMARY_CONTAINER

    @property
    def most(self) -> int:
        """How large a body may be, either way."""
        return MOST_SERVERLESS if self.endpoint.config.serverless else MAX_BODY_BYTES

    @property
    def seen(self) -> dict[str, Any]:
        """What the rules' members are held against: the parameters, and the variant."""
        return {**self.call.params, "InvokedProductionVariant": self.variant}

    def model_error(self, status: int, original: str | None) -> ServiceError:
        """Return ModelError for a container that answered `status` with the text `original`."""
        return errors.model_error(
            self.backend.scope, self.endpoint.name, self.container, status=status, original=original
        )

    def completed(self, fault: ServiceError) -> ServiceError:
        """Return a scripted `fault` with all that the service adds to it."""
        return errors.complete_error(fault, self.backend.scope, self.endpoint.name, self.container)


def admit(backend: InvocationBackend, call: Call, endpoint: Endpoint) -> Invocation:
    """Return the trip of a call that wants its answer now, or raise the service's refusal."""
    config, params = endpoint.config, call.params
    if config.later is not None:
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
    if config.serverless and len(call.body) > MOST_SERVERLESS:  # the model checks the others
        raise errors.oversize(call.request_id)
    return Invocation(backend, call, endpoint, variant, container)


def _undeclared_endpoint(backend: InvocationBackend, call: Call, endpoint: Endpoint) -> Invocation:
    """Return the trip to an endpoint that nobody has declared: it has all that the call names.

    Raises the refusal of an asynchronous endpoint that somebody has.
    """
    if not endpoint.is_made_up:
        raise errors.async_only_error(endpoint.name)
    check_attributes(call.params)
    variant = call.params.get("TargetVariant", endpoint.variants.names[0])
    container = call.params.get("TargetContainerHostname", PRIMARY_CONTAINER)
    return Invocation(backend, call, endpoint, variant, container)


def check_attributes(params: Mapping[str, Any]) -> None:
    """Refuse attributes that no header field may have in it: visible characters, blanks and tabs.

    The model has bounded and decoded them: what is left are the control characters of ASCII.
    """
    said = params.get("CustomAttributes")
    if said and not said.replace("\t", " ").isprintable():
        raise errors.invisible_attributes()


def _check_component(
    backend: InvocationBackend, endpoint: Endpoint, params: Mapping[str, Any]
) -> None:
    components, given = endpoint.config.components, params.get("InferenceComponentName")
    if not components:
        raise errors.no_components()
    if given is None:
        raise errors.no_component_named()
    if given not in components:
        raise errors.no_such_component(given, backend.scope)


def _check_model(endpoint: Endpoint, call: Call) -> None:
    given = call.params.get("TargetModel")
    if not endpoint.config.multi_model:
        raise errors.not_multi_model(endpoint.name)
    if given is None:
        raise errors.no_target_model(call.request_id)
    models = endpoint.config.models
    if models is not None and given not in models:
        raise errors.no_such_model(given)


def _container(endpoint: Endpoint, params: Mapping[str, Any]) -> str:
    given: str | None = params.get("TargetContainerHostname")
    if given is None:
        raise errors.no_container_named(endpoint.name)
    if given not in endpoint.config.containers:
        raise errors.no_such_container(endpoint.name, given)
    return given


def _variant(backend: InvocationBackend, endpoint: Endpoint, params: Mapping[str, Any]) -> str:
    variants, target = endpoint.variants, params.get("TargetVariant")
    if target is None:
        return variants.pick(backend.state.context.random.choices)
    if target not in variants.weights:
        raise errors.no_such_variant(endpoint.name, target)
    return str(target)
