"""The decorator `mock_ml`: functions of every kind, and test classes."""

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

Decorated = TypeVar("Decorated", bound=Callable[..., Any])
Enter = Callable[[], Any]
Start = Callable[[], "MockSession"]
Bind = Callable[[tuple[Any, ...], dict[str, Any], Any], tuple[Any, ...]]


def decorate(start: Start, decorated: Decorated) -> Decorated:
    """Return a wrapper for a function, or patch a class, so that it runs inside a mock.

    Args:
        start: Starts a mock and returns its session.
        decorated: A function, static method, class method or test class.
    """
    if isinstance(decorated, (staticmethod, classmethod)):
        return cast(Decorated, type(decorated)(decorate(start, decorated.__func__)))
    if not isinstance(decorated, type):
        return cast(Decorated, _function(lambda: _Mocked(start), decorated))
    if issubclass(decorated, unittest.TestCase):
        _wrap_test_case(start, decorated)
    else:
        _wrap_plain_class(start, decorated)
    return decorated


class _Mocked:
    """A context manager that starts a mock for one call of a function."""

    def __init__(self, start: Start) -> None:
        self._start = start

    def __enter__(self) -> MockML:
        self._session = self._start()
        return self._session.ml

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        self._session.end(error)


# -- functions --------------------------------------------------------------------------------


