"""Calls work without credentials and region, and no metadata service is called."""

import os
from typing import Any

from tests.interception.isolated_process import NAME, raises, start

# isort: split
import boto3
import botocore.session
from botocore.exceptions import NoCredentialsError, NoRegionError

from mlmock import mock_ml

os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
raises(NoRegionError, boto3.client, NAME)
boto3.DEFAULT_SESSION = None
before = boto3.client(NAME, region_name="us-east-1")
raises(NoCredentialsError, start, before)
old_session = boto3.Session()
assert old_session.get_credentials() is None
del os.environ["AWS_EC2_METADATA_DISABLED"]

with mock_ml(region="eu-west-1", account_id="111122223333"):
    assert start(before, arn="arn:aws:sagemaker:us-east-1:111122223333:flow-definition/x")
    for make in (
        boto3.client,
        boto3.Session().client,
        old_session.client,
        botocore.session.Session().create_client,
    ):
        client = make(NAME)
        assert client.meta.region_name == "eu-west-1"
        arn = "arn:aws:sagemaker:eu-west-1:111122223333:flow-definition/x"
        assert (
            start(client, arn=arn)
            == "arn:aws:sagemaker:eu-west-1:111122223333:human-loop/invoice-1"
        )
    session = boto3.Session()
    assert session.region_name == "eu-west-1"
    credentials: Any = session.get_credentials()
    assert credentials.access_key == "111122223333"

os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
assert old_session.get_credentials() is None  # a session keeps no credentials of the mock
assert old_session.region_name is None
raises(NoCredentialsError, start, before)
