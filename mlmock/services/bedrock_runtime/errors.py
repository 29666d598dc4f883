"""Error responses of the service for calls that do not reach the model, with its exact texts."""

from __future__ import annotations

from mlmock.errors import ServiceError
from mlmock.rules.answers import ErrorAnswer

_MARKETPLACE_MESSAGE = (
    "Model access is denied due to IAM user or service role is not authorized to perform the "
    "required AWS Marketplace actions (aws-marketplace:ViewSubscriptions, "
    "aws-marketplace:Subscribe) to enable access to this model. Refer to the Amazon Bedrock "
    "documentation for further details. Your AWS Marketplace subscription for this model cannot "
    "be completed at this time. If you recently fixed this issue, try again after 2 minutes."
)
ACCESS_ERRORS = {
    "model": (
        "AccessDeniedException",
        "You don't have access to the model with the specified model ID.",
    ),
    "agreement": (
        "AccessDeniedException",
        "Your account does not have an agreement to this model.",
    ),
    "account": (
        "AccessDeniedException",
        "Your account is not authorized to invoke this API operation.",
    ),
    "marketplace": ("AccessDeniedException", _MARKETPLACE_MESSAGE),
    "use_case": (
        "ResourceNotFoundException",
        "Model use case details have not been submitted for this account. Fill out the Anthropic "
        "use case details form before using the model. If you have already filled out the form, "
        "try again in 15 minutes.",
    ),
}
"""The code and message of the error for each value of ``access=``."""

INVALID_GUARDRAIL_INPUT = "Guardrail was enabled but input is in incorrect format."
_NON_STREAM_CODES = {
    "modelStreamErrorException": "ModelErrorException",
    "ModelStreamErrorException": "ModelErrorException",
}


def invalid(message: str) -> ServiceError:
    """Return a ValidationException."""
    return ServiceError("ValidationException", message)


def provider_error(message: str) -> ServiceError:
    """Return the ValidationException with which Converse relays an error of the provider."""
    return invalid(f"The model returned the following errors: {message}")


def unknown_model_error() -> ServiceError:
    """Return the error for an identifier that is not a known model."""
    return invalid("The provided model identifier is invalid.")


def malformed_body_error(*violations: str) -> ServiceError:
    """Return the error for a malformed body.

    Each violation is a text such as ``#: required key [x] not found``.
    """
    summary = f"{len(violations)} schema violations found" if len(violations) > 2 else ""
    text = "".join((summary, *violations))
    return invalid(
        f"Malformed input request: {text}, please reformat your input and try again.",
    )


def to_non_stream_error(error: ErrorAnswer) -> ServiceError:
    """Return an error that a test scripts for a stream as the error of a call without one."""
    code = _NON_STREAM_CODES.get(error.code, error.code[:1].upper() + error.code[1:])
    return ServiceError(code, error.message, status=error.status, **error.members)


def to_stream_error(error: ErrorAnswer) -> ServiceError:
    """Return `error` as the exception event that ends a stream."""
    return ServiceError(error.code, error.message, status=error.status, **error.members)
