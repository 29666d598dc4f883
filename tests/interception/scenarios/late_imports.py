"""boto3 and moto are imported while a mock is active."""

from tests.interception.isolated_process import NAME, flow

# isort: split
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import botocore.session

from mlmock import mock_ml

assert "boto3" not in sys.modules


def list_loops(client: Any) -> Any:
    """Make a call."""
    return client.list_human_loops(FlowDefinitionArn=flow())["HumanLoopSummaries"]


with mock_ml() as ml:
    plain = botocore.session.Session().create_client(NAME)
    assert list_loops(plain) == []
    import boto3

    assert list_loops(boto3.client(NAME)) == []
    from moto import mock_aws

    with mock_aws():
        clients = [boto3.Session().client(NAME) for _ in range(4)]  # these have moto's handler
        with ThreadPoolExecutor(16) as pool:
            assert all(found == [] for found in pool.map(list_loops, clients * 8))
        assert boto3.client("s3").list_buckets()["Buckets"] == []
    assert len(ml.calls) == 34
assert boto3.DEFAULT_SESSION is None

from moto.core.botocore_stubber import BotocoreStubber  # noqa: E402

assert BotocoreStubber.__call__.__module__ == "moto.core.botocore_stubber"
assert boto3._get_default_session.__module__ == "boto3"
