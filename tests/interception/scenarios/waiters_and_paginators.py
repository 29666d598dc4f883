"""Waiters and paginators use the virtual clock."""

from tests.interception.isolated_process import KEYS, NAME, flow, raises, start

# isort: split
import datetime
from typing import Any

import boto3
from botocore.exceptions import WaiterError
from botocore.waiter import WaiterModel, create_waiter_with_client

from mlmock import after, after_polls, mock_ml

STOPPED = WaiterModel(
    {
        "version": 2,
        "waiters": {
            "LoopStopped": {
                "operation": "DescribeHumanLoop",
                "delay": 30,
                "maxAttempts": 10,
                "acceptors": [
                    {
                        "matcher": "path",
                        "argument": "HumanLoopStatus",
                        "expected": "Stopped",
                        "state": "success",
                    }
                ],
            }
        },
    }
)
now = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
before: Any = boto3.client(NAME, "us-east-1", **KEYS)

for policy, polls in ((after_polls(3), 4), (after(100), 5)):
    with mock_ml(now=now, progress=policy) as ml:
        start(before)
        before.stop_human_loop(HumanLoopName="invoice-1")
        waiter: Any = create_waiter_with_client("LoopStopped", STOPPED, before)
        waiter.wait(HumanLoopName="invoice-1")
        assert len(ml.calls.of(NAME, "DescribeHumanLoop")) == polls
        assert ml.clock.now() - now == datetime.timedelta(seconds=30 * (polls - 1))
        raises(
            WaiterError,
            waiter.wait,
            HumanLoopName="other",
            WaiterConfig={"Delay": 5, "MaxAttempts": 3},
        )

with mock_ml() as ml:
    for number in range(25):
        start(before, f"loop-{number}")
    pages: Any = before.get_paginator("list_human_loops").paginate(
        FlowDefinitionArn=flow(), SortOrder="Ascending", PaginationConfig={"MaxItems": 22}
    )
    found = [loop["HumanLoopName"] for page in pages for loop in page["HumanLoopSummaries"]]
    assert found == [f"loop-{number}" for number in range(22)]
    assert pages.resume_token is not None
