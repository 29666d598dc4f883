"""The output of a loop: its object in S3, in memory or in moto, and its events."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any

import boto3
import pytest
from moto import mock_aws

from mlmock import MockML, current, mock_ml
from tests.helpers import FLOW, client_for, start
from tests.services.sagemaker_a2i_runtime.human_loop_helpers import describe, status

NOON = datetime(2026, 2, 3, 4, 5, 6, tzinfo=timezone.utc)
KEY = "out/review/2026/02/03/04/05/06/invoice-1/output.json"
OTHER = "arn:aws:sagemaker:eu-west-1:111122223333:flow-definition/review"


def s3_of(account_id: str, region: str) -> Any:
    """Return a client of moto's S3 for an account."""
    client = boto3.client(
        "s3", region_name=region, aws_access_key_id="-", aws_secret_access_key="-"
    )

    def name_account(request: Any, **_: Any) -> None:
        request.headers["x-moto-account-id"] = account_id

    client.meta.events.register("before-sign.s3", name_account)
    return client


# -- the object -------------------------------------------------------------------------------


@pytest.mark.mlmock(now=NOON)
def test_complete_output_object(a2i: Any, ml: MockML) -> None:
    ml.a2i.flow_definition("review", output="s3://bucket/out", workers=2)
    start(a2i, "invoice-1", content='{"total": 996.0, "half": 0.5, "name": "café", "b": 1, "a": 2}')
    ml.clock.advance(minutes=2)
    ml.a2i.human_loop("invoice-1").complete({"zeta": 1, "alpha": {"label": "ok"}})
    ml.clock.advance(seconds=1.5)
    ml.a2i.human_loop("invoice-1").complete({"n": 2})
    found = ml.s3.object(f"s3://bucket/{KEY}")
    assert found.content_type == "application/json"
    output = json.loads(found.body)
    workers = [answer.pop("workerId") for answer in output["humanAnswers"]]
    assert output == {
        "flowDefinitionArn": FLOW,
        "humanAnswers": [
            {
                "acceptanceTime": "2026-02-03T04:06:36.000Z",
                "answerContent": {"alpha": {"label": "ok"}, "zeta": 1},
                "submissionTime": "2026-02-03T04:07:06.000Z",
                "timeSpentInSeconds": 30.0,
            },
            {
                "acceptanceTime": "2026-02-03T04:06:37.500Z",
                "answerContent": {"n": 2},
                "submissionTime": "2026-02-03T04:07:07.500Z",
                "timeSpentInSeconds": 30.0,
            },
        ],
        "humanLoopName": "invoice-1",
        "inputContent": {"total": 996, "half": 0.5, "name": "café", "b": 1, "a": 2},
    }
    assert len(set(workers)) == 2
    assert all(len(worker) == 16 and int(worker, 16) >= 0 for worker in workers)


@pytest.mark.mlmock(now=NOON)
def test_output_object_is_compact_and_sorted(a2i: Any, ml: MockML) -> None:
    start(a2i, "invoice-1", content='{"b": {"d": 996.0, "c": 1}, "a": 2}')
    ml.a2i.human_loop("invoice-1").complete({"z": 1, "y": {"x": 2, "w": 3}})
    body = ml.s3.get(str(ml.a2i.human_loop("invoice-1").output_uri))
    assert body.startswith(b'{"flowDefinitionArn":"arn:aws:')
    assert b'"answerContent":{"y":{"w":3,"x":2},"z":1}' in body
    assert body.endswith(b'"inputContent":{"a":2,"b":{"c":1,"d":996}}}')


def test_acceptance_time_is_not_before_the_creation_time(a2i: Any, ml: MockML) -> None:
    start(a2i, "invoice-1")
    ml.a2i.human_loop("invoice-1").complete({})
    output = json.loads(ml.s3.get(str(ml.a2i.human_loop("invoice-1").output_uri)))
    [answer] = output["humanAnswers"]
    created = describe(a2i, "invoice-1")["CreationTime"].astimezone(timezone.utc)
    assert answer["acceptanceTime"] == f"{created:%Y-%m-%dT%H:%M:%S}.{created:%f}"[:-3] + "Z"


