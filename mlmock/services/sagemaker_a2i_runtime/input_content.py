"""What may go into a human loop: its InputContent, and what its workers answer."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from mlmock.errors import InvalidRule
from mlmock.services.sagemaker_a2i_runtime.errors import input_not_json_object

_DEEPEST = 256  # levels of nesting (judged): far below what Python's JSON can write


def check_input(content: str) -> None:
    """Raise ValidationException unless `content` is the text of a JSON object.

    The model's docs ask for JSON; an object because templates read ``task.input.<key>`` (judged).
    """
    try:
        value: Any = _decode(content)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict) or _is_too_deep(content, value):
        raise input_not_json_object()


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


def _finite(text: str) -> float:
    value = float(text)
    if value in _INFINITE:
        raise ValueError(f"{text} is beyond a double")
    return value


_INFINITE = (float("inf"), float("-inf"))
_decode = json.JSONDecoder(parse_constant=_refuse, parse_float=_finite).decode


def _is_too_deep(content: str, value: Any) -> bool:
    """True when `value` nests too deep; walks it only if its brackets are many enough for that."""
    if content.count("{") + content.count("[") <= _DEEPEST:
        return False
    level, depth = [value], 0
    while level:
        level = [inner for item in level for inner in _inside(item)]
        depth += 1
    return depth > _DEEPEST


def _inside(item: Any) -> Any:
    if isinstance(item, dict):
        return item.values()
    return item if isinstance(item, list) else ()


def answer_content(content: Any) -> Any:
    """Return a worker's answer as JSON keeps it: a copy. InvalidRule unless it is a JSON object."""
    if not isinstance(content, dict):
        raise InvalidRule(f"a worker's answer is a JSON object (a dict), not {content!r}")
    try:
        return json.loads(json.dumps(content, allow_nan=False))
    except (TypeError, ValueError, RecursionError) as fault:
        raise InvalidRule(f"a worker's answer is JSON, and {content!r} is none: {fault}") from None
