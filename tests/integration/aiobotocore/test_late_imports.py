"""aiohttp and aiobotocore are imported while a mock is active, each in its own process."""

from __future__ import annotations

import subprocess
import sys

import pytest

PREAMBLE = """
import asyncio
import sys

from mlmock import mock_ml
from tests.interception.http_clients.presigned_requests import human_loops

FLOW = "arn:aws:sagemaker:us-east-1:123456789012:flow-definition/review"
EMPTY = {"HumanLoopSummaries": []}
"""
AIOHTTP = """
async def fetch():
    import aiohttp

    async with aiohttp.ClientSession() as client, client.get(human_loops()) as found:
        return await found.json()


assert "aiohttp" not in sys.modules
with mock_ml():
    assert asyncio.run(fetch()) == EMPTY
"""
AIOBOTOCORE = """
async def fetch():
    from aiobotocore.session import get_session

    async with get_session().create_client("sagemaker-a2i-runtime", "us-east-1") as client:
        found = await client.list_human_loops(FlowDefinitionArn=FLOW)
    return {"HumanLoopSummaries": found["HumanLoopSummaries"]}


assert "aiobotocore" not in sys.modules
with mock_ml():
    assert asyncio.run(fetch()) == EMPTY
"""


@pytest.mark.parametrize("script", [AIOHTTP, AIOBOTOCORE], ids=["aiohttp", "aiobotocore"])
def test_import_while_a_mock_is_active(script: str) -> None:
    subprocess.run([sys.executable, "-c", PREAMBLE + script], check=True, timeout=60)
