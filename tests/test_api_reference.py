"""The API reference shows every public name, and every public member of the handles.

The pages in docs/reference/api are generated from docstrings by `::: name` directives.
"""

from __future__ import annotations

import ast
import inspect
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeGuard

import pytest

import mlmock
from tests.architecture import ROOT, tree_of

PAGES = sorted((ROOT / "docs" / "reference" / "api").glob("*.md"))
DIRECTIVE = re.compile(r"^::: (?P<name>[\w.]+)\n(?P<options>(?:[ ]+.*\n)*)", re.MULTILINE)
# Public members that only mlmock itself uses.
INTERNAL = {
    "Rule": {"matches", "next_answer", "is_scripted_answer"},
    "ModelRule": {"matches", "kinds"},
    "Journal": {"add", "truncate"},
    "Clock": {"seconds", "call_at", "run_due", "freeze", "restart"},
    "ProgressSetting": {"is_set", "child", "set_parent", "begin", "is_ancestor_of"},
    "ServiceHandle": {"default_scope", "backend", "backends", "rule", "service"},
    "ObjectStore": {"buckets", "object", "ensure_bucket"},
    "Events": {"emit"},
    "Call": {"release_params"},
    "Mock": {"standalone", "start_session"},
    "Options": {"replace", "from_kwargs", "revision_of"},
}


@dataclass(frozen=True)
class Directive:
    """An object that a page shows; `members` are those that its options list, None for all."""

    name: str
    members: frozenset[str] | None
    inherited: bool

    @property
    def target(self) -> Any:
        """The object."""
        module, _, name = self.name.rpartition(".")
        return getattr(import_module(module), name)

    def shows(self, member: str) -> bool:
        """Return whether the page shows a member of the class."""
        if self.members is not None:
            return member in self.members
        return self.inherited or member in vars(self.target)


def directives() -> Iterator[Directive]:
    """Yield the directives of all pages."""
    for page in PAGES:
        for match in DIRECTIVE.finditer(page.read_text(encoding="utf-8")):
            options = match["options"]
            listed = re.search(r"members:(?: \[(.*)\]|((?:\n +- .*)+))", options)
            names = re.findall(r"\w+", listed[1] or listed[2] or "") if listed else None
            members = None if names is None else frozenset(names)
            yield Directive(match["name"], members, "inherited_members: true" in options)


DIRECTIVES = list(directives())
CLASSES = {d.target: d for d in DIRECTIVES if inspect.isclass(d.target)}


def handle_classes() -> Iterator[type]:
    """Yield the classes that a test reaches from `ml`."""
    for module in pkgutil.walk_packages(mlmock.__path__, "mlmock."):
        if not module.name.endswith("__main__"):
            for kind in vars(import_module(module.name)).values():
                if inspect.isclass(kind) and "__mlmock_exposed__" in vars(kind):
                    yield kind


HANDLES = sorted(set(handle_classes()), key=lambda kind: (kind.__module__, kind.__name__))


def public_members(kind: type) -> set[str]:
    """Return the public methods and attributes that a class defines, but internal ones."""
    internal = INTERNAL.get(kind.__name__, set()) | {"service"}
    return {name for name in vars(kind) if not name.startswith("_")} - internal


def documented_members(kind: type) -> set[str]:
    """Return the members of a class that have a docstring; a page shows no others."""
    [body] = [node.body for node in ast.walk(tree_of(file_of(kind))) if is_definition(node, kind)]
    functions = [node for node in body if isinstance(node, ast.FunctionDef)]
    found = {node.name for node in functions if ast.get_docstring(node)}
    for node, following in pairwise(body):
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and is_string(following):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {ast.unparse(target) for target in targets}
    return found


def file_of(kind: type) -> Path:
    """Return the file of a class."""
    return Path(inspect.getfile(kind))


def is_definition(node: ast.AST, kind: type) -> TypeGuard[ast.ClassDef]:
    """Return whether a node defines a class of this name."""
    return isinstance(node, ast.ClassDef) and node.name == kind.__name__


def is_string(node: ast.stmt) -> bool:
    """Return whether a statement is a string, such as the docstring of an attribute."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


@pytest.mark.parametrize("name", sorted(set(mlmock.__all__) - {"__version__"}))
def test_public_name_is_shown(name: str) -> None:
    assert f"mlmock.{name}" in [directive.name for directive in DIRECTIVES]


@pytest.mark.parametrize("kind", HANDLES, ids=lambda kind: f"{kind.__module__}.{kind.__name__}")
def test_members_of_handle_are_shown(kind: type) -> None:
    assert kind in CLASSES, "the class has no directive"
    hidden = {name for name in public_members(kind) if not CLASSES[kind].shows(name)}
    assert hidden == set(), "add them to the directive, or to INTERNAL"
    assert public_members(kind) - documented_members(kind) == set(), "add docstrings"


@pytest.mark.parametrize("directive", DIRECTIVES, ids=lambda directive: directive.name)
def test_directive_names_what_exists(directive: Directive) -> None:
    for member in directive.members or ():
        known = hasattr(directive.target, member)
        assert known or member in inspect.getsource(directive.target), member
