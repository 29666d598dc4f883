"""Tests of the architecture: layers, boundaries between packages, file names and sizes.

The layers are data in tests/architecture.py, and docs/explanation/architecture.md describes them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import botocore.session
import pytest

from tests.architecture import (
    FILES,
    LAYERS,
    LEVELS,
    MODULES,
    PACKAGE,
    ROOT,
    circular_imports,
    imports_in,
    members_imports,
    package_imports,
    tree_of,
)
from tests.architecture_graph import SVG, draw

LONGEST_FUNCTION, LONGEST_FILE, MOST_TOP_LEVEL_MODULES = 60, 400, 8

# Packages with classes that interception/ patches or uses.
FOREIGN = {
    *("aioboto3", "aiobotocore", "aiohttp", "aiomoto", "boto3", "botocore", "httpcore", "moto"),
    *("h11", "h2", "hypercorn", "requests", "responses", "urllib3", "werkzeug"),
}
# What other packages of mlmock may use of them.
ANYWHERE = {"botocore.xform_name", "botocore.exceptions", "botocore.model.OperationNotFoundError"}
MAY_USE = {
    "aws": {
        *("botocore.eventstream", "botocore.loaders", "botocore.model", "botocore.parsers"),
        "botocore.awsrequest.HeadersDict",  # botocore's parsers read headers in any case
    },
    "pytest_plugin": {"pytest"},
    "server": {"h11", "h2"},
}
OPTIONAL = {
    *("aioboto3", "aiobotocore", "aiohttp", "aiomoto", "boto3", "freezegun", "h11", "h2"),
    *("httpcore", "hypercorn", "liquid", "moto", "pytest", "responses", "ruamel", "time_machine"),
    *("werkzeug", "yaml"),
}
HTTP = {"h11", "h2", "http", "requests", "responses", "socket", "urllib3", "werkzeug"}

SERVICE_WORDS = ("sagemaker", "a2i", "augmented", "bedrock", "lookoutvision", "lookout")
MAY_NAME_SERVICES = {"mock/handle.py", "server/json_values.py"}
# The option for the revision of a service model.
REVISION_OPTION = {"lookoutvision_api", "lookoutvision_apis"}
DECLARES_OPTION = {"engine/options.py", "mock/mock.py"}
SHARED_BY_SERVICES = {"common", "modeled"}
ROLES = {"backend.py", "errors.py", "handle.py"}


def relative(path: Path) -> str:
    """Return a file's path inside the package."""
    return path.relative_to(PACKAGE).as_posix()


def layer_of(path: Path) -> str:
    """Return the top-level module or folder of the package that contains a file."""
    return relative(path).partition("/")[0].removesuffix(".py")


def files_of(*layers: str) -> list[Path]:
    """Return the files of some layers."""
    return [path for path in FILES if layer_of(path) in layers]


def service_folders() -> list[Path]:
    """Return the folders of services/ that implement one service."""
    folders = {path.parent for path in (PACKAGE / "services").glob("*/__init__.py")}
    return sorted(folder for folder in folders if folder.name not in SHARED_BY_SERVICES)


# -- layers -----------------------------------------------------------------------------------


@pytest.mark.parametrize("package", LEVELS)
def test_imports_point_to_lower_levels(package: str) -> None:
    levels = LEVELS[package]
    upward = {
        f"{member} -> {target}"
        for member, targets in members_imports(package).items()
        for target in targets
        if levels[target] >= levels[member]
    }
    assert sorted(upward) == []


def test_no_circular_imports_between_modules() -> None:
    assert circular_imports({module: set(package_imports(module)) for module in MODULES}) == []


@pytest.mark.parametrize("package", sorted({name.rpartition(".")[0] for name in MODULES} - {""}))
def test_no_circular_imports_between_packages(package: str) -> None:
    imports = members_imports(package)
    imports.pop("__init__", None)
    assert circular_imports(imports) == []


def test_every_module_is_in_a_layer() -> None:
    assert {layer_of(path) for path in FILES} <= set(LAYERS)


