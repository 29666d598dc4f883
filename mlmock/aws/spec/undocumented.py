"""Values that are on the wire both ways although the models' enumerations don't list them.

By the name of the shape. An answer's block is sent back as it came, so both ways have to take it.
"""

from __future__ import annotations

VALUES: dict[str, frozenset[str]] = {
    "ToolUseType": frozenset({"tool_use"}),  # recorded answers; the model lists server_tool_use
}
