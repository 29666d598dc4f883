"""Data capture: what goes into an endpoint and comes out of it, as lines in S3."""

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


def write(trip: Invocation, capture: Capture, body: bytes, content_type: str) -> None:
    """Put down one invocation, or none if the sample leaves it out; shadows get their own."""
    state = trip.backend.state
    if capture.percent < 100 and state.context.random.random() * 100 >= capture.percent:
        return
    sent = (trip.call.body, trip.call.params.get("ContentType", "application/octet-stream"))
    _put(trip, capture, trip.variant, {"Input": sent, "Output": (body, content_type)})
    for shadow in trip.endpoint.config.shadows:
        _put(trip, capture, shadow, {"Input": sent})


def _put(
    trip: Invocation, capture: Capture, variant: str, data: Mapping[str, tuple[bytes, str]]
) -> None:
    now, event_id = trip.backend.now(), trip.backend.state.new_id()
    halves = {
        f"endpoint{half}": _half(capture, half, *content)
        for half, content in data.items()
        if half in capture.halves
    }
    if not halves:
        return
    line = {
        "captureData": halves,
        "eventMetadata": {"eventId": event_id, **_metadata(trip, now)},
        "eventVersion": "0",
    }
    text = json.dumps(line, separators=(",", ":"), ensure_ascii=False) + "\n"
    store = trip.backend.state.store
    uri = _uri(capture.prefix, trip.endpoint.name, variant, now, event_id)
    try:
        store.put(uri, text, "application/jsonlines", scope=trip.backend.scope)
    except (NoSuchBucket, ValueError):
        trip.backend.warn_of_place(trip.endpoint.name, uri)


def _half(capture: Capture, half: str, body: bytes, content_type: str) -> dict[str, str]:
    encoding = capture.encoding(content_type)
    data = (
        base64.b64encode(body).decode() if encoding == "BASE64" else body.decode(errors="replace")
    )
    return {
        "observedContentType": content_type,
        "mode": half.upper(),
        "data": data,
        "encoding": encoding,
    }


def _metadata(trip: Invocation, now: datetime) -> dict[str, Any]:
    params = trip.call.params
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
