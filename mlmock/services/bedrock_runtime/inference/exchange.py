"""One exchange with a model: the request, the model, and what it asks."""

from __future__ import annotations

from typing import NamedTuple

from mlmock.aws.scope import Scope
from mlmock.call import Call
from mlmock.engine.state import World
from mlmock.errors import ServiceError
from mlmock.services.bedrock_runtime.models.declarations import Known, Models
from mlmock.services.common.backend import Backend


class RuntimeBackend(Backend):
    """A backend that knows models: what an exchange needs of Bedrock Runtime's."""

    def __init__(self, world: World, scope: Scope) -> None:
        super().__init__(world, scope)
        self.models = world.part(Models)


class Exchange(NamedTuple):
    """One call of a model that has been let in; `streams` when the answer comes in pieces."""

    backend: RuntimeBackend
    call: Call
    known: Known
    streams: bool

    def seed(self) -> int:
        """Return a number to draw ids from, the next of the mock's seed."""
        return self.backend.world.block.random.getrandbits(63)


def begin(backend: RuntimeBackend, call: Call, *, streams: bool) -> Exchange:
    """Return the exchange that `call` begins, or raise what the service refuses it with."""
    known = known_model(backend, call.params["modelId"])
    if known.refused is not None:
        raise ServiceError(known.refused.code, known.refused.message)
    return Exchange(backend, call, known, streams)


def known_model(backend: RuntimeBackend, written: str) -> Known:
    """Return what is known of a model in the backend's place."""
    return backend.models.known(written, backend.scope)
