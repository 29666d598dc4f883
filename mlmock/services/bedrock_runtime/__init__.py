"""Amazon Bedrock Runtime: inference, async invokes and guardrails."""

from mlmock.services.bedrock_runtime.backend import BedrockRuntime as Backend
from mlmock.services.bedrock_runtime.handle import Bedrock as Handle

__all__ = ["Backend", "Handle"]
