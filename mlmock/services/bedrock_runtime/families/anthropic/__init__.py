"""Anthropic's Messages: reading a body (`messages`), writing an answer and its stream."""

from mlmock.services.bedrock_runtime.families.anthropic.family import Anthropic

__all__ = ["Anthropic"]
