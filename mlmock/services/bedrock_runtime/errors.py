"""What the service says when it lets a call not come to the model, word for word."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlmock.errors import ServiceError

if TYPE_CHECKING:
    from mlmock.services.bedrock_runtime.models.declarations import Facts, Known
    from mlmock.services.bedrock_runtime.models.identifiers import Model

_MARKETPLACE = (
    "Model access is denied due to IAM user or service role is not authorized to perform the "
    "required AWS Marketplace actions (aws-marketplace:ViewSubscriptions, "
    "aws-marketplace:Subscribe) to enable access to this model. Refer to the Amazon Bedrock "
    "documentation for further details. Your AWS Marketplace subscription for this model cannot "
    "be completed at this time. If you recently fixed this issue, try again after 2 minutes."
)
ACCESS = {
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
    "marketplace": ("AccessDeniedException", _MARKETPLACE),
    "use_case": (
        "ResourceNotFoundException",
        "Model use case details have not been submitted for this account. Fill out the Anthropic "
        "use case details form before using the model. If you have already filled out the form, "
        "try again in 15 minutes.",
    ),
}
"""What may stand between an account and a model: the values of ``access=``."""

MISSHAPEN = "Guardrail was enabled but input is in incorrect format."


def invalid(message: str) -> ServiceError:
    """Return a ValidationException."""
    return ServiceError("ValidationException", message)


def relayed(message: str) -> ServiceError:
    """Return a ValidationException that Converse passes on from the model's provider."""
    return invalid(f"The model returned the following errors: {message}")


def unknown_model() -> ServiceError:
    """Return the refusal of an identifier that names no model."""
    return invalid("The provided model identifier is invalid.")


def of_model(model: Model, facts: Facts) -> ServiceError | None:
    """Return what the service says to every call of the model, or None if it is let in."""
    if facts.exists is False or not (model.exists or facts.exists):
        return unknown_model()
    if facts.access is False or isinstance(facts.access, str):
        return ServiceError(*ACCESS[facts.access or "model"])
    if facts.end_of_life:
        return ServiceError("ResourceNotFoundException", _END_OF_LIFE)
    if facts.legacy:
        return ServiceError("ResourceNotFoundException", _LEGACY)
    if facts.on_demand is False and model.is_bare:
        return invalid(
            f"Invocation of model ID {model.written} with on-demand throughput isn\u2019t "
            "supported. Retry your request with the ID or ARN of an inference profile that "
            "contains this model."
        )
    return None


_END_OF_LIFE = (
    "This model version has reached the end of its life. Please refer to the AWS documentation "
    "for more details."
)
_LEGACY = (
    "Access denied. This Model is marked by provider as Legacy and you have not been actively "
    "using the model in the last 15 days. Please upgrade to an active model on Amazon Bedrock"
)


def check_converse(known: Known) -> None:
    """Refuse models that don't talk: embeddings, pictures, videos, speech."""
    traits = known.traits
    if not traits.converse or traits.kind != "text":
        raise invalid(
            "This action doesn't support the model that you provided. Try again with a supported "
            "text or chat model."
        )


def check_streaming(known: Known) -> None:
    """Refuse to stream a model that can't be."""
    if not known.traits.streaming:
        raise invalid("The model is unsupported for streaming.")