def _function(enter: Enter, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a wrapper that runs `function` inside `enter()` and passes it the handle as `ml`."""
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
    """Copy the name and signature of `function`, without `ml`, which pytest must not inject."""
    functools.update_wrapper(wrapper, function)
    signature = inspect.signature(function)
    others = [p for name, p in signature.parameters.items() if name != "ml"]
    wrapper.__signature__ = signature.replace(parameters=others)  # type: ignore[attr-defined]
    return wrapper


def _handle_injector(function: Callable[..., Any]) -> Bind:
    """Return a function that adds the handle to the arguments of a call of `function`.

    It returns the positional arguments. Callers do not pass `ml`, so their positional arguments may
    belong to parameters that follow it.
    """
    parameters = inspect.signature(function).parameters
    if "ml" not in parameters:
        return lambda args, kwargs, ml: args
    index, kind = list(parameters).index("ml"), parameters["ml"].kind
    keyword_only = kind is inspect.Parameter.KEYWORD_ONLY
    min_length = index if kind is inspect.Parameter.POSITIONAL_ONLY else index + 1

    def bind(args: tuple[Any, ...], kwargs: dict[str, Any], ml: Any) -> tuple[Any, ...]:
        if keyword_only or len(args) < min_length:
            kwargs["ml"] = ml
            return args
        return (*args[:index], ml, *args[index:])

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
                    except BaseException as error:
                        value = await inner.athrow(error)
                    else:
                        value = await inner.asend(sent)
            except StopAsyncIteration:
                return

    return wrapper


# -- unittest ---------------------------------------------------------------------------------


def _wrap_test_case(start: Start, cls: Any) -> None:
    """Patch `TestCase.run` so that set-up, test and clean-up share one mock."""
    original = cls.run

    def run(self: Any, result: Any = None) -> Any:
        session = start()
        self.ml = session.ml
        self.addCleanup(_check_test_case, self, session)
        try:
            with _track_outcome(self):
                return original(self, result)
        finally:
            session.stop()

    cls.run = functools.update_wrapper(run, original)


_PASSED = "_mlmock_passed"


def _check_test_case(case: Any, session: Any) -> None:
    """Check the mock, as the last clean-up, if the test has passed."""
    if vars(case).pop(_PASSED, False):
        session.check()


@contextmanager
def _track_outcome(case: Any) -> Iterator[None]:
    """Record whether the test method of `case` passes, and pass it the handle.

    In a clean-up, unittest does not provide the outcome of the test.
    """
    name, attributes = case._testMethodName, vars(case)
    method, before = getattr(case, name), attributes.get(name)
    attributes[name] = _tracked_method(case, method)
    try:
        yield
    finally:
        if before is not None:  # set by a test runner, which removes it
            attributes[name] = before
        else:
            attributes.pop(name, None)


def _tracked_method(case: Any, method: Any) -> Any:
    bind = _handle_injector(method)

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        result = method(*bind(args, kwargs, case.ml), **kwargs)
        _record_success(case)
        return result

    async def async_wrapper(*args: Any, **kwargs: Any) -> Any:
        result = await method(*bind(args, kwargs, case.ml), **kwargs)
        _record_success(case)
        return result

    selected: Any = async_wrapper if inspect.iscoroutinefunction(method) else wrapper
    return _copy_signature(selected, method)


def _record_success(case: Any) -> None:
    """Record, after the test method has returned, whether its subtests passed."""
    outcome = getattr(case, "_outcome", None)
    vars(case)[_PASSED] = getattr(outcome, "success", True)


# -- plain classes ----------------------------------------------------------------------------

_RUNS = "_mlmock_runs"


class _ClassTestRun:
    """The mock of one test of a plain class, and the error of that test."""

    def __init__(self, start: Start, instance: Any, owner: type | None = None) -> None:
        self.session = start()
        self.owner = owner
        self.error: BaseException | None = None
        instance.ml = self.session.ml

    def end(self) -> None:
        """End the mock, and check it if the test passed."""
        self.session.end(self.error)


def _wrap_plain_class(start: Start, cls: Any) -> None:
    """Patch `setup_method` and `teardown_method`, which pytest calls around every test."""
    set_up, tear_down = getattr(cls, "setup_method", None), getattr(cls, "teardown_method", None)

    def setup_method(self: Any, method: Any = None) -> None:
        vars(self).setdefault(_RUNS, []).append(_ClassTestRun(start, self, cls))
        try:
            _call(set_up, self, method)
        except BaseException:
            for run in reversed(vars(self).pop(_RUNS, ())):
                run.session.stop()
            raise

    def teardown_method(self: Any, method: Any = None) -> None:
        runs = vars(self).get(_RUNS, [])
        try:
            _call(tear_down, self, method)
        except BaseException as error:
            _record_error(runs, error)
            raise
        finally:
            _end_inherited(cls, runs)

    cls.setup_method, cls.teardown_method = setup_method, teardown_method
    for name, method in _test_methods(cls):
        setattr(cls, name, _test_method(start, method, check_in_test=tear_down is None))


def _record_error(runs: list[_ClassTestRun], error: BaseException | None) -> None:
    for run in runs:
        run.error = error


def _end_inherited(cls: type, runs: list[_ClassTestRun]) -> None:
    """End the mock of `cls`, and before it the mocks of its subclasses.

    There is none if the set-up of a subclass does not call the one of `cls`.
    """
    if not runs:
        return
    run = runs.pop()
    try:
        run.end()
    finally:
        if run.owner is not cls:
            _end_inherited(cls, runs)


def _test_methods(cls: type) -> list[tuple[str, Any]]:
    names = [name for name in dir(cls) if name.startswith("test")]
    members = [(name, inspect.getattr_static(cls, name)) for name in names]
    return [(name, member) for name, member in members if inspect.isfunction(member)]


def _call(function: Any, self: Any, method: Any) -> None:
    """Call the set-up or tear-down of a class, which need not accept the test method."""
    if function is None:
        return
    if len(inspect.signature(function).parameters) > 1:
        function(self, method)
    else:
        function(self)


class _TestMethodWrapper:
    """A context manager for a test method that records the outcome of the test.

    The test runs in the mock that set-up started, or in a new one if no runner called set-up.
    With `check_in_test` the mock is checked when the method ends, so that the test itself fails;
    otherwise after tear-down, which may use rules too.
    """

    def __init__(self, start: Start, instance: Any, *, check_in_test: bool) -> None:
        runs = vars(instance).get(_RUNS)
        self._is_new = not runs
        self._check_in_test = check_in_test
        self._run = runs[-1] if runs else _ClassTestRun(start, instance)
        self._all_runs = runs or [self._run]

    def __enter__(self) -> MockML:
        return self._run.session.ml

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        _record_error(self._all_runs, error)
        if self._is_new:
            self._run.end()
        elif self._check_in_test and error is None:
            try:
                self._run.session.check()
            except BaseException as failure:
                _record_error(self._all_runs, failure)
                raise


def _test_method(start: Start, method: Any, *, check_in_test: bool) -> Any:
    """Return a wrapper that runs a test method in the mock of its instance."""
    bind = _handle_injector(method)

    def wrapper(self: Any, *args: Any, **kwargs: Any) -> Any:
        with _TestMethodWrapper(start, self, check_in_test=check_in_test) as ml:
            return method(*bind((self, *args), kwargs, ml), **kwargs)

    async def async_wrapper(self: Any, *args: Any, **kwargs: Any) -> Any:
        with _TestMethodWrapper(start, self, check_in_test=check_in_test) as ml:
            return await method(*bind((self, *args), kwargs, ml), **kwargs)

    selected: Any = async_wrapper if inspect.iscoroutinefunction(method) else wrapper
    return _copy_signature(selected, method)
