"""Data capture: the input and output of invocations, as JSON lines in S3."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from mlmock.services.sagemaker_runtime.endpoint_config import Capture
from mlmock.simulation.object_store import NoSuchBucket

if TYPE_CHECKING:
    from mlmock.services.sagemaker_runtime.invocation import Invocation


def write(invocation: Invocation, capture: Capture, body: bytes, content_type: str) -> None:
    """Write the records of an invocation and of its shadow variants, if it is in the sample.

    Args:
        invocation: The invocation.
        capture: The settings of data capture.
        body: The output.
        content_type: The content type of the output.
    """
    state = invocation.backend.state
    if capture.percent < 100 and state.context.random.random() * 100 >= capture.percent:
        return
    sent = (
        invocation.call.body,
        invocation.call.params.get("ContentType", "application/octet-stream"),
    )
    _put(invocation, capture, invocation.variant, {"Input": sent, "Output": (body, content_type)})
    for shadow in invocation.endpoint.config.shadows:
        _put(invocation, capture, shadow, {"Input": sent})


def _put(
    invocation: Invocation, capture: Capture, variant: str, data: Mapping[str, tuple[bytes, str]]
) -> None:
    now, event_id = invocation.backend.now(), invocation.backend.state.new_id()
    modes = {
        f"endpoint{mode}": _captured(capture, mode, *content)
        for mode, content in data.items()
        if mode in capture.modes
    }
    if not modes:
        return
    record = {
        "captureData": modes,
        "eventMetadata": {"eventId": event_id, **_metadata(invocation, now)},
        "eventVersion": "0",
    }
    text = json.dumps(record, separators=(",", ":"), ensure_ascii=False) + "\n"
    store = invocation.backend.state.store
    uri = _uri(capture.prefix, invocation.endpoint.name, variant, now, event_id)
    try:
        store.put(uri, text, "application/jsonlines", scope=invocation.backend.scope)
    except (NoSuchBucket, ValueError):
        invocation.backend.warn_not_written(invocation.endpoint.name, uri)


def _captured(capture: Capture, mode: str, body: bytes, content_type: str) -> dict[str, str]:
    encoding = capture.encoding(content_type)
    data = (
        base64.b64encode(body).decode() if encoding == "BASE64" else body.decode(errors="replace")
    )
    return {
        "observedContentType": content_type,
        "mode": mode.upper(),
        "data": data,
        "encoding": encoding,
    }


def _metadata(invocation: Invocation, now: datetime) -> dict[str, Any]:
    params = invocation.call.params
    found: dict[str, Any] = {}
    if "CustomAttributes" in params:
        found["customAttributes"] = [params["CustomAttributes"]]
    if "InferenceId" in params:
        found["inferenceId"] = params["InferenceId"]
    return {**found, "inferenceTime": now.strftime("%Y-%m-%dT%H:%M:%SZ")}


def _uri(prefix: str, endpoint: str, variant: str, now: datetime, event_id: str) -> str:
    moment = now.strftime("%Y/%m/%d/%H/%M-%S")
    name = f"{moment}-{now.microsecond // 1000:03d}-{event_id}.jsonl"
    return f"{prefix.rstrip('/')}/{endpoint}/{variant}/{name}"
