"""Any input gives a modeled response, and a rejected call changes nothing."""

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
from tests.helpers import CONTENT, FLOW, client_for, start
from tests.services.sagemaker_a2i_runtime.human_loop_helpers import names, status

NOW = datetime(2026, 1, 1, tzinfo=timezone.utc)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
MODELED_ERRORS = {"ValidationException", "ResourceNotFoundException", "ConflictException"}
ALLOWED_ERRORS = MODELED_ERRORS | {"SerializationException", "UnknownOperationException"}


class ChangedRequests:
    """A client whose requests get another body or path before signing."""

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
def plain_client() -> Any:
    """Return a client that all examples share, because creating one is slow."""
    return client_for()


@cache
def changing_client() -> ChangedRequests:
    """Return a client with changed requests that all examples share."""
    return ChangedRequests()


def send_changed(
    operation: str, *, body: bytes | None = None, path: str | None = None, **params: Any
) -> tuple[int, str]:
    """Return status and error code of a call whose request is changed."""
    changing_client().body, changing_client().path = body, path
    return outcome(getattr(changing_client().client, operation), **params)


def outcome(operation: Any, **params: Any) -> tuple[int, str]:
    """Return status and error code of a call; 200 and an empty string on success."""
    try:
        operation(**params)
    except ClientError as error:
        response = error.response
        return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"]
    return 200, ""


def request(**changes: Any) -> dict[str, Any]:
    members = {
        "HumanLoopName": "invoice-1",
        "FlowDefinitionArn": FLOW,
        "HumanLoopInput": {"InputContent": CONTENT},
        "DataAttributes": {"ContentClassifiers": ["FreeOfAdultContent"]},
    }
    return members | changes


def check_outcome(found: int, code: str, ml: MockML) -> None:
    """Check that a call succeeded, or failed with an allowed error and changed nothing."""
    assert found == 200 or (400 <= found < 500 and code in ALLOWED_ERRORS), (found, code)
    if found != 200:
        assert names(plain_client()) == ["kept"]
        assert status(plain_client(), "kept") == "InProgress"
        assert len(ml.events) == 0


@given(body=st.binary(max_size=200))
@example(body=b"")
@example(body=b"\xff\xfe")
@example(body=b'{"HumanLoopName": "a", "HumanLoopName": "b"}')
@example(body=b"[" * 100_000)
@example(body=b'{"HumanLoopName":' * 5000)
@settings(max_examples=60, deadline=None)
def test_any_bytes_as_the_body(body: bytes) -> None:
    with mock_ml(now=NOW) as ml:
        start(plain_client(), "kept")
        check_outcome(*send_changed("start_human_loop", body=body, **request()), ml)
        check_outcome(*send_changed("stop_human_loop", body=body, HumanLoopName="kept"), ml)


@given(
    changes=st.dictionaries(st.sampled_from([*request(), "Unknown"]), JSON, min_size=1, max_size=3)
)
@settings(max_examples=100, deadline=None)
def test_any_json_in_any_member(changes: dict[str, Any]) -> None:
    body = json.dumps(request(**changes)).encode()
    with mock_ml(now=NOW) as ml:
        start(plain_client(), "kept")
        check_outcome(*send_changed("start_human_loop", body=body, **request()), ml)


@given(path=st.text(st.characters(codec="ascii", exclude_characters="\r\n\t "), max_size=40))
@example(path="/human-loops/%zz")
@example(path="/human-loops/%ff%fe")
@example(path="/human-loops/a%2Fb")
@example(path="/human-loops?maxResults=ten&FlowDefinitionArn=x")
@example(path="/human-loops/../../")
@settings(max_examples=60, deadline=None)
def test_any_path(path: str) -> None:
    with mock_ml(now=NOW) as ml:
        start(plain_client(), "kept")
        check_outcome(
            *send_changed("describe_human_loop", path=f"/{path}", HumanLoopName="kept"), ml
        )


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
        start(plain_client(), "kept")
        try:
            found = send_changed("list_human_loops", FlowDefinitionArn=FLOW, **params)
        except (ValueError, OverflowError):  # botocore cannot serialize such a value
            return
        check_outcome(*found, ml)


@given(content=st.text() | JSON.map(json.dumps) | st.dictionaries(st.text(), JSON).map(json.dumps))
@example(content='{"name": "\\ud800"}')
@example(content='{"n": 1e308, "m": -0.0, "k": 12345678901234567890}')
@settings(max_examples=100, deadline=None)
def test_any_content_is_rejected_or_returned_in_the_output(content: str) -> None:
    with mock_ml(now=NOW) as ml:
        found, code = outcome(
            plain_client().start_human_loop, **request(HumanLoopInput={"InputContent": content})
        )
        if found == 200:
            ml.a2i.human_loop("invoice-1").complete({"decision": "approve"})
            output = json.loads(ml.s3.get(str(ml.a2i.human_loop("invoice-1").output_uri)))
            sent_content = json.loads(content)
            assert set(output["inputContent"]) == {
                k.encode(errors="replace").decode() for k in sent_content
            }
        else:
            assert (found, code) == (400, "ValidationException")


def test_sixteen_threads_that_start_list_stop_and_delete(mlmock: MockML) -> None:
    def run_lifecycle(number: int) -> str:
        client = client_for()
        name = f"loop-{number}"
        start(client, name)
        assert name in names(client, MaxResults=100)
        client.stop_human_loop(HumanLoopName=name)
        found_status = status(client, name)
        client.delete_human_loop(HumanLoopName=name)
        return found_status

    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(run_lifecycle, range(48))) == {"Stopped"}
    assert names(client_for()) == []
    assert len(mlmock.events) == 48


@pytest.mark.parametrize("size", [0, -1, 10**9])
@pytest.mark.usefixtures("mlmock")
def test_invalid_page_sizes_are_rejected(size: int) -> None:
    found, code = send_changed("list_human_loops", FlowDefinitionArn=FLOW, MaxResults=size)
    assert (found, code) == (400, "ValidationException")
