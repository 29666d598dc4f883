"""Invalid values anywhere in a body: it is answered or rejected with a ValidationException."""

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
Path = tuple[Any, ...]


def paths(value: Any, path: Path = ()) -> Iterator[Path]:
    """Yield the path of every value in a body."""
    if path:
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in items if isinstance(value, (dict, list)) else ():
        yield from paths(item, (*path, key)) if isinstance(item, (dict, list)) else [(*path, key)]


def container_of(body: Any, path: Path) -> Any:
    """Return the container of the value at a path."""
    for key in path[:-1]:
        body = body[key]
    return body


def variants(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the body with each value removed, and with each value replaced by junk."""
    for path in list(paths(body)):
        shortened = copy.deepcopy(body)
        del container_of(shortened, path)[path[-1]]
        yield shortened
        for junk in JUNK:
            changed = copy.deepcopy(body)
            container_of(changed, path)[path[-1]] = junk
            yield changed


def outcome(client: Any, model_id: str, body: dict[str, Any]) -> str:
    """Return "answered" or the code of the error."""
    try:
        client.invoke_model(modelId=model_id, body=json.dumps(body))
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return "answered"


@pytest.mark.parametrize(("model_id", "body"), BODIES)
@mock_ml(sign=False)
def test_every_body_is_answered_or_rejected(model_id: str, body: dict[str, Any]) -> None:
    client = boto3.client("bedrock-runtime", region_name="us-east-1")
    assert outcome(client, model_id, body) == "answered"
    found = {outcome(client, model_id, variant) for variant in variants(body)}
    assert found <= {"answered", "ValidationException"}
    assert "ValidationException" in found
