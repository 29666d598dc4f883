"""What goes out in our way is what botocore prepares."""

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


def parts(sent: Any) -> tuple[Any, ...]:
    """Return everything in a prepared request; its headers in their order, as they are written."""
    headers = [(str(name), value) for name, value in sent.headers.items()]
    return sent.method, sent.url, headers, sent.body, sent.stream_output


@given(
    method=st.sampled_from(["GET", "POST", "HEAD", "DELETE"]),
    data=st.sampled_from([b"", b"{}", b"\xff", None]),
    headers=st.lists(st.tuples(NAMES, VALUES)),
)
@example("POST", b"{}", [("X-A", "1"), ("Accept", "a"), ("x-a", "2")])
@settings(deadline=None)
def test_a_request_is_prepared_as_botocore_does(
    method: str, data: Any, headers: list[tuple[str, Any]]
) -> None:
    upstream: Any = Endpoint.prepare_request
    theirs = upstream(Endpoint.__new__(Endpoint), request(method, data, headers))
    ours = prepared(request(method, data, headers))
    assert ours is None or parts(ours) == parts(theirs)
    assert (ours is None) == (not hasattr(theirs, "context"))  # an earlier botocore's


@pytest.mark.parametrize(
    "odd", [{"data": "text"}, {"data": {"a": 1}}, {"params": {"a": 1}}, {"data": bytearray(b"a")}]
)
def test_an_unusual_request_is_botocore_s_to_prepare(odd: dict[str, Any]) -> None:
    given = {"data": b"", **odd}
    assert prepared(request("POST", given.pop("data"), [], **given)) is None
    assert prepared(request("POST", b"", [("X-A", b"bytes")])) is None


def test_headers_are_botocore_s_mapping_all_the_same() -> None:
    pairs = [("Content-Type", "a"), ("x-b", "1"), ("X-B", "2")]
    ours, theirs = headers_of(pairs), HeadersDict(pairs)
    assert isinstance(ours, HeadersDict)
    for name in ("content-TYPE", "X-b"):
        assert (ours[name], ours.get(name), name in ours) == (theirs[name], theirs[name], True)
    assert ("c" in ours, ours.get("c", 7)) == (False, 7)
    for each in (ours, theirs):
        each["C"] = "3"
        del each["x-B"]
    assert list(ours.items()) == list(theirs.items())
    assert (list(ours), len(ours), dict(ours.copy())) == (list(theirs), 2, dict(theirs))
    with pytest.raises(KeyError):
        ours["x-b"]


def test_hooks_see_the_request_that_goes_out() -> None:
    seen: list[Any] = []
    with mock_ml():
        client = boto3.client("sagemaker-a2i-runtime", region_name="us-east-1")
        client.meta.events.register("before-send", lambda request, **kwargs: seen.append(request))
        with pytest.raises(client.exceptions.ResourceNotFoundException):
            client.stop_human_loop(HumanLoopName="none")
    (sent,) = seen
    assert sent.headers["content-length"] == "25"
    assert sent.headers["Content-Type"] == b"application/json"
    assert sent.body == b'{"HumanLoopName": "none"}'
