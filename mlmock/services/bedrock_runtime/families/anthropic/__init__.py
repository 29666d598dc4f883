"""The Claude models of Anthropic: the Messages API and text completions."""

from mlmock.services.bedrock_runtime.families.anthropic.family import Anthropic

__all__ = ["Anthropic"]
