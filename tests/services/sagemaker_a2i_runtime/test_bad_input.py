"""Whatever is sent, the answer is one that the operation models, and nothing stored changes."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from functools import cache
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mlmock import MockML, mock_ml
from tests.services.sagemaker_a2i_runtime.helpers import (
    CONTENT,
    FLOW,
    client_of,
    names,
    start,
    status,
)

NOW = datetime(2026, 1, 1, tzinfo=timezone.utc)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
MODELLED = {"ValidationException", "ResourceNotFoundException", "ConflictException"}
ANSWERS = MODELLED | {"SerializationException", "UnknownOperationException"}


class Wire:
    """A client whose requests get another body or path on their way, before signing."""

    def __init__(self) -> None:
        config = Config(parameter_validation=False, retries={"total_max_attempts": 1})
        self.client = boto3.client(
            "sagemaker-a2i-runtime",
            region_name="us-east-1",
            aws_access_key_id="-",
            aws_secret_access_key="-",
            config=config,
        )
        self.client.meta.events.register("before-sign", self._change)
        self.body: bytes | None = None
        self.path: str | None = None

    def _change(self, request: Any, **_: Any) -> None:
        if self.body is not None:
            request.data = self.body
        if self.path is not None:
            request.url = "https://a2i-runtime.sagemaker.us-east-1.amazonaws.com" + self.path


@cache
def plain() -> Any:
    """Return a client; one for all examples, for a client costs more than a call."""
    return client_of()


@cache
def wire() -> Wire:
    """Return a client whose requests are changed; one for all examples."""
    return Wire()


def sent(
    operation: str, *, body: bytes | None = None, path: str | None = None, **params: Any
) -> tuple[int, str]:
    """Return status and error code of a call that is changed on its way."""
    wire().body, wire().path = body, path
    return outcome(getattr(wire().client, operation), **params)


def outcome(operation: Any, **params: Any) -> tuple[int, str]:
    """Return status and error code of a call; 200 and nothing if it went well."""
    try:
        operation(**params)
    except ClientError as fault:
        response = fault.response
        return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"]
    return 200, ""


def request(**changes: Any) -> dict[str, Any]:
    whole = {
        "HumanLoopName": "invoice-1",
        "FlowDefinitionArn": FLOW,
        "HumanLoopInput": {"InputContent": CONTENT},
        "DataAttributes": {"ContentClassifiers": ["FreeOfAdultContent"]},
    }
    return whole | changes


def check(found: int, code: str, ml: MockML) -> None:
    """See that a call was refused, or right, and that a refused one changed nothing."""
    assert found == 200 or (400 <= found < 500 and code in ANSWERS), (found, code)
    if found != 200:
        assert names(plain()) == ["kept"]
        assert status(plain(), "kept") == "InProgress"
        assert len(ml.events) == 0


@given(body=st.binary(max_size=200))
@example(body=b"")
@example(body=b"\xff\xfe")
@example(body=b'{"HumanLoopName": "a", "HumanLoopName": "b"}')
@example(body=b"[" * 100_000)
@example(body=b'{"HumanLoopName":' * 5000)
@settings(max_examples=60, deadline=None)
def test_any_bytes_as_a_body(body: bytes) -> None:
    with mock_ml(now=NOW) as ml:
        start(plain(), "kept")
        check(*sent("start_human_loop", body=body, **request()), ml)
        check(*sent("stop_human_loop", body=body, HumanLoopName="kept"), ml)


@given(
    changes=st.dictionaries(st.sampled_from([*request(), "Unknown"]), JSON, min_size=1, max_size=3)
)
@settings(max_examples=100, deadline=None)
def test_any_json_in_any_member(changes: dict[str, Any]) -> None:
    body = json.dumps(request(**changes)).encode()
    with mock_ml(now=NOW) as ml:
        start(plain(), "kept")
        check(*sent("start_human_loop", body=body, **request()), ml)


@given(path=st.text(st.characters(codec="ascii", exclude_characters="\r\n\t "), max_size=40))
@example(path="/human-loops/%zz")
@example(path="/human-loops/%ff%fe")
@example(path="/human-loops/a%2Fb")
@example(path="/human-loops?maxResults=ten&FlowDefinitionArn=x")
@example(path="/human-loops/../../")
@settings(max_examples=60, deadline=None)
def test_any_path(path: str) -> None:
    with mock_ml(now=NOW) as ml:
        start(plain(), "kept")
        check(*sent("describe_human_loop", path=f"/{path}", HumanLoopName="kept"), ml)


@given(
    params=st.fixed_dictionaries(
        {},
        optional={
            "SortOrder": st.text(max_size=5),
            "NextToken": st.text(max_size=20),
            "MaxResults": st.integers() | st.text(max_size=3) | st.floats(),
            "CreationTimeAfter": st.datetimes() | st.just(""),
        },
    )
)
@settings(max_examples=100, deadline=None)
def test_any_query(params: dict[str, Any]) -> None:
    with mock_ml(now=NOW) as ml:
        start(plain(), "kept")
        try:
            found = sent("list_human_loops", FlowDefinitionArn=FLOW, **params)
        except (ValueError, OverflowError):  # botocore itself can't write such a value
            return
        check(*found, ml)


@given(content=st.text() | JSON.map(json.dumps) | st.dictionaries(st.text(), JSON).map(json.dumps))
@example(content='{"name": "\\ud800"}')
@example(content='{"n": 1e308, "m": -0.0, "k": 12345678901234567890}')
@settings(max_examples=100, deadline=None)
def test_any_content_is_refused_or_carried_through(content: str) -> None:
    with mock_ml(now=NOW) as ml:
        found, code = outcome(
            plain().start_human_loop, **request(HumanLoopInput={"InputContent": content})
        )
        if found == 200:
            ml.a2i.human_loop("invoice-1").complete({"decision": "approve"})
            output = json.loads(ml.s3.get(str(ml.a2i.human_loop("invoice-1").output_uri)))
            came = json.loads(content)
            assert set(output["inputContent"]) == {
                k.encode(errors="replace").decode() for k in came
            }
        else:
            assert (found, code) == (400, "ValidationException")


def test_sixteen_threads_that_start_list_stop_and_delete(mlmock: MockML) -> None:
    def life(number: int) -> str:
        client = client_of()
        name = f"loop-{number}"
        start(client, name)
        assert name in names(client, MaxResults=100)
        client.stop_human_loop(HumanLoopName=name)
        seen = status(client, name)
        client.delete_human_loop(HumanLoopName=name)
        return seen

    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(life, range(48))) == {"Stopped"}
    assert names(client_of()) == []
    assert len(mlmock.events) == 48


@pytest.mark.parametrize("size", [0, -1, 10**9])
@pytest.mark.usefixtures("mlmock")
def test_page_sizes_that_the_model_forbids(size: int) -> None:
    found, code = sent("list_human_loops", FlowDefinitionArn=FLOW, MaxResults=size)
    assert (found, code) == (400, "ValidationException")
