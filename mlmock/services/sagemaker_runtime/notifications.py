"""What an asynchronous endpoint tells its SNS topics, member for member as seen in the wild."""

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
        """An asynchronous invocation, as far as a notification tells of it."""

        backend: InvocationBackend
        config: AsyncConfig
        endpoint: Endpoint
        params: dict[str, Any]
        received: datetime
        output: str
        inference_id: str


_TOLD_AT_MOST = 131_072  # bytes of an answer that a notification repeats


def notify_success(job: Job, body: bytes, content_type: str) -> None:
    """Tell the success topic, if there is one."""
    said = {"contentType": content_type, "outputLocation": job.output}
    told = {"responseParameters": said, **_response(job, "SUCCESS_NOTIFICATION_TOPIC", body)}
    _tell(job, job.config.success_topic, _message(job, {"invocationStatus": "Completed"}, told))


def notify_failure(job: Job, failure: Failure) -> None:
    """Tell the error topic, if there is one."""
    status = {"invocationStatus": "Failed", "failureReason": failure.reason}
    kind = "ERROR_NOTIFICATION_TOPIC"
    told = _response(job, kind, failure.body) if failure.is_models else {}
    _tell(job, job.config.error_topic, _message(job, status, told))


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
    """Return the parameters that the caller gave (customAttributes as AWS's samples read it)."""
    names = ("Accept", "ContentType", "CustomAttributes", "EndpointName", "InputLocation")
    return {name[:1].lower() + name[1:]: params[name] for name in names if name in params}


def _response(job: Job, kind: str, body: bytes) -> dict[str, Any]:
    """Return the part that repeats the model's answer, where the topic is to have it."""
    if kind not in job.config.includes_response or len(body) > _TOLD_AT_MOST:
        return {}
    content = base64.b64encode(body).decode()
    return {"responseBody": {"content": content, "encoding": "BASE64"}}


def _tell(job: Job, topic: str | None, message: dict[str, Any]) -> None:
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
