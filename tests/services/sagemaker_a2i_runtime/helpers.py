"""What the tests of human loops say over and over."""

from __future__ import annotations

from typing import Any

import boto3

FLOW = "arn:aws:sagemaker:us-east-1:123456789012:flow-definition/review"
CONTENT = '{"total": 12.5}'


def start(client: Any, name: str, *, flow: str = FLOW, content: str = CONTENT, **more: Any) -> str:
    """Start a loop and return its ARN."""
    answer = client.start_human_loop(
        HumanLoopName=name, FlowDefinitionArn=flow, HumanLoopInput={"InputContent": content}, **more
    )
    return str(answer["HumanLoopArn"])


def describe(client: Any, name: str) -> dict[str, Any]:
    """Return everything DescribeHumanLoop says of a loop."""
    answer: dict[str, Any] = client.describe_human_loop(HumanLoopName=name)
    del answer["ResponseMetadata"]
    return answer


def status(client: Any, name: str) -> str:
    """Return a loop's status as DescribeHumanLoop shows it."""
    return str(describe(client, name)["HumanLoopStatus"])


def names(client: Any, **params: Any) -> list[str]:
    """Return the names on one page of ListHumanLoops."""
    page = client.list_human_loops(**{"FlowDefinitionArn": FLOW, **params})
    return [loop["HumanLoopName"] for loop in page["HumanLoopSummaries"]]


def client_of(account_id: str = "123456789012", region: str = "us-east-1") -> Any:
    """Return a client of an account (its access key is the account) and region."""
    return boto3.client(
        "sagemaker-a2i-runtime",
        region_name=region,
        aws_access_key_id=account_id,
        aws_secret_access_key="-",
    )
