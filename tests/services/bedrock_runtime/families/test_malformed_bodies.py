"""Whatever a body holds, wherever: it is answered, or refused with a ValidationException."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from mlmock import mock_ml
from tests.services.bedrock_runtime.sample_bodies import BODIES

JUNK: list[Any] = [None, True, -1, 1.5, "", "x\ud800", [], {}, [None], {"type": ["a"]}, 10**30]
Place = tuple[Any, ...]


def places(value: Any, at: Place = ()) -> Iterator[Place]:
    """Yield the place of every value in a body."""
    if at:
        yield at
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in items if isinstance(value, (dict, list)) else ():
        yield from places(item, (*at, key)) if isinstance(item, (dict, list)) else [(*at, key)]


def holder_of(body: Any, at: Place) -> Any:
    """Return what holds the value at a place."""
    for key in at[:-1]:
        body = body[key]
    return body


def variants(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the body with junk at every place, with more beside it, and with it gone."""
    for at in list(places(body)):
        gone = copy.deepcopy(body)
        del holder_of(gone, at)[at[-1]]
        yield gone
        for junk in JUNK:
            changed = copy.deepcopy(body)
            holder_of(changed, at)[at[-1]] = junk
            yield changed


def outcome(client: Any, model_id: str, body: dict[str, Any]) -> str:
    """Return answered, or the code of the error."""
    try:
        client.invoke_model(modelId=model_id, body=json.dumps(body))
    except ClientError as refused:
        return str(refused.response["Error"]["Code"])
    return "answered"


@pytest.mark.parametrize(("model_id", "body"), BODIES)
@mock_ml(sign=False)
def test_every_body_is_answered_or_refused(model_id: str, body: dict[str, Any]) -> None:
    client = boto3.client("bedrock-runtime", region_name="us-east-1")
    assert outcome(client, model_id, body) == "answered"
    found = {outcome(client, model_id, variant) for variant in variants(body)}
    assert found <= {"answered", "ValidationException"}
    assert "ValidationException" in found