def test_lone_surrogate_is_replaced(a2i: Any, ml: MockML) -> None:
    start(a2i, "invoice-1", content='{"name": "\\ud800"}')
    ml.a2i.human_loop("invoice-1").complete({})
    body = ml.s3.get(str(ml.a2i.human_loop("invoice-1").output_uri))
    assert json.loads(body)["inputContent"] == {"name": "?"}


def test_output_is_written_only_on_completion(a2i: Any, ml: MockML) -> None:
    ml.a2i.flow_definition("review", output="s3://bucket/out")
    start(a2i, "invoice-1")
    assert ml.s3.list("s3://bucket/") == []
    ml.a2i.human_loop("invoice-1").fail("InternalError")
    assert ml.s3.list("s3://bucket/") == []


def test_worker_ids_depend_on_the_seed() -> None:
    def workers(seed: int) -> bytes:
        with mock_ml(seed=seed, now=NOON) as ml:
            start(client_for(), "invoice-1")
            ml.a2i.human_loop("invoice-1").complete({})
            return ml.s3.get(str(ml.a2i.human_loop("invoice-1").output_uri))

    assert workers(7) == workers(7) != workers(8)


# -- in moto's S3 -----------------------------------------------------------------------------


@pytest.mark.parametrize("moto_first", [True, False])
def test_output_is_stored_in_motos_s3(moto_first: bool) -> None:
    moto, mlmock = mock_aws(), mock_ml(now=NOON)
    first, second = (moto, mlmock) if moto_first else (mlmock, moto)
    with first, second:
        ml = current()
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket="bucket")
        ml.a2i.flow_definition("review", output="s3://bucket/out")
        start(client_for(), "invoice-1")
        ml.a2i.human_loop("invoice-1").complete({"decision": "approve"})
        found = s3.get_object(Bucket="bucket", Key=KEY)
        assert found["ContentType"] == "application/json"
        assert json.load(found["Body"])["humanAnswers"][0]["answerContent"] == {
            "decision": "approve"
        }
        assert ml.s3.get(f"s3://bucket/{KEY}").startswith(b"{")


