"""Notifications of asynchronous invocations to SNS topics. Source: recorded notifications."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from mlmock.simulation.events import Event

if TYPE_CHECKING:
    from typing import Protocol

    from mlmock.services.sagemaker_runtime.async_failures import Failure
    from mlmock.services.sagemaker_runtime.endpoint_config import AsyncConfig
    from mlmock.services.sagemaker_runtime.endpoints import Endpoint
    from mlmock.services.sagemaker_runtime.invocation import InvocationBackend

    class Job(Protocol):
        """The part of an asynchronous invocation that notifications need."""

        backend: InvocationBackend
        config: AsyncConfig
        endpoint: Endpoint
        params: dict[str, Any]
        received: datetime
        output: str
        inference_id: str


_MAX_REPEATED_BYTES = 131_072  # Larger answers are not repeated.


def notify_success(job: Job, body: bytes, content_type: str) -> None:
    """Publish a success, if there is a topic.

    Args:
        job: The asynchronous invocation.
        body: The output.
        content_type: The content type of the output.
    """
    parameters = {"contentType": content_type, "outputLocation": job.output}
    response = {
        "responseParameters": parameters,
        **_response(job, "SUCCESS_NOTIFICATION_TOPIC", body),
    }
    _publish(
        job, job.config.success_topic, _message(job, {"invocationStatus": "Completed"}, response)
    )


def notify_failure(job: Job, failure: Failure) -> None:
    """Publish a failure, if there is a topic."""
    status = {"invocationStatus": "Failed", "failureReason": failure.reason}
    kind = "ERROR_NOTIFICATION_TOPIC"
    response = _response(job, kind, failure.body) if failure.is_model_answer else {}
    _publish(job, job.config.error_topic, _message(job, status, response))


def _message(job: Job, status: Mapping[str, Any], response: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "awsRegion": job.backend.scope.region,
        "eventTime": _milliseconds(job.backend.now()),
        "receivedTime": _milliseconds(job.received),
        **status,
        "requestParameters": _request_parameters(job.params),
        **response,
        "inferenceId": job.inference_id,
        "eventVersion": "1.0",
        "eventSource": "aws:sagemaker",
        "eventName": "InferenceResult",
    }


def _request_parameters(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters of the call. Source: AWS samples (customAttributes)."""
    names = ("Accept", "ContentType", "CustomAttributes", "EndpointName", "InputLocation")
    return {name[:1].lower() + name[1:]: params[name] for name in names if name in params}


def _response(job: Job, kind: str, body: bytes) -> dict[str, Any]:
    """Return the member that repeats the answer of the model, if the topic includes it."""
    if kind not in job.config.includes_response or len(body) > _MAX_REPEATED_BYTES:
        return {}
    content = base64.b64encode(body).decode()
    return {"responseBody": {"content": content, "encoding": "BASE64"}}


def _publish(job: Job, topic: str | None, message: dict[str, Any]) -> None:
    if topic is None:
        return
    backend = job.backend
    backend.state.emit(
        Event(
            source="aws:sagemaker",
            detail_type="InferenceResult",
            detail=message,
            resources=(backend.scope.arn("sagemaker", f"endpoint/{job.endpoint.name.lower()}"),),
            time=backend.now(),
            region=backend.scope.region,
            account_id=backend.scope.account_id,
            topic=topic,
            message=json.dumps(message, separators=(",", ":")),
            id=backend.state.new_id(),
        )
    )


def _milliseconds(moment: datetime) -> str:
    return f"{moment.strftime('%Y-%m-%dT%H:%M:%S')}.{moment.microsecond // 1000:03d}Z"
