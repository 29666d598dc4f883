"""Validation of InputContent and of the answers of workers."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from mlmock.errors import InvalidRule
from mlmock.services.sagemaker_a2i_runtime.errors import input_not_json_object

_MAX_DEPTH = 256  # Assumption: levels of nesting, far below the limit of Python's JSON encoder.


def check_input(content: str) -> None:
    """Raise ValidationException unless `content` is the text of a JSON object.

    Source: service model (JSON). Assumption: a JSON object, because templates read
    ``task.input.<key>``.
    """
    try:
        value: Any = _decode(content)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict) or _is_too_deep(content, value):
        raise input_not_json_object()


def _reject_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not valid JSON")


def _finite_float(text: str) -> float:
    value = float(text)
    if value in _INFINITE:
        raise ValueError(f"{text} is out of the range of a double")
    return value


_INFINITE = (float("inf"), float("-inf"))
_decode = json.JSONDecoder(parse_constant=_reject_constant, parse_float=_finite_float).decode


def _is_too_deep(content: str, value: Any) -> bool:
    """Return whether `value` is nested too deep. Walks it only if it has enough brackets."""
    if content.count("{") + content.count("[") <= _MAX_DEPTH:
        return False
    level, depth = [value], 0
    while level:
        level = [inner for item in level for inner in _children(item)]
        depth += 1
    return depth > _MAX_DEPTH


def _children(item: Any) -> Any:
    if isinstance(item, dict):
        return item.values()
    return item if isinstance(item, list) else ()


def answer_content(content: Any) -> Any:
    """Return a copy of the answer of a worker, as JSON values.

    Raises:
        InvalidRule: The answer is not a JSON object.
    """
    if not isinstance(content, dict):
        raise InvalidRule(f"the answer of a worker must be a JSON object (a dict), not {content!r}")
    try:
        return json.loads(json.dumps(content, allow_nan=False))
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidRule(
            f"the answer of a worker must be valid JSON, not {content!r}: {error}"
        ) from None
