"""`mock_ml` in `with` and `async with`, and by `start` and `stop`."""

from __future__ import annotations

import asyncio
import contextlib
import random
import threading
from typing import Any

import pytest

import mlmock
from mlmock import NotMocked, UnusedRule, UnusedRuleWarning, mock_ml
from tests.helpers import A2I, client, names, start
from tests.mock.mock_helpers import is_mock_active


def test_context_manager_yields_the_handle() -> None:
    with mock_ml() as ml:
        assert mlmock.current() is ml
        start(client())
        assert len(ml.calls) == 1
    assert not is_mock_active()


def test_async_context_manager_yields_the_handle() -> None:
    async def work() -> None:
        async with mock_ml() as ml:
            start(client())
            assert len(ml.calls) == 1
        with pytest.raises(UnusedRule):
            async with mock_ml() as ml:
                ml.on(A2I).fail("ThrottlingException")
        assert not is_mock_active()

    asyncio.run(work())


def test_start_and_stop_assert_nothing_by_themselves() -> None:
    mock = mock_ml()
    ml = mock.start()
    ml.on(A2I).fail("ThrottlingException")
    with pytest.raises(UnusedRule):
        ml.assert_all_used()
    mock.stop()
    assert not is_mock_active()
    with pytest.raises(RuntimeError, match="has not been started"):
        mock.stop()


def test_assert_all_used_raises_suppressed_errors() -> None:
    mock = mock_ml("bedrock-runtime")
    ml = mock.start()
    with contextlib.suppress(NotMocked):
        names(client())
    with pytest.raises(NotMocked):
        ml.assert_all_used()
    ml.unmatched.clear()
    ml.assert_all_used()
    mock.stop()


def test_mock_object_can_be_reused_with_a_new_state_each_time() -> None:
    mock = mock_ml(seed=5, region="eu-west-1")
    request_ids = []
    for _ in range(2):
        with mock as ml:
            start(client())
            request_ids.append(ml.calls.last.request_id)
    assert request_ids[0] == request_ids[1]
    assert "sagemaker-a2i-runtime" in repr(mock)

    @mock
    def work() -> Any:
        start(client())
        return mlmock.current().calls.last.request_id

    assert work() == request_ids[0]


def test_one_mock_object_can_be_used_by_overlapping_tasks() -> None:
    mock = mock_ml()

    async def work(wait: float, rules: int) -> None:
        async with mock as ml:
            await asyncio.sleep(wait)
            for _ in range(rules):
                ml.on(A2I).fail("ThrottlingException").optional()
            await asyncio.sleep(wait)

    async def run_all() -> None:
        waits = [random.random() / 100 for _ in range(8)]
        await asyncio.gather(*(work(wait, rules) for rules, wait in enumerate(waits)))

    asyncio.run(run_all())
    assert not is_mock_active()


def test_lenient_mock_warns_about_unused_rules() -> None:
    with (
        pytest.warns(UnusedRuleWarning, match="not used as often as expected"),
        mock_ml(strict=False) as ml,
    ):
        ml.on(A2I).fail("ThrottlingException")


def test_current_raises_without_an_active_mock() -> None:
    with pytest.raises(RuntimeError, match="no mock_ml is active"):
        mlmock.current()


def test_mock_can_be_stopped_in_another_thread() -> None:
    mock = mock_ml()
    thread = threading.Thread(target=mock.start)
    thread.start()
    thread.join()
    assert is_mock_active()
    mock.stop()
    assert not is_mock_active()
