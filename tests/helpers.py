"""Clients and human loops shared by the tests of every package."""

from __future__ import annotations

from typing import Any

import boto3

A2I = "sagemaker-a2i-runtime"
FLOW = "arn:aws:sagemaker:us-east-1:123456789012:flow-definition/review"
CONTENT = '{"total": 12.5}'


def client() -> Any:
    """Return a new Amazon A2I client of the default session."""
    return boto3.client(A2I, region_name="us-east-1")


def client_for(account_id: str = "123456789012", region: str = "us-east-1") -> Any:
    """Return a client of an account (its access key is the account) and a region."""
    return boto3.client(
        A2I, region_name=region, aws_access_key_id=account_id, aws_secret_access_key="-"
    )


def start(
    a2i: Any, name: str = "invoice-1", *, flow: str = FLOW, content: str = CONTENT, **members: Any
) -> str:
    """Start a human loop and return its ARN."""
    answer = a2i.start_human_loop(
        HumanLoopName=name,
        FlowDefinitionArn=flow,
        HumanLoopInput={"InputContent": content},
        **members,
    )
    return str(answer["HumanLoopArn"])


def names(a2i: Any) -> list[str]:
    """Return the names of the loops, oldest first."""
    found = a2i.list_human_loops(FlowDefinitionArn=FLOW, SortOrder="Ascending")
    return [loop["HumanLoopName"] for loop in found["HumanLoopSummaries"]]
