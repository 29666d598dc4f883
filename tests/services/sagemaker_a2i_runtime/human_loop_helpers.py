"""Functions shared by the tests of Amazon Augmented AI Runtime."""

from __future__ import annotations

import json
from typing import Any

from mlmock import MockML
from tests.helpers import FLOW


def describe(client: Any, name: str) -> dict[str, Any]:
    """Return the members of a DescribeHumanLoop response."""
    answer: dict[str, Any] = client.describe_human_loop(HumanLoopName=name)
    del answer["ResponseMetadata"]
    return answer


def status(client: Any, name: str) -> str:
    """Return the status of a loop from DescribeHumanLoop."""
    return str(describe(client, name)["HumanLoopStatus"])


def names(client: Any, **params: Any) -> list[str]:
    """Return the names on one page of ListHumanLoops, newest first unless sorted otherwise."""
    page = client.list_human_loops(**{"FlowDefinitionArn": FLOW, **params})
    return [loop["HumanLoopName"] for loop in page["HumanLoopSummaries"]]


def answers(ml: MockML, name: str) -> list[Any]:
    """Return the workers' answers from the output object of a loop."""
    output = json.loads(ml.s3.get(str(ml.a2i.human_loop(name).output_uri)))
    return [answer["answerContent"] for answer in output["humanAnswers"]]
