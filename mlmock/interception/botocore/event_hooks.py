"""Event handlers that botocore registers for every session and client: copied, not repeated.

Each replacement is used only if botocore's own function is one of the reviewed sources.
"""

from __future__ import annotations

import copy
from types import CodeType, FunctionType, MethodType
from typing import Any

import botocore.handlers
import botocore.hooks
from botocore.hooks import HierarchicalEmitter
from botocore.utils import EVENT_ALIASES

from mlmock.interception.patching import Patch
from mlmock.interception.source_hash import class_hash, source_hash

_ACCEPTS_KWARGS_SOURCES = frozenset({"409812ac6fbbc9ab", "e51fc28d69635b6c"})
_REGISTER_SOURCES = frozenset({"0a4060d2bd379dac"})
# Of the whole class, because CopyOnWriteTrie overrides half of it.
_TRIE_SOURCES = frozenset({"40ee5a07294ab20e"})

# They depend only on botocore's table of aliases and on the code of functions.
_ALIASES: dict[str, str] = {}
_ACCEPTS_KWARGS: dict[CodeType, Any] = {}
_UNKNOWN = object()
_MIDDLE = 1  # the second of the three sections of a key's handlers


def shared_aliaser_init(patch: Patch) -> Any:
    """Return a replacement for `EventAliaser.__init__` with a cache that emitters share."""

    def __init__(self: Any, event_emitter: Any, event_aliases: Any = None) -> None:  # noqa: N807
        patch.original(self, event_emitter, event_aliases)
        if self._event_aliases is EVENT_ALIASES or self._event_aliases == EVENT_ALIASES:
            self._alias_name_cache = _ALIASES

    return __init__


def accepts_kwargs(patch: Patch) -> Any:
    """Return a cache for `accepts_kwargs`, by the code of the handler."""
    if source_hash(patch.original) not in _ACCEPTS_KWARGS_SOURCES:
        return None

    def accepts_kwargs(func: Any) -> Any:
        function = func.__func__ if type(func) is MethodType else func
        if type(function) is not FunctionType or "__signature__" in vars(function):
            return patch.original(func)
        code = function.__code__  # boto3 creates functions with the same code for every session
        result = _ACCEPTS_KWARGS.get(code, _UNKNOWN)
        if result is _UNKNOWN:
            result = _ACCEPTS_KWARGS[code] = patch.original(func)
        return result

    return accepts_kwargs


class HandlerTemplate:
    """A trie with the built-in handlers, created once and copied for every new session.

    It is created again if the table of built-in handlers has changed: moto appends to it.
    """

    def __init__(self) -> None:
        self._specs: list[Any] = []
        self._trie: Any = None

    def register(self, patch: Patch, session: Any, events: Any) -> None:
        """Register the built-in handlers of a new session.

        Args:
            patch: The patch of `Session._register_builtin_handlers`.
            session: The session.
            events: Its EventAliaser.
        """
        emitter = events._emitter
        attributes: Any = vars(emitter)
        if type(emitter) is not HierarchicalEmitter or attributes["_handlers"]._root["children"]:
            patch.original(session, events)
            return
        specs = botocore.handlers.BUILTIN_HANDLERS
        if self._specs != specs:
            patch.original(session, events)
            self._trie = copy.copy(attributes["_handlers"])
            self._specs = list(specs)  # last: other threads compare it before they read the trie
            return
        attributes["_handlers"] = copy.copy(self._trie)


def register_builtin_handlers(patch: Patch) -> Any:
    """Return a replacement for `Session._register_builtin_handlers` that copies a template."""
    if source_hash(patch.original) not in _REGISTER_SOURCES:
        return None
    template = HandlerTemplate()

    def register(self: Any, events: Any) -> None:
        template.register(patch, self, events)

    return register


def trie_copy(patch: Patch) -> Any:
    """Return a replacement for `_PrefixTrie.__copy__` that returns a CopyOnWriteTrie."""
    if class_hash(_PREFIX_TRIE) not in _TRIE_SOURCES:
        return None

    def __copy__(self: Any) -> Any:  # noqa: N807
        return CopyOnWriteTrie.of(self) if type(self) is _PREFIX_TRIE else patch.original(self)

    return __copy__


_PREFIX_TRIE: Any = vars(botocore.hooks)["_PrefixTrie"]


class CopyOnWriteTrie(_PREFIX_TRIE):  # type: ignore[misc]
    """A trie of handlers whose copies share its nodes. A change copies only the nodes to its key.

    A node belongs to the trie whose token it has. Copying gives both tries a new token, so that
    neither owns the shared nodes. botocore copies the trie of a session for each of its clients.
    """

    _root: Any

    def __init__(self) -> None:
        super().__init__()
        self._token = object()

    @classmethod
    def of(cls, other: Any) -> CopyOnWriteTrie:
        """Return a copy of one of botocore's tries that shares no node with it."""
        trie = cls()
        trie._root = _deep_copy(other._root)
        return trie

    def __copy__(self) -> CopyOnWriteTrie:
        trie = type(self)()
        trie._root = self._root
        self._token = object()
        return trie

    def append_item(self, key: str, value: Any, section: int = _MIDDLE) -> None:
        """Add a handler to one of the three sections of a key."""
        node = self._own_node(key.split("."), create=True)
        if node["values"] is None:
            node["values"] = botocore.hooks.NodeList([], [], [])
        node["values"][section].append(value)

    def remove_item(self, key: str, value: Any) -> None:
        """Remove a handler from a key.

        Raises:
            ValueError: There is no such key.
        """
        self._own_node(key.split("."), create=False)
        super().remove_item(key, value)

    def _own_node(self, parts: list[str], *, create: bool) -> Any:
        """Return the node of a key, after copying the shared nodes from the root to it."""
        node = self._root = self._owned(self._root)
        for part in parts:
            child = node["children"].get(part)
            if child is None and not create:
                break
            child = {"chunk": part, "values": None, "children": {}} if child is None else child
            node["children"][part] = child = self._owned(child)
            node = child
        return node

    def _owned(self, node: Any) -> Any:
        if node.get("token") is self._token:
            return node
        values = node["values"]
        return {
            "chunk": node["chunk"],
            "values": values and botocore.hooks.NodeList(*map(list, values)),
            "children": dict(node["children"]),
            "token": self._token,
        }


def _deep_copy(node: Any) -> Any:
    values = node["values"]
    return {
        "chunk": node["chunk"],
        "values": values and botocore.hooks.NodeList(*map(list, values)),
        "children": {name: _deep_copy(child) for name, child in node["children"].items()},
    }
