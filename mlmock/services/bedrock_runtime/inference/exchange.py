"""Exchanges with a model: the call, the model, and whether the answer is streamed."""

from __future__ import annotations

from typing import NamedTuple

from mlmock.aws.scope import Scope
from mlmock.call import Call
from mlmock.engine.state import MockState
from mlmock.errors import ServiceError
from mlmock.services.bedrock_runtime.models.declarations import ModelDeclarations, ResolvedModel
from mlmock.services.common.backend import Backend


class RuntimeBackend(Backend):
    """A backend that resolves models: what an exchange needs of Bedrock Runtime's backend."""

    def __init__(self, state: MockState, scope: Scope) -> None:
        super().__init__(state, scope)
        self.models = state.shared(ModelDeclarations)


class Exchange(NamedTuple):
    """A call of a model that the service accepts. `streams` is whether the answer is a stream."""

    backend: RuntimeBackend
    call: Call
    model: ResolvedModel
    streams: bool

    def seed(self) -> int:
        """Return the next number from which ids are derived."""
        return self.backend.state.context.random.getrandbits(63)


def start_exchange(backend: RuntimeBackend, call: Call, *, streams: bool) -> Exchange:
    """Return the exchange that `call` starts.

    Raises:
        ServiceError: If the service rejects every call of the model.
    """
    model = resolve_model(backend, call.params["modelId"])
    if model.error is not None:
        raise ServiceError(model.error.code, model.error.message)
    return Exchange(backend, call, model, streams)


def resolve_model(backend: RuntimeBackend, model_id: str) -> ResolvedModel:
    """Return the model that `model_id` names in the scope of the backend."""
    return backend.models.resolve(model_id, backend.scope)
