"""Where the results of asynchronous invocations go."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from mlmock.aws.scope import Scope
from mlmock.services.common.buckets import default_bucket
from mlmock.services.sagemaker_runtime.endpoint_config import AsyncConfig


def locations(
    config: AsyncConfig, params: Mapping[str, Any], default: str, fresh: str
) -> tuple[str, str | None]:
    """Return where output and failure go: a `fresh` name, the same in both (seen).

    `Filename` replaces it, `S3OutputPathExtension` is a folder before it (judged). An endpoint
    without a prefix for its failures has no place for them.
    """
    name = PurePosixPath(params.get("Filename") or f"{fresh}.out")
    folder = params.get("S3OutputPathExtension", "").strip("/")
    between = f"/{folder}/" if folder else "/"
    output = f"{(config.output or default).rstrip('/')}{between}{name}"
    if config.failure is None:
        return output, None
    return output, f"{config.failure.rstrip('/')}{between}{name.stem}-error{name.suffix}"


def default_output(scope: Scope, endpoint: str) -> str:
    """Return where the output of an endpoint goes for which nobody said a place (judged)."""
    return f"s3://{default_bucket(scope)}/async-endpoint-outputs/{endpoint}"
