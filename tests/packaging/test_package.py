"""The package: its version, its types, its public names, and that importing it costs nothing."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from importlib import metadata, resources
from pathlib import Path

import pytest

import mlmock as package

ROOT = Path(__file__).parents[2]


def loaded_by(line: str) -> set[str]:
    """Return the top-level modules that `line` loads in a fresh process."""
    code = (
        f"import sys; before = set(sys.modules)\n{line}\n"
        "print(*{name.partition('.')[0] for name in set(sys.modules) - before})"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(found.stdout.split())


# -- version and files --------------------------------------------------------------------------


def test_one_version_everywhere() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", package.__version__)
    assert metadata.version("mlmock") == package.__version__
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(rf"^## {re.escape(package.__version__)}", changes, re.MULTILINE)


def test_types_and_models_are_shipped() -> None:
    files = resources.files("mlmock")
    assert files.joinpath("py.typed").is_file()
    assert files.joinpath("aws/spec/data/lookoutvision/2020-11-20/service-2.json").is_file()


def test_the_readme_gives_every_dependency_its_reason() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for line in metadata.requires("mlmock") or ():
        name = re.split(r"[^a-zA-Z0-9-]", line, maxsplit=1)[0]
        assert f"| `{name}" in readme, f"README.md doesn't say what {name} is for"


# -- laziness -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line", ["import mlmock", "import mlmock.pytest_plugin", "import mlmock.cli"]
)
def test_importing_loads_nothing_heavy(line: str) -> None:
    heavy = {"botocore", "boto3", "moto", "responses", "werkzeug", "regex", "json", "requests"}
    plugin = line.endswith("plugin")
    assert loaded_by(line) & (heavy - {"json"} if plugin else heavy) == set()


def test_a_run_without_the_fixture_never_loads_botocore(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import sys

        def test_plain():
            assert "botocore" not in sys.modules
            assert "mlmock.mock" not in sys.modules
        """
    )
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)


def test_optional_packages_are_loaded_where_they_are_used() -> None:
    line = "from mlmock import mock_ml\nwith mock_ml() as ml: ml.a2i, ml.calls, ml.s3"
    assert loaded_by(line) & {"boto3", "moto", "aiobotocore", "pytest", "freezegun"} == set()


# -- public names -------------------------------------------------------------------------------


def test_every_public_name_is_there_and_listed() -> None:
    assert sorted(package.__all__) == dir(package)
    for name in package.__all__:
        assert getattr(package, name) is not None


def test_there_is_no_other_name() -> None:
    with pytest.raises(AttributeError, match="module 'mlmock' has no attribute 'nope'"):
        _ = package.nope


def test_every_public_name_has_a_docstring() -> None:
    for name in set(package.__all__) - {"__version__", "ANY"}:
        thing = getattr(package, name)
        assert thing.__doc__, f"mlmock.{name} has no docstring"
        if inspect.isclass(thing):
            bare = [
                key
                for key, value in vars(thing).items()
                if not key.startswith("_")
                and (inspect.isfunction(value) or isinstance(value, property))
                and not value.__doc__
            ]
            assert not bare, f"mlmock.{name}: {bare} have no docstring"


def test_every_public_name_is_in_the_contract() -> None:
    contract = (ROOT / "docs" / "contract.md").read_text(encoding="utf-8")
    missing = [name for name in package.__all__ if not re.search(rf"\b{name}\b", contract)]
    assert missing == []
