"""JSON Pointers of additionalModelResponseFieldPaths, resolved in a reply."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from mlmock.services.bedrock_runtime.errors import invalid

_POINTER = re.compile(r"(?:/(?:[^~/]|~[01])*)*")
_MISSING = object()


def check(paths: Sequence[str]) -> None:
    """Raise a ValidationException for a path that is not a JSON Pointer.

    Assumption: the text of the error.
    """
    for path in paths:
        if not _POINTER.fullmatch(path):
            raise invalid(
                f"The additionalModelResponseFieldPaths value {path} isn't a valid JSON Pointer. "
                "Correct the value and try again."
            )


def select(paths: Sequence[str], fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the members of `fields` at `paths`, nested as they are in `fields`.

    Paths that do not exist are left out.

    Args:
        paths: JSON Pointers.
        fields: The response fields of the model.
    """
    selected: dict[str, Any] = {}
    for path in paths:
        names = [name.replace("~1", "/").replace("~0", "~") for name in path.split("/")[1:]]
        value = _resolve(fields, names)
        if value is not _MISSING:
            _insert(selected, names, value)
    return selected


def _resolve(value: Any, names: Sequence[str]) -> Any:
    for name in names:
        if isinstance(value, Mapping) and name in value:
            value = value[name]
        elif isinstance(value, (list, tuple)) and name.isdecimal() and int(name) < len(value):
            value = value[int(name)]
        else:
            return _MISSING
    return value


def _insert(target: dict[str, Any], names: Sequence[str], value: Any) -> None:
    for name in names[:-1]:
        inner = target.get(name)
        target = inner if isinstance(inner, dict) else target.setdefault(name, {})
    if names:
        target[names[-1]] = value
