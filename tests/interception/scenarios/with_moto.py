"""S3 on moto and human loops on mlmock share the objects, whenever moto is imported."""

from tests.interception.isolated_process import KEYS, NAME, start

# isort: split
import json
import sys
from typing import Any

import boto3

from mlmock import mock_ml

old = boto3.client(NAME, "us-east-1", **KEYS)
assert "moto" not in sys.modules


def review(ml: Any, client: Any, name: str) -> None:
    """Complete a loop and read the answer from S3."""
    s3 = boto3.client("s3", "us-east-1")
    if not s3.list_buckets()["Buckets"]:
        s3.create_bucket(Bucket="answers")
    ml.a2i.flow_definition("review", output="s3://answers/out")
    ml.a2i.human_loop(name).complete({"decision": "approve"})
    start(client, name)
    uri = client.describe_human_loop(HumanLoopName=name)["HumanLoopOutput"]["OutputS3Uri"]
    key = uri.removeprefix("s3://answers/")
    document = json.loads(s3.get_object(Bucket="answers", Key=key)["Body"].read())
    assert document["humanAnswers"][0]["answerContent"] == {"decision": "approve"}
    assert uri in ml.s3.list("s3://answers/")


with mock_ml() as ml:
    start(old, "in-memory")
    from moto import mock_aws  # imported while a mock runs

    with mock_aws():
        review(ml, old, "a")
        ml.reset()
        review(ml, boto3.client(NAME, "us-east-1"), "b")
    assert ml.s3.list("s3://answers/") == []  # the in-memory store again
    start(old, "c")

with mock_aws(), mock_ml() as ml:
    review(ml, boto3.client(NAME, "us-east-1"), "a")
    # written through moto's S3
    boto3.client("s3", "us-east-1").put_object(Bucket="answers", Key="x", Body=b"1")
    assert ml.s3.get("s3://answers/x") == b"1"
