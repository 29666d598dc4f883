"""The upstream functions that patches replace or depend on, and their reviewed sources."""

from __future__ import annotations

import inspect
import platform
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from types import FunctionType
from typing import Any

from mlmock.interception.patching import Patch
from mlmock.interception.source_hash import source_hash


def replaced_functions(patches: Iterable[Patch]) -> dict[str, Any]:
    """Return the functions that `patches` replace, by qualified name; no mock may be active."""
    found = {}
    for patch in patches:
        function = unwrapped(vars(patch.owner).get(patch.name))
        if isinstance(function, FunctionType):
            found[qualified_name(function)] = function
    return found


def unwrapped(function: Any) -> Any:
    """Return the function inside decorators; botocore's `instance_cache` needs its closure."""
    if getattr(function, "__qualname__", "").startswith("instance_cache."):
        return inspect.getclosurevars(function).nonlocals["func"]
    return inspect.unwrap(function) if callable(function) else function


def qualified_name(function: Any) -> str:
    """Return the module and qualified name of a function."""
    return f"{function.__module__}.{function.__qualname__}"


def check_source(package: str, name: str, function: Any, known: Mapping[str, set[str]]) -> None:
    """Fail with instructions if the source of `function` has not been reviewed."""
    digest = source_hash(function)
    assert digest in known.get(name, ()), (
        f"{name} has changed in the installed {_release(package)}.\n"
        "1. Compare it with the previous release.\n"
        "2. Check the replacement in mlmock/interception (search for the method's name):\n"
        "   does it still accept, do and return what upstream does now?\n"
        "3. Run tests/interception, `make aio`, `make beside` and `make matrix`.\n"
        f'4. Add "{digest}" to KNOWN[{name!r}] in the file of this test.'
    )


def _release(package: str) -> str:
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:  # a module of the standard library
        return f"Python {platform.python_version()}"
