"""Errors of SageMaker Runtime: which code and text each cause has.

A text without a source is an assumption; the docs page lists these.
"""

from __future__ import annotations

from typing import Any

from mlmock.aws.scope import Scope
from mlmock.errors import ServiceError

# Default messages of scripted errors. Assumption: all texts.
_TEXTS = {
    "InternalDependencyException": "Something that the endpoint depends on failed.",
    "InternalFailure": "An internal failure occurred.",
    "InternalStreamFailure": "The stream failed inside the service.",
    "ModelNotReadyException": "The model is still being loaded. Try again in a while.",
    "ModelStreamError": "The model's stream broke.",
    "ServiceUnavailable": "The service is unavailable. Try again.",
    "ValidationError": "The request is not valid.",
}
MAX_MESSAGE_LENGTH = 2048  # Characters. Source: service model (Message, OriginalMessage).


def not_found(name: str, scope: Scope) -> ServiceError:
    """Return the error for an endpoint that is not in service. Source: recorded response."""
    return _invalid(f"Endpoint {name} of account {scope.account_id} not found.")


def async_only_error(name: str) -> ServiceError:
    """Return the error for a synchronous call to an asynchronous endpoint."""
    return _invalid(
        f"Endpoint {name} is configured for asynchronous inference. Use InvokeEndpointAsync."
    )


def not_async_error(name: str) -> ServiceError:
    """Return the error for an asynchronous call to a synchronous endpoint."""
    return _invalid(f"Endpoint {name} is not configured for asynchronous inference.")


def ambiguous_input_error() -> ServiceError:
    """Return the error for an asynchronous call without input or with two inputs."""
    return _invalid("Exactly one of Body and InputLocation must be given.")


def not_multi_model(name: str) -> ServiceError:
    """Return the error for a target model at a single model. Source: recorded response."""
    return _invalid(
        f"Endpoint {name} is not a multi-model endpoint and does not support target model header.",
        ErrorCode="TARGET_MODEL_HEADER_NOT_SUPPORTED",
    )


def no_target_model(request_id: str) -> ServiceError:
    """Return the error for a missing target model. Source: recorded response."""
    return _invalid(f"Request {request_id} is missing a target model header.")


def no_such_model(model: str) -> ServiceError:
    """Return the error for an unknown target model. Source: recorded error of CreateEndpoint."""
    return _invalid(
        f"Failed to download model data(key: {model}). Please ensure that there is an object "
        "located at the URL and that the role passed to CreateModel has permissions to download "
        "the object."
    )


def no_component_named() -> ServiceError:
    """Return the error for a missing inference component. Source: recorded response."""
    return _invalid(
        "Inference Component Name header is required for endpoints to which you plan to deploy "
        "inference components. Please include Inference Component Name header or consider using "
        "SageMaker models."
    )


def no_components() -> ServiceError:
    """Return the error for an inference component without any. Source: recorded response."""
    return _invalid(
        "Inference Component Name header is not allowed for endpoints to which you dont plan to "
        "deploy inference components. Please remove the Inference Component Name header and try "
        "again."
    )


def no_such_component(component: str, scope: Scope) -> ServiceError:
    """Return the error for an unknown inference component."""
    return _invalid(f"Inference Component {component} of account {scope.account_id} not found.")


def no_container_named(name: str) -> ServiceError:
    """Return the error for a missing container name where containers are invoked directly."""
    return _invalid(
        f"Endpoint {name} is invoked directly: a target container hostname is required."
    )


def no_such_container(name: str, container: str) -> ServiceError:
    """Return the error for a container that does not exist or can't be invoked directly."""
    return _invalid(f"Endpoint {name} has no container {container} that can be invoked directly.")


def no_such_variant(name: str, variant: str) -> ServiceError:
    """Return the error for an unknown target variant."""
    return _invalid(f'Could not find variant "{variant}" for endpoint "{name}".')


