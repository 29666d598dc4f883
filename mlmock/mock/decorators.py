"""Decorated functions of every kind, and decorated classes."""

from __future__ import annotations

import functools
import inspect
import unittest
from collections.abc import AsyncGenerator, Callable, Generator, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from mlmock.mock.handle import MockML
    from mlmock.mock.run import MockSession

Thing = TypeVar("Thing", bound=Callable[..., Any])
Enter = Callable[[], Any]
Start = Callable[[], "MockSession"]
Bind = Callable[[tuple[Any, ...], dict[str, Any], Any], tuple[Any, ...]]


def decorate(start: Start, thing: Thing) -> Thing:
    """Return `thing` wrapped so that it runs inside a block that `start` begins."""
    if isinstance(thing, (staticmethod, classmethod)):
        return cast(Thing, type(thing)(decorate(start, thing.__func__)))
    if not isinstance(thing, type):
        return cast(Thing, _function(lambda: _context(start), thing))
    if issubclass(thing, unittest.TestCase):
        _wrap_test_case(start, thing)
    else:
        _wrap_plain_class(start, thing)
    return thing


class _context:  # noqa: N801 - a context manager
    """One entry of a mock, with nothing shared between threads."""

    def __init__(self, start: Start) -> None:
        self._start = start

    def __enter__(self) -> MockML:
        self._run = self._start()
        return self._run.ml

    def __exit__(self, kind: Any, fault: BaseException | None, trace: Any) -> None:
        self._run.end(fault)


# -- functions --------------------------------------------------------------------------------


