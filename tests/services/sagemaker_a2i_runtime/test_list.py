"""ListHumanLoops: members, filters, order, pagination and tokens."""

from __future__ import annotations

import base64
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from mlmock import MockML, mock_ml
from tests.helpers import FLOW, client_for, start
from tests.services.sagemaker_a2i_runtime.human_loop_helpers import names

NOON = datetime(2026, 2, 24, 12, tzinfo=timezone.utc)
pytestmark = pytest.mark.mlmock(now=NOON)


def start_each_minute(client: Any, ml: MockML, count: int, **more: Any) -> None:
    """Start `count` loops one minute apart, loop-0 at noon."""
    for number in range(count):
        start(client, f"loop-{number}", **more)
        ml.clock.advance(minutes=1)


def first_page(client: Any, size: int = 2, **params: Any) -> tuple[list[str], Any]:
    """Return the names on a page, and the token of the next page."""
    page = client.list_human_loops(**{"FlowDefinitionArn": FLOW, "MaxResults": size, **params})
    return [loop["HumanLoopName"] for loop in page["HumanLoopSummaries"]], page.get("NextToken")


# -- members, order, filters


def test_every_member_of_every_state(a2i: Any, ml: MockML) -> None:
    start_each_minute(a2i, ml, 3)
    ml.a2i.human_loop("loop-1").fail("ValidationError", "Task failed to render")
    ml.a2i.human_loop("loop-2").complete({"decision": "approve"})
    answer = a2i.list_human_loops(FlowDefinitionArn=FLOW)
    assert "NextToken" not in answer
    assert answer["HumanLoopSummaries"] == [
        {
            "HumanLoopName": "loop-2",
            "HumanLoopStatus": "Completed",
            "CreationTime": NOON + timedelta(minutes=2),
            "FlowDefinitionArn": FLOW,
        },
        {
            "HumanLoopName": "loop-1",
            "HumanLoopStatus": "Failed",
            "CreationTime": NOON + timedelta(minutes=1),
            "FailureReason": "Task failed to render",
            "FlowDefinitionArn": FLOW,
        },
        {
            "HumanLoopName": "loop-0",
            "HumanLoopStatus": "InProgress",
            "CreationTime": NOON,
            "FlowDefinitionArn": FLOW,
        },
    ]


def test_list_without_loops_is_empty(a2i: Any) -> None:
    assert names(a2i) == []


def test_newest_loops_come_first_by_default(a2i: Any, ml: MockML) -> None:
    start_each_minute(a2i, ml, 3)
    assert names(a2i) == names(a2i, SortOrder="Descending") == ["loop-2", "loop-1", "loop-0"]
    assert names(a2i, SortOrder="Ascending") == ["loop-0", "loop-1", "loop-2"]


def test_loops_with_the_same_creation_time_keep_their_order(a2i: Any) -> None:
    for name in ("b", "c", "a"):
        start(a2i, name)
    assert names(a2i, SortOrder="Ascending") == ["b", "c", "a"]


def test_creation_time_filters(a2i: Any, ml: MockML) -> None:
    start_each_minute(a2i, ml, 4)
    since = {"CreationTimeAfter": NOON + timedelta(minutes=1)}
    until = {"CreationTimeBefore": NOON + timedelta(minutes=3)}
    assert names(a2i, **since) == ["loop-3", "loop-2", "loop-1"]
    assert names(a2i, **until) == ["loop-2", "loop-1", "loop-0"]
    assert names(a2i, **since, **until) == ["loop-2", "loop-1"]
    assert names(a2i, **since, **until, SortOrder="Ascending") == ["loop-1", "loop-2"]
    assert names(a2i, CreationTimeBefore=NOON) == []
    assert names(a2i, CreationTimeAfter="2026-02-25") == []
    assert (
        names(
            a2i,
            CreationTimeAfter=until["CreationTimeBefore"],
            CreationTimeBefore=since["CreationTimeAfter"],
        )
        == []
    )


def test_creation_time_filter_in_another_time_zone(a2i: Any, ml: MockML) -> None:
    start_each_minute(a2i, ml, 2)
    tokyo = timezone(timedelta(hours=9))
    since = (NOON + timedelta(minutes=1)).astimezone(tokyo)
    assert names(a2i, CreationTimeAfter=since) == ["loop-1"]


def test_list_has_only_loops_of_the_flow_definition_account_and_region(a2i: Any) -> None:
    start(a2i, "mine")
    start(a2i, "other-flow", flow=FLOW.replace("review", "other"))
    start(
        client_for("111122223333"),
        "other-account",
        flow=FLOW.replace("123456789012", "111122223333"),
    )
    start(
        client_for(region="eu-west-1"), "other-region", flow=FLOW.replace("us-east-1", "eu-west-1")
    )
    assert names(a2i) == ["mine"]


# -- errors -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arn",
    [FLOW.replace("us-east-1", "eu-west-1"), FLOW.replace("123456789012", "111122223333")],
    ids=["another region", "another account"],
)
def test_flow_definition_of_another_scope_is_not_found(a2i: Any, arn: str) -> None:
    with pytest.raises(a2i.exceptions.ResourceNotFoundException) as caught:
        names(a2i, FlowDefinitionArn=arn)
    assert caught.value.response["Error"]["Message"] == f"Flow definition {arn} not found."


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({"FlowDefinitionArn": "review"}, "at 'flowDefinitionArn' failed to satisfy constraint"),
        ({"MaxResults": 101}, "Member must have value less than or equal to 100"),
        ({"SortOrder": "Random"}, "enum value set: [Ascending, Descending]"),
        ({"NextToken": "x" * 8193}, "Member must have length less than or equal to 8192"),
    ],
)
def test_constraint_violation_is_rejected(a2i: Any, params: dict[str, Any], text: str) -> None:
    with pytest.raises(a2i.exceptions.ValidationException, match="1 validation error") as caught:
        names(a2i, **params)
    assert text in caught.value.response["Error"]["Message"]


