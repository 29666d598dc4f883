"""moto and mlmock start and stop in every order; both restore everything."""

from tests.interception.isolated_process import KEYS, NAME, names, raises, start

# isort: split
import itertools
import os
from typing import Any

import boto3
import botocore
import botocore.handlers
from botocore.endpoint import Endpoint
from moto import mock_aws
from moto.core.botocore_stubber import BotocoreStubber

from mlmock import NotMocked, current, mock_ml

STEPS = ("ml", "aws", "/ml", "/aws")
ORDERS = [
    order
    for order in itertools.permutations(STEPS)
    if order.index("ml") < order.index("/ml") and order.index("aws") < order.index("/aws")
]
assert len(ORDERS) == 6
old = {name: boto3.client(name, "us-east-1", **KEYS) for name in ("s3", NAME)}


def global_state() -> tuple[Any, ...]:
    """Return the state that must be the same afterwards."""
    return (
        dict(os.environ),
        boto3.DEFAULT_SESSION,
        list(vars(botocore)["_INITIALIZERS"]),
        list(botocore.handlers.BUILTIN_HANDLERS),
        dict(vars(Endpoint)),
        dict(vars(BotocoreStubber)),
        dict(vars(boto3)),
    )


def check_clients(running: set[str], session: Any) -> None:
    """Call both mocks with old and new clients."""
    a2i = [old[NAME], session.client(NAME, "us-east-1")]
    s3 = session.client("s3", "us-east-1")
    if "ml" in running:
        for client in a2i:
            client.start_human_loop(
                HumanLoopName=f"loop-{len(names(client))}",
                FlowDefinitionArn="arn:aws:sagemaker:us-east-1:123456789012:flow-definition/review",
                HumanLoopInput={"InputContent": "{}"},
            )
    if "aws" in running:
        assert isinstance(s3.list_buckets()["Buckets"], list)
    elif "ml" in running:
        assert "mock_aws" in str(raises(NotMocked, s3.list_buckets))
        current().unmatched.clear()


def run_order(order: tuple[str, ...], default: Any, set_up_inside: bool) -> None:
    """Start and stop in this order, and check the clients after every step."""
    boto3.DEFAULT_SESSION = default
    before = global_state()
    mocks: dict[str, Any] = {"ml": mock_ml(), "aws": mock_aws()}
    running: set[str] = set()
    for step in order:
        name = step.strip("/")
        if step == name:
            mocks[name].start()
            running.add(name)
        else:
            mocks[name].stop()
            running.remove(name)
        if running:
            check_clients(running, boto3)
            check_clients(running, boto3.Session())
        if set_up_inside and running == {"ml"} and step == "ml":
            boto3.setup_default_session(region_name="eu-west-1")
            assert boto3.client(NAME).meta.region_name == "eu-west-1"
    after = global_state()
    for expected, found in zip(before, after, strict=True):
        assert expected == found, (order, default, set_up_inside)


for order in ORDERS:
    for default in (None, boto3.Session(region_name="us-west-2", **KEYS)):
        for set_up_inside in (False, True):
            run_order(order, default, set_up_inside)


@mock_aws
def both(ml: Any) -> None:
    """Run under both decorators."""
    boto3.client("s3", "us-east-1").create_bucket(Bucket="bucket")
    start(boto3.client(NAME, "us-east-1"))
    assert len(ml.calls) == 1


boto3.DEFAULT_SESSION = None
before = global_state()
decorated: Any = mock_ml(both)
decorated()
mock_aws(mock_ml(lambda: start(boto3.client(NAME, "us-east-1"))))()
assert global_state() == before
