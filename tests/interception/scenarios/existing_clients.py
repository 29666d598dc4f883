"""Clients created before the mock, and before mlmock was imported, are mocked."""

from tests.interception.isolated_process import KEYS, NAME, names, start

# isort: split
import sys

import boto3
import botocore.session

old_session = boto3.Session(region_name="eu-west-1", **KEYS)
old_client = old_session.client(NAME)
plain_session = botocore.session.Session()
plain_client = plain_session.create_client(NAME, "us-east-1", **KEYS)
assert "mlmock" not in sys.modules

from mlmock import mock_ml  # noqa: E402

after_import = boto3.client(NAME, region_name="us-west-2", **KEYS)

with mock_ml() as ml:
    inside = old_session.client(NAME)
    assert start(old_client, "a") == "arn:aws:sagemaker:eu-west-1:123456789012:human-loop/a"
    assert names(inside) == ["a"]
    assert start(plain_client, "b").split(":")[3] == "us-east-1"
    assert start(plain_session.create_client(NAME, "us-east-1", **KEYS), "c")
    assert names(plain_client) == ["b", "c"]
    assert start(after_import, "d").split(":")[3] == "us-west-2"
    assert [call.region for call in ml.calls.of(NAME, "StartHumanLoop")] == [
        "eu-west-1",
        "us-east-1",
        "us-east-1",
        "us-west-2",
    ]

with mock_ml():
    assert names(old_client) == []  # every mock has a new state
