"""`mock_ml` on functions of every kind, in `with` and `async with`, and by hand."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import random
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

import mlmock
from mlmock import NotMocked, UnusedRule, UnusedRuleWarning, mock_ml
from tests.helpers import A2I, FLOW, client, names, start


def running() -> bool:
    """Say whether a mock runs."""
    try:
        mlmock.current()
    except RuntimeError:
        return False
    return True


# -- functions --------------------------------------------------------------------------------


def test_a_function_runs_inside_a_block_of_its_own() -> None:
    @mock_ml
    def work(first: int, *, second: int = 2) -> tuple[int, int, int]:
        """Work."""
        start(client())
        return first, second, len(mlmock.current().calls)

    assert work(1) == (1, 2, 1)
    assert work(1, second=5) == (1, 5, 1)  # fresh state for each call
    assert not running()
    assert (work.__name__, work.__doc__) == ("work", "Work.")


def test_a_parameter_named_ml_gets_the_handle_and_is_hidden_from_pytest() -> None:
    @mock_ml(region="eu-west-1")
    def work(tmp_path: str, ml: Any, extra: int = 0) -> Any:
        assert ml is mlmock.current()
        return client().meta.region_name, tmp_path, extra

    assert list(inspect.signature(work).parameters) == ["tmp_path", "extra"]
    as_any: Any = work
    assert as_any("here", extra=3) == ("us-east-1", "here", 3)


def test_arguments_after_ml_may_be_given_by_position() -> None:
    @mock_ml
    def work(first: int, ml: Any, second: int, /, third: int = 3) -> tuple[int, ...]:
        assert ml is mlmock.current()
        return first, second, third

    @mock_ml
    def by_name(*numbers: int, ml: Any) -> tuple[int, ...]:
        assert ml is mlmock.current()
        return numbers

    @mock_ml
    def first_of_all(ml: Any, /) -> bool:
        return ml is mlmock.current()

    as_any: Any = work
    assert as_any(1, 2) == (1, 2, 3)
    assert as_any(1, 2, 4) == (1, 2, 4)
    assert by_name(1, 2) == (1, 2)  # type: ignore[call-arg]
    assert first_of_all()  # type: ignore[call-arg]


def test_static_and_class_methods_stay_what_they_are() -> None:
    class Work:
        @mock_ml
        @staticmethod
        def static(ml: Any, value: int) -> Any:
            return value, ml is mlmock.current()

        @mock_ml
        @classmethod
        def of_class(cls, value: int, ml: Any) -> Any:
            return cls.__name__, value, ml is mlmock.current()

    work: Any = Work()
    assert work.static(value=3) == (3, True)
    assert work.of_class(4) == ("Work", 4, True)


def test_a_coroutine_function_runs_inside_a_block() -> None:
    @mock_ml
    async def work(ml: Any) -> int:
        await asyncio.sleep(0)
        start(client())
        return len(ml.calls)

    as_any: Any = work
    assert inspect.iscoroutinefunction(work)
    pending = as_any()
    assert not running()  # the block begins when the coroutine does
    assert asyncio.run(pending) == 1
    assert not running()


def test_a_generator_function_runs_inside_a_block_until_it_is_done() -> None:
    @mock_ml
    def work(ml: Any) -> Iterator[Any]:
        got = yield ml
        yield got, len(ml.calls)

    as_any: Any = work
    assert inspect.isgeneratorfunction(work)
    steps = as_any()
    ml = next(steps)
    assert running()
    start(client())
    assert steps.send("sent") == ("sent", 1)
    assert list(steps) == []
    assert not running()
    assert ml.calls.started == 1


def test_a_generator_that_is_closed_early_ends_its_block_without_asserting() -> None:
    @mock_ml
    def work(ml: Any) -> Iterator[None]:
        ml.on(A2I).fail("ThrottlingException")
        yield

    as_any: Any = work
    steps = as_any()
    next(steps)
    assert running()
    steps.close()
    assert not running()


def test_a_generator_makes_a_context_manager() -> None:
    @contextlib.contextmanager
    @mock_ml
    def reviewing(ml: Any) -> Iterator[Any]:
        yield ml

    as_any: Any = reviewing
    with as_any() as ml:
        start(client())
        assert len(ml.calls) == 1
    with pytest.raises(LookupError), as_any():
        raise LookupError
    assert not running()


def test_an_async_generator_function_runs_inside_a_block() -> None:
    @mock_ml
    async def work(ml: Any) -> AsyncIterator[Any]:
        try:
            got = yield len(ml.calls)
        except LookupError:
            got = "raised"
        yield got, len(ml.calls)

    as_any: Any = work

    async def send(value: Any) -> Any:
        steps = as_any()
        assert await steps.__anext__() == 0
        start(client())
        answer = await (steps.athrow(value) if isinstance(value, Exception) else steps.asend(value))
        assert [rest async for rest in steps] == []
        return answer

    assert inspect.isasyncgenfunction(work)
    assert asyncio.run(send("sent")) == ("sent", 1)
    assert asyncio.run(send(LookupError())) == ("raised", 1)
    assert not running()


def test_an_async_generator_that_is_closed_early_ends_its_block() -> None:
    closed = []

    @mock_ml
    async def work(ml: Any) -> AsyncIterator[None]:
        ml.on(A2I).fail("ThrottlingException")
        try:
            yield
        finally:
            closed.append(running())

    as_any: Any = work

    async def close() -> None:
        steps = as_any()
        await steps.__anext__()
        await steps.aclose()

    asyncio.run(close())
    assert closed == [True]
    assert not running()


def test_unused_rules_fail_a_function_that_ended_well_and_only_such_a_one() -> None:
    @mock_ml
    def work(ml: Any, fault: Exception | None = None) -> None:
        ml.on(A2I, "StopHumanLoop").fail("ThrottlingException")
        if fault:
            raise fault

    as_any: Any = work
    with pytest.raises(UnusedRule, match=r'ml.on\("sagemaker-a2i-runtime", "StopHumanLoop"\)'):
        as_any()
    with pytest.raises(LookupError, match="mine"):
        as_any(fault=LookupError("mine"))


# -- with, async with, start and stop ---------------------------------------------------------


def test_a_context_manager_yields_the_handle() -> None:
    with mock_ml() as ml:
        assert mlmock.current() is ml
        start(client())
        assert len(ml.calls) == 1
    assert not running()


def test_an_async_context_manager_is_the_same() -> None:
    async def work() -> None:
        async with mock_ml() as ml:
            start(client())
            assert len(ml.calls) == 1
        with pytest.raises(UnusedRule):
            async with mock_ml() as ml:
                ml.on(A2I).fail("ThrottlingException")
        assert not running()

    asyncio.run(work())


def test_by_hand_nothing_is_asserted_but_what_is_asked_for() -> None:
    mock = mock_ml()
    ml = mock.start()
    ml.on(A2I).fail("ThrottlingException")
    with pytest.raises(UnusedRule):
        ml.assert_all_used()
    mock.stop()
    assert not running()
    with pytest.raises(RuntimeError, match="has not been started"):
        mock.stop()


def test_what_was_swallowed_is_told_by_assert_all_used() -> None:
    mock = mock_ml("bedrock-runtime")
    ml = mock.start()
    with contextlib.suppress(NotMocked):
        names(client())
    with pytest.raises(NotMocked):
        ml.assert_all_used()
    ml.unmatched.clear()
    ml.assert_all_used()
    mock.stop()


def test_a_description_is_reused_and_each_entry_is_fresh() -> None:
    mock = mock_ml(seed=5, region="eu-west-1")
    seen = []
    for _ in range(2):
        with mock as ml:
            start(client())
            seen.append(ml.calls.last.request_id)
    assert seen[0] == seen[1]
    assert "sagemaker-a2i-runtime" in repr(mock)

    @mock
    def work() -> Any:
        start(client())
        return mlmock.current().calls.last.request_id

    assert work() == seen[0]


def test_one_description_in_overlapping_tasks_ends_the_right_blocks() -> None:
    mock = mock_ml()

    async def work(wait: float, rules: int) -> None:
        async with mock as ml:
            await asyncio.sleep(wait)
            for _ in range(rules):
                ml.on(A2I).fail("ThrottlingException").optional()
            await asyncio.sleep(wait)

    async def all_of_them() -> None:
        waits = [random.random() / 100 for _ in range(8)]
        await asyncio.gather(*(work(wait, place) for place, wait in enumerate(waits)))

    asyncio.run(all_of_them())
    assert not running()


def test_a_block_that_is_not_strict_warns_of_unused_rules() -> None:
    with (
        pytest.warns(UnusedRuleWarning, match="not used as often as written"),
        mock_ml(strict=False) as ml,
    ):
        ml.on(A2I).fail("ThrottlingException")


def test_current_is_an_error_where_nothing_runs() -> None:
    with pytest.raises(RuntimeError, match="no mock_ml block is running"):
        mlmock.current()


# -- nesting ----------------------------------------------------------------------------------


def test_rules_written_since_an_inner_block_began_are_checked_at_its_end_and_go_with_it() -> None:
    with mock_ml() as outer:
        outer.on(A2I, "ListHumanLoops").reply({"HumanLoopSummaries": [], "NextToken": "outer"})
        with mock_ml() as inner:
            inner.on(A2I, "ListHumanLoops").reply({"HumanLoopSummaries": [], "NextToken": "inner"})
            a2i = client()
            listing = {"FlowDefinitionArn": FLOW}
            assert a2i.list_human_loops(**listing)["NextToken"] == "inner"
        assert a2i.list_human_loops(**listing)["NextToken"] == "outer"
        with pytest.raises(UnusedRule, match="StopHumanLoop"), mock_ml() as inner:
            inner.on(A2I, "StopHumanLoop").fail("ThrottlingException")


def test_an_inner_block_shares_state_and_its_options_hold_while_it_runs() -> None:
    with mock_ml(progress=mlmock.after_polls(1)) as outer:
        a2i = client()
        start(a2i)
        with mock_ml(progress=mlmock.manually(), region="eu-west-1") as inner:
            assert names(a2i) == ["invoice-1"]
            a2i.stop_human_loop(HumanLoopName="invoice-1")
            for _ in range(3):
                a2i.describe_human_loop(HumanLoopName="invoice-1")
            assert inner.a2i.human_loop("invoice-1").status == "Stopping"
            inner.progress.step()
            assert inner.a2i.human_loop("invoice-1").status == "Stopped"
        assert repr(outer.progress) == "<progress after_polls(1)>"


def test_an_inner_blocks_policy_holds_whatever_was_set_outside() -> None:
    with mock_ml() as outer:
        outer.progress = mlmock.after_polls(1)
        with mock_ml(region="eu-west-1") as inner:
            assert inner.progress.policy == mlmock.after_polls(1)
            with mock_ml(progress=mlmock.manually()) as innermost:
                assert innermost.progress.policy == mlmock.manually()
                assert not innermost.progress.is_set
                innermost.progress = mlmock.after(5)
                assert outer.progress.policy == mlmock.after(5)  # one policy at a time
            assert outer.progress.policy == mlmock.after_polls(1)
            inner.progress = mlmock.immediately()
        assert outer.progress.policy == mlmock.immediately()
        with mock_ml(seed=3) as inner:
            inner.reset()
            assert not inner.progress.is_set
        outer.progress = mlmock.after(1)
        outer.progress.set(None)
        assert not outer.progress.is_set


def test_what_an_inner_block_leaves_open_is_the_outer_ones() -> None:
    with mock_ml(account_id="111122223333", strict=False), mock_ml(region="eu-west-1"):
        call = mlmock.current()
        assert call.a2i.flow_definition("x").arn == (
            "arn:aws:sagemaker:eu-west-1:111122223333:flow-definition/x"
        )


# -- descriptions -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("services", "options", "fault"),
    [
        (["s3"], {}, "doesn't know s3"),
        ([3], {}, "doesn't know 3"),
        ([], {"account_id": "12"}, "12 digits"),
        ([], {"account_id": 123456789012}, "12 digits"),
        ([], {"region": None}, "region is a name"),
        ([], {"progress": "soon"}, "immediately"),
        ([], {"now": "2024-01-01"}, "now is a datetime"),
        ([], {"journal": 0}, "at least one call"),
        ([], {"lookoutvision_api": "2019"}, "lookoutvision_api"),
        ([], {"reegion": "us-east-1"}, "no option reegion; there are region, account_id"),
        ([], {"seed": "7"}, "seed is an integer"),
        ([], {"strict": "no"}, "strict is True or False"),
    ],
)
def test_what_cannot_be_is_refused_where_it_is_written(
    services: list[Any], options: dict[str, Any], fault: str
) -> None:
    as_any: Any = mock_ml
    with pytest.raises((TypeError, ValueError), match=fault):
        as_any(*services, **options)


def test_a_block_holds_the_named_services_alone() -> None:
    with mock_ml("bedrock-runtime") as ml:
        with pytest.raises(NotMocked, match=r"sagemaker-a2i-runtime\.ListHumanLoops"):
            names(client())
        ml.unmatched.clear()
        with pytest.raises(mlmock.BadAnswer, match="holds bedrock-runtime"):
            ml.on(A2I)


def test_a_block_may_be_ended_in_another_thread_than_it_was_started_in() -> None:
    mock = mock_ml()
    thread = threading.Thread(target=mock.start)
    thread.start()
    thread.join()
    assert running()
    mock.stop()
    assert not running()


def test_what_is_no_function_is_not_decorated() -> None:
    as_any: Any = mock_ml
    for wrong in (3, None):
        with pytest.raises((TypeError, ValueError)):
            as_any(wrong)
