"""ListAsyncInvokes: filters, order, pages and cost."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from mlmock import MockML, after_polls, manually, mock_ml
from tests.services.bedrock_runtime.async_helpers import NOON, arns, get_invoke, start
from tests.services.bedrock_runtime.converse_helpers import bedrock_client


@pytest.fixture
def hourly(ml: MockML, bedrock: Any) -> list[str]:
    """Return the ARNs of six invocations that start hourly from 12:00 on."""
    started = []
    for _ in range(6):
        started.append(start(bedrock))
        ml.clock.advance(hours=1)
    return started


def at(hour: float) -> Any:
    return NOON + timedelta(hours=hour - 12)


def pages(client: Any, **filters: Any) -> list[list[str]]:
    """Return the ARNs of every page."""
    found = []
    token: dict[str, str] = {}
    while True:
        page = client.list_async_invokes(**filters, **token)
        found.append([row["invocationArn"] for row in page["asyncInvokeSummaries"]])
        if "nextToken" not in page:
            return found
        token = {"nextToken": page["nextToken"]}


def test_a_listing_without_invocations(bedrock: Any) -> None:
    listed = bedrock.list_async_invokes()
    assert listed["asyncInvokeSummaries"] == []
    assert "nextToken" not in listed


def test_a_summary_equals_the_response_of_get(bedrock: Any) -> None:
    arn = start(bedrock, clientRequestToken="t-1")
    assert bedrock.list_async_invokes()["asyncInvokeSummaries"] == [get_invoke(bedrock, arn)]


def test_the_latest_invocations_come_first(bedrock: Any, hourly: list[str]) -> None:
    assert arns(bedrock) == hourly[::-1]
    assert arns(bedrock, sortBy="SubmissionTime", sortOrder="Descending") == hourly[::-1]
    assert arns(bedrock, sortOrder="Ascending") == hourly


def test_invocations_of_the_same_time_are_in_start_order(bedrock: Any) -> None:
    started = [start(bedrock) for _ in range(5)]
    assert arns(bedrock, sortOrder="Ascending") == started
    assert [a for page in pages(bedrock, maxResults=2) for a in page] == started[::-1]


def test_time_filters_are_exclusive(bedrock: Any, hourly: list[str]) -> None:
    ascending: dict[str, Any] = {"sortOrder": "Ascending"}
    assert arns(bedrock, submitTimeAfter=at(14), **ascending) == hourly[3:]
    assert arns(bedrock, submitTimeBefore=at(14), **ascending) == hourly[:2]
    between = {"submitTimeAfter": at(12), "submitTimeBefore": at(16)}
    assert arns(bedrock, **between, **ascending) == hourly[1:4]
    assert arns(bedrock, submitTimeAfter=at(16), submitTimeBefore=at(13)) == []


def test_time_filters_compare_milliseconds(bedrock: Any, hourly: list[str]) -> None:
    moment = timedelta(milliseconds=1)
    found = arns(bedrock, submitTimeAfter=at(14) - moment, submitTimeBefore=at(14) + moment)
    assert found == [hourly[2]]


def test_filter_by_status(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.async_invokes.fail("broken", times=1)
    failed, completed = start(bedrock), start(bedrock)
    ml.bedrock.async_invokes.progress = manually()
    running = start(bedrock)
    assert arns(bedrock, statusEquals="Failed") == [failed]
    assert arns(bedrock, statusEquals="Completed") == [completed]
    assert arns(bedrock, statusEquals="InProgress") == [running]
    assert arns(bedrock) == [running, completed, failed]


def test_filters_can_be_combined(ml: MockML, bedrock: Any, hourly: list[str]) -> None:
    ml.bedrock.async_invokes.fail("broken", times=1)
    failed = start(bedrock)
    found = arns(bedrock, statusEquals="Completed", submitTimeAfter=at(15), maxResults=5)
    assert found == [hourly[5], hourly[4]]
    assert arns(bedrock, statusEquals="Failed", submitTimeAfter=at(15)) == [failed]


def test_pages_follow_each_other(bedrock: Any, hourly: list[str]) -> None:
    assert pages(bedrock, maxResults=4) == [hourly[:1:-1], hourly[1::-1]]
    assert pages(bedrock, maxResults=6) == [hourly[::-1]]
    assert pages(bedrock, maxResults=3, sortOrder="Ascending") == [hourly[:3], hourly[3:]]


def test_the_default_page_size_is_100(bedrock: Any) -> None:
    for _ in range(101):
        start(bedrock)
    assert [len(page) for page in pages(bedrock)] == [100, 1]


def test_the_paginator_reads_all_pages(bedrock: Any, hourly: list[str]) -> None:
    listing = bedrock.get_paginator("list_async_invokes").paginate(
        PaginationConfig={"PageSize": 4}, statusEquals="Completed", sortOrder="Ascending"
    )
    assert [row["invocationArn"] for row in listing.search("asyncInvokeSummaries")] == hourly


def test_a_token_stays_valid_while_invocations_start_and_end(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.async_invokes.progress = manually()
    started = [start(bedrock) for _ in range(4)]
    filters = {"statusEquals": "InProgress", "maxResults": 2}
    first = bedrock.list_async_invokes(**filters)
    ml.bedrock.async_invoke(started[2]).finish()
    start(bedrock)
    rest = arns(bedrock, **filters, nextToken=first["nextToken"])
    assert rest == started[1::-1]


def test_the_page_size_can_change_between_pages(bedrock: Any, hourly: list[str]) -> None:
    token = bedrock.list_async_invokes(maxResults=1)["nextToken"]
    assert arns(bedrock, maxResults=1000, nextToken=token) == hourly[4::-1]


@pytest.mark.parametrize(
    "other",
    [
        {"statusEquals": "Failed"},
        {"sortOrder": "Ascending"},
        {"submitTimeAfter": NOON},
        {"submitTimeBefore": NOON},
    ],
)
def test_a_token_is_rejected_by_another_listing(
    bedrock: Any, hourly: list[str], other: dict[str, Any]
) -> None:
    token = bedrock.list_async_invokes(maxResults=1)["nextToken"]
    with pytest.raises(bedrock.exceptions.ValidationException):
        bedrock.list_async_invokes(nextToken=token, **other)
    with pytest.raises(ClientError):
        bedrock_client("us-west-2").list_async_invokes(nextToken=token)


@pytest.mark.parametrize("token", ["abc", "AAAA", "!", "x" * 2048])
def test_an_invalid_token_is_rejected(bedrock: Any, token: str) -> None:
    with pytest.raises(bedrock.exceptions.ValidationException):
        bedrock.list_async_invokes(nextToken=token)


@pytest.mark.parametrize(
    ("bad", "rule"),
    [
        ({"maxResults": 1001}, "Member must have value less than or equal to 1000"),
        ({"sortOrder": "Upwards"}, "Member must satisfy enum value set: [Ascending, Descending]"),
        ({"sortBy": "Name"}, "Member must satisfy enum value set: [SubmissionTime]"),
        ({"statusEquals": "Expired"}, "Member must satisfy enum value set"),
        ({"nextToken": "a b"}, "Member must satisfy regular expression pattern"),
    ],
)
def test_service_model_constraints_are_enforced(
    bedrock: Any, bad: dict[str, Any], rule: str
) -> None:
    with pytest.raises(bedrock.exceptions.ValidationException) as caught:
        bedrock.list_async_invokes(**bad)
    assert rule in caught.value.response["Error"]["Message"]


# -- listings as polls ------------------------------------------------------------------------


def test_a_listing_polls_the_invocations_it_returns(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.async_invokes.progress = after_polls(1)
    start(bedrock)
    statuses = [bedrock.list_async_invokes()["asyncInvokeSummaries"][0]["status"] for _ in range(3)]
    assert statuses == ["InProgress", "Completed", "Completed"]


def test_polling_with_a_status_filter_completes_invocations(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.async_invokes.progress = after_polls(2)
    arn = start(bedrock)
    assert [arns(bedrock, statusEquals="Completed") for _ in range(3)] == [[], [], [arn]]


def test_invocations_completed_by_polling_are_not_in_progress(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.async_invokes.progress = after_polls(1)
    started = [start(bedrock) for _ in range(5)]
    get_invoke(bedrock, started[4])
    get_invoke(bedrock, started[2])
    filters = {"statusEquals": "InProgress", "maxResults": 2}
    first = bedrock.list_async_invokes(**filters)
    assert [row["invocationArn"] for row in first["asyncInvokeSummaries"]] == [
        started[3],
        started[1],
    ]
    assert arns(bedrock, **filters, nextToken=first["nextToken"]) == [started[0]]
    assert arns(bedrock, **filters) == []


# -- cost -------------------------------------------------------------------------------------


def store_reads(client: Any, ml: MockML, **filters: Any) -> int:
    """Return how often one page reads the store."""
    import sys

    backend = next(iter(ml.bedrock.backends()))
    count = 0

    def count_reads(frame: Any, event: str, argument: Any) -> None:
        nonlocal count
        if event == "return" and frame.f_code.co_name == "between":
            count += 1

    assert backend is not None
    sys.setprofile(count_reads)
    try:
        client.list_async_invokes(**filters)
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize(
    "filters",
    [{}, {"statusEquals": "Failed"}, {"submitTimeBefore": at(13)}, {"sortOrder": "Ascending"}],
)
def test_the_cost_of_a_page_does_not_grow_with_the_store(
    ml: MockML, bedrock: Any, filters: dict[str, Any]
) -> None:
    reads = []
    for _ in range(2):
        ml.bedrock.async_invokes.fail("broken", times=20)
        for _ in range(200):
            start(bedrock)
        ml.clock.advance(minutes=1)
        reads.append(store_reads(bedrock, ml, maxResults=10, **filters))
    smaller, larger = next(pairwise(reads))
    assert 10 <= smaller == larger


# -- comparison with a plain search -----------------------------------------------------------

STEPS = st.lists(
    st.sampled_from(["start", "start", "wait", "complete", "fail", "undo"]), max_size=25
)
HOURS = st.none() | st.integers(11, 30)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    steps=STEPS,
    status=st.sampled_from([None, "InProgress", "Completed", "Failed"]),
    since=HOURS,
    until=HOURS,
    ascending=st.booleans(),
    size=st.integers(1, 7),
)
def test_listings_equal_a_plain_search(
    steps: list[str],
    status: str | None,
    since: int | None,
    until: int | None,
    ascending: bool,
    size: int,
) -> None:
    with mock_ml(now=NOON, progress=manually()) as ml:
        client = bedrock_client()
        for step in steps:
            perform(ml, client, step)
        invokes = [get_invoke(client, invoke.arn) for invoke in ml.bedrock.async_invokes]
        expected = [
            row["invocationArn"]
            for row in (invokes if ascending else invokes[::-1])
            if status in (None, row["status"])
            and (since is None or row["submitTime"] > at(since))
            and (until is None or row["submitTime"] < at(until))
        ]
        options: dict[str, Any] = {"maxResults": size}
        options |= {"statusEquals": status} if status else {}
        options |= {"sortOrder": "Ascending"} if ascending else {}
        options |= {"submitTimeAfter": at(since)} if since is not None else {}
        options |= {"submitTimeBefore": at(until)} if until is not None else {}
        found = pages(client, **options)
    assert [arn for page in found for arn in page] == expected
    assert all(len(page) == size for page in found[:-1])


def perform(ml: MockML, client: Any, step: str) -> None:
    """Perform a step: start an invocation, advance an hour, end one, or undo in a savepoint."""
    running = [invoke for invoke in ml.bedrock.async_invokes if invoke.status == "InProgress"]
    if step == "start":
        start(client)
    elif step == "wait":
        ml.clock.advance(hours=1)
    elif step == "undo":
        with ml.savepoint():
            start(client)
            ml.progress.step()
    elif running:
        invoke = running[len(running) // 2]
        invoke.complete() if step == "complete" else invoke.fail("broken")
