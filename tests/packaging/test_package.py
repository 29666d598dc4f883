"""The package: version, type information, public names, and lazy imports."""

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


def loaded_by(statement: str) -> set[str]:
    """Return the top-level modules that `statement` loads in a new process."""
    code = (
        f"import sys; before = set(sys.modules)\n{statement}\n"
        "print(*{name.partition('.')[0] for name in set(sys.modules) - before})"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(found.stdout.split())


# -- version and files --------------------------------------------------------------------------


def test_version_is_the_same_everywhere() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", package.__version__)
    assert metadata.version("mlmock") == package.__version__
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"\n## [{package.__version__}] - " in changes


def test_type_marker_and_service_models_are_included() -> None:
    files = resources.files("mlmock")
    assert files.joinpath("py.typed").is_file()
    assert files.joinpath("aws/spec/data/lookoutvision/2020-11-20/service-2.json").is_file()


def test_readme_explains_every_dependency() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for requirement in metadata.requires("mlmock") or ():
        name = re.split(r"[^a-zA-Z0-9-]", requirement, maxsplit=1)[0]
        assert f"| `{name}" in readme, f"README.md doesn't say what {name} is for"


# -- lazy imports -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement", ["import mlmock", "import mlmock.pytest_plugin", "import mlmock.cli"]
)
def test_importing_loads_no_heavy_module(statement: str) -> None:
    heavy = {"botocore", "boto3", "moto", "responses", "werkzeug", "regex", "json", "requests"}
    plugin = statement.endswith("plugin")
    assert loaded_by(statement) & (heavy - {"json"} if plugin else heavy) == set()


def test_pytest_run_without_the_fixture_does_not_load_botocore(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import sys

        def test_plain():
            assert "botocore" not in sys.modules
            assert "mlmock.mock" not in sys.modules
        """
    )
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)


def test_optional_packages_are_loaded_only_when_used() -> None:
    statement = "from mlmock import mock_ml\nwith mock_ml() as ml: ml.a2i, ml.calls, ml.s3"
    assert loaded_by(statement) & {"boto3", "moto", "aiobotocore", "pytest", "freezegun"} == set()


# -- public names -------------------------------------------------------------------------------


def test_every_public_name_exists_and_is_listed() -> None:
    assert sorted(package.__all__) == dir(package)
    for name in package.__all__:
        assert getattr(package, name) is not None


def test_unknown_attribute_raises() -> None:
    with pytest.raises(AttributeError, match="module 'mlmock' has no attribute 'nope'"):
        _ = package.nope


def test_every_public_name_has_a_docstring() -> None:
    for name in set(package.__all__) - {"__version__", "ANY"}:
        value = getattr(package, name)
        assert value.__doc__, f"mlmock.{name} has no docstring"
        if inspect.isclass(value):
            bare = [
                key
                for key, member in vars(value).items()
                if not key.startswith("_")
                and (inspect.isfunction(member) or isinstance(member, property))
                and not member.__doc__
            ]
            assert not bare, f"mlmock.{name}: {bare} have no docstring"


def test_every_public_name_is_in_the_contract_page() -> None:
    contract = (ROOT / "docs" / "reference" / "contract.md").read_text(encoding="utf-8")
    missing = [name for name in package.__all__ if not re.search(rf"\b{name}\b", contract)]
    assert missing == []
