"""Errors of Lookout for Vision: which code, text and members each cause has.

Assumption: some of the causes, and the format of ResourceId; see the docs page.
"""

from __future__ import annotations

import hashlib

from mlmock.errors import ServiceError

PROJECT, DATASET, MODEL, JOB = "PROJECT", "DATASET", "MODEL", "MODEL_PACKAGE_JOB"
_NOUNS = {PROJECT: "project", DATASET: "dataset", MODEL: "model", JOB: "model packaging job"}


def invalid(message: str) -> ServiceError:
    """Return the error for invalid parameters (HTTP 400)."""
    return ServiceError("ValidationException", message)


def not_found(kind: str, name: str) -> ServiceError:
    """Return the error for a missing resource (404); `name` is its ResourceId."""
    return ServiceError(
        "ResourceNotFoundException",
        f"The {_NOUNS[kind]} {name} was not found.",
        ResourceId=name,
        ResourceType=kind,
    )


def conflict(kind: str, name: str, message: str) -> ServiceError:
    """Return the error for a resource in the wrong state (409); `name` is its ResourceId."""
    return ServiceError("ConflictException", message, ResourceId=name, ResourceType=kind)


def exists(kind: str, name: str) -> ServiceError:
    """Return the error for a resource that already exists (409)."""
    return conflict(kind, name, f"The {_NOUNS[kind]} {name} already exists.")


def busy(kind: str, name: str, status: str, what: str) -> ServiceError:
    """Return the error for an action that the status does not allow (409)."""
    return conflict(kind, name, f"The {_NOUNS[kind]} {name} can't be {what} in status {status}.")


def over_quota(quota: str, maximum: int, kind: str, name: str) -> ServiceError:
    """Return the error for an exceeded quota (402)."""
    return ServiceError(
        "ServiceQuotaExceededException",
        f"The limit of {maximum} {quota.replace('_', ' ')} has been reached.",
        ResourceId=name,
        ResourceType=kind,
        QuotaCode=quota_code(quota),
        ServiceCode="lookoutvision",
    )


def quota_code(quota: str) -> str:
    """Return a quota code. Assumption: no public source has the real ones."""
    return f"L-{hashlib.blake2b(quota.encode(), digest_size=4).hexdigest().upper()}"
