"""What the service says where it doesn't answer: codes, texts, error codes.

The texts are as seen on the wire where anybody has shown one; the others are judged, and the docs
page lists them.
"""

from __future__ import annotations

from typing import Any

from mlmock.aws.scope import Scope
from mlmock.errors import ServiceError

# Texts of errors that a test fails an endpoint with without saying a message (judged).
_TEXTS = {
    "InternalDependencyException": "Something that the endpoint depends on failed.",
    "InternalFailure": "An internal failure occurred.",
    "InternalStreamFailure": "The stream failed inside the service.",
    "ModelNotReadyException": "The model is still being loaded. Try again in a while.",
    "ModelStreamError": "The model's stream broke.",
    "ServiceUnavailable": "The service is unavailable. Try again.",
    "ValidationError": "The request is not valid.",
}
LONGEST = 2048  # characters of a Message and of an OriginalMessage, in the model


def not_found(name: str, scope: Scope) -> ServiceError:
    """Return the refusal of an endpoint that isn't there, or isn't in service (seen)."""
    return _invalid(f"Endpoint {name} of account {scope.account_id} not found.")


def async_only_error(name: str) -> ServiceError:
    """Return the refusal of a call that wants its answer now from an asynchronous endpoint."""
    return _invalid(
        f"Endpoint {name} is configured for asynchronous inference. Use InvokeEndpointAsync."
    )


def not_async_error(name: str) -> ServiceError:
    """Return the refusal of an asynchronous call to an endpoint that answers at once."""
    return _invalid(f"Endpoint {name} is not configured for asynchronous inference.")


def ambiguous_input_error() -> ServiceError:
    """Return the refusal of an asynchronous call with no input, or with two."""
    return _invalid("Exactly one of Body and InputLocation must be given.")


def not_multi_model(name: str) -> ServiceError:
    """Return the refusal of a target model where there is one model (seen)."""
    return _invalid(
        f"Endpoint {name} is not a multi-model endpoint and does not support target model header.",
        ErrorCode="TARGET_MODEL_HEADER_NOT_SUPPORTED",
    )


def no_target_model(request_id: str) -> ServiceError:
    """Return the refusal of a call that names no model where there are many (seen)."""
    return _invalid(f"Request {request_id} is missing a target model header.")


def no_such_model(model: str) -> ServiceError:
    """Return the refusal of a target model that isn't there (worded as endpoint creation does)."""
    return _invalid(
        f"Failed to download model data(key: {model}). Please ensure that there is an object "
        "located at the URL and that the role passed to CreateModel has permissions to download "
        "the object."
    )


def no_component_named() -> ServiceError:
    """Return the refusal of a call that names no inference component (seen)."""
    return _invalid(
        "Inference Component Name header is required for endpoints to which you plan to deploy "
        "inference components. Please include Inference Component Name header or consider using "
        "SageMaker models."
    )


def no_components() -> ServiceError:
    """Return the refusal of an inference component where there are none (seen)."""
    return _invalid(
        "Inference Component Name header is not allowed for endpoints to which you dont plan to "
        "deploy inference components. Please remove the Inference Component Name header and try "
        "again."
    )


def no_such_component(component: str, scope: Scope) -> ServiceError:
    """Return the refusal of an inference component that isn't there."""
    return _invalid(f"Inference Component {component} of account {scope.account_id} not found.")


def no_container_named(name: str) -> ServiceError:
    """Return the refusal of a call that names no container where each is invoked directly."""
    return _invalid(
        f"Endpoint {name} is invoked directly: a target container hostname is required."
    )


def no_such_container(name: str, container: str) -> ServiceError:
    """Return the refusal of a container that isn't there, or can't be invoked directly."""
    return _invalid(f"Endpoint {name} has no container {container} that can be invoked directly.")


def no_such_variant(name: str, variant: str) -> ServiceError:
    """Return the refusal of a target variant that isn't there."""
    return _invalid(f'Could not find variant "{variant}" for endpoint "{name}".')


def invisible_attributes() -> ServiceError:
    """Return the refusal of custom attributes that have more than visible characters in them."""
    return _invalid("CustomAttributes takes visible US-ASCII characters only.")


def payload_too_large_error(size: int) -> ServiceError:
    """Return what the front door says to a body that it doesn't take at all (seen)."""
    return ServiceError("413", f"HTTP content length exceeded {size} bytes.", status=413)


def oversize(request_id: str) -> ServiceError:
    """Return the refusal of a body that is too large for the model (seen, of serverless ones)."""
    return _invalid(f"Request {request_id} has oversize body.")


def _invalid(text: str, **members: Any) -> ServiceError:
    return ServiceError("ValidationError", text, **members)


# -- what the model itself did wrong ----------------------------------------------------------


def with_text(fault: ServiceError) -> ServiceError:
    """Return a scripted `fault` with the text that its author left out."""
    if fault.message is None and fault.code in _TEXTS:
        fault.message = _TEXTS[fault.code]
    return fault


def model_error(
    scope: Scope, endpoint: str, container: str, *, status: int, original: str | None
) -> ServiceError:
    """Return ModelError for a container that answered `status` with the text `original`.

    None as text: its answer was too large, or broke off, and could not be read (seen).
    """
    whose = "client" if 400 <= status < 500 else "server"
    said = f"Received {whose} error ({status}) from {container}"
    text = _error_message(said, original, _see(scope, endpoint))
    code = "CLIENT_ERROR_FROM_MODEL" if whose == "client" else "INTERNAL_FAILURE_FROM_MODEL"
    members: dict[str, Any] = {
        "ErrorCode": code,
        "LogStreamArn": scope.arn("logs", f"log-group:{_log_group(endpoint)}"),
        "OriginalMessage": (original or "")[:LONGEST],
        "OriginalStatusCode": status,
    }
    return ServiceError("ModelError", text, **members)


def _error_message(said: str, original: str | None, see: str) -> str:
    """Return the Message of a ModelError; `original` is cut so that it is no longer than may be."""
    if original is None:
        return f"{said} and could not load the entire response body. {see}"
    around = f'{said} with message "". {see}'
    return f'{said} with message "{original[: LONGEST - len(around)]}". {see}'


def timed_out(scope: Scope, endpoint: str, container: str) -> ServiceError:
    """Return ModelError for a container that took more than its 60 seconds (seen)."""
    text = (
        f"Your invocation timed out while waiting for a response from container {container}. "
        "Review the latency metrics for each container in Amazon CloudWatch, resolve the issue, "
        "and try again."
    )
    return model_error(scope, endpoint, container, status=0, original=text)


def complete_error(
    fault: ServiceError, scope: Scope, endpoint: str, container: str
) -> ServiceError:
    """Return a scripted `fault` with all that the service adds to it."""
    if fault.code != "ModelError":
        return with_text(fault)
    said = fault.members
    whole = model_error(
        scope,
        endpoint,
        container,
        status=said.get("OriginalStatusCode", 500),
        original=said.get("OriginalMessage", ""),
    )
    text = whole.message if fault.message is None else fault.message
    members = {**whole.members, **said, "OriginalMessage": whole.members["OriginalMessage"]}
    return ServiceError("ModelError", text, status=fault.status, **members)


def _log_group(endpoint: str) -> str:
    return f"/aws/sagemaker/Endpoints/{endpoint}"


def _see(scope: Scope, endpoint: str) -> str:
    region = scope.region
    return (
        f"See https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}"
        f"#logEventViewer:group={_log_group(endpoint)} in account {scope.account_id} for more "
        "information."
    )
