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

from mlmock.transport.patching import Patch
from mlmock.transport.sources import source_hash

_ACCEPTS_KWARGS = frozenset({"409812ac6fbbc9ab", "e51fc28d69635b6c"})
_REGISTER = frozenset({"0a4060d2bd379dac"})
_TRIE_COPY = frozenset({"2280d7cc46679f68"})

# They depend on the code of functions, and on botocore's table of aliases, only.
_ALIASES: dict[str, str] = {}
_TAKES_KWARGS: dict[CodeType, Any] = {}
_UNKNOWN = object()


def aliaser_init(patch: Patch) -> Any:
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


class Prefab:
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
    prefab = Prefab()

    def register(self: Any, events: Any) -> None:
        prefab.register(patch, self, events)

    return register


def trie_copy(patch: Patch) -> Any:
    """Return a quicker copy of a trie of handlers."""
    if source_hash(patch.original) not in _TRIE_COPY:
        return None
    node_list = botocore.hooks.NodeList

    def copied(node: Any) -> Any:
        found = {}
        for key, value in node.items():
            kind = type(value)
            if kind is dict:
                found[key] = copied(value)
            elif kind is node_list:
                found[key] = node_list(*map(list, value))
            else:
                found[key] = value
        return found

    def __copy__(self: Any) -> Any:  # noqa: N807
        new = self.__class__()
        vars(new).update(copied(vars(self)))
        return new

    return __copy__