def _function(enter: Enter, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return `function` run inside `enter()`; a parameter `ml` gets the handle."""
    bind = _handle_injector(function)
    if inspect.isasyncgenfunction(function):
        wrapper = _async_generator(enter, function, bind)
    elif inspect.iscoroutinefunction(function):
        wrapper = _coroutine(enter, function, bind)
    elif inspect.isgeneratorfunction(function):
        wrapper = _generator(enter, function, bind)
    else:
        wrapper = _plain(enter, function, bind)
    return _copy_signature(wrapper, function)


def _copy_signature(
    wrapper: Callable[..., Any], function: Callable[..., Any]
) -> Callable[..., Any]:
    """Give `wrapper` the name and signature of `function`, but for `ml`: pytest reads it."""
    functools.update_wrapper(wrapper, function)
    signature = inspect.signature(function)
    others = [p for name, p in signature.parameters.items() if name != "ml"]
    wrapper.__signature__ = signature.replace(parameters=others)  # type: ignore[attr-defined]
    return wrapper


def _handle_injector(function: Callable[..., Any]) -> Bind:
    """Return what gives a call of `function` the handle, among its arguments by position or name.

    It returns the positional arguments: callers don't know of `ml`, and what they give by position
    may come after it.
    """
    parameters = inspect.signature(function).parameters
    if "ml" not in parameters:
        return lambda args, kwargs, ml: args
    place, kind = list(parameters).index("ml"), parameters["ml"].kind
    by_name_alone = kind is inspect.Parameter.KEYWORD_ONLY
    at_least = place if kind is inspect.Parameter.POSITIONAL_ONLY else place + 1

    def bind(args: tuple[Any, ...], kwargs: dict[str, Any], ml: Any) -> tuple[Any, ...]:
        if by_name_alone or len(args) < at_least:
            kwargs["ml"] = ml
            return args
        return (*args[:place], ml, *args[place:])

    return bind


def _plain(enter: Enter, function: Any, bind: Any) -> Any:
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        with enter() as ml:
            return function(*bind(args, kwargs, ml), **kwargs)

    return wrapper


def _coroutine(enter: Enter, function: Any, bind: Any) -> Any:
    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        with enter() as ml:
            return await function(*bind(args, kwargs, ml), **kwargs)

    return wrapper


def _generator(enter: Enter, function: Any, bind: Any) -> Any:
    def wrapper(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        with enter() as ml:
            return (yield from function(*bind(args, kwargs, ml), **kwargs))

    return wrapper


def _async_generator(enter: Enter, function: Any, bind: Any) -> Any:
    async def wrapper(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        with enter() as ml:
            inner = function(*bind(args, kwargs, ml), **kwargs)
            try:
                value = await inner.__anext__()
                while True:
                    try:
                        sent = yield value
                    except GeneratorExit:
                        await inner.aclose()
                        raise
                    except BaseException as fault:
                        value = await inner.athrow(fault)
                    else:
                        value = await inner.asend(sent)
            except StopAsyncIteration:
                return

    return wrapper


# -- unittest ---------------------------------------------------------------------------------


def _wrap_test_case(start: Start, cls: Any) -> None:
    """Wrap `TestCase.run`, so that set-up, test and clean-up share one block."""
    original = cls.run

    def run(self: Any, result: Any = None) -> Any:
        context = start()
        self.ml = context.ml
        self.addCleanup(_check_test_case, self, context)
        try:
            with _track_outcome(self):
                return original(self, result)
        finally:
            context.stop()

    cls.run = functools.update_wrapper(run, original)


_PASSED = "_mlmock_passed"


def _check_test_case(case: Any, context: Any) -> None:
    """Check the block as the last clean-up of a test that has passed so far."""
    if vars(case).pop(_PASSED, False):
        context.check()


@contextmanager
def _track_outcome(case: Any) -> Iterator[None]:
    """Note whether the test method of `case` passes, and give it the handle if it takes one.

    unittest itself keeps no trace of that in clean-ups: each starts as a success.
    """
    name, attributes = case._testMethodName, vars(case)
    method, before = getattr(case, name), attributes.get(name)
    attributes[name] = _watched_method(case, method)
    try:
        yield
    finally:
        if before is not None:  # a runner has put it there, and takes it away
            attributes[name] = before
        else:
            attributes.pop(name, None)


def _watched_method(case: Any, method: Any) -> Any:
    bind = _handle_injector(method)

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        found = method(*bind(args, kwargs, case.ml), **kwargs)
        _note_success(case)
        return found

    async def async_wrapper(*args: Any, **kwargs: Any) -> Any:
        found = await method(*bind(args, kwargs, case.ml), **kwargs)
        _note_success(case)
        return found

    chosen: Any = async_wrapper if inspect.iscoroutinefunction(method) else wrapper
    return _copy_signature(chosen, method)


def _note_success(case: Any) -> None:
    """Note that the test method has returned, and whether all its parts (`subTest`) passed."""
    outcome = getattr(case, "_outcome", None)
    vars(case)[_PASSED] = getattr(outcome, "success", True)


# -- plain classes ----------------------------------------------------------------------------

_RUNS = "_mlmock_runs"


class _ClassTestRun:
    """The block of one test of a plain class, and how that test ended."""

    def __init__(self, start: Start, instance: Any, owner: type | None = None) -> None:
        self.context = start()
        self.owner = owner
        self.fault: BaseException | None = None
        instance.ml = self.context.ml

    def end(self) -> None:
        """End the block, checked if the test ended well."""
        self.context.end(self.fault)


def _wrap_plain_class(start: Start, cls: Any) -> None:
    """Wrap `setup_method` and `teardown_method`, which pytest calls around every test."""
    set_up, tear_down = getattr(cls, "setup_method", None), getattr(cls, "teardown_method", None)

    def setup_method(self: Any, method: Any = None) -> None:
        vars(self).setdefault(_RUNS, []).append(_ClassTestRun(start, self, cls))
        try:
            _call(set_up, self, method)
        except BaseException:
            for begun in reversed(vars(self).pop(_RUNS, ())):
                begun.context.stop()
            raise

    def teardown_method(self: Any, method: Any = None) -> None:
        runs = vars(self).get(_RUNS, [])
        try:
            _call(tear_down, self, method)
        except BaseException as fault:
            _record_failure(runs, fault)
            raise
        finally:
            _end_inherited(cls, runs)

    cls.setup_method, cls.teardown_method = setup_method, teardown_method
    for name, method in _test_methods(cls):
        setattr(cls, name, _function_of_instance(start, method, at_once=tear_down is None))


def _record_failure(runs: list[_ClassTestRun], fault: BaseException | None) -> None:
    for running in runs:
        running.fault = fault


def _end_inherited(cls: type, runs: list[_ClassTestRun]) -> None:
    """End the block of `cls`, and before it those of classes it is made from that still run.

    There is none where the set-up of a class made from `cls` does not call this one.
    """
    if not runs:
        return
    running = runs.pop()
    try:
        running.end()
    finally:
        if running.owner is not cls:
            _end_inherited(cls, runs)


def _test_methods(cls: type) -> list[tuple[str, Any]]:
    names = [name for name in dir(cls) if name.startswith("test")]
    found = [(name, inspect.getattr_static(cls, name)) for name in names]
    return [(name, method) for name, method in found if inspect.isfunction(method)]


def _call(function: Any, self: Any, method: Any) -> None:
    """Call a class's own set-up or tear-down, which may or may not take the method."""
    if function is None:
        return
    if len(inspect.signature(function).parameters) > 1:
        function(self, method)
    else:
        function(self)


class _TestMethodWrapper:
    """A test in the block of its instance's set-up, or in one of its own without a runner.

    Notes how the test ends. `at_once`: the block is checked here, so that the test itself fails;
    else after a clean-up that may still use rules.
    """

    def __init__(self, start: Start, instance: Any, *, at_once: bool) -> None:
        runs = vars(instance).get(_RUNS)
        self._is_own = not runs
        self._at_once = at_once
        self._running = runs[-1] if runs else _ClassTestRun(start, instance)
        self._around = runs or [self._running]

    def __enter__(self) -> MockML:
        return self._running.context.ml

    def __exit__(self, kind: Any, fault: BaseException | None, trace: Any) -> None:
        _record_failure(self._around, fault)
        if self._is_own:
            self._running.end()
        elif self._at_once and fault is None:
            try:
                self._running.context.check()
            except BaseException as found:
                _record_failure(self._around, found)
                raise


def _function_of_instance(start: Start, method: Any, *, at_once: bool) -> Any:
    """Return a test method that runs in its instance's block."""
    bind = _handle_injector(method)

    def wrapper(self: Any, *args: Any, **kwargs: Any) -> Any:
        with _TestMethodWrapper(start, self, at_once=at_once) as ml:
            return method(*bind((self, *args), kwargs, ml), **kwargs)

    async def async_wrapper(self: Any, *args: Any, **kwargs: Any) -> Any:
        with _TestMethodWrapper(start, self, at_once=at_once) as ml:
            return await method(*bind((self, *args), kwargs, ml), **kwargs)

    chosen: Any = async_wrapper if inspect.iscoroutinefunction(method) else wrapper
    return _copy_signature(chosen, method)
