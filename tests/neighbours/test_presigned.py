"""Presigned URLs of every held operation, fetched by whatever fetches URLs, beside other mocks."""

from __future__ import annotations

import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
import requests
import responses
import urllib3
from moto import mock_aws

from mlmock import NotMocked, mock_ml
from mlmock.wire.rest_json import Operation
from tests.neighbours.presigned import PRESIGNED, by_urllib3, every_fetcher, human_loops, url_of

Fetch = Callable[[str, str], tuple[int, Any]]
EMPTY: tuple[int, Any] = (200, {"HumanLoopSummaries": []})


@every_fetcher
@pytest.mark.parametrize("operation", PRESIGNED)
def test_every_operation_is_answered(operation: Operation, fetch: Fetch) -> None:
    with mock_ml(strict=False) as ml:
        status, found = fetch(operation.model.http["method"], url_of(operation))
        assert ml.calls.last.operation == operation.name
        assert (status < 300) == (ml.calls.last.error is None)
        assert status < 500
        assert status < 300 or "message" in {name.lower() for name in found}


@every_fetcher
def test_beside_moto_either_way(fetch: Fetch) -> None:
    with mock_aws(), mock_ml():
        assert fetch("GET", human_loops()) == EMPTY
    with mock_ml(), mock_aws():
        assert fetch("GET", human_loops()) == EMPTY


@every_fetcher
def test_beside_a_users_responses_either_way(fetch: Fetch) -> None:
    with responses.RequestsMock() as mine, mock_ml():
        mine.add("GET", "https://example.com/", body="mine")
        assert fetch("GET", human_loops()) == EMPTY
        assert requests.get("https://example.com/", timeout=5).text == "mine"
    with mock_ml(), responses.RequestsMock() as mine:
        mine.add("GET", "https://example.com/", body="mine")
        assert fetch("GET", human_loops()) == EMPTY
        assert requests.get("https://example.com/", timeout=5).text == "mine"


def test_a_users_own_answer_comes_first() -> None:
    with mock_ml(), responses.RequestsMock() as mine:
        url = human_loops()
        mine.add("GET", url.partition("?")[0], json={"mine": True})
        assert requests.get(url, timeout=5).json() == {"mine": True}


@every_fetcher
def test_another_service_is_refused(fetch: Fetch) -> None:
    with mock_ml() as ml:
        with pytest.raises(NotMocked):
            fetch("GET", "https://bucket.s3.amazonaws.com/key")
        ml.unmatched.clear()


def test_after_the_block_nothing_is_replaced() -> None:
    owners: list[tuple[Any, str]] = [
        (urllib3.connectionpool.HTTPConnectionPool, "urlopen"),
        (responses.RequestsMock, "_on_request"),
        (urllib.request.AbstractHTTPHandler, "do_open"),
    ]
    before = [vars(owner)[name] for owner, name in owners]
    with mock_ml():
        assert [vars(owner)[name] for owner, name in owners] != before
    assert [vars(owner)[name] for owner, name in owners] == before


def test_rules_and_the_journal_see_it() -> None:
    with mock_ml() as ml:
        ml.on("sagemaker-a2i-runtime", "ListHumanLoops").fail("ThrottlingException", times=1)
        assert by_urllib3("GET", human_loops())[0] == 429
        assert by_urllib3("GET", human_loops()) == EMPTY
        assert [call.operation for call in ml.calls] == ["ListHumanLoops"] * 2
        assert "Signature" not in repr(ml.calls.last)
