"""What the service says when it lets a call not come to the model, word for word."""

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
"""What may stand between an account and a model: the values of ``access=``."""

INVALID_GUARDRAIL_INPUT = "Guardrail was enabled but input is in incorrect format."
_NON_STREAM_CODES = {
    "modelStreamErrorException": "ModelErrorException",
    "ModelStreamErrorException": "ModelErrorException",
}


def invalid(message: str) -> ServiceError:
    """Return a ValidationException."""
    return ServiceError("ValidationException", message)


def provider_error(message: str) -> ServiceError:
    """Return a ValidationException that Converse passes on from the model's provider."""
    return invalid(f"The model returned the following errors: {message}")


def unknown_model_error() -> ServiceError:
    """Return the refusal of an identifier that names no model."""
    return invalid("The provided model identifier is invalid.")


def malformed_body_error(*violations: str) -> ServiceError:
    """Return the refusal of a body: `violations` like ``#: required key [x] not found``."""
    count = f"{len(violations)} schema violations found" if len(violations) > 2 else ""
    text = "".join((count, *violations))
    return invalid(
        f"Malformed input request: {text}, please reformat your input and try again.",
    )


def to_non_stream_error(error: ErrorAnswer) -> ServiceError:
    """Return the error of a call whose stream would have broken with `fault`."""
    code = _NON_STREAM_CODES.get(error.code, error.code[:1].upper() + error.code[1:])
    return ServiceError(code, error.message, status=error.status, **error.members)


def to_stream_error(error: ErrorAnswer) -> ServiceError:
    """Return `fault` as a stream carries it."""
    return ServiceError(error.code, error.message, status=error.status, **error.members)
