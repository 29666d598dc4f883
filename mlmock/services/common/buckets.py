"""Buckets that services create in an account."""

from __future__ import annotations

from mlmock.aws.scope import Scope


def default_bucket(scope: Scope) -> str:
    """Return the name of SageMaker's default bucket in `scope`."""
    return f"sagemaker-{scope.region}-{scope.account_id}"
