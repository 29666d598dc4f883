"""Sessions, settings and parameters shared by the tests."""

from __future__ import annotations

from typing import Any

import aiobotocore.session
from aiobotocore.config import AioConfig

FLOW = "arn:aws:sagemaker:us-east-1:123456789012:flow-definition/review"
CLAUDE = "anthropic.claude-3-haiku-20240307-v1:0"
HELLO = [{"role": "user", "content": [{"text": "Hi"}]}]


def session() -> Any:
    """Return a new session."""
    return aiobotocore.session.get_session()


def retrying(mode: str, attempts: int) -> AioConfig:
    """Return client settings with a retry mode and a number of attempts."""
    return AioConfig(retries={"mode": mode, "total_max_attempts": attempts})


def loop(name: str) -> dict[str, Any]:
    """Return the parameters that start a human loop."""
    return {
        "HumanLoopName": name,
        "FlowDefinitionArn": FLOW,
        "HumanLoopInput": {"InputContent": "{}"},
    }
