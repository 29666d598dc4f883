"""S3, SNS, EventBridge and SageMaker on moto are called once each by mlmock's services."""

from tests.interception.isolated_process import ACCOUNT, NAME, flow, start

# isort: split
import json
from collections import Counter
from contextlib import ExitStack
from typing import Any

import boto3
from moto import mock_aws
from moto.backends import get_backend
from moto.core.botocore_stubber import BotocoreStubber

from mlmock import mock_ml

ROLE = f"arn:aws:iam::{ACCOUNT}:role/any"
OTHER_ACCOUNT: Any = {"aws_access_key_id": "111122223333", "aws_secret_access_key": "x"}
request_counts: Counter[str] = Counter()
process_request = BotocoreStubber.process_request


def count_request(self: Any, request: Any) -> Any:
    """Count the requests that moto answers, by host."""
    request_counts[request.url.split("/")[2].split(".")[0]] += 1  # mlmock uses path-style S3 URLs
    return process_request(self, request)


stubber: Any = BotocoreStubber
stubber.process_request = count_request


def aws(service: str, region: str = "us-east-1") -> Any:
    """Return a client of a service that moto mocks."""
    return boto3.client(service, region)


def create_queue(name: str) -> tuple[str, str]:
    """Create a queue and return its URL and ARN."""
    sqs = aws("sqs")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return url, found["Attributes"]["QueueArn"]


def messages(url: str) -> list[Any]:
    """Return the bodies of the messages in a queue."""
    found = aws("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    return [json.loads(message["Body"]) for message in found]


def human_review(ml: Any) -> None:
    """Check that an answer is one object version and a status change one event."""
    s3, events = aws("s3"), aws("events")
    s3.create_bucket(Bucket="answers")
    versions = {"Status": "Enabled"}
    s3.put_bucket_versioning(Bucket="answers", VersioningConfiguration=versions)
    url, arn = create_queue("events")
    events.put_rule(Name="all", EventPattern=json.dumps({"source": ["aws.sagemaker"]}))
    events.put_targets(Rule="all", Targets=[{"Id": "1", "Arn": arn}])
    ml.a2i.flow_definition("review", output="s3://answers/out")
    start(boto3.client(NAME, "us-east-1"), "a")
    request_counts.clear()
    ml.a2i.human_loop("a").complete({"decision": "approve"})
    assert request_counts == {"s3": 1, "events": 1}, request_counts
    [version] = s3.list_object_versions(Bucket="answers")["Versions"]
    found = s3.get_object(Bucket="answers", Key=version["Key"])
    assert found["ContentType"] == "application/json"
    [event] = messages(url)
    assert event["detail-type"] == "SageMaker A2I HumanLoop Status Change"
    assert event["detail"]["humanLoopStatus"] == "Completed"
    assert event["resources"] == [f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:human-loop/a"]
    assert [each.detail_type for each in ml.events] == [event["detail-type"]]


def endpoints(ml: Any) -> None:
    """Check that moto is the control plane and mlmock the runtime of an endpoint."""
    control_plane, sns = aws("sagemaker"), aws("sns")
    topic = sns.create_topic(Name="good")["TopicArn"]
    url, arn = create_queue("sns")
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    control_plane.create_model(
        ModelName="model", ExecutionRoleArn=ROLE, PrimaryContainer={"Image": "image"}
    )
    variant = {"VariantName": "blue", "ModelName": "model", "InitialVariantWeight": 1}
    sized = {**variant, "InitialInstanceCount": 1, "InstanceType": "ml.m5.large"}
    control_plane.create_endpoint_config(EndpointConfigName="config", ProductionVariants=[sized])
    control_plane.create_endpoint(EndpointName="churn", EndpointConfigName="config")
    ml.sagemaker.endpoint("churn").reply({"score": 1})
    runtime = boto3.client("sagemaker-runtime", "us-east-1")
    request_counts.clear()
    found = runtime.invoke_endpoint(EndpointName="churn", Body=b"1,2")
    assert found["InvokedProductionVariant"] == "blue"  # as configured in moto
    # earlier releases of moto don't keep AsyncInferenceConfig
    later = ml.sagemaker.endpoint("later", async_output="s3://answers/async", success_topic=topic)
    later.reply({"score": 1})
    aws("s3").put_object(Bucket="answers", Key="in.csv", Body=b"1,2", ContentType="text/csv")
    request_counts.clear()
    sent = runtime.invoke_endpoint_async(EndpointName="later", InputLocation="s3://answers/in.csv")
    assert request_counts["sns"] == 1, request_counts
    key = sent["OutputLocation"].removeprefix("s3://answers/")
    assert len(aws("s3").list_object_versions(Bucket="answers", Prefix=key)["Versions"]) == 1
    [message] = messages(url)
    assert message["TopicArn"] == topic
    assert json.loads(message["Message"])["invocationStatus"] == "Completed"
    results = get_backend("sagemaker-runtime")[ACCOUNT]["us-east-1"]
    assert not any(vars(results).get(name) for name in ("results", "async_results"))


def another_account(ml: Any) -> None:
    """Check that the objects of another account are in its own S3."""
    a2i = boto3.client(NAME, "eu-west-1", **OTHER_ACCOUNT)
    west = ml.at(account_id="111122223333", region="eu-west-1").a2i
    west.flow_definition("other")
    start(a2i, "b", flow("eu-west-1", "111122223333", "other"))
    ml.a2i.human_loop("b").complete({})
    buckets = get_backend("s3")["111122223333"]["aws"].buckets
    [(name, bucket)] = buckets.items()
    assert (name, bucket.region_name) == ("sagemaker-eu-west-1-111122223333", "eu-west-1")
    assert name not in get_backend("s3")[ACCOUNT]["aws"].buckets
    ml.s3.put("s3://answers/mine", b"1", "text/csv", metadata={"by": "me"})
    found = aws("s3").get_object(Bucket="answers", Key="mine")
    assert (found["ContentType"], found["Metadata"]) == ("text/csv", {"by": "me"})


for mlmock_first in (True, False):
    with ExitStack() as stack:
        mocks: list[Any] = [mock_ml(), mock_aws()]
        started = [stack.enter_context(mock) for mock in (mocks if mlmock_first else mocks[::-1])]
        handle = started[0 if mlmock_first else 1]
        human_review(handle)
        endpoints(handle)
        another_account(handle)
    with mock_ml() as after:
        assert after.s3.list("s3://answers/") == []
    with mock_aws():
        assert aws("s3").list_buckets()["Buckets"] == []
        assert not messages(create_queue("events")[0])
stubber.process_request = process_request
