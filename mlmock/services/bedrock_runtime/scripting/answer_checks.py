"""Checks of scripted answers against the service model, made where a test writes them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from mlmock.errors import InvalidRule
from mlmock.rules.answers import validate_result
from mlmock.rules.matchers import abbreviate_repr

_USAGE = {"inputTokens": 0, "outputTokens": 0, "totalTokens": 0}
_RESPONSE = {"stopReason": "end_turn", "usage": _USAGE, "metrics": {"latencyMs": 0}}


def check_block(block: Mapping[str, Any]) -> None:
    """Raise InvalidRule, with the path of the member, unless `block` fits the service model.

    A tool use may leave out its id and input. It may also have the type that newer models add.
    """
    use = block.get("toolUse")
    if isinstance(use, Mapping):
        _check_json(use.get("input"))
        complete = {"toolUseId": "tooluse_1", "input": {}, **use}
        if complete.get("type") == "tool_use":
            del complete["type"]
        block = {"toolUse": complete}
    _check_response(output={"message": {"role": "assistant", "content": [block]}})


def check_usage(usage: Mapping[str, Any]) -> None:
    """Raise InvalidRule, with the path of the member, unless `usage` fits the service model."""
    _check_response(usage={**_USAGE, **usage})


def check_message_options(latency_ms: Any, fields: Any) -> None:
    """Raise InvalidRule unless `latency_ms` is None or milliseconds, `fields` None or a dict."""
    if latency_ms is not None and (type(latency_ms) is not int or latency_ms < 0):
        raise InvalidRule(
            f"latency_ms requires 0 or more milliseconds, not {abbreviate_repr(latency_ms)}"
        )
    if fields is not None and not isinstance(fields, Mapping):
        raise InvalidRule(f"fields requires a dict, not {abbreviate_repr(fields)}")


def _check_response(**members: Any) -> None:
    from mlmock.aws.protocol.compiler import operation

    response = _RESPONSE | {"output": {"message": {"role": "assistant", "content": []}}}
    validate_result(operation("bedrock-runtime", "Converse"), response | members)


def _check_json(value: Any) -> None:
    try:
        json.dumps(value)
    except (TypeError, ValueError) as error:
        raise InvalidRule(
            f"the input of a tool must be JSON; cannot encode {abbreviate_repr(value)}: {error}"
        ) from None
