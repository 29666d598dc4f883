"""What the tests of the core say over and over."""

from __future__ import annotations

from typing import Any

import boto3

A2I = "sagemaker-a2i-runtime"
FLOW = "arn:aws:sagemaker:us-east-1:123456789012:flow-definition/review"


def client() -> Any:
    """Return a fresh client of the default session."""
    return boto3.client(A2I, region_name="us-east-1")


def start(a2i: Any, name: str = "invoice-1") -> str:
    """Start a human loop and return its ARN."""
    answer = a2i.start_human_loop(
        HumanLoopName=name, FlowDefinitionArn=FLOW, HumanLoopInput={"InputContent": "{}"}
    )
    return str(answer["HumanLoopArn"])


def names(a2i: Any) -> list[str]:
    """Return the names of the loops, oldest first."""
    found = a2i.list_human_loops(FlowDefinitionArn=FLOW, SortOrder="Ascending")
    return [loop["HumanLoopName"] for loop in found["HumanLoopSummaries"]]
