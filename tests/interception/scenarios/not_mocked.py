"""Calls that are not mocked are rejected without a socket, in one attempt, in every partition."""

from tests.interception.isolated_process import KEYS, NAME, raises

# isort: split
import contextlib
from typing import Any

import boto3
from botocore.config import Config
from botocore.loaders import Loader

from mlmock import NotMocked, mock_ml

partitions = Loader().load_data("partitions")["partitions"]
named = {p["id"]: [r for r in p["regions"] if "global" not in r] for p in partitions}
regions = {partition: names[0] for partition, names in named.items() if names}
assert len(regions) >= 6, regions
MODES: Any = ({"mode": "legacy"}, {"mode": "standard"}, {"mode": "adaptive"})


def check_not_mocked(ml: Any, client: Any, act: str, *parts: str, **params: Any) -> None:
    """Check that a method raises NotMocked in a single attempt."""
    sent: list[str] = []
    client.meta.events.register("before-send", lambda request, **kwargs: sent.append(request.url))
    error = raises(NotMocked, getattr(client, act), **params)
    assert isinstance(error, AssertionError)
    assert len(sent) == 1, sent
    text = str(error)
    for part in (*parts, "passthrough"):
        assert part in text, (part, text)
    assert ml.unmatched == [error]
    ml.unmatched.clear()
    assert len(ml.calls) == 0


def clients(service: str, region: str) -> list[Any]:
    """Return clients in every retry mode."""
    return [boto3.client(service, region, config=Config(retries=mode), **KEYS) for mode in MODES]


before = {p: clients("dynamodb", region) for p, region in regions.items()}
with mock_ml() as ml:
    for partition, region in regions.items():
        for client in (*before[partition], *clients("dynamodb", region)):
            check_not_mocked(ml, client, "list_tables", "dynamodb.ListTables", "mock_aws", region)
    for client in clients("s3", "us-east-1"):
        check_not_mocked(ml, client, "list_buckets", "s3.ListBuckets")
    for more in (Config(use_dualstack_endpoint=True), Config(use_fips_endpoint=True)):
        client = boto3.client("s3", "us-gov-west-1", config=more, **KEYS)
        check_not_mocked(ml, client, "list_buckets", "s3.ListBuckets")
        check_not_mocked(
            ml, client, "put_object", "s3.PutObject", Bucket="bucket", Key="k", Body=b"1"
        )
    vpc = boto3.client(
        "sts", endpoint_url="https://vpce-1.sts.us-east-1.vpce.amazonaws.com", **KEYS
    )
    check_not_mocked(ml, vpc, "get_caller_identity", "sts.GetCallerIdentity")
    # a custom endpoint is allowed (and fails because sockets are forbidden)
    custom_endpoint = boto3.client(
        "sts",
        "us-east-1",
        endpoint_url="http://localhost:4566",
        config=Config(retries={"total_max_attempts": 1}),
        **KEYS,
    )
    error = raises(Exception, custom_endpoint.get_caller_identity)
    assert not isinstance(error, NotMocked)
    assert "localhost" in str(error)
    assert not ml.unmatched

# a mock of one service rejects the other services as well
with mock_ml("bedrock-runtime") as ml:
    check_not_mocked(
        ml,
        boto3.client(NAME, "us-east-1", **KEYS),
        "describe_human_loop",
        f"{NAME}.DescribeHumanLoop",
        f'mock the service: mock_ml("{NAME}", ...)',
        HumanLoopName="x",
    )


# a client that moto has not patched, although it is active
boto3.DEFAULT_SESSION = None
early = boto3.client("s3", "us-east-1", **KEYS)
from moto import mock_aws  # noqa: E402

with mock_ml() as ml, mock_aws():
    check_not_mocked(ml, early, "list_buckets", "mock_aws is active", "patch_client")
    boto3.client("s3", "us-east-1").list_buckets()


# a suppressed error is raised when the mock ends
def suppress_error(*, clear: bool = False, reset: bool = False) -> None:
    """Suppress NotMocked, as careless code does."""
    with mock_ml() as ml:
        with contextlib.suppress(Exception):
            boto3.client("s3", "us-east-1", **KEYS).list_buckets()
        if clear:
            ml.unmatched.clear()
        if reset:
            ml.reset()


assert "s3.ListBuckets" in str(raises(NotMocked, suppress_error))
suppress_error(clear=True)
suppress_error(reset=True)
