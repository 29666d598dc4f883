"""Completion of asynchronous invocations: by policy, by the clock, and manually."""

from __future__ import annotations

from typing import Any

import pytest

from mlmock import InvalidRule, MockML, after, after_polls, error, manually
from mlmock.services.sagemaker_runtime.async_invocations import INVOCATION
from tests.services.sagemaker_runtime.async_helpers import exists, start


def test_after_polls_completes_immediately(ml: MockML, endpoint: Any, client: Any) -> None:
    ml.progress = after_polls(3)
    assert exists(ml, start(client)["OutputLocation"])


def test_after_seconds_completes_by_the_clock(ml: MockML, endpoint: Any, client: Any) -> None:
    endpoint.progress = after(30)
    uri = start(client)["OutputLocation"]
    ml.clock.advance(seconds=29)
    assert not exists(ml, uri)
    ml.clock.advance(seconds=2)
    assert exists(ml, uri)
    assert len(ml.events) == 1


def test_manually_completes_by_step(ml: MockML, endpoint: Any, client: Any) -> None:
    ml.sagemaker.progress = manually()
    uri = start(client)["OutputLocation"]
    assert not exists(ml, uri)
    ml.progress.step()
    assert exists(ml, uri)
    ml.progress.step()
    assert len(ml.events) == 1


def test_one_invocation_is_completed_manually(ml: MockML, endpoint: Any, client: Any) -> None:
    endpoint.progress = manually()
    first, second, third, fourth = (start(client, InferenceId=f"i-{n}") for n in range(4))
    invocation = ml.sagemaker.invocation("i-0")
    assert (invocation.inference_id, invocation.output_uri) == ("i-0", first["OutputLocation"])
    assert repr(invocation) == "<invocation i-0 of later: Queued>"
    invocation.complete({"by": "test"})
    assert invocation.status == "Completed"
    assert ml.s3.get(first["OutputLocation"]) == b'{"by":"test"}'
    ml.sagemaker.invocation("i-1").fail("too hot", status=503)
    assert ml.s3.get(second["FailureLocation"]) == b"too hot"
    ml.sagemaker.invocation("i-2").finish()
    assert b"no script" in ml.s3.get(third["OutputLocation"])
    endpoint.finish()
    assert b"no script" in ml.s3.get(fourth["OutputLocation"])
    with pytest.raises(InvalidRule, match="has ended"):
        invocation.finish()
    with pytest.raises(InvalidRule, match="is active"):
        ml.sagemaker.invocation("i-0")


@pytest.mark.parametrize("answer", [lambda call: 1, error("ModelError"), RuntimeError()])
def test_complete_requires_a_plain_answer(
    ml: MockML, endpoint: Any, client: Any, answer: Any
) -> None:
    endpoint.progress = manually()
    start(client, InferenceId="i")
    with pytest.raises(InvalidRule, match="the answer itself"):
        ml.sagemaker.invocation("i").complete(answer)


def test_queued_request_expires(ml: MockML, endpoint: Any, client: Any) -> None:
    endpoint.progress = manually()
    found = start(client, RequestTTLSeconds=60)
    ml.clock.advance(seconds=61)
    assert b"expired" in ml.s3.get(found["FailureLocation"])
    ml.progress.step()
    assert not exists(ml, found["OutputLocation"])
    later = start(client)
    ml.clock.advance(hours=5)
    assert not exists(ml, later["FailureLocation"])
    ml.clock.advance(hours=2)
    assert exists(ml, later["FailureLocation"])


def test_completed_request_does_not_expire(ml: MockML, endpoint: Any, client: Any) -> None:
    endpoint.progress = after(10)
    found = start(client, RequestTTLSeconds=60)
    ml.clock.advance(minutes=10)
    assert exists(ml, found["OutputLocation"])
    assert not exists(ml, found["FailureLocation"])


def test_delay_of_the_model_does_not_delay_the_call(ml: MockML, endpoint: Any, client: Any) -> None:
    endpoint.reply("slow").delay(100)
    assert "Queued --> Processing: the model takes it" in INVOCATION.mermaid()
    started = ml.clock.now()
    uri = start(client, InferenceId="i-1")["OutputLocation"]
    assert ml.sagemaker.invocation("i-1").status == "Processing"
    assert (ml.clock.now() - started).total_seconds() < 50
    assert not exists(ml, uri)
    ml.clock.advance(seconds=101)
    assert ml.s3.get(uri) == b"slow"


def test_pauses_of_a_stream_delay_the_completion(ml: MockML, endpoint: Any, client: Any) -> None:
    endpoint.stream([b"a", b"b", b"c"], pause=40).delay(20)
    uri = start(client)["OutputLocation"]
    ml.clock.advance(seconds=99)
    assert not exists(ml, uri)
    ml.clock.advance(seconds=2)
    assert ml.s3.get(uri) == b"abc"


def test_manually_completed_invocation_does_not_complete_again(
    ml: MockML, endpoint: Any, client: Any
) -> None:
    endpoint.reply("slow").delay(100)
    uri = start(client, InferenceId="i-1")["OutputLocation"]
    ml.sagemaker.invocation("i-1").complete("completed manually")
    ml.clock.advance(seconds=200)
    assert ml.s3.get(uri) == b"completed manually"
    assert len(ml.events) == 1


def test_invocation_timeout_of_the_caller(ml: MockML, endpoint: Any, client: Any) -> None:
    endpoint.reply("slow").delay(100)
    found = start(client, InvocationTimeoutSeconds=20)
    ml.clock.advance(seconds=21)
    assert b"timed out" in ml.s3.get(found["FailureLocation"])
    ml.clock.advance(seconds=200)
    assert not exists(ml, found["OutputLocation"])


def test_savepoint_restores_pending_invocations(ml: MockML, endpoint: Any, client: Any) -> None:
    endpoint.progress = manually()
    outside = start(client, InferenceId="outside")
    with ml.savepoint():
        inside = start(client, InferenceId="inside")
        ml.progress.step()
        assert exists(ml, inside["OutputLocation"])
    assert not exists(ml, outside["OutputLocation"])
    assert not exists(ml, inside["OutputLocation"])
    ml.progress.step()
    assert exists(ml, outside["OutputLocation"])
    assert not exists(ml, inside["OutputLocation"])