def test_few_modules_are_outside_of_packages() -> None:
    assert len(list(PACKAGE.glob("*.py"))) <= MOST_TOP_LEVEL_MODULES


def test_the_diagram_in_the_docs_is_current() -> None:
    current = SVG.read_text(encoding="utf-8") == draw()
    assert current, "the imports between packages changed: run `make graph` and look at the result"


# -- boundaries -------------------------------------------------------------------------------


def test_only_interception_uses_classes_of_other_packages() -> None:
    for path in FILES:
        if layer_of(path) != "interception":
            allowed = ANYWHERE | MAY_USE.get(layer_of(path), set())
            foreign = [n for n in imports_in(tree_of(path)) if n.partition(".")[0] in FOREIGN]
            assert [n for n in foreign if not prefixes(n) & allowed] == [], path


def prefixes(name: str) -> set[str]:
    """Return a dotted name and the names of the modules that contain it."""
    parts = name.split(".")
    return {".".join(parts[:count]) for count in range(1, len(parts) + 1)}


def test_services_do_not_import_http() -> None:
    for path in files_of("services"):
        names = list(imports_in(tree_of(path)))
        assert [name for name in names if name.partition(".")[0] in HTTP] == [], path


def test_optional_dependencies_are_imported_on_use() -> None:
    for path in FILES:
        allowed = MAY_USE.get(layer_of(path), set())
        found = {name.partition(".")[0] for name in imports_on_load(tree_of(path))}
        assert found & OPTIONAL <= allowed, path


def imports_on_load(tree: ast.Module) -> Iterator[str]:
    """Yield what a module imports on load: imports outside of functions and TYPE_CHECKING."""
    for statement in tree.body:
        if isinstance(statement, ast.If) and "TYPE_CHECKING" in ast.dump(statement.test):
            continue
        if not isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield from imports_in(statement)


# -- names of services ------------------------------------------------------------------------


def test_the_aws_package_names_no_service() -> None:
    for path in files_of("aws"):
        text = path.read_text(encoding="utf-8").lower()
        assert [word for word in SERVICE_WORDS if word in text] == [], path


def test_services_are_named_in_their_folders_and_by_the_handle() -> None:
    for path in FILES:
        if layer_of(path) != "services" and relative(path) not in MAY_NAME_SERVICES:
            named = {text for text in names_in(tree_of(path)) if names_a_service(text)}
            if relative(path) in DECLARES_OPTION:
                named = {text for text in named if text.lower() not in REVISION_OPTION}
            if relative(path) == "__init__.py":  # where the public names are defined
                named = {text for text in named if "services." not in text}
            assert named == set(), path


def names_a_service(text: str) -> bool:
    """Return whether an identifier or a string names a service; sentences don't count."""
    return " " not in text and any(word in text.lower() for word in SERVICE_WORDS)


def names_in(tree: ast.AST) -> Iterator[str]:
    """Yield the identifiers and strings under a node."""
    for node in ast.walk(tree):
        for attribute in ("id", "attr", "arg", "name", "module"):
            text = getattr(node, attribute, None)
            if isinstance(text, str):
                yield text
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_service_folders_have_the_same_files() -> None:
    for folder in service_folders():
        assert {path.name for path in folder.glob("*.py")} >= ROLES, folder


def test_service_folders_are_named_as_in_boto3() -> None:
    bundled = {path.name for path in (PACKAGE / "aws" / "spec" / "data").iterdir()}
    known = {*botocore.session.Session().get_available_services(), *bundled}
    for folder in service_folders():
        assert folder.name.replace("_", "-") in known


# -- sizes and docstrings ---------------------------------------------------------------------


@pytest.mark.parametrize("folder", ["mlmock", "tests", "benchmarks", "examples"])
def test_files_and_functions_are_short(folder: str) -> None:
    for path in (ROOT / folder).rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert len(text.splitlines()) <= LONGEST_FILE, path
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                lines = (node.end_lineno or 0) - node.lineno + 1
                assert lines <= LONGEST_FUNCTION, f"{path}: {node.name}"


def test_every_module_has_a_docstring() -> None:
    for path in FILES:
        assert ast.get_docstring(tree_of(path)), path
