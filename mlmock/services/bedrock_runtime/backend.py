"""The operations of Bedrock Runtime, each implemented in a package of its own."""

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

    # -- inference --------------------------------------------------------------------------

    def converse(self, call: Call) -> Result:
        """Answer a conversation."""
        return converse(self, call)

    def converse_stream(self, call: Call) -> Result:
        """Answer a conversation with a stream of events."""
        return converse_stream(self, call)

    def invoke_model(self, call: Call) -> Result:
        """Answer a request in the provider's format."""
        from mlmock.services.bedrock_runtime.inference.invoke_model import invoke_model

        return invoke_model(self, call)

    def invoke_model_with_response_stream(self, call: Call) -> Result:
        """Answer a request in the provider's format with a stream of chunks."""
        from mlmock.services.bedrock_runtime.inference.invoke_model import (
            invoke_model_with_response_stream,
        )

        return invoke_model_with_response_stream(self, call)

    def count_tokens(self, call: Call) -> Result:
        """Count the input tokens of a request without sending it to a model."""
        from mlmock.services.bedrock_runtime.inference.count_tokens import count_tokens

        return count_tokens(self, call)

    # -- async invokes ----------------------------------------------------------------------

    @cached_property
    def async_invokes(self) -> AsyncInvokes:
        """The async invokes of this account and region."""
        from mlmock.services.bedrock_runtime.async_invoke.operations import AsyncInvokes

        return AsyncInvokes(self)

    def start_async_invoke(self, call: Call) -> Result:
        """Start an invocation that writes its output to S3."""
        return self.async_invokes.start(call)

    def get_async_invoke(self, call: Call) -> Result:
        """Return an async invoke."""
        return self.async_invokes.get(call)

    def list_async_invokes(self, call: Call) -> Result:
        """Return a page of async invokes."""
        return self.async_invokes.list(call)

    # -- guardrails -------------------------------------------------------------------------

    def apply_guardrail(self, call: Call) -> Result:
        """Assess contents by a guardrail."""
        from mlmock.services.bedrock_runtime.guardrails.operations import apply_guardrail

        return apply_guardrail(self, call)

    def invoke_guardrail_checks(self, call: Call) -> Result:
        """Check contents without a guardrail."""
        from mlmock.services.bedrock_runtime.guardrails.operations import invoke_guardrail_checks

        return invoke_guardrail_checks(self, call)
