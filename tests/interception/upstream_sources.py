"""What our patches replace or reach into upstream, and the sources of it that somebody has read."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from types import FunctionType
from typing import Any

from mlmock.interception.patching import Patch
from mlmock.interception.source_hash import source_hash


def replaced(patches: Iterable[Patch]) -> dict[str, Any]:
    """Return the functions that `patches` replace, by where they are; no block may be running."""
    found = {}
    for patch in patches:
        function = own(vars(patch.owner).get(patch.name))
        if isinstance(function, FunctionType):
            found[label(function)] = function
    return found


def own(function: Any) -> Any:
    """Return what decorators have wrapped; botocore's `instance_cache` leaves no trace but one."""
    if getattr(function, "__qualname__", "").startswith("instance_cache."):
        return inspect.getclosurevars(function).nonlocals["func"]
    return inspect.unwrap(function) if callable(function) else function


def label(function: Any) -> str:
    """Return where a function is."""
    return f"{function.__module__}.{function.__qualname__}"


def check(package: str, name: str, function: Any, known: Mapping[str, set[str]]) -> None:
    """Fail, and say what to do, where nobody has read this source of `function`."""
    seen = source_hash(function)
    assert seen in known.get(name, ()), (
        f"{name} reads otherwise in the installed {package} {_version(package)}.\n"
        f"1. Compare it with the release before: what has changed?\n"
        f"2. Hold it against the replacement in mlmock/interception "
        f"(search for the method's name):\n"
        f"   does that still take, do and leave what upstream's own now does?\n"
        f"3. Run tests/interception, `make aio`, `make beside` and `make matrix`.\n"
        f'4. Add "{seen}" to the line of {name!r} in this test.'
    )


def _version(package: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(package)
    except PackageNotFoundError:  # Python's own
        return "library"
