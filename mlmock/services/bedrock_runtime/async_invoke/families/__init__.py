"""Families of asynchronous models: their request schemas and output files, one module each."""

from mlmock.services.bedrock_runtime.async_invoke.families.base import (
    Family,
    File,
    Invocation,
    family_of,
)

__all__ = ["Family", "File", "Invocation", "family_of"]
