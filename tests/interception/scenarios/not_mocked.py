"""Whatever nobody holds is refused before a socket opens, in one attempt, in every partition."""

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


def refused(ml: Any, client: Any, act: str, *said: str, **params: Any) -> None:
    """Let a client's method be refused, once."""
    sent: list[str] = []
    client.meta.events.register("before-send", lambda request, **kwargs: sent.append(request.url))
    fault = raises(NotMocked, getattr(client, act), **params)
    assert isinstance(fault, AssertionError)
    assert len(sent) == 1, sent
    text = str(fault)
    for part in (*said, "passthrough"):
        assert part in text, (part, text)
    assert ml.unmatched == [fault]
    ml.unmatched.clear()
    assert len(ml.calls) == 0


def clients(service: str, region: str) -> list[Any]:
    """Return clients in every retry mode."""
    return [boto3.client(service, region, config=Config(retries=mode), **KEYS) for mode in MODES]


before = {p: clients("dynamodb", region) for p, region in regions.items()}
with mock_ml() as ml:
    for partition, region in regions.items():
        for client in (*before[partition], *clients("dynamodb", region)):
            refused(ml, client, "list_tables", "dynamodb.ListTables", "mock_aws", region)
    for client in clients("s3", "us-east-1"):
        refused(ml, client, "list_buckets", "s3.ListBuckets")
    for more in (Config(use_dualstack_endpoint=True), Config(use_fips_endpoint=True)):
        client = boto3.client("s3", "us-gov-west-1", config=more, **KEYS)
        refused(ml, client, "list_buckets", "s3.ListBuckets")
        refused(ml, client, "put_object", "s3.PutObject", Bucket="bucket", Key="k", Body=b"1")
    vpc = boto3.client(
        "sts", endpoint_url="https://vpce-1.sts.us-east-1.vpce.amazonaws.com", **KEYS
    )
    refused(ml, vpc, "get_caller_identity", "sts.GetCallerIdentity")
    # an endpoint of one's own passes (and meets the shut socket here)
    mine = boto3.client(
        "sts",
        "us-east-1",
        endpoint_url="http://localhost:4566",
        config=Config(retries={"total_max_attempts": 1}),
        **KEYS,
    )
    fault = raises(Exception, mine.get_caller_identity)
    assert not isinstance(fault, NotMocked)
    assert "localhost" in str(fault)
    assert not ml.unmatched

# a block that holds one service refuses the others of ours as well
with mock_ml("bedrock-runtime") as ml:
    refused(
        ml,
        boto3.client(NAME, "us-east-1", **KEYS),
        "describe_human_loop",
        f"{NAME}.DescribeHumanLoop",
        f'hold it: name it, mock_ml("{NAME}", ...)',
        HumanLoopName="x",
    )


# a client that moto doesn't know, although it runs
boto3.DEFAULT_SESSION = None
early = boto3.client("s3", "us-east-1", **KEYS)
from moto import mock_aws  # noqa: E402

with mock_ml() as ml, mock_aws():
    refused(ml, early, "list_buckets", "mock_aws runs", "patch_client")
    boto3.client("s3", "us-east-1").list_buckets()


# what the code under test swallows comes back when the block ends
def swallowing(*, clear: bool = False, reset: bool = False) -> None:
    """Swallow a refusal, as careless code does."""
    with mock_ml() as ml:
        with contextlib.suppress(Exception):
            boto3.client("s3", "us-east-1", **KEYS).list_buckets()
        if clear:
            ml.unmatched.clear()
        if reset:
            ml.reset()


assert "s3.ListBuckets" in str(raises(NotMocked, swallowing))
swallowing(clear=True)
swallowing(reset=True)
