"""One exchange with a model: the request, the model, and what it asks."""

from __future__ import annotations

from typing import NamedTuple

from mlmock.aws.scope import Scope
from mlmock.call import Call
from mlmock.engine.state import MockState
from mlmock.errors import ServiceError
from mlmock.services.bedrock_runtime.models.declarations import ModelDeclarations, ResolvedModel
from mlmock.services.common.backend import Backend


class RuntimeBackend(Backend):
    """A backend that knows models: what an exchange needs of Bedrock Runtime's."""

    def __init__(self, state: MockState, scope: Scope) -> None:
        super().__init__(state, scope)
        self.models = state.shared(ModelDeclarations)


class Exchange(NamedTuple):
    """One call of a model that has been let in; `streams` when the answer comes in pieces."""

    backend: RuntimeBackend
    call: Call
    known: ResolvedModel
    streams: bool

    def seed(self) -> int:
        """Return a number to draw ids from, the next of the mock's seed."""
        return self.backend.state.context.random.getrandbits(63)


def start_exchange(backend: RuntimeBackend, call: Call, *, streams: bool) -> Exchange:
    """Return the exchange that `call` begins, or raise what the service refuses it with."""
    known = resolve_model(backend, call.params["modelId"])
    if known.refused is not None:
        raise ServiceError(known.refused.code, known.refused.message)
    return Exchange(backend, call, known, streams)


def resolve_model(backend: RuntimeBackend, written: str) -> ResolvedModel:
    """Return what is known of a model in the backend's place."""
    return backend.models.known(written, backend.scope)