@mock_aws
@mock_ml(now=NOON)
def test_output_bucket_is_in_the_account_of_the_loop(ml: MockML) -> None:
    other_s3 = s3_of("111122223333", "eu-west-1")
    other_s3.create_bucket(
        Bucket="other-bucket", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    ml.at(account_id="111122223333").a2i.flow_definition("review", output="s3://other-bucket/out")
    start(client_for("111122223333", "eu-west-1"), "invoice-1", flow=OTHER)
    ml.a2i.human_loop("invoice-1").complete({"decision": "approve"})
    assert other_s3.get_object(Bucket="other-bucket", Key=KEY)["ContentLength"] > 0


@mock_aws
@mock_ml(now=NOON)
def test_default_bucket_is_created_in_the_account_and_region_of_the_loop(ml: MockML) -> None:
    west = client_for("111122223333", "eu-west-1")
    start(west, "invoice-1", flow=OTHER)
    ml.a2i.human_loop("invoice-1").complete({})
    assert status(west, "invoice-1") == "Completed"
    other_s3 = s3_of("111122223333", "eu-west-1")
    [bucket] = other_s3.list_buckets()["Buckets"]
    assert bucket["Name"] == "sagemaker-eu-west-1-111122223333"
    assert other_s3.get_bucket_location(Bucket=bucket["Name"])["LocationConstraint"] == "eu-west-1"
    assert s3_of("123456789012", "us-east-1").list_buckets()["Buckets"] == []


@mock_aws
@mock_ml
def test_missing_bucket_in_moto_fails_the_loop(
    ml: MockML, caplog: pytest.LogCaptureFixture
) -> None:
    client = client_for()
    ml.a2i.flow_definition("review", output="s3://missing-bucket/out")
    start(client, "invoice-1")
    ml.a2i.human_loop("invoice-1").complete({})
    loop = describe(client, "invoice-1")
    assert (loop["FailureCode"], loop["FailureReason"]) == (
        "ValidationError",
        "The bucket missing-bucket does not exist.",
    )
    assert "moto's S3 has no bucket 'missing-bucket'" in caplog.text


@mock_aws
@mock_ml
def test_missing_bucket_does_not_prevent_a_stop(ml: MockML) -> None:
    client = client_for()
    ml.a2i.flow_definition("review", output="s3://missing-bucket/out", workers=2)
    start(client, "invoice-1")
    ml.a2i.human_loop("invoice-1").complete({})
    client.stop_human_loop(HumanLoopName="invoice-1")
    assert status(client, "invoice-1") == "Stopped"


# -- events -----------------------------------------------------------------------------------


@pytest.mark.mlmock(now=NOON)
def test_event_of_a_completed_loop(a2i: Any, ml: MockML) -> None:
    ml.a2i.flow_definition("review", output="s3://bucket/out")
    arn = start(a2i, "invoice-1")
    assert len(ml.events) == 0
    ml.clock.advance(seconds=90.25)
    ml.a2i.human_loop("invoice-1").complete({})
    [event] = ml.events
    assert (event.source, event.detail_type) == (
        "aws.sagemaker",
        "SageMaker A2I HumanLoop Status Change",
    )
    assert (event.region, event.account_id, event.resources) == (
        "us-east-1",
        "123456789012",
        (arn,),
    )
    assert event.time == datetime(2026, 2, 3, 4, 6, 36, 250000, tzinfo=timezone.utc)
    assert event.topic is None
    assert event.detail == {
        "creationTime": "2026-02-03T04:05:06.000Z",
        "failureCode": None,
        "failureReason": None,
        "flowDefinitionArn": FLOW,
        "humanLoopArn": arn,
        "humanLoopName": "invoice-1",
        "humanLoopOutput": {"outputS3Uri": f"s3://bucket/{KEY}"},
        "humanLoopStatus": "Completed",
    }


def test_event_of_a_failed_loop(a2i: Any, ml: MockML) -> None:
    start(a2i, "invoice-1")
    ml.a2i.human_loop("invoice-1").fail("ValidationError", "Task failed to render")
    detail = ml.events.last.detail
    assert (detail["humanLoopStatus"], detail["failureCode"], detail["failureReason"]) == (
        "Failed",
        "ValidationError",
        "Task failed to render",
    )


def test_event_of_a_stopped_loop(a2i: Any, ml: MockML) -> None:
    start(a2i, "invoice-1")
    a2i.stop_human_loop(HumanLoopName="invoice-1")
    a2i.delete_human_loop(HumanLoopName="invoice-1")
    [event] = ml.events
    assert event.detail["humanLoopStatus"] == "Stopped"
    assert event.detail["humanLoopOutput"]["outputS3Uri"].endswith("/invoice-1/output.json")


def test_event_has_the_account_and_region_of_the_loop(ml: MockML) -> None:
    start(client_for("111122223333", "eu-west-1"), "invoice-1", flow=OTHER)
    ml.a2i.human_loop("invoice-1").complete({})
    assert (ml.events.last.account_id, ml.events.last.region) == ("111122223333", "eu-west-1")


@mock_aws
@mock_ml
def test_events_are_delivered_to_rules_of_motos_eventbridge(ml: MockML) -> None:
    sqs = boto3.client("sqs", region_name="us-east-1")
    events = boto3.client("events", region_name="us-east-1")
    queue = sqs.create_queue(QueueName="reviews")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]
    pattern = {"source": ["aws.sagemaker"], "detail": {"humanLoopStatus": ["Completed"]}}
    events.put_rule(Name="reviews", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="reviews", Targets=[{"Id": "q", "Arn": arn["QueueArn"]}])
    client = client_for()
    for name in ("completed", "stopped"):
        start(client, name)
    client.stop_human_loop(HumanLoopName="stopped")
    ml.a2i.human_loop("completed").complete({})
    messages = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    [event] = [json.loads(message["Body"]) for message in messages]
    assert event["detail-type"] == "SageMaker A2I HumanLoop Status Change"
    assert event["detail"] == ml.events.last.detail
    assert event["resources"] == list(ml.events.last.resources)
