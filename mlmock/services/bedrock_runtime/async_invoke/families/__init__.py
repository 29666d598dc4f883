"""What asynchronous models write under the caller's S3 URI: one file a model family."""

from mlmock.services.bedrock_runtime.async_invoke.families.base import Family, File, Work, family_of

__all__ = ["Family", "File", "Work", "family_of"]
