"""Parsers that convert content blocks of the Messages API to those of Converse."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mlmock.services.bedrock_runtime.errors import invalid
from mlmock.services.bedrock_runtime.media.encoding import decode_base64

Blocks = list[dict[str, Any]]
_IMAGE_TYPES = ("image/jpeg", "image/png", "image/gif", "image/webp")
_IGNORED_TYPES = (
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


def parse_block(block: Any, path: str) -> Blocks:
    """Return a content block as blocks of Converse, with a cache point after it if it has one.

    Args:
        block: A content block of the Messages API.
        path: The path of the block in the body.

    Raises:
        ServiceError: If Anthropic rejects the block.
    """
    if not isinstance(block, dict):
        raise invalid(f"{path}: Input should be an object")
    kind = block.get("type")
    if kind is None:
        raise invalid(f"{path}.type: Field required")
    if kind in _IGNORED_TYPES:
        return []
    if not isinstance(kind, str) or kind not in _PARSERS:
        raise invalid(_unexpected_tag(kind, path))
    blocks = _PARSERS[kind](block, f"{path}.{kind}")
    return [*blocks, *parse_cache_point(block, f"{path}.{kind}")]


def parse_cache_point(block: dict[str, Any], path: str) -> Blocks:
    """Return the cache point in ``cache_control`` as a list, which is empty without it.

    Args:
        block: A content block, a tool or a system text.
        path: The path of the block in the body.

    Raises:
        ServiceError: If ``cache_control`` is not valid.
    """
    control = block.get("cache_control")
    if control is None:
        return []
    path = f"{path}.cache_control"
    if not isinstance(control, dict):
        raise invalid(f"{path}: Input should be an object")
    kind, ttl = _required(control, "type", str, path), control.get("ttl")
    if kind != "ephemeral":
        raise invalid(f"{path}.type: Input should be 'ephemeral'")
    if ttl not in (None, "5m", "1h"):
        raise invalid(f"{path}.ephemeral.ttl: Input should be '5m' or '1h'")
    return [{"cachePoint": {"type": "default"} | ({"ttl": ttl} if ttl else {})}]


def is_image(block: Any) -> bool:
    """Return whether a content block is an image."""
    return isinstance(block, dict) and block.get("type") == "image"


def _unexpected_tag(kind: Any, path: str) -> str:
    tags = ", ".join(f"'{tag}'" for tag in sorted((*_IGNORED_TYPES, *_PARSERS)))
    return (
        f"{path}: Input tag '{kind}' found using 'type' does not match any of the expected tags: "
        f"{tags}"
    )


def _text(block: dict[str, Any], path: str) -> Blocks:
    text = _required(block, "text", str, path)
    if not text:
        raise invalid("messages: text content blocks must be non-empty")
    if not text.strip():
        raise invalid("messages: text content blocks must contain non-whitespace text")
    return [{"text": text}]


def _image(block: dict[str, Any], path: str) -> Blocks:
    source = _required(block, "source", dict, path)
    _check_source(source, ("base64",), f"{path}.source")
    media_type = _required(source, "media_type", str, f"{path}.source.base64")
    if media_type not in _IMAGE_TYPES:
        choices = ", ".join(f"'{media}'" for media in _IMAGE_TYPES[:-1])
        raise invalid(
            f"{path}.source.base64.media_type: Input should be {choices} or '{_IMAGE_TYPES[-1]}'"
        )
    data = _decode_data(source, f"{path}.source.base64")
    return [{"image": {"format": media_type.partition("/")[2], "source": {"bytes": data}}}]


def _decode_data(source: dict[str, Any], path: str) -> bytes:
    data = decode_base64(_required(source, "data", str, path))
    if data is None:
        raise invalid(f"{path}.data: invalid base64 data")
    if not data:
        raise invalid(f"{path}.data: image cannot be empty")
    return data


def _check_source(source: dict[str, Any], kinds: tuple[str, ...], path: str) -> None:
    if "type" not in source:
        raise invalid(f"{path}.type: Field required")
    if source["type"] not in kinds:
        tags = ", ".join(f"'{kind}'" for kind in kinds)
        raise invalid(
            f"{path}: Input tag '{source['type']}' found using 'type' does not match any of the "
            f"expected tags: {tags}"
        )


def _document(block: dict[str, Any], path: str) -> Blocks:
    source = _required(block, "source", dict, path)
    _check_source(source, ("base64", "content", "text"), f"{path}.source")
    title = optional(block, "title", str, path)
    document: dict[str, Any] = {"name": title or "document"}
    kind, source_path = source["type"], f"{path}.source.{source['type']}"
    if (
        kind in _DOCUMENT_TYPES
        and source.get("media_type", _DOCUMENT_TYPES[kind]) != _DOCUMENT_TYPES[kind]
    ):
        raise invalid(f"{source_path}.media_type: Input should be '{_DOCUMENT_TYPES[kind]}'")
    if kind == "base64":
        document |= {"format": "pdf", "source": {"bytes": _decode_data(source, source_path)}}
    elif kind == "text":
        text = _required(source, "data", str, source_path)
        document |= {"format": "txt", "source": {"text": text}}
    else:
        texts = _parse_texts(
            _required(source, "content", (str, list), source_path), f"{source_path}.content"
        )
        document |= {"format": "txt", "source": {"content": texts}}
    return [{"document": document}]


_DOCUMENT_TYPES = {"base64": "application/pdf", "text": "text/plain"}


def _parse_texts(content: str | list[Any], path: str) -> Blocks:
    """Return the text blocks in the content of a document; images are left out."""
    if isinstance(content, str):
        return [{"text": content}]
    texts = []
    for index, block in enumerate(content):
        block_path = f"{path}.{index}"
        if not isinstance(block, dict):
            raise invalid(f"{block_path}: Input should be an object")
        if _required(block, "type", str, block_path) == "text":
            texts.append({"text": _required(block, "text", str, f"{block_path}.text")})
    return texts


def _tool_use(block: dict[str, Any], path: str) -> Blocks:
    use_id, name = _required(block, "id", str, path), _required(block, "name", str, path)
    tool_input = _required(block, "input", dict, path)
    return [{"toolUse": {"toolUseId": use_id, "name": name, "input": tool_input}}]


def _tool_result(block: dict[str, Any], path: str) -> Blocks:
    use_id, content = _required(block, "tool_use_id", str, path), block.get("content", "")
    if isinstance(content, str):
        blocks: Blocks = [{"text": content}] if content else []
    elif isinstance(content, list):
        blocks = [
            b for i, inner in enumerate(content) for b in parse_block(inner, f"{path}.content.{i}")
        ]
    else:
        raise invalid(f"{path}.content: Input should be a valid list")
    result: dict[str, Any] = {"toolUseId": use_id, "content": blocks}
    is_error = optional(block, "is_error", bool, path)
    if is_error is not None:
        result["status"] = "error" if is_error else "success"
    return [{"toolResult": result}]


def _thinking(block: dict[str, Any], path: str) -> Blocks:
    text = _required(block, "thinking", str, path)
    signature = _required(block, "signature", str, path)
    return [{"reasoningContent": {"reasoningText": {"text": text, "signature": signature}}}]


def _redacted(block: dict[str, Any], path: str) -> Blocks:
    data = _required(block, "data", str, path)
    return [{"reasoningContent": {"redactedContent": data.encode("utf-8", "surrogatepass")}}]


def _search_result(block: dict[str, Any], path: str) -> Blocks:
    result = {
        "source": _required(block, "source", str, path),
        "title": _required(block, "title", str, path),
        "content": _parse_texts(_required(block, "content", list, path), f"{path}.content"),
    }
    return [{"searchResult": result}]


def _required(block: dict[str, Any], name: str, kind: type | tuple[type, ...], path: str) -> Any:
    if name not in block:
        raise invalid(f"{path}.{name}: Field required")
    if not isinstance(block[name], kind):
        raise invalid(f"{path}.{name}: Input should be a valid {_type_name(kind)}")
    return block[name]


_TYPE_NAMES = {str: "string", dict: "dictionary", bool: "boolean"}


def _type_name(kind: type | tuple[type, ...]) -> str:
    return "list" if isinstance(kind, tuple) else _TYPE_NAMES.get(kind, "list")


def optional(block: Mapping[str, Any], name: str, kind: type, path: str) -> Any:
    """Return a member of a block, or None if it is missing.

    Args:
        block: The block.
        name: The name of the member.
        kind: The type of the member.
        path: The path of the block in the body.

    Raises:
        ServiceError: If the member has another type.
    """
    value = block.get(name)
    if value is not None and not isinstance(value, kind):
        raise invalid(f"{path}.{name}: Input should be a valid {_type_name(kind)}")
    return value


_PARSERS: dict[str, Callable[[dict[str, Any], str], Blocks]] = {
    "document": _document,
    "image": _image,
    "redacted_thinking": _redacted,
    "search_result": _search_result,
    "text": _text,
    "thinking": _thinking,
    "tool_result": _tool_result,
    "tool_use": _tool_use,
}
