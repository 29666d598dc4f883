"""The signatures on the contract page are those of the code."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import mlmock as package
from mlmock.engine.options import Options
from mlmock.simulation.object_store import ObjectStore

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "contract.md"
PRIVATE_CLASSES = {"ObjectStore": ObjectStore}
_STUB = re.compile(r"```pyi\n(.*?)```", re.DOTALL)
_OPTION = re.compile(r"^\| `(\w+)=(.+?)` \|", re.MULTILINE)
Parameters = list[tuple[str, str, Any]]


def stubs() -> Iterator[tuple[str, Any, ast.FunctionDef]]:
    """Yield the name, the object and the stub of each function and method of the page."""
    for stub in _STUB.findall(PAGE.read_text(encoding="utf-8")):
        for node in ast.parse(stub).body:
            if isinstance(node, ast.FunctionDef):
                yield node.name, getattr(package, node.name), node
            elif isinstance(node, ast.ClassDef):
                owner = PRIVATE_CLASSES.get(node.name) or getattr(package, node.name)
                for method in node.body:
                    if isinstance(method, ast.FunctionDef):
                        name = f"{node.name}.{method.name}"
                        yield name, getattr(owner, method.name), method


def parameters_of_stub(node: ast.FunctionDef) -> Parameters:
    """Return name, kind and default of each parameter but `self`."""
    text = f"lambda {ast.unparse(_without_annotations(node.args))}: None"
    return parameters_of(eval(text))  # noqa: S307 - our own page


def _without_annotations(arguments: ast.arguments) -> ast.arguments:
    for argument in ast.walk(arguments):
        if isinstance(argument, ast.arg):
            argument.annotation = None
    return arguments


def parameters_of(function: Any) -> Parameters:
    """Return name, kind and default of each parameter but `self`."""
    parameters = inspect.signature(function).parameters.values()
    return [(p.name, str(p.kind), p.default) for p in parameters if p.name != "self"]


@pytest.mark.parametrize(
    ("function", "stub"),
    [pytest.param(function, stub, id=name) for name, function, stub in stubs()],
)
def test_signature_is_that_of_the_code(function: Any, stub: ast.FunctionDef) -> None:
    expected = [each for each in parameters_of(function) if each[0] != "scope"]  # internal
    assert parameters_of_stub(stub) == expected


def test_every_public_function_has_a_signature() -> None:
    functions = {n for n in package.__all__ if inspect.isfunction(getattr(package, n))}
    assert functions <= {name for name, _, _ in stubs()}


def test_options_and_defaults_are_those_of_the_code() -> None:
    documented = dict(_OPTION.findall(PAGE.read_text(encoding="utf-8")))
    namespace = {"immediately": package.immediately}
    defaults = {name: eval(text, namespace) for name, text in documented.items()}  # noqa: S307
    assert defaults.pop("progress") == package.immediately()
    actual = inspect.signature(Options).parameters
    assert defaults == {n: p.default for n, p in actual.items() if n != "progress"}
