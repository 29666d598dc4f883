"""CountTokens, which returns the same estimate as the usage of an inference operation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlmock.call import Call
from mlmock.services.bedrock_runtime import errors
from mlmock.services.bedrock_runtime.conversation.requests import Conversation
from mlmock.services.bedrock_runtime.inference.converse import parse_conversation
from mlmock.services.bedrock_runtime.inference.exchange import start_exchange
from mlmock.services.bedrock_runtime.inference.invoke_model import family_of_body, parse_body
from mlmock.services.common.backend import Result

if TYPE_CHECKING:
    from mlmock.services.bedrock_runtime.inference.exchange import RuntimeBackend


def count_tokens(backend: RuntimeBackend, call: Call) -> Result:
    """Answer CountTokens.

    Raises:
        ServiceError: If the model, or the profile that names it, does not support CountTokens.
    """
    exchange = start_exchange(backend, call, streams=False)
    model, params = exchange.model, call.params["input"]
    if not model.traits.counts_tokens or not model.identifier.is_foundation_model:
        raise errors.invalid("The provided model doesn't support counting tokens.")
    if "converse" in params:
        return {"inputTokens": parse_conversation(model, params["converse"]).input_tokens}
    body = parse_body(params["invokeModel"]["body"])
    family = model.identifier.family or family_of_body(body)
    request = family.parse_request(body, model.identifier.base)
    if not isinstance(request, Conversation):
        raise errors.invalid("The provided model doesn't support counting tokens.")
    return {"inputTokens": request.input_tokens}
