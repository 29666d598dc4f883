"""The operations of Bedrock Runtime; each is answered in a room of its own."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from mlmock.call import Call
from mlmock.services.bedrock_runtime.inference.converse import converse, converse_stream
from mlmock.services.bedrock_runtime.inference.exchange import RuntimeBackend
from mlmock.services.common.backend import Result

if TYPE_CHECKING:
    from mlmock.services.bedrock_runtime.async_invoke.operations import AsyncInvokes


class BedrockRuntime(RuntimeBackend):
    """Bedrock Runtime in one account and region."""

    service = "bedrock-runtime"

    # -- models -----------------------------------------------------------------------------

    def converse(self, call: Call) -> Result:
        """Let a model answer a conversation."""
        return converse(self, call)

    def converse_stream(self, call: Call) -> Result:
        """Let a model answer a conversation, event by event."""
        return converse_stream(self, call)

    def invoke_model(self, call: Call) -> Result:
        """Let a model answer in its provider's own shape."""
        from mlmock.services.bedrock_runtime.inference.invoke_model import invoke_model

        return invoke_model(self, call)

    def invoke_model_with_response_stream(self, call: Call) -> Result:
        """Let a model answer in its provider's own shape, chunk by chunk."""
        from mlmock.services.bedrock_runtime.inference.invoke_model import (
            invoke_model_with_response_stream,
        )

        return invoke_model_with_response_stream(self, call)

    def count_tokens(self, call: Call) -> Result:
        """Count the tokens of what could be sent to a model."""
        from mlmock.services.bedrock_runtime.inference.count_tokens import count_tokens

        return count_tokens(self, call)

    # -- async invokes ----------------------------------------------------------------------

    @cached_property
    def async_invokes(self) -> AsyncInvokes:
        """The async invokes of this account and region."""
        from mlmock.services.bedrock_runtime.async_invoke.operations import AsyncInvokes

        return AsyncInvokes(self)

    def start_async_invoke(self, call: Call) -> Result:
        """Start a model on work whose result goes to S3."""
        return self.async_invokes.start(call)

    def get_async_invoke(self, call: Call) -> Result:
        """Show one async invoke."""
        return self.async_invokes.get(call)

    def list_async_invokes(self, call: Call) -> Result:
        """Show the async invokes, page by page."""
        return self.async_invokes.list(call)

    # -- guardrails -------------------------------------------------------------------------

    def apply_guardrail(self, call: Call) -> Result:
        """Hold texts against a guardrail."""
        from mlmock.services.bedrock_runtime.guardrails.operations import apply

        return apply(self, call)

    def invoke_guardrail_checks(self, call: Call) -> Result:
        """Check texts without a guardrail."""
        from mlmock.services.bedrock_runtime.guardrails.operations import check

        return check(self, call)
