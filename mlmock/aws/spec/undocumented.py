"""Enumeration values that services send although their models do not list them.

The keys are names of shapes. A client sends a content block of a response back unchanged, so
requests and responses accept these values.
"""

from __future__ import annotations

VALUES: dict[str, frozenset[str]] = {
    "ToolUseType": frozenset(
        {"tool_use"}
    ),  # Source: recorded responses; the model lists server_tool_use.
}
