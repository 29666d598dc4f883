"""The pytest plugin: the fixtures `mlmock` and `mlmock_server`, and their marker.

Costs nothing where they aren't used.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from mlmock.mock.handle import MockML
    from mlmock.server.server_thread import ServerThread

_RUN = "_mlmock_run"
_SERVED = "_mlmock_served"
_MARKER = (
    "mlmock(*services, **options): options of the fixture `mlmock`, as mock_ml takes them; "
    "those of module, class and test are merged."
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the option and the ini setting."""
    help_text = "whether the fixture mlmock is strict where its marker doesn't say"
    parser.getgroup("mlmock").addoption(
        "--mlmock-strict", nargs="?", const="yes", choices=("yes", "no"), help=help_text
    )
    parser.addini("mlmock_strict", help_text, type="bool", default=True)


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker."""
    config.addinivalue_line("markers", _MARKER)


@pytest.fixture
def mlmock(request: pytest.FixtureRequest) -> Generator[MockML, None, None]:
    """A running mock of the services, fresh for every test: yields its handle."""
    from mlmock.mock.mock import Mock

    services, options = _merged(request.node)
    options.setdefault("strict", _is_strict(request.config))
    run = Mock(services, options).run()
    setattr(request.node, _RUN, run)
    try:
        yield run.ml
    finally:
        delattr(request.node, _RUN)
        run.stop()


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
    """A server with a fresh mock for every test: its `url`, and `ml`, which scripts it.

    The port is the same for the whole session. The marker's options hold here as well.
    """
    services, options = _merged(request.node)
    options.setdefault("strict", _is_strict(request.config))
    _mlmock_listener.reset_mock(*services, **options)
    setattr(request.node, _SERVED, _mlmock_listener)
    try:
        yield _mlmock_listener
    finally:
        delattr(request.node, _SERVED)


def _merged(node: Any) -> tuple[tuple[str, ...], dict[str, Any]]:
    """Return the services and options of the markers, the nearest deciding."""
    services: tuple[str, ...] = ()
    options: dict[str, Any] = {}
    for marker in reversed(list(node.iter_markers("mlmock"))):
        services = marker.args or services
        options |= marker.kwargs
    return services, options


def _is_strict(config: pytest.Config) -> bool:
    asked = config.getoption("--mlmock-strict")
    return bool(config.getini("mlmock_strict")) if asked is None else asked == "yes"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, Any, Any]:
    """Show the calls of a failed test."""
    report = yield
    for run in _runs(item) if report.failed else ():
        from mlmock.reporting.messages import journal_text

        report.sections.append(("mlmock: the calls of this test", journal_text(run.ml.calls)))
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Fail a test that passed but left rules unused or swallowed a refusal."""
    __tracebackhide__ = True
    outcome = yield
    if hasattr(item, _RUN):
        getattr(item, _RUN).check()
    if hasattr(item, _SERVED):
        getattr(item, _SERVED).assert_all_used()
    return outcome


def _runs(item: pytest.Item) -> list[Any]:
    """Return what the fixtures of a test run: a block, a server."""
    return [getattr(item, name) for name in (_RUN, _SERVED) if hasattr(item, name)]
