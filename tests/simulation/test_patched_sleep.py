"""The sleeping of the code under test moves the clock, where a test asks for it."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta

import pytest

from mlmock import MockML, mock_ml


def test_sleep_moves_the_clock_and_is_the_machines_again_afterwards() -> None:
    before, before_async = time.sleep, asyncio.sleep
    with mock_ml() as ml:
        ml.clock.patch_sleep()
        ml.clock.patch_sleep()
        start = ml.clock.now()
        time.sleep(3600)
        assert timedelta(hours=1) <= ml.clock.now() - start < timedelta(hours=1, minutes=1)
    assert (time.sleep, asyncio.sleep) == (before, before_async)


def test_asyncio_sleep_moves_it_too_and_lets_other_tasks_run(mlmock: MockML) -> None:
    mlmock.clock.patch_sleep()
    seen = []

    async def worker(name: str) -> str:
        seen.append(name)
        return str(await asyncio.sleep(60, name))

    async def main() -> list[str]:
        return list(await asyncio.gather(worker("a"), worker("b")))

    start = mlmock.clock.now()
    assert asyncio.run(main()) == ["a", "b"]
    assert seen == ["a", "b"]
    assert mlmock.clock.now() - start >= timedelta(seconds=120)


def test_sleep_is_left_alone_where_nobody_asks(mlmock: MockML) -> None:
    before = mlmock.clock.offset
    time.sleep(0)
    assert mlmock.clock.offset == before


def test_nothing_is_patched_for_a_clock_of_its_own() -> None:
    from mlmock.simulation.clock import Clock
    from mlmock.simulation.undo_log import Ledger

    clock = Clock(Ledger())
    clock.patch_sleep()
    assert clock.offset == 0.0
    with pytest.raises(ValueError, match="only goes forward"):
        clock.advance(seconds=-1)
