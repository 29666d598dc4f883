"""Requests that mlmock prepares equal the ones that botocore prepares."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSRequest, HeadersDict
from botocore.endpoint import Endpoint
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mlmock import mock_ml
from mlmock.interception.botocore.headers import headers_of
from mlmock.interception.botocore.request_preparation import prepared

NAMES = st.sampled_from(["Accept", "X-a", "x-A", "Content-Length", "Transfer-Encoding"])
VALUES = st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=9)


def request(method: str, data: Any, headers: list[tuple[str, Any]], **more: Any) -> AWSRequest:
    found = AWSRequest(method=method, url="https://a.amazonaws.com/b", data=data, **more)
    for name, value in headers:
        found.headers[name] = value
    return found


def contents(sent: Any) -> tuple[Any, ...]:
    """Return everything in a prepared request, with its headers in order."""
    headers = [(str(name), value) for name, value in sent.headers.items()]
    return sent.method, sent.url, headers, sent.body, sent.stream_output


@given(
    method=st.sampled_from(["GET", "POST", "HEAD", "DELETE"]),
    data=st.sampled_from([b"", b"{}", b"\xff", None]),
    headers=st.lists(st.tuples(NAMES, VALUES)),
)
@example("POST", b"{}", [("X-A", "1"), ("Accept", "a"), ("x-a", "2")])
@settings(deadline=None)
def test_request_is_prepared_as_by_botocore(
    method: str, data: Any, headers: list[tuple[str, Any]]
) -> None:
    upstream: Any = Endpoint.prepare_request
    expected = upstream(Endpoint.__new__(Endpoint), request(method, data, headers))
    actual = prepared(request(method, data, headers))
    assert actual is None or contents(actual) == contents(expected)
    assert (actual is None) == (not hasattr(expected, "context"))  # an earlier botocore release


@pytest.mark.parametrize(
    "odd", [{"data": "text"}, {"data": {"a": 1}}, {"params": {"a": 1}}, {"data": bytearray(b"a")}]
)
def test_unusual_request_is_left_to_botocore(odd: dict[str, Any]) -> None:
    given = {"data": b"", **odd}
    assert prepared(request("POST", given.pop("data"), [], **given)) is None
    assert prepared(request("POST", b"", [("X-A", b"bytes")])) is None


def test_headers_behave_like_botocores() -> None:
    pairs = [("Content-Type", "a"), ("x-b", "1"), ("X-B", "2")]
    actual, expected = headers_of(pairs), HeadersDict(pairs)
    assert isinstance(actual, HeadersDict)
    for name in ("content-TYPE", "X-b"):
        assert (actual[name], actual.get(name), name in actual) == (
            expected[name],
            expected[name],
            True,
        )
    assert ("c" in actual, actual.get("c", 7)) == (False, 7)
    for each in (actual, expected):
        each["C"] = "3"
        del each["x-B"]
    assert list(actual.items()) == list(expected.items())
    assert (list(actual), len(actual), dict(actual.copy())) == (
        list(expected),
        2,
        dict(expected),
    )
    with pytest.raises(KeyError):
        actual["x-b"]


def test_hooks_receive_the_request_that_is_sent() -> None:
    requests: list[Any] = []
    with mock_ml():
        client = boto3.client("sagemaker-a2i-runtime", region_name="us-east-1")
        client.meta.events.register(
            "before-send", lambda request, **kwargs: requests.append(request)
        )
        with pytest.raises(client.exceptions.ResourceNotFoundException):
            client.stop_human_loop(HumanLoopName="none")
    (sent,) = requests
    assert sent.headers["content-length"] == "25"
    assert sent.headers["Content-Type"] == b"application/json"
    assert sent.body == b'{"HumanLoopName": "none"}'
