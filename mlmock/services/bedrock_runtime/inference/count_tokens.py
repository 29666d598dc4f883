"""CountTokens: the estimate that every usage here is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlmock.call import Call
from mlmock.services.bedrock_runtime import errors
from mlmock.services.bedrock_runtime.conversation.requests import Conversation
from mlmock.services.bedrock_runtime.inference.converse import checked_conversation
from mlmock.services.bedrock_runtime.inference.exchange import start_exchange
from mlmock.services.bedrock_runtime.inference.invoke_model import family_by_body, parsed_body
from mlmock.services.common.backend import Result

if TYPE_CHECKING:
    from mlmock.services.bedrock_runtime.inference.exchange import RuntimeBackend


def count_tokens(backend: RuntimeBackend, call: Call) -> Result:
    """Answer CountTokens; models and profiles that can't count are refused as the service does."""
    exchange = start_exchange(backend, call, streams=False)
    known, given = exchange.known, call.params["input"]
    if not known.traits.counts_tokens or not known.model.is_bare:
        raise errors.invalid("The provided model doesn't support counting tokens.")
    if "converse" in given:
        return {"inputTokens": checked_conversation(known, given["converse"]).input_tokens}
    body = parsed_body(given["invokeModel"]["body"])
    family = known.model.family or family_by_body(body)
    asked = family.parse_request(body, known.model.base)
    if not isinstance(asked, Conversation):
        raise errors.invalid("The provided model doesn't support counting tokens.")
    return {"inputTokens": asked.input_tokens}
