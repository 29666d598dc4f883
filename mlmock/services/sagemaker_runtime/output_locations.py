"""S3 locations of the results of asynchronous invocations."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from mlmock.aws.scope import Scope
from mlmock.services.common.buckets import default_bucket
from mlmock.services.sagemaker_runtime.endpoint_config import AsyncConfig


def locations(
    config: AsyncConfig, params: Mapping[str, Any], default: str, unique: str
) -> tuple[str, str | None]:
    """Return the S3 URIs of the output and of the failure; None for the latter without prefix.

    Both have the same unique name. Source: recorded response. Assumption: `Filename` replaces the
    name, and `S3OutputPathExtension` is a folder before it.

    Args:
        config: The settings of asynchronous inference.
        params: The parameters of the call.
        default: The prefix of the output if `config` has none.
        unique: The unique name.
    """
    name = PurePosixPath(params.get("Filename") or f"{unique}.out")
    folder = params.get("S3OutputPathExtension", "").strip("/")
    between = f"/{folder}/" if folder else "/"
    output = f"{(config.output or default).rstrip('/')}{between}{name}"
    if config.failure is None:
        return output, None
    return output, f"{config.failure.rstrip('/')}{between}{name.stem}-error{name.suffix}"


def default_output(scope: Scope, endpoint: str) -> str:
    """Return the default prefix of the output. Assumption: the folder."""
    return f"s3://{default_bucket(scope)}/async-endpoint-outputs/{endpoint}"
