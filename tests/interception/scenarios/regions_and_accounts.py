"""Regions and accounts are isolated; a 12-digit access key is the account of its client."""

from tests.interception.isolated_process import NAME, flow, names, raises, start

# isort: split
from typing import Any

import boto3
from botocore.exceptions import ClientError

from mlmock import mock_ml


def client(region: str, key: str = "AKIAANYTHING") -> Any:
    """Return a client of a region, with an access key."""
    return boto3.client(NAME, region, aws_access_key_id=key, aws_secret_access_key="x")


SCOPES = [(r, a) for r in ("us-east-1", "eu-west-1") for a in ("123456789012", "111122223333")]
before = {scope: client(*scope) for scope in SCOPES}

with mock_ml() as ml:
    for (region, account_id), old in before.items():
        arn = flow(region, account_id)
        for a2i in (old, client(region, account_id)):
            assert start(a2i, "same", arn).split(":")[3:5] == [region, account_id]
            assert names(a2i, arn) == ["same"]
        other = next(a for r, a in SCOPES if r == region and a != account_id)
        error = raises(ClientError, start, old, "other", flow(region, other))
        assert error.response["Error"]["Code"] == "ValidationException"
    before["eu-west-1", "111122223333"].stop_human_loop(HumanLoopName="same")
    statuses = {
        scope: a2i.describe_human_loop(HumanLoopName="same")["HumanLoopStatus"]
        for scope, a2i in before.items()
    }
    assert [scope for scope, status in statuses.items() if status == "Stopped"] == [
        ("eu-west-1", "111122223333")
    ]
    assert {(call.region, call.account_id) for call in ml.calls} == set(SCOPES)
    assert start(client("us-east-1"), "mine") == (
        "arn:aws:sagemaker:us-east-1:123456789012:human-loop/mine"
    )

with mock_ml(account_id="999988887777", region="ap-south-1"):
    mine = boto3.client(NAME)
    assert start(mine, "a", flow("ap-south-1", "999988887777")).split(":")[3:5] == [
        "ap-south-1",
        "999988887777",
    ]
    # options of an inner mock apply to every call of a client without keys
    with mock_ml(account_id="555566667777"):
        assert names(mine, flow("ap-south-1", "555566667777")) == []
    assert names(mine, flow("ap-south-1", "999988887777")) == ["a"]
