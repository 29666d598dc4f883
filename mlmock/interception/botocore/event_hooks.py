"""The handlers that botocore registers anew for every session and client: looked up, not redone.

Each stands in for botocore's own only where that is the source that was read.
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

_ACCEPTS_KWARGS = frozenset({"409812ac6fbbc9ab", "e51fc28d69635b6c"})
_REGISTER = frozenset({"0a4060d2bd379dac"})
_TRIE = frozenset({"40ee5a07294ab20e"})  # the whole class: ours overrides half of it

# They depend on the code of functions, and on botocore's table of aliases, only.
_ALIASES: dict[str, str] = {}
_TAKES_KWARGS: dict[CodeType, Any] = {}
_UNKNOWN = object()
_MIDDLE = 1  # of the three sections of a key's handlers


def shared_aliaser_init(patch: Patch) -> Any:
    """Return what lets emitters share the names that aliases stand for."""

    def __init__(self: Any, event_emitter: Any, event_aliases: Any = None) -> None:  # noqa: N807
        patch.original(self, event_emitter, event_aliases)
        if self._event_aliases is EVENT_ALIASES or self._event_aliases == EVENT_ALIASES:
            self._alias_name_cache = _ALIASES

    return __init__


def accepts_kwargs(patch: Patch) -> Any:
    """Return what remembers by its code whether a handler takes keywords."""
    if source_hash(patch.original) not in _ACCEPTS_KWARGS:
        return None

    def accepts_kwargs(func: Any) -> Any:
        plain = func.__func__ if type(func) is MethodType else func
        if type(plain) is not FunctionType or "__signature__" in vars(plain):
            return patch.original(func)
        code = plain.__code__  # boto3 makes new functions of the same code for every session
        found = _TAKES_KWARGS.get(code, _UNKNOWN)
        if found is _UNKNOWN:
            found = _TAKES_KWARGS[code] = patch.original(func)
        return found

    return accepts_kwargs


class HandlerTemplate:
    """The trie of the built-in handlers, registered once and copied for every new session.

    Made anew when the table of built-in handlers has changed: moto appends to it.
    """

    def __init__(self) -> None:
        self._made_of: list[Any] = []
        self._trie: Any = None

    def register(self, patch: Patch, session: Any, events: Any) -> None:
        """Give a new session its built-in handlers."""
        emitter = events._emitter
        held: Any = vars(emitter)
        if type(emitter) is not HierarchicalEmitter or held["_handlers"]._root["children"]:
            patch.original(session, events)
            return
        specs = botocore.handlers.BUILTIN_HANDLERS
        if self._made_of != specs:
            patch.original(session, events)
            self._trie = copy.copy(held["_handlers"])
            self._made_of = list(specs)  # last: other threads look at it first
            return
        held["_handlers"] = copy.copy(self._trie)


def register_builtin_handlers(patch: Patch) -> Any:
    """Return what copies the built-in handlers where it can."""
    if source_hash(patch.original) not in _REGISTER:
        return None
    prefab = HandlerTemplate()

    def register(self: Any, events: Any) -> None:
        prefab.register(patch, self, events)

    return register


def trie_copy(patch: Patch) -> Any:
    """Return what copies a trie of handlers into one that shares its nodes with later copies."""
    if class_hash(_UPSTREAM) not in _TRIE:
        return None

    def __copy__(self: Any) -> Any:  # noqa: N807
        return CopyOnWriteTrie.of(self) if type(self) is _UPSTREAM else patch.original(self)

    return __copy__


_UPSTREAM: Any = vars(botocore.hooks)["_PrefixTrie"]


class CopyOnWriteTrie(_UPSTREAM):  # type: ignore[misc]
    """A trie of handlers whose copies share its nodes: the way to a change is copied, not the trie.

    A node belongs to the trie whose mark it bears. Copying leaves both with a new mark, so that
    neither owns what they share. botocore copies the trie of a session for each of its clients.
    """

    _root: Any

    def __init__(self) -> None:
        super().__init__()
        self._mark = object()

    @classmethod
    def of(cls, other: Any) -> CopyOnWriteTrie:
        """Return a copy of one of botocore's tries, which shares nothing with it."""
        found = cls()
        found._root = _copied(other._root)
        return found

    def __copy__(self) -> CopyOnWriteTrie:
        new = type(self)()
        new._root = self._root
        self._mark = object()
        return new

    def append_item(self, key: str, value: Any, section: int = _MIDDLE) -> None:
        """Add a handler to a key, in one of the three sections of its handlers."""
        node = self._own(key.split("."), create=True)
        if node["values"] is None:
            node["values"] = botocore.hooks.NodeList([], [], [])
        node["values"][section].append(value)

    def remove_item(self, key: str, value: Any) -> None:
        """Take a handler off a key; ValueError for a key that isn't there."""
        self._own(key.split("."), create=False)
        super().remove_item(key, value)

    def _own(self, parts: list[str], *, create: bool) -> Any:
        """Return the node at a key, with every node on the way to it this trie's own."""
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
        if node.get("mark") is self._mark:
            return node
        values = node["values"]
        return {
            "chunk": node["chunk"],
            "values": values and botocore.hooks.NodeList(*map(list, values)),
            "children": dict(node["children"]),
            "mark": self._mark,
        }


def _copied(node: Any) -> Any:
    values = node["values"]
    return {
        "chunk": node["chunk"],
        "values": values and botocore.hooks.NodeList(*map(list, values)),
        "children": {name: _copied(child) for name, child in node["children"].items()},
    }
