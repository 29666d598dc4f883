"""Virtual time (`ml.clock`) and the completion of asynchronous tasks (`ml.progress`)."""

from __future__ import annotations

import datetime
import time
from typing import Any

import pytest
import time_machine
from freezegun import freeze_time

import mlmock as package
from mlmock import MockML, after, after_polls, immediately, manually, mock_ml
from tests.helpers import start

UTC = datetime.timezone.utc
NOW = datetime.datetime(2026, 5, 1, 12, tzinfo=UTC)


def status(a2i: Any, name: str = "invoice-1") -> str:
    """Return the status of a loop; this counts as a poll."""
    return str(a2i.describe_human_loop(HumanLoopName=name)["HumanLoopStatus"])


def stop(a2i: Any, name: str = "invoice-1") -> None:
    """Start a loop and request that it stops."""
    start(a2i, name)
    a2i.stop_human_loop(HumanLoopName=name)


# -- the clock --------------------------------------------------------------------------------


def test_clock_follows_the_system_clock_and_can_be_advanced(mlmock: MockML, a2i: Any) -> None:
    before = mlmock.clock.now()
    assert abs(before.timestamp() - time.time()) < 60
    assert before.tzinfo is UTC
    mlmock.clock.advance(seconds=1, minutes=2, hours=3, days=4)
    elapsed = mlmock.clock.now() - before
    assert (
        datetime.timedelta(0)
        <= elapsed - datetime.timedelta(4, 1, hours=3, minutes=2)
        < (datetime.timedelta(seconds=60))
    )
    start(a2i)
    created = a2i.describe_human_loop(HumanLoopName="invoice-1")["CreationTime"]
    assert (created - before).days == 4
    for wrong in (-1, float("nan")):
        with pytest.raises(ValueError, match="cannot go back"):
            mlmock.clock.advance(seconds=wrong)


def test_clock_can_be_frozen(a2i: Any) -> None:
    with mock_ml(now=NOW) as ml:
        start(a2i)
        assert ml.clock.now() == NOW
        assert a2i.describe_human_loop(HumanLoopName="invoice-1")["CreationTime"] == NOW
        ml.clock.advance(minutes=1)
        assert ml.clock.now() == NOW + datetime.timedelta(minutes=1)
    with mock_ml(now=datetime.datetime(2026, 5, 1, 12)) as ml:  # naive is UTC
        assert ml.clock.now() == NOW


def test_now_of_an_inner_mock_applies_until_it_ends(a2i: Any) -> None:
    with mock_ml(now=NOW) as outer:
        with mock_ml(now=NOW + datetime.timedelta(days=1)) as inner:
            assert inner.clock.now().day == 2
            with mock_ml() as innermost:
                assert innermost.clock.now().day == 2
        assert outer.clock.now() == NOW


def test_now_of_an_inner_mock_is_independent_of_earlier_advances() -> None:
    with mock_ml(now=NOW) as ml:
        ml.clock.advance(days=1)
        later = NOW + datetime.timedelta(days=400)
        with mock_ml(now=later):
            assert ml.clock.now() == later
            with mock_ml(region="eu-west-1"):
                ml.clock.advance(hours=1)
            assert ml.clock.now() == later + datetime.timedelta(hours=1)
        assert ml.clock.now() == NOW + datetime.timedelta(days=1, hours=1)
        with mock_ml(now=later):
            ml.reset()
            assert ml.clock.now() == later
        assert ml.clock.now() == NOW


def test_clock_follows_freezegun_and_time_machine(mlmock: MockML, a2i: Any) -> None:
    with freeze_time("2020-02-03 04:05:06") as frozen:
        start(a2i, "frozen")
        assert mlmock.clock.now() == datetime.datetime(2020, 2, 3, 4, 5, 6, tzinfo=UTC)
        frozen.tick(60)
        assert mlmock.clock.now().minute == 6
    with time_machine.travel(datetime.datetime(2031, 1, 1, tzinfo=UTC), tick=False):
        start(a2i, "traveled")
        assert mlmock.clock.now() == datetime.datetime(2031, 1, 1, tzinfo=UTC)
    created = {
        name: a2i.describe_human_loop(HumanLoopName=name)["CreationTime"].year
        for name in ("frozen", "traveled")
    }
    assert created == {"frozen": 2020, "traveled": 2031}


# -- progress ---------------------------------------------------------------------------------


def test_immediately_completes_tasks_before_the_call_returns(mlmock: MockML, a2i: Any) -> None:
    stop(a2i)
    assert status(a2i) == "Stopped"
    assert mlmock.events.last.detail["humanLoopStatus"] == "Stopped"


def test_after_polls_completes_after_that_many_polls(a2i: Any) -> None:
    with mock_ml(progress=after_polls(2)) as ml:
        stop(a2i)
        assert [status(a2i) for _ in range(4)] == ["Stopping", "Stopping", "Stopped", "Stopped"]
        ml.progress.set(after_polls(0))
        stop(a2i, "b")
        assert status(a2i, "b") == "Stopped"


def test_after_seconds_completes_by_the_clock_and_not_by_polls(a2i: Any) -> None:
    with mock_ml(progress=after(60), now=NOW) as ml:
        stop(a2i)
        ml.clock.advance(seconds=59)
        assert [status(a2i) for _ in range(3)] == ["Stopping"] * 3
        assert len(ml.events) == 0
        ml.clock.advance(seconds=3)
        # the time at which the task was due
        assert ml.events.last.time == NOW + datetime.timedelta(seconds=60)
        assert status(a2i) == "Stopped"


def test_manually_completes_only_by_step_or_finish(a2i: Any) -> None:
    with mock_ml(progress=manually()) as ml:
        stop(a2i)
        ml.clock.advance(days=30)
        assert status(a2i) == "Stopping"
        ml.progress.step()
        assert status(a2i) == "Stopped"
        stop(a2i, "b")
        ml.a2i.human_loop("b").finish()
        assert status(a2i, "b") == "Stopped"


def test_policy_is_set_for_the_mock_a_service_or_a_resource(a2i: Any) -> None:
    with mock_ml() as ml:
        ml.progress = after_polls(1)
        stop(a2i, "a")
        assert status(a2i, "a") == "Stopping"
        ml.a2i.progress = manually()
        stop(a2i, "b")
        assert [status(a2i, "b") for _ in range(3)] == ["Stopping"] * 3
        ml.a2i.flow_definition("review").progress = immediately()
        stop(a2i, "c")
        assert status(a2i, "c") == "Stopped"
        ml.lookoutvision.progress.step()  # a step of another service
        assert status(a2i, "b") == "Stopping"
        ml.a2i.progress.step()
        assert status(a2i, "b") == "Stopped"
        ml.a2i.progress.set(None)
        assert repr(ml.a2i.progress) == "<progress after_polls(1)>"


@pytest.mark.parametrize(
    "wrong",
    [
        lambda ml: after_polls(-1),
        lambda ml: after_polls(True),
        lambda ml: after(-1),
        lambda ml: after(float("nan")),
        lambda ml: ml.progress.set("soon"),
        lambda ml: setattr(ml, "progress", 3),
        lambda ml: setattr(ml.a2i, "progress", 3),
    ],
)
def test_invalid_policy_is_rejected(mlmock: MockML, wrong: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        wrong(mlmock)


def test_repr_and_equality_of_policies() -> None:
    assert [repr(p) for p in (immediately(), after_polls(2), after(60), manually())] == [
        "immediately()",
        "after_polls(2)",
        "after(60.0)",
        "manually()",
    ]
    assert immediately() == after_polls(0)
    assert package.Policy is type(immediately())
