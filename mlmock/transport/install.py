"""Interception: put in place when the first block starts, taken out exactly when the last ends."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from functools import cache, lru_cache
from importlib import import_module
from typing import Any

import botocore
import botocore.hooks
import botocore.parsers
import botocore.useragent
from botocore.hooks import EventAliaser
from botocore.loaders import Loader
from botocore.session import Session
from botocore.validate import ParamValidator

from mlmock import active
from mlmock.transport import botocore as endpoint
from mlmock.transport import moto, patience, sessions
from mlmock.transport.patching import Patch, when_used


def _aiobotocore_patches(module: str) -> list[Patch]:
    from mlmock.transport import aiobotocore, models

    return [*aiobotocore.patches(), *models.aio_patches()]


def _own(room: str, name: str = "patches") -> Callable[[str], list[Patch]]:
    """Return what patches a way of fetching URLs that has a room of its own."""

    def make(module: str) -> list[Patch]:
        found: list[Patch] = getattr(import_module(f"mlmock.transport.{room}"), name)()
        return found

    return make


def _web(kind: str, name: str, replacement: str) -> Callable[[str], list[Patch]]:
    """Return what patches a class that fetches URLs; its replacement is in `web`."""

    def make(module: str) -> list[Patch]:
        owner = getattr(sys.modules[module], kind)
        return [Patch(owner, name, when_used("web", replacement))]

    return make


# Patches of packages that may be imported while a block runs: by the module that they need.
_LATE: dict[str, Callable[[str], list[Patch]]] = {
    "boto3": lambda module: sessions.boto3_patches(),
    "aiobotocore.session": _aiobotocore_patches,
    "moto.core.botocore_stubber": lambda module: moto.patches(),
    "urllib3.connectionpool": _web("HTTPConnectionPool", "urlopen", "urlopen"),
    "responses": _web("RequestsMock", "_on_request", "on_request"),
    "httpcore": _own("httpcore"),
    "httpcore2": _own("httpcore", "patches_of_the_second"),
    "aiohttp.connector": _own("aiohttp"),
    "urllib.request": _web("AbstractHTTPHandler", "do_open", "do_open"),
}


# What stands in for upstream's own, in a room that is loaded when it is first used: of whom, its
# name there, the room, and what makes it.
_CUTS: tuple[tuple[Any, str, str, str], ...] = (
    (EventAliaser, "__init__", "handlers", "aliaser_init"),
    (botocore.hooks, "accepts_kwargs", "handlers", "accepts_kwargs"),
    (Session, "_register_builtin_handlers", "handlers", "register_builtin_handlers"),
    (vars(botocore.hooks)["_PrefixTrie"], "__copy__", "handlers", "trie_copy"),
    (Loader, "load_service_model", "models", "load_service_model"),
    (Loader, "list_available_services", "models", "list_available_services"),
    (Loader, "list_api_versions", "models", "list_api_versions"),
    (Loader, "determine_latest_version", "models", "determine_latest_version"),
    (Session, "get_available_regions", "models", "get_available_regions"),
)
_MEMOS: tuple[tuple[Any, str, str, str], ...] = (
    (botocore.useragent, "sanitize_user_agent_string_component", "memos", "sanitise"),
    (botocore.parsers, "DEFAULT_TIMESTAMP_PARSER", "memos", "timestamps"),
    (ParamValidator, "validate", "memos", "validation"),
)


def _cuts(table: tuple[tuple[Any, str, str, str], ...]) -> Iterator[Patch]:
    for owner, name, room, replacement in table:
        if name in vars(owner):
            yield Patch(owner, name, when_used(room, replacement))


@cache
def _always() -> tuple[Patch, ...]:
    return (*endpoint.patches(), *patience.patches(), *sessions.patches(), *_cuts(_CUTS))


@cache
def _memos() -> tuple[Patch, ...]:
    return tuple(_cuts(_MEMOS))


@cache
def _late(module: str, thing: int) -> tuple[Patch, ...]:
    return tuple(_LATE[module](module))


@lru_cache(maxsize=64)
def _first(with_memos: bool, *imported: tuple[str, int]) -> tuple[Patch, ...]:
    """Return what a first block patches, where these packages are imported: names and ids."""
    late = (patch for module, thing in imported for patch in _late(module, thing))
    return (*_always(), *(_memos() if with_memos else ()), *late)


def _is_imported(name: str) -> bool:
    module = sys.modules.get(name)
    return module is not None and not getattr(
        getattr(module, "__spec__", None), "_initializing", False
    )


class Watch:
    """A finder that finds nothing itself: it sees to it that a late import is patched at once."""

    def __init__(self, interception: Interception) -> None:
        self._interception = interception

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """Return the spec that the other finders have for a package that gets patches, or None."""
        if name not in self._interception.missing:
            return None
        others = (each for each in sys.meta_path if each is not self)
        found = (each.find_spec(name, path, target) for each in others)
        spec = next((each for each in found if each is not None), None)
        if spec is not None and spec.loader is not None:
            self._patch_after(spec.loader, name)
        return spec

    def _patch_after(self, loader: Any, name: str) -> None:
        load = loader.exec_module

        def exec_module(module: Any) -> None:
            vars(loader).pop("exec_module", None)
            load(module)
            self._interception.arrived(name)

        loader.exec_module = exec_module


class Interception:
    """What is patched for one world."""

    def __init__(self, world: Any, *, with_memos: bool) -> None:
        self._world = world
        imported = [name for name in _LATE if _is_imported(name)]
        patches = _first(with_memos, *[(name, id(sys.modules[name])) for name in imported])
        self._applied = [patch.apply() for patch in patches]
        self.missing = set(_LATE).difference(imported)
        self._takes_sleep = False
        self.nursery = sessions.Nursery()
        botocore.register_initializer(sessions.note_session)
        world.clock.on_patch_sleep = self.patch_sleep
        self._watch = Watch(self)
        sys.meta_path.insert(0, self._watch)

    def notice(self) -> None:
        """Patch what has been imported since."""
        for module in [name for name in self.missing if _is_imported(name)]:
            with active.LOCK:  # the first of many threads to see it
                if module in self.missing:
                    self._apply_late(module)

    def arrived(self, module: str) -> None:
        """Patch a module that has just been imported, unless the block has ended meanwhile."""
        with active.LOCK:
            block = active.current()
            if block is not None and block.world.interception is self and module in self.missing:
                self._apply_late(module)

    def _apply_late(self, module: str) -> None:
        for patch in _late(module, id(sys.modules[module])):
            self._apply(patch)
        self.missing.discard(module)

    def patch_sleep(self) -> None:
        """Take the sleeping of the code under test, too. Twice is once."""
        if not self._takes_sleep:
            self._takes_sleep = True
            for patch in patience.user_patches():
                self._apply(patch)

    def _apply(self, patch: Patch) -> None:
        self._applied.append(patch.apply())

    def undo(self) -> None:
        """Put everything back."""
        if self._watch in sys.meta_path:
            sys.meta_path.remove(self._watch)
        for patch in reversed(self._applied):
            patch.undo()
        botocore.unregister_initializer(sessions.note_session)
        self.nursery.close()


def _renew_locks() -> None:
    """Let go, in a forked process, of locks whose holders are threads of its parent."""
    locks: list[Any] = [active.LOCK]
    block = active.current()
    if block is not None:
        world = block.world
        locks.append(world.lock)
        locks += [world.book.lock] if "book" in vars(world) else []
    for lock in locks:
        lock._at_fork_reinit()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_locks)
