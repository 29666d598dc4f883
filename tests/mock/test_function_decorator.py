"""`mock_ml` on functions, methods, coroutine functions and generator functions."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

import mlmock
from mlmock import UnusedRule, mock_ml
from tests.helpers import A2I, client, start
from tests.mock.mock_helpers import is_mock_active


def test_every_call_of_a_function_runs_in_a_new_mock() -> None:
    @mock_ml
    def work(first: int, *, second: int = 2) -> tuple[int, int, int]:
        """Work."""
        start(client())
        return first, second, len(mlmock.current().calls)

    assert work(1) == (1, 2, 1)
    assert work(1, second=5) == (1, 5, 1)  # fresh state for each call
    assert not is_mock_active()
    assert (work.__name__, work.__doc__) == ("work", "Work.")


def test_parameter_ml_receives_the_handle_and_is_hidden_from_pytest() -> None:
    @mock_ml(region="eu-west-1")
    def work(tmp_path: str, ml: Any, extra: int = 0) -> Any:
        assert ml is mlmock.current()
        return client().meta.region_name, tmp_path, extra

    assert list(inspect.signature(work).parameters) == ["tmp_path", "extra"]
    as_any: Any = work
    assert as_any("path", extra=3) == ("us-east-1", "path", 3)


def test_arguments_after_ml_can_be_positional() -> None:
    @mock_ml
    def work(first: int, ml: Any, second: int, /, third: int = 3) -> tuple[int, ...]:
        assert ml is mlmock.current()
        return first, second, third

    @mock_ml
    def by_name(*numbers: int, ml: Any) -> tuple[int, ...]:
        assert ml is mlmock.current()
        return numbers

    @mock_ml
    def positional_only(ml: Any, /) -> bool:
        return ml is mlmock.current()

    as_any: Any = work
    assert as_any(1, 2) == (1, 2, 3)
    assert as_any(1, 2, 4) == (1, 2, 4)
    assert by_name(1, 2) == (1, 2)  # type: ignore[call-arg]
    assert positional_only()  # type: ignore[call-arg]


def test_static_and_class_methods_can_be_decorated() -> None:
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


def test_coroutine_function_runs_in_a_mock() -> None:
    @mock_ml
    async def work(ml: Any) -> int:
        await asyncio.sleep(0)
        start(client())
        return len(ml.calls)

    as_any: Any = work
    assert inspect.iscoroutinefunction(work)
    pending = as_any()
    assert not is_mock_active()  # the mock starts with the coroutine
    assert asyncio.run(pending) == 1
    assert not is_mock_active()


def test_generator_function_runs_in_a_mock_until_it_is_exhausted() -> None:
    @mock_ml
    def work(ml: Any) -> Iterator[Any]:
        got = yield ml
        yield got, len(ml.calls)

    as_any: Any = work
    assert inspect.isgeneratorfunction(work)
    steps = as_any()
    ml = next(steps)
    assert is_mock_active()
    start(client())
    assert steps.send("sent") == ("sent", 1)
    assert list(steps) == []
    assert not is_mock_active()
    assert ml.calls.total == 1


def test_generator_that_is_closed_early_reports_no_unused_rules() -> None:
    @mock_ml
    def work(ml: Any) -> Iterator[None]:
        ml.on(A2I).fail("ThrottlingException")
        yield

    as_any: Any = work
    steps = as_any()
    next(steps)
    assert is_mock_active()
    steps.close()
    assert not is_mock_active()


def test_decorated_generator_works_as_a_context_manager() -> None:
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
    assert not is_mock_active()


def test_async_generator_function_runs_in_a_mock() -> None:
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
    assert not is_mock_active()


def test_async_generator_that_is_closed_early_ends_its_mock() -> None:
    closed = []

    @mock_ml
    async def work(ml: Any) -> AsyncIterator[None]:
        ml.on(A2I).fail("ThrottlingException")
        try:
            yield
        finally:
            closed.append(is_mock_active())

    as_any: Any = work

    async def close() -> None:
        steps = as_any()
        await steps.__anext__()
        await steps.aclose()

    asyncio.run(close())
    assert closed == [True]
    assert not is_mock_active()


def test_unused_rules_fail_a_function_only_if_it_succeeded() -> None:
    @mock_ml
    def work(ml: Any, error: Exception | None = None) -> None:
        ml.on(A2I, "StopHumanLoop").fail("ThrottlingException")
        if error:
            raise error

    as_any: Any = work
    with pytest.raises(UnusedRule, match=r'ml.on\("sagemaker-a2i-runtime", "StopHumanLoop"\)'):
        as_any()
    with pytest.raises(LookupError, match="mine"):
        as_any(error=LookupError("mine"))


def test_only_functions_and_classes_can_be_decorated() -> None:
    as_any: Any = mock_ml
    for wrong in (3, None):
        with pytest.raises((TypeError, ValueError)):
            as_any(wrong)
