"""When an asynchronous invocation ends: by policy, by the clock, by hand."""

from __future__ import annotations

from typing import Any

import pytest

from mlmock import BadAnswer, MockML, after, after_polls, error, manually
from mlmock.services.sagemaker_runtime.async_invocations import INVOCATION
from tests.services.sagemaker_runtime.async_helpers import is_there, start


def test_polls_count_as_none(ml: MockML, endpoint: Any, client: Any) -> None:
    ml.progress = after_polls(3)
    assert is_there(ml, start(client)["OutputLocation"])


def test_it_ends_when_the_clock_gets_there(ml: MockML, endpoint: Any, client: Any) -> None:
    endpoint.progress = after(30)
    uri = start(client)["OutputLocation"]
    ml.clock.advance(seconds=29)
    assert not is_there(ml, uri)
    ml.clock.advance(seconds=2)
    assert is_there(ml, uri)
    assert len(ml.events) == 1


def test_it_ends_when_the_test_says_so(ml: MockML, endpoint: Any, client: Any) -> None:
    ml.sagemaker.progress = manually()
    uri = start(client)["OutputLocation"]
    assert not is_there(ml, uri)
    ml.progress.step()
    assert is_there(ml, uri)
    ml.progress.step()
    assert len(ml.events) == 1


def test_one_by_hand(ml: MockML, endpoint: Any, client: Any) -> None:
    endpoint.progress = manually()
    first, second, third, fourth = (start(client, InferenceId=f"i-{n}") for n in range(4))
    one = ml.sagemaker.invocation("i-0")
    assert (one.inference_id, one.output_uri) == ("i-0", first["OutputLocation"])
    assert repr(one) == "<invocation i-0 of later: Queued>"
    one.complete({"by": "hand"})
    assert one.status == "Completed"
    assert ml.s3.get(first["OutputLocation"]) == b'{"by":"hand"}'
    ml.sagemaker.invocation("i-1").fail("too hot", status=503)
    assert ml.s3.get(second["FailureLocation"]) == b"too hot"
    ml.sagemaker.invocation("i-2").finish()
    assert b"no script" in ml.s3.get(third["OutputLocation"])
    endpoint.finish()
    assert b"no script" in ml.s3.get(fourth["OutputLocation"])
    with pytest.raises(BadAnswer, match="has ended"):
        one.finish()
    with pytest.raises(BadAnswer, match="is under way"):
        ml.sagemaker.invocation("i-0")


@pytest.mark.parametrize("answer", [lambda call: 1, error("ModelError"), RuntimeError()])
def test_complete_takes_the_answer_itself(
    ml: MockML, endpoint: Any, client: Any, answer: Any
) -> None:
    endpoint.progress = manually()
    start(client, InferenceId="i")
    with pytest.raises(BadAnswer, match="the answer itself"):
        ml.sagemaker.invocation("i").complete(answer)


def test_a_request_expires_before_the_model_takes_it(
    ml: MockML, endpoint: Any, client: Any
) -> None:
    endpoint.progress = manually()
    found = start(client, RequestTTLSeconds=60)
    ml.clock.advance(seconds=61)
    assert b"expired" in ml.s3.get(found["FailureLocation"])
    ml.progress.step()
    assert not is_there(ml, found["OutputLocation"])
    later = start(client)
    ml.clock.advance(hours=5)
    assert not is_there(ml, later["FailureLocation"])
    ml.clock.advance(hours=2)
    assert is_there(ml, later["FailureLocation"])


def test_what_ended_in_time_doesnt_expire(ml: MockML, endpoint: Any, client: Any) -> None:
    endpoint.progress = after(10)
    found = start(client, RequestTTLSeconds=60)
    ml.clock.advance(minutes=10)
    assert is_there(ml, found["OutputLocation"])
    assert not is_there(ml, found["FailureLocation"])


def test_a_slow_model_makes_the_work_wait_and_not_the_call(
    ml: MockML, endpoint: Any, client: Any
) -> None:
    endpoint.reply("slow").delay(100)
    assert "Queued --> Processing: the model takes it" in INVOCATION.mermaid()
    started = ml.clock.now()
    uri = start(client, InferenceId="i-1")["OutputLocation"]
    assert ml.sagemaker.invocation("i-1").status == "Processing"
    assert (ml.clock.now() - started).total_seconds() < 50
    assert not is_there(ml, uri)
    ml.clock.advance(seconds=101)
    assert ml.s3.get(uri) == b"slow"


def test_the_pauses_of_a_stream_are_the_models_time_too(
    ml: MockML, endpoint: Any, client: Any
) -> None:
    endpoint.stream([b"a", b"b", b"c"], pause=40).delay(20)
    uri = start(client)["OutputLocation"]
    ml.clock.advance(seconds=99)
    assert not is_there(ml, uri)
    ml.clock.advance(seconds=2)
    assert ml.s3.get(uri) == b"abc"


def test_what_was_ended_by_hand_doesnt_end_again(ml: MockML, endpoint: Any, client: Any) -> None:
    endpoint.reply("slow").delay(100)
    uri = start(client, InferenceId="i-1")["OutputLocation"]
    ml.sagemaker.invocation("i-1").complete("by hand")
    ml.clock.advance(seconds=200)
    assert ml.s3.get(uri) == b"by hand"
    assert len(ml.events) == 1


def test_a_model_has_the_time_that_the_caller_gives(ml: MockML, endpoint: Any, client: Any) -> None:
    endpoint.reply("slow").delay(100)
    found = start(client, InvocationTimeoutSeconds=20)
    ml.clock.advance(seconds=21)
    assert b"timed out" in ml.s3.get(found["FailureLocation"])
    ml.clock.advance(seconds=200)
    assert not is_there(ml, found["OutputLocation"])


def test_a_savepoint_takes_unfinished_work_back(ml: MockML, endpoint: Any, client: Any) -> None:
    endpoint.progress = manually()
    outside = start(client, InferenceId="outside")
    with ml.savepoint():
        inside = start(client, InferenceId="inside")
        ml.progress.step()
        assert is_there(ml, inside["OutputLocation"])
    assert not is_there(ml, outside["OutputLocation"])
    assert not is_there(ml, inside["OutputLocation"])
    ml.progress.step()
    assert is_there(ml, outside["OutputLocation"])
    assert not is_there(ml, inside["OutputLocation"])
