"""Content blocks of a Messages body, read into Converse's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mlmock.services.bedrock_runtime.errors import invalid
from mlmock.services.bedrock_runtime.media.encoding import decode_base64

Blocks = list[dict[str, Any]]
_MEDIA = ("image/jpeg", "image/png", "image/gif", "image/webp")
_UNREAD = (
    "bash_code_execution_tool_result",
    "code_execution_tool_result",
    "container_upload",
    "mcp_tool_result",
    "mcp_tool_use",
    "server_tool_use",
    "text_editor_code_execution_tool_result",
    "tool_search_tool_result",
    "web_fetch_tool_result",
    "web_search_tool_result",
)


def block_of(block: Any, at: str) -> Blocks:
    """Return a block in Converse's words, with a cache point after it where it has one."""
    if not isinstance(block, dict):
        raise invalid(f"{at}: Input should be an object")
    kind = block.get("type")
    if kind is None:
        raise invalid(f"{at}.type: Field required")
    if kind in _UNREAD:
        return []
    if not isinstance(kind, str) or kind not in _READ:
        raise invalid(_unexpected_tag(kind, at))
    found = _READ[kind](block, f"{at}.{kind}")
    return [*found, *cache_point(block, f"{at}.{kind}")]


def cache_point(block: dict[str, Any], at: str) -> Blocks:
    """Return the cache point after a block, a tool or a system text that says ``cache_control``."""
    control = block.get("cache_control")
    if control is None:
        return []
    at = f"{at}.cache_control"
    if not isinstance(control, dict):
        raise invalid(f"{at}: Input should be an object")
    kind, ttl = _needed(control, "type", str, at), control.get("ttl")
    if kind != "ephemeral":
        raise invalid(f"{at}.type: Input should be 'ephemeral'")
    if ttl not in (None, "5m", "1h"):
        raise invalid(f"{at}.ephemeral.ttl: Input should be '5m' or '1h'")
    return [{"cachePoint": {"type": "default"} | ({"ttl": ttl} if ttl else {})}]


def source_image(block: Any) -> int:
    """Return 1 for a picture."""
    return int(isinstance(block, dict) and block.get("type") == "image")


def _unexpected_tag(kind: Any, at: str) -> str:
    tags = ", ".join(f"'{tag}'" for tag in sorted((*_UNREAD, *_READ)))
    return (
        f"{at}: Input tag '{kind}' found using 'type' does not match any of the expected tags: "
        f"{tags}"
    )


def _text(block: dict[str, Any], at: str) -> Blocks:
    text = _needed(block, "text", str, at)
    if not text:
        raise invalid("messages: text content blocks must be non-empty")
    if not text.strip():
        raise invalid("messages: text content blocks must contain non-whitespace text")
    return [{"text": text}]


def _image(block: dict[str, Any], at: str) -> Blocks:
    source = _needed(block, "source", dict, at)
    _check_source(source, ("base64",), f"{at}.source")
    media = _needed(source, "media_type", str, f"{at}.source.base64")
    if media not in _MEDIA:
        choice = ", ".join(f"'{one}'" for one in _MEDIA[:-1])
        raise invalid(f"{at}.source.base64.media_type: Input should be {choice} or '{_MEDIA[-1]}'")
    data = _data(source, f"{at}.source.base64")
    return [{"image": {"format": media.partition("/")[2], "source": {"bytes": data}}}]


def _data(source: dict[str, Any], at: str) -> bytes:
    data = decode_base64(_needed(source, "data", str, at))
    if data is None:
        raise invalid(f"{at}.data: invalid base64 data")
    if not data:
        raise invalid(f"{at}.data: image cannot be empty")
    return data


def _check_source(source: dict[str, Any], kinds: tuple[str, ...], at: str) -> None:
    if "type" not in source:
        raise invalid(f"{at}.type: Field required")
    if source["type"] not in kinds:
        tags = ", ".join(f"'{kind}'" for kind in kinds)
        raise invalid(
            f"{at}: Input tag '{source['type']}' found using 'type' does not match any of the "
            f"expected tags: {tags}"
        )