# -- pages ------------------------------------------------------------------------------------


def test_default_page_size_is_ten(a2i: Any, ml: MockML) -> None:
    start_each_minute(a2i, ml, 11)
    page = a2i.list_human_loops(FlowDefinitionArn=FLOW)
    assert len(page["HumanLoopSummaries"]) == 10
    assert len(names(a2i, MaxResults=100)) == 11
    assert names(a2i, NextToken=page["NextToken"]) == ["loop-0"]


def test_full_last_page_has_no_token(a2i: Any, ml: MockML) -> None:
    start_each_minute(a2i, ml, 4)
    _, token = first_page(a2i)
    assert first_page(a2i, NextToken=token) == (["loop-1", "loop-0"], None)


def test_paginator_returns_all_pages(a2i: Any, ml: MockML) -> None:
    start_each_minute(a2i, ml, 7)
    paginator = a2i.get_paginator("list_human_loops")
    pages = paginator.paginate(FlowDefinitionArn=FLOW, PaginationConfig={"PageSize": 3})
    shape = [[loop["HumanLoopName"] for loop in page["HumanLoopSummaries"]] for page in pages]
    assert shape == [["loop-6", "loop-5", "loop-4"], ["loop-3", "loop-2", "loop-1"], ["loop-0"]]


def test_max_items_and_starting_token(a2i: Any, ml: MockML) -> None:
    start_each_minute(a2i, ml, 7)
    paginator = a2i.get_paginator("list_human_loops")

    def paginate(**config: Any) -> tuple[list[str], Any]:
        found = paginator.paginate(
            FlowDefinitionArn=FLOW, SortOrder="Ascending", PaginationConfig=config
        ).build_full_result()
        return [loop["HumanLoopName"][-1] for loop in found["HumanLoopSummaries"]], found.get(
            "NextToken"
        )

    first, token = paginate(MaxItems=4, PageSize=3)
    assert first == ["0", "1", "2", "3"]
    assert paginate(StartingToken=token, PageSize=2) == (["4", "5", "6"], None)


# -- tokens -----------------------------------------------------------------------------------


def test_token_stays_valid_when_loops_are_added_and_deleted(a2i: Any, ml: MockML) -> None:
    start_each_minute(a2i, ml, 6)
    page, token = first_page(a2i)
    assert page == ["loop-5", "loop-4"]
    start(a2i, "late")
    for deleted in ("loop-4", "loop-3"):
        ml.a2i.human_loop(deleted).complete({})
        a2i.delete_human_loop(HumanLoopName=deleted)
    assert first_page(a2i, NextToken=token)[0] == ["loop-2", "loop-1"]


def test_ascending_list_includes_loops_started_meanwhile(a2i: Any, ml: MockML) -> None:
    start_each_minute(a2i, ml, 3)
    _, token = first_page(a2i, SortOrder="Ascending")
    start(a2i, "late")
    page, rest = first_page(a2i, SortOrder="Ascending", NextToken=token)
    assert (page, rest) == (["loop-2", "late"], None)


def test_token_allows_another_page_size(a2i: Any, ml: MockML) -> None:
    start_each_minute(a2i, ml, 6)
    _, token = first_page(a2i, 1)
    assert first_page(a2i, 100, NextToken=token)[0] == [f"loop-{n}" for n in (4, 3, 2, 1, 0)]


def is_rejected(client: Any, token: str, **params: Any) -> bool:
    """Return whether the token is rejected with the expected error."""
    with pytest.raises(ClientError) as caught:
        names(client, NextToken=token, **params)
    error = caught.value.response["Error"]
    return bool(error["Code"] == "ValidationException" and "token" in error["Message"])


def test_token_of_another_list_is_rejected(a2i: Any, ml: MockML) -> None:
    start_each_minute(a2i, ml, 3)
    _, token = first_page(a2i)
    assert is_rejected(a2i, token, FlowDefinitionArn=FLOW.replace("review", "other"))
    assert is_rejected(a2i, token, SortOrder="Ascending")
    assert is_rejected(a2i, token, CreationTimeAfter=NOON)
    assert is_rejected(a2i, token, CreationTimeBefore=NOON)
    other_account = client_for("111122223333")
    assert is_rejected(
        other_account, token, FlowDefinitionArn=FLOW.replace("123456789012", "111122223333")
    )
    assert first_page(a2i, NextToken=token)[0] == ["loop-0"]


@pytest.mark.parametrize("token", ["", "x", "=", "not base64!", "é", "bG9vcC0w", "A" * 8192])
def test_invalid_token_is_rejected(a2i: Any, token: str) -> None:
    assert is_rejected(a2i, token)


def test_token_is_opaque(a2i: Any, ml: MockML) -> None:
    start_each_minute(a2i, ml, 3)
    _, token = first_page(a2i)
    assert token.isascii()
    assert not token.isdigit()


@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_altered_token_is_rejected(data: st.DataObject) -> None:
    with mock_ml(now=NOON) as ml:
        client = client_for()
        start_each_minute(client, ml, 3)
        _, token = first_page(client)
        index = data.draw(st.integers(0, len(token) - 1))
        letter = data.draw(st.sampled_from("AaZz09-_").filter(lambda c: c != token[index]))
        assert is_rejected(client, token[:index] + letter + token[index + 1 :])
        assert is_rejected(client, token[:index])
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        assert is_rejected(client, base64.urlsafe_b64encode(raw + b" ").decode())