def invisible_attributes() -> ServiceError:
    """Return the error for custom attributes with control characters."""
    return _invalid("CustomAttributes takes visible US-ASCII characters only.")


def payload_too_large_error(size: int) -> ServiceError:
    """Return the gateway's error for a body that is far too large. Source: recorded response."""
    return ServiceError("413", f"HTTP content length exceeded {size} bytes.", status=413)


def oversize(request_id: str) -> ServiceError:
    """Return the error for a body over the limit. Source: recorded response (serverless)."""
    return _invalid(f"Request {request_id} has oversize body.")


def _invalid(text: str, **members: Any) -> ServiceError:
    return ServiceError("ValidationError", text, **members)


# -- errors of the model ----------------------------------------------------------------------


def with_text(error: ServiceError) -> ServiceError:
    """Return a scripted error with the default message if it has none."""
    if error.message is None and error.code in _TEXTS:
        error.message = _TEXTS[error.code]
    return error


def model_error(
    scope: Scope, endpoint: str, container: str, *, status: int, original: str | None
) -> ServiceError:
    """Return ModelError for an error response of a container.

    Args:
        scope: The region and account of the endpoint.
        endpoint: The name of the endpoint.
        container: The name of the container.
        status: The HTTP status of the response of the container.
        original: The body of this response, or None if it was too large or incomplete. Source:
            recorded response.
    """
    whose = "client" if 400 <= status < 500 else "server"
    prefix = f"Received {whose} error ({status}) from {container}"
    text = _error_message(prefix, original, _log_hint(scope, endpoint))
    code = "CLIENT_ERROR_FROM_MODEL" if whose == "client" else "INTERNAL_FAILURE_FROM_MODEL"
    members: dict[str, Any] = {
        "ErrorCode": code,
        "LogStreamArn": scope.arn("logs", f"log-group:{_log_group(endpoint)}"),
        "OriginalMessage": (original or "")[:MAX_MESSAGE_LENGTH],
        "OriginalStatusCode": status,
    }
    return ServiceError("ModelError", text, **members)


def _error_message(prefix: str, original: str | None, hint: str) -> str:
    """Return the Message of a ModelError, in which `original` is cut to the maximal length."""
    if original is None:
        return f"{prefix} and could not load the entire response body. {hint}"
    envelope = f'{prefix} with message "". {hint}'
    return f'{prefix} with message "{original[: MAX_MESSAGE_LENGTH - len(envelope)]}". {hint}'


def timed_out(scope: Scope, endpoint: str, container: str) -> ServiceError:
    """Return ModelError for a container that exceeds 60 seconds. Source: recorded response."""
    text = (
        f"Your invocation timed out while waiting for a response from container {container}. "
        "Review the latency metrics for each container in Amazon CloudWatch, resolve the issue, "
        "and try again."
    )
    return model_error(scope, endpoint, container, status=0, original=text)


def complete_error(
    error: ServiceError, scope: Scope, endpoint: str, container: str
) -> ServiceError:
    """Return a scripted error with the members that the service adds."""
    if error.code != "ModelError":
        return with_text(error)
    scripted = error.members
    complete = model_error(
        scope,
        endpoint,
        container,
        status=scripted.get("OriginalStatusCode", 500),
        original=scripted.get("OriginalMessage", ""),
    )
    text = complete.message if error.message is None else error.message
    members = {
        **complete.members,
        **scripted,
        "OriginalMessage": complete.members["OriginalMessage"],
    }
    return ServiceError("ModelError", text, status=error.status, **members)


def _log_group(endpoint: str) -> str:
    return f"/aws/sagemaker/Endpoints/{endpoint}"


def _log_hint(scope: Scope, endpoint: str) -> str:
    region = scope.region
    return (
        f"See https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}"
        f"#logEventViewer:group={_log_group(endpoint)} in account {scope.account_id} for more "
        "information."
    )
