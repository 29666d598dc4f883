"""The pytest plugin: the fixtures `mlmock` and `mlmock_server`, and their marker.

The modules of mlmock are imported when a fixture is first used.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from mlmock.mock.handle import MockML
    from mlmock.server.server_thread import ServerThread

_SESSION = "_mlmock_session"
_SERVER = "_mlmock_server"
# Packages whose frames a traceback of an MlmockError does not show.
_INTERNAL = {"mlmock", "boto3", "botocore", "aiobotocore"}
_MARKER = (
    "mlmock(*services, **options): arguments of mock_ml for the fixtures mlmock and mlmock_server; "
    "the markers of module, class and test are merged."
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Register the command-line option and the ini option."""
    help_text = "whether the mlmock fixtures are strict, unless their marker has strict="
    parser.getgroup("mlmock").addoption(
        "--mlmock-strict", nargs="?", const="yes", choices=("yes", "no"), help=help_text
    )
    parser.addini("mlmock_strict", help_text, type="bool", default=True)


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line("markers", _MARKER)


@pytest.fixture
def mlmock(request: pytest.FixtureRequest) -> Generator[MockML, None, None]:
    """Yield the handle of a mock that is started for the test."""
    from mlmock.mock.mock import Mock

    services, options = _merged(request.node)
    options.setdefault("strict", _is_strict(request.config))
    session = Mock(services, options).start_session()
    setattr(request.node, _SESSION, session)
    try:
        yield session.ml
    finally:
        delattr(request.node, _SESSION)
        session.stop()


@pytest.fixture(scope="session")
def _mlmock_listener() -> Generator[ServerThread, None, None]:
    from mlmock.errors import MissingExtra
    from mlmock.server.server_thread import ServerThread

    try:
        server = ServerThread()
    except MissingExtra as error:
        pytest.fail(f"mlmock_server: {error}", pytrace=False)
    with server:
        yield server


@pytest.fixture
def mlmock_server(
    request: pytest.FixtureRequest, _mlmock_listener: ServerThread
) -> Generator[ServerThread, None, None]:
    """Yield a server with a new mock for the test: `url` is its address, `ml` its handle.

    The port stays the same during the whole test session. The options of the marker apply.
    """
    services, options = _merged(request.node)
    options.setdefault("strict", _is_strict(request.config))
    _mlmock_listener.reset_mock(*services, **options)
    setattr(request.node, _SERVER, _mlmock_listener)
    try:
        yield _mlmock_listener
    finally:
        delattr(request.node, _SERVER)


def _merged(node: Any) -> tuple[tuple[str, ...], dict[str, Any]]:
    """Return the services and options of the markers; the closest marker takes precedence."""
    services: tuple[str, ...] = ()
    options: dict[str, Any] = {}
    for marker in reversed(list(node.iter_markers("mlmock"))):
        services = marker.args or services
        options |= marker.kwargs
    return services, options


def _is_strict(config: pytest.Config) -> bool:
    option = config.getoption("--mlmock-strict")
    return bool(config.getini("mlmock_strict")) if option is None else option == "yes"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, Any, Any]:
    """Add the calls of a failed test to its report, and shorten its traceback."""
    if call.excinfo is not None and not item.config.getoption("fulltrace", False):
        _drop_internal_frames(call.excinfo)
    report = yield
    for mock in _mocks(item) if report.failed else ():
        from mlmock.reporting.messages import journal_text

        report.sections.append(("mlmock: calls made by this test", journal_text(mock.ml.calls)))
    return report


def _drop_internal_frames(caught: pytest.ExceptionInfo[BaseException]) -> None:
    """Remove the frames of mlmock and botocore from the traceback of an MlmockError."""
    if type(caught.value).__module__ != "mlmock.errors":
        return
    kept = caught.tb
    while (entry := kept.tb_next) is not None:
        if _is_internal(entry.tb_frame.f_globals.get("__name__", "")):
            kept.tb_next = entry.tb_next
        else:
            kept = entry


def _is_internal(module: str) -> bool:
    return module != __name__ and module.partition(".")[0] in _INTERNAL


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Fail a test that passed but left rules unused or suppressed an error of mlmock."""
    __tracebackhide__ = True
    outcome = yield
    if hasattr(item, _SESSION):
        getattr(item, _SESSION).check()
    if hasattr(item, _SERVER):
        getattr(item, _SERVER).assert_all_used()
    return outcome


def _mocks(item: pytest.Item) -> list[Any]:
    """Return the mocks of the fixtures of a test: a session, a server."""
    return [getattr(item, name) for name in (_SESSION, _SERVER) if hasattr(item, name)]
