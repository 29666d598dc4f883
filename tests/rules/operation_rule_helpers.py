"""Values and calls shared by the tests of operation rules."""

from __future__ import annotations

import datetime
from typing import Any

from botocore.exceptions import ClientError

from tests.helpers import FLOW

OTHER = "arn:aws:sagemaker:us-east-1:123456789012:human-loop/other"


NOW = datetime.datetime(2026, 5, 1, tzinfo=datetime.timezone.utc)


def describe(a2i: Any, name: str = "x") -> Any:
    """Return the status that DescribeHumanLoop reports, or its error code."""
    try:
        return a2i.describe_human_loop(HumanLoopName=name)["HumanLoopStatus"]
    except ClientError as error:
        return error.response["Error"]["Code"]


def description(status: str) -> dict[str, Any]:
    """Return a complete DescribeHumanLoop response."""
    return {
        "CreationTime": NOW,
        "HumanLoopStatus": status,
        "HumanLoopName": "x",
        "HumanLoopArn": "arn:aws:sagemaker:us-east-1:123456789012:human-loop/x",
        "FlowDefinitionArn": FLOW,
    }
