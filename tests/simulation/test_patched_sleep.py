"""`ml.clock.patch_time()`: `time.sleep` and `asyncio.sleep` advance the virtual clock."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta

import pytest

from mlmock import MockML, mock_ml


def test_sleep_advances_the_clock_until_the_mock_ends() -> None:
    before, before_async = time.sleep, asyncio.sleep
    with mock_ml() as ml:
        ml.clock.patch_time()
        ml.clock.patch_time()
        start = ml.clock.now()
        time.sleep(3600)
        assert timedelta(hours=1) <= ml.clock.now() - start < timedelta(hours=1, minutes=1)
    assert (time.sleep, asyncio.sleep) == (before, before_async)


def test_asyncio_sleep_advances_the_clock_and_yields_to_other_tasks(mlmock: MockML) -> None:
    mlmock.clock.patch_time()
    started = []

    async def worker(name: str) -> str:
        started.append(name)
        return str(await asyncio.sleep(60, name))

    async def main() -> list[str]:
        return list(await asyncio.gather(worker("a"), worker("b")))

    start = mlmock.clock.now()
    assert asyncio.run(main()) == ["a", "b"]
    assert started == ["a", "b"]
    assert mlmock.clock.now() - start >= timedelta(seconds=120)


def test_sleep_is_real_unless_it_is_patched(mlmock: MockML) -> None:
    before = mlmock.clock.offset
    time.sleep(0)
    assert mlmock.clock.offset == before


def test_standalone_clock_patches_nothing() -> None:
    from mlmock.simulation.clock import Clock
    from mlmock.simulation.undo_log import UndoLog

    clock = Clock(UndoLog())
    clock.patch_time()
    assert clock.offset == 0.0
    with pytest.raises(ValueError, match="cannot go back"):
        clock.advance(seconds=-1)
