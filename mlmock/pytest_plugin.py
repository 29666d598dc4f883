"""The pytest plugin: the fixture `mlmock` and its marker. Costs nothing where they aren't used."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from mlmock.handle import MockML

_RUN = "_mlmock_run"
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
    from mlmock.mock import Mock

    services, options = _merged(request.node)
    options.setdefault("strict", _is_strict(request.config))
    run = Mock(services, options).run()
    setattr(request.node, _RUN, run)
    try:
        yield run.ml
    finally:
        delattr(request.node, _RUN)
        run.stop()


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
    run = getattr(item, _RUN, None)
    if run is not None and report.failed:
        from mlmock.explain import journal_text

        report.sections.append(("mlmock: the calls of this test", journal_text(run.ml.calls)))
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Fail a test that passed but left rules unused or swallowed a refusal."""
    __tracebackhide__ = True
    outcome = yield
    run = getattr(item, _RUN, None)
    if run is not None:
        run.check()
    return outcome
