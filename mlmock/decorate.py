"""Decorated functions of every kind, and decorated classes."""

from __future__ import annotations

import functools
import inspect
import unittest
from collections.abc import AsyncGenerator, Callable, Generator
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from mlmock.handle import MockML
    from mlmock.mock import Mock

Thing = TypeVar("Thing", bound=Callable[..., Any])
Enter = Callable[[], Any]


def decorated(mock: Mock, thing: Thing) -> Thing:
    """Return `thing` wrapped so that it runs inside a block of `mock`."""
    if not isinstance(thing, type):
        return cast(Thing, _function(lambda: _block(mock), thing))
    if issubclass(thing, unittest.TestCase):
        _wrap_test_case(mock, thing)
    else:
        _wrap_plain_class(mock, thing)
    return thing


class _block:  # noqa: N801 - a context manager
    """One entry of a mock, with nothing shared between threads."""

    def __init__(self, mock: Mock) -> None:
        self._mock = mock

    def __enter__(self) -> MockML:
        self._run = self._mock.run()
        return self._run.ml

    def __exit__(self, kind: Any, fault: BaseException | None, trace: Any) -> None:
        self._run.end(fault)


# -- functions --------------------------------------------------------------------------------


def _function(enter: Enter, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return `function` run inside `enter()`; a parameter `ml` gets the handle."""
    bind = _binder(function)
    if inspect.isasyncgenfunction(function):
        wrapper = _async_generator(enter, function, bind)
    elif inspect.iscoroutinefunction(function):
        wrapper = _coroutine(enter, function, bind)
    elif inspect.isgeneratorfunction(function):
        wrapper = _generator(enter, function, bind)
    else:
        wrapper = _plain(enter, function, bind)
    return _dressed(wrapper, function)


def _dressed(wrapper: Callable[..., Any], function: Callable[..., Any]) -> Callable[..., Any]:
    """Give `wrapper` the name and signature of `function`, but for `ml`: pytest reads it."""
    functools.update_wrapper(wrapper, function)
    signature = inspect.signature(function)
    others = [p for name, p in signature.parameters.items() if name != "ml"]
    wrapper.__signature__ = signature.replace(parameters=others)  # type: ignore[attr-defined]
    return wrapper


def _binder(function: Callable[..., Any]) -> Callable[[dict[str, Any], Any], None]:
    if "ml" not in inspect.signature(function).parameters:
        return lambda kwargs, ml: None
    return lambda kwargs, ml: kwargs.__setitem__("ml", ml)


def _plain(enter: Enter, function: Any, bind: Any) -> Any:
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        with enter() as ml:
            bind(kwargs, ml)
            return function(*args, **kwargs)

    return wrapper


def _coroutine(enter: Enter, function: Any, bind: Any) -> Any:
    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        with enter() as ml:
            bind(kwargs, ml)
            return await function(*args, **kwargs)

    return wrapper


def _generator(enter: Enter, function: Any, bind: Any) -> Any:
    def wrapper(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        with enter() as ml:
            bind(kwargs, ml)
            return (yield from function(*args, **kwargs))

    return wrapper


def _async_generator(enter: Enter, function: Any, bind: Any) -> Any:
    async def wrapper(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        with enter() as ml:
            bind(kwargs, ml)
            inner = function(*args, **kwargs)
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


# -- classes ----------------------------------------------------------------------------------

_RUN = "_mlmock_run"


def _test_methods(cls: type) -> list[tuple[str, Any]]:
    names = [name for name in dir(cls) if name.startswith("test")]
    found = [(name, inspect.getattr_static(cls, name)) for name in names]
    return [(name, method) for name, method in found if inspect.isfunction(method)]


def _wrap_test_case(mock: Mock, cls: Any) -> None:
    """Wrap `TestCase.run`, so that set-up, test and clean-up share one block."""
    original = cls.run

    def run(self: Any, result: Any = None) -> Any:
        block = mock.run()
        self.ml = block.ml
        self.addCleanup(_check_test_case, self, block)
        try:
            return original(self, result)
        finally:
            block.stop()

    cls.run = functools.update_wrapper(run, original)
    for name, method in _test_methods(cls):
        if "ml" in inspect.signature(method).parameters:
            setattr(cls, name, _dressed(_with_own_handle(method), method))


def _check_test_case(case: Any, block: Any) -> None:
    """Check the block as the last clean-up of a test that has passed so far."""
    outcome = getattr(case, "_outcome", None)
    if getattr(outcome, "success", True):
        block.check()


def _with_own_handle(method: Any) -> Any:
    def wrapper(self: Any, *args: Any, **kwargs: Any) -> Any:
        return method(self, *args, ml=self.ml, **kwargs)

    if not inspect.iscoroutinefunction(method):
        return wrapper

    async def async_wrapper(self: Any, *args: Any, **kwargs: Any) -> Any:
        return await method(self, *args, ml=self.ml, **kwargs)

    return async_wrapper


def _wrap_plain_class(mock: Mock, cls: Any) -> None:
    """Wrap `setup_method` and `teardown_method`, which pytest calls around every test."""
    set_up, tear_down = getattr(cls, "setup_method", None), getattr(cls, "teardown_method", None)

    def setup_method(self: Any, method: Any = None) -> None:
        block = mock.run()
        setattr(self, _RUN, block)
        self.ml = block.ml
        try:
            _call(set_up, self, method)
        except BaseException:
            block.stop()
            raise

    def teardown_method(self: Any, method: Any = None) -> None:
        block = self.__dict__.pop(_RUN)
        fault = self.__dict__.pop(f"{_RUN}_fault", None)
        try:
            _call(tear_down, self, method)
        except BaseException:
            block.stop()
            raise
        block.end(fault)

    cls.setup_method, cls.teardown_method = setup_method, teardown_method
    for name, method in _test_methods(cls):
        setattr(cls, name, _function_of_instance(mock, method))


def _call(function: Any, self: Any, method: Any) -> None:
    """Call a class's own set-up or tear-down, which may or may not take the method."""
    if function is None:
        return
    if len(inspect.signature(function).parameters) > 1:
        function(self, method)
    else:
        function(self)


class _Entered:
    """The block that `setup_method` started for an instance; notes how the test ends."""

    def __init__(self, instance: Any) -> None:
        self._instance = instance

    def __enter__(self) -> Any:
        return self._instance.ml

    def __exit__(self, kind: Any, fault: BaseException | None, trace: Any) -> None:
        setattr(self._instance, f"{_RUN}_fault", fault)


def _function_of_instance(mock: Mock, method: Any) -> Any:
    """Return a test method that uses its instance's block, or one of its own without a runner."""
    bind = _binder(method)

    def enter(self: Any) -> Any:
        return _Entered(self) if _RUN in self.__dict__ else _block(mock)

    def wrapper(self: Any, *args: Any, **kwargs: Any) -> Any:
        with enter(self) as ml:
            bind(kwargs, ml)
            return method(self, *args, **kwargs)

    async def async_wrapper(self: Any, *args: Any, **kwargs: Any) -> Any:
        with enter(self) as ml:
            bind(kwargs, ml)
            return await method(self, *args, **kwargs)

    chosen: Any = async_wrapper if inspect.iscoroutinefunction(method) else wrapper
    return _dressed(chosen, method)
