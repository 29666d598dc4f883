"""What the service's model lets a script say, checked where it is written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from mlmock.errors import InvalidRule
from mlmock.rules.answers import validate_result
from mlmock.rules.matchers import abbreviate_repr

_USAGE = {"inputTokens": 0, "outputTokens": 0, "totalTokens": 0}
_FRAME = {"stopReason": "end_turn", "usage": _USAGE, "metrics": {"latencyMs": 0}}


def check_block(block: Mapping[str, Any]) -> None:
    """Raise InvalidRule, with the path, for a content block that isn't one of the model's.

    A tool use may leave out id and input, and may say the type that newer models give theirs.
    """
    use = block.get("toolUse")
    if isinstance(use, Mapping):
        _check_json(use.get("input"))
        whole = {"toolUseId": "tooluse_1", "input": {}, **use}
        if whole.get("type") == "tool_use":
            del whole["type"]
        block = {"toolUse": whole}
    _check(output={"message": {"role": "assistant", "content": [block]}})


def check_usage(usage: Mapping[str, Any]) -> None:
    """Raise InvalidRule for a usage that isn't one of the model's."""
    _check(usage={**_USAGE, **usage})


def check_extras(latency: Any, fields: Any) -> None:
    """Raise InvalidRule unless `latency` are milliseconds and `fields` is a dict, or None."""
    if latency is not None and (type(latency) is not int or latency < 0):
        raise InvalidRule(
            f"latency_ms= takes a count of milliseconds, not {abbreviate_repr(latency)}"
        )
    if fields is not None and not isinstance(fields, Mapping):
        raise InvalidRule(f"fields= takes a dict, not {abbreviate_repr(fields)}")


def _check(**members: Any) -> None:
    from mlmock.aws.protocol.compiler import operation

    frame = _FRAME | {"output": {"message": {"role": "assistant", "content": []}}}
    validate_result(operation("bedrock-runtime", "Converse"), frame | members)


def _check_json(value: Any) -> None:
    try:
        json.dumps(value)
    except (TypeError, ValueError) as fault:
        raise InvalidRule(
            f"a tool's input is JSON; {abbreviate_repr(value)} is none: {fault}"
        ) from None
