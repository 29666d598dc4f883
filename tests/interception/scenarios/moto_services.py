"""S3, SNS, EventBridge and SageMaker on moto, ours on us: each is asked once, both end clean."""

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
THEIRS: Any = {"aws_access_key_id": "111122223333", "aws_secret_access_key": "x"}
asked: Counter[str] = Counter()
answer = BotocoreStubber.process_request


def counting(self: Any, request: Any) -> Any:
    """Count what moto answers, by the host that was asked."""
    asked[request.url.split("/")[2].split(".")[0]] += 1  # S3's paths are addressed by us
    return answer(self, request)


stubber: Any = BotocoreStubber
stubber.process_request = counting


def aws(service: str, region: str = "us-east-1") -> Any:
    """Return a client of a service that moto answers for."""
    return boto3.client(service, region)


def inbox(name: str) -> tuple[str, str]:
    """Make a queue; return its URL and its ARN."""
    sqs = aws("sqs")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return url, found["Attributes"]["QueueArn"]


def messages(url: str) -> list[Any]:
    """Return the bodies of all messages in a queue."""
    found = aws("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    return [json.loads(message["Body"]) for message in found]


def human_review(ml: Any) -> None:
    """An answer is one version of an object; a change of status is one event on the bus."""
    s3, events = aws("s3"), aws("events")
    s3.create_bucket(Bucket="answers")
    versions = {"Status": "Enabled"}
    s3.put_bucket_versioning(Bucket="answers", VersioningConfiguration=versions)
    url, arn = inbox("events")
    events.put_rule(Name="all", EventPattern=json.dumps({"source": ["aws.sagemaker"]}))
    events.put_targets(Rule="all", Targets=[{"Id": "1", "Arn": arn}])
    ml.a2i.flow_definition("review", output="s3://answers/out")
    start(boto3.client(NAME, "us-east-1"), "a")
    asked.clear()
    ml.a2i.human_loop("a").complete({"decision": "approve"})
    assert asked == {"s3": 1, "events": 1}, asked
    [version] = s3.list_object_versions(Bucket="answers")["Versions"]
    found = s3.get_object(Bucket="answers", Key=version["Key"])
    assert found["ContentType"] == "application/json"
    [event] = messages(url)
    assert event["detail-type"] == "SageMaker A2I HumanLoop Status Change"
    assert event["detail"]["humanLoopStatus"] == "Completed"
    assert event["resources"] == [f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:human-loop/a"]
    assert [each.detail_type for each in ml.events] == [event["detail-type"]]


def endpoints(ml: Any) -> None:
    """The control plane is moto's, calls are ours: moto's own runtime is never asked."""
    plane, sns = aws("sagemaker"), aws("sns")
    topic = sns.create_topic(Name="good")["TopicArn"]
    url, arn = inbox("sns")
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    plane.create_model(
        ModelName="model", ExecutionRoleArn=ROLE, PrimaryContainer={"Image": "image"}
    )
    variant = {"VariantName": "blue", "ModelName": "model", "InitialVariantWeight": 1}
    sized = {**variant, "InitialInstanceCount": 1, "InstanceType": "ml.m5.large"}
    plane.create_endpoint_config(EndpointConfigName="config", ProductionVariants=[sized])
    plane.create_endpoint(EndpointName="churn", EndpointConfigName="config")
    ml.sagemaker.endpoint("churn").reply({"score": 1})
    runtime = boto3.client("sagemaker-runtime", "us-east-1")
    asked.clear()
    found = runtime.invoke_endpoint(EndpointName="churn", Body=b"1,2")
    assert found["InvokedProductionVariant"] == "blue"  # as moto's control plane has it
    # earlier releases of moto don't keep AsyncInferenceConfig
    later = ml.sagemaker.endpoint("later", async_output="s3://answers/async", success_topic=topic)
    later.reply({"score": 1})
    aws("s3").put_object(Bucket="answers", Key="in.csv", Body=b"1,2", ContentType="text/csv")
    asked.clear()
    sent = runtime.invoke_endpoint_async(EndpointName="later", InputLocation="s3://answers/in.csv")
    assert asked["sns"] == 1, asked
    key = sent["OutputLocation"].removeprefix("s3://answers/")
    assert len(aws("s3").list_object_versions(Bucket="answers", Prefix=key)["Versions"]) == 1
    [message] = messages(url)
    assert message["TopicArn"] == topic
    assert json.loads(message["Message"])["invocationStatus"] == "Completed"
    results = get_backend("sagemaker-runtime")[ACCOUNT]["us-east-1"]
    assert not any(vars(results).get(name) for name in ("results", "async_results"))


def elsewhere(ml: Any) -> None:
    """What another account's loop leaves behind is in its own S3, region and bus."""
    a2i = boto3.client(NAME, "eu-west-1", **THEIRS)
    west = ml.at(account_id="111122223333", region="eu-west-1").a2i
    west.flow_definition("theirs")
    start(a2i, "b", flow("eu-west-1", "111122223333", "theirs"))
    ml.a2i.human_loop("b").complete({})
    buckets = get_backend("s3")["111122223333"]["aws"].buckets
    [(name, bucket)] = buckets.items()
    assert (name, bucket.region_name) == ("sagemaker-eu-west-1-111122223333", "eu-west-1")
    assert name not in get_backend("s3")[ACCOUNT]["aws"].buckets
    ml.s3.put("s3://answers/mine", b"1", "text/csv", metadata={"by": "me"})
    found = aws("s3").get_object(Bucket="answers", Key="mine")
    assert (found["ContentType"], found["Metadata"]) == ("text/csv", {"by": "me"})


for ours_first in (True, False):
    with ExitStack() as stack:
        mocks: list[Any] = [mock_ml(), mock_aws()]
        started = [stack.enter_context(mock) for mock in (mocks if ours_first else mocks[::-1])]
        handle = started[0 if ours_first else 1]
        human_review(handle)
        endpoints(handle)
        elsewhere(handle)
    with mock_ml() as after:
        assert after.s3.list("s3://answers/") == []
    with mock_aws():
        assert aws("s3").list_buckets()["Buckets"] == []
        assert not messages(inbox("events")[0])
stubber.process_request = answer