def _document(block: dict[str, Any], at: str) -> Blocks:
    source = _needed(block, "source", dict, at)
    _check_source(source, ("base64", "content", "text"), f"{at}.source")
    title = optional(block, "title", str, at)
    document: dict[str, Any] = {"name": title or "document"}
    kind, within = source["type"], f"{at}.source.{source['type']}"
    if kind in _DOCUMENTS and source.get("media_type", _DOCUMENTS[kind]) != _DOCUMENTS[kind]:
        raise invalid(f"{within}.media_type: Input should be '{_DOCUMENTS[kind]}'")
    if kind == "base64":
        document |= {"format": "pdf", "source": {"bytes": _data(source, within)}}
    elif kind == "text":
        text = _needed(source, "data", str, within)
        document |= {"format": "txt", "source": {"text": text}}
    else:
        texts = _texts_in(_needed(source, "content", (str, list), within), f"{within}.content")
        document |= {"format": "txt", "source": {"content": texts}}
    return [{"document": document}]


_DOCUMENTS = {"base64": "application/pdf", "text": "text/plain"}


def _texts_in(content: str | list[Any], at: str) -> Blocks:
    """Return the texts in a list of blocks; pictures, which may be among them, are left out."""
    if isinstance(content, str):
        return [{"text": content}]
    found = []
    for place, block in enumerate(content):
        within = f"{at}.{place}"
        if not isinstance(block, dict):
            raise invalid(f"{within}: Input should be an object")
        if _needed(block, "type", str, within) == "text":
            found.append({"text": _needed(block, "text", str, f"{within}.text")})
    return found


def _tool_use(block: dict[str, Any], at: str) -> Blocks:
    use_id, name = _needed(block, "id", str, at), _needed(block, "name", str, at)
    given = _needed(block, "input", dict, at)
    return [{"toolUse": {"toolUseId": use_id, "name": name, "input": given}}]


def _tool_result(block: dict[str, Any], at: str) -> Blocks:
    use_id, content = _needed(block, "tool_use_id", str, at), block.get("content", "")
    if isinstance(content, str):
        found: Blocks = [{"text": content}] if content else []
    elif isinstance(content, list):
        found = [b for i, one in enumerate(content) for b in block_of(one, f"{at}.content.{i}")]
    else:
        raise invalid(f"{at}.content: Input should be a valid list")
    result: dict[str, Any] = {"toolUseId": use_id, "content": found}
    failed = optional(block, "is_error", bool, at)
    if failed is not None:
        result["status"] = "error" if failed else "success"
    return [{"toolResult": result}]


def _thinking(block: dict[str, Any], at: str) -> Blocks:
    text = _needed(block, "thinking", str, at)
    signature = _needed(block, "signature", str, at)
    return [{"reasoningContent": {"reasoningText": {"text": text, "signature": signature}}}]


def _redacted(block: dict[str, Any], at: str) -> Blocks:
    data = _needed(block, "data", str, at)
    return [{"reasoningContent": {"redactedContent": data.encode("utf-8", "surrogatepass")}}]


def _search_result(block: dict[str, Any], at: str) -> Blocks:
    result = {
        "source": _needed(block, "source", str, at),
        "title": _needed(block, "title", str, at),
        "content": _texts_in(_needed(block, "content", list, at), f"{at}.content"),
    }
    return [{"searchResult": result}]


def _needed(block: dict[str, Any], name: str, kind: type | tuple[type, ...], at: str) -> Any:
    if name not in block:
        raise invalid(f"{at}.{name}: Field required")
    if not isinstance(block[name], kind):
        raise invalid(f"{at}.{name}: Input should be a valid {_name(kind)}")
    return block[name]


_NAMES = {str: "string", dict: "dictionary", bool: "boolean"}


def _name(kind: type | tuple[type, ...]) -> str:
    return "list" if isinstance(kind, tuple) else _NAMES.get(kind, "list")


def optional(block: Mapping[str, Any], name: str, kind: type, at: str) -> Any:
    """Return a member of a block, None without it; ServiceError if it isn't of its kind."""
    value = block.get(name)
    if value is not None and not isinstance(value, kind):
        raise invalid(f"{at}.{name}: Input should be a valid {_name(kind)}")
    return value


_READ: dict[str, Callable[[dict[str, Any], str], Blocks]] = {
    "document": _document,
    "image": _image,
    "redacted_thinking": _redacted,
    "search_result": _search_result,
    "text": _text,
    "thinking": _thinking,
    "tool_result": _tool_result,
    "tool_use": _tool_use,
}
