"""Interception: put in place when the first block starts, taken out exactly when the last ends.

A block begins with gates: what a session, a client, a call or a question goes through first. Who
goes through one has the rest patched (`cuts`), so that a block in which nobody does costs little.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any

import botocore
from botocore.endpoint import Endpoint
from botocore.hooks import EventAliaser
from botocore.loaders import Loader
from botocore.session import Session
from botocore.signers import RequestSigner

from mlmock.engine import active
from mlmock.interception.import_hook import Watch
from mlmock.interception.patching import Gate, Patch, apply_all, undo_all, when_used

_GATES: tuple[tuple[Any, str, str, str], ...] = (
    (Endpoint, "create_request", "botocore.endpoint", "create_request"),
    (Endpoint, "_send", "botocore.endpoint", "send"),
    (RequestSigner, "get_auth_instance", "botocore.endpoint", "get_auth_instance"),
    (EventAliaser, "__init__", "botocore.event_hooks", "aliaser_init"),
    (Session, "get_config_variable", "botocore.sessions", "get_config_variable"),
    (Session, "get_credentials", "botocore.sessions", "get_credentials"),
    (Session, "get_available_regions", "botocore.model_loader", "get_available_regions"),
    (Loader, "load_service_model", "botocore.model_loader", "load_service_model"),
    (Loader, "list_available_services", "botocore.model_loader", "list_available_services"),
    (Loader, "list_api_versions", "botocore.model_loader", "list_api_versions"),
    (Loader, "determine_latest_version", "botocore.model_loader", "determine_latest_version"),
)


def _own(room: str, name: str = "patches") -> Callable[[str], list[Patch]]:
    """Return what patches a package that has a room of its own."""

    def make(module: str) -> list[Patch]:
        found: list[Patch] = getattr(import_module(f"mlmock.interception.{room}"), name)()
        return found

    return make


def _part(
    kind: str, name: str, room: str, replacement: str, how: type[Patch] = Patch
) -> Callable[[str], list[Patch]]:
    """Return what patches one attribute of a class, or of the module itself."""

    def make(module: str) -> list[Patch]:
        there = sys.modules[module]
        owner = getattr(there, kind) if kind else there
        return [how(owner, name, when_used(room, replacement))] if name in vars(owner) else []

    return make


# Patches of packages that may be imported while a block runs: by the module that they need.
_LATE: dict[str, Callable[[str], list[Patch]]] = {
    "boto3": _part("", "_get_default_session", "botocore.sessions", "get_default_session", Gate),
    "aiobotocore.session": _own("aiobotocore.endpoint"),
    "moto.core.botocore_stubber": _own("moto.coexistence"),
    "urllib3.connectionpool": _part(
        "HTTPConnectionPool", "urlopen", "http_clients.urllib3", "urlopen"
    ),
    "responses": _part("RequestsMock", "_on_request", "http_clients.responses", "on_request"),
    "httpcore": _own("http_clients.httpcore"),
    "httpcore2": _own("http_clients.httpcore", "patches_of_the_second"),
    "aiohttp.connector": _own("http_clients.aiohttp"),
    "urllib.request": _part(
        "AbstractHTTPHandler", "do_open", "http_clients.urllib_request", "do_open"
    ),
}
# A package whose calls go through no gate of botocore's.
_UNGATED = "aiobotocore.session"


@cache
def gates() -> tuple[Patch, ...]:
    """Return the gates of botocore."""
    return tuple(Gate(owner, name, when_used(room, made)) for owner, name, room, made in _GATES)


@cache
def _late(name: str, module: Any) -> tuple[Patch, ...]:
    return tuple(_LATE[name](name))


class Beginning:
    """What a block begins with, where some packages are imported and others are missing."""

    __slots__ = ("missing", "patches")

    def __init__(self, modules: tuple[Any, ...]) -> None:
        ready = {name: m for name, m in zip(_LATE, modules, strict=True) if _is_ready(m)}
        late = (patch for name, module in ready.items() for patch in _late(name, module))
        self.patches = (*gates(), *late)
        self.missing = frozenset(_LATE).difference(ready)


# By what `sys.modules` has of those packages.
_BEGINNINGS: dict[tuple[Any, ...], Beginning] = {}


def _beginning() -> Beginning:
    modules = tuple(map(sys.modules.get, _LATE))
    found = _BEGINNINGS.get(modules)
    return found or _begin(modules)


def _begin(modules: tuple[Any, ...]) -> Beginning:
    found = Beginning(modules)
    if all(_is_ready(each) for each in modules if each is not None):
        _BEGINNINGS[modules] = found
    return found


def _is_ready(module: Any) -> bool:
    """True for a module that is there, and isn't being imported just now."""
    spec = getattr(module, "__spec__", None)
    return module is not None and not getattr(spec, "_initializing", False)


class Interception:
    """What is patched for one world. `nursery` is there once it is open."""

    nursery: Any
    _is_open = False
    _takes_sleep = False

    def __init__(self, *, with_memos: bool) -> None:
        self._with_memos = with_memos
        beginning = _beginning()
        self._applied = apply_all(beginning.patches)
        self.missing = beginning.missing
        self._default_before = getattr(sys.modules.get("boto3"), "DEFAULT_SESSION", None)
        sys.meta_path.insert(0, Watch)
        if _UNGATED not in beginning.missing:
            self._open()

    def open(self) -> None:
        """Patch the rest, unless that is done or the block has ended meanwhile."""
        if not self._is_open:
            with active.LOCK:  # the first of many threads
                if self._runs() and not self._is_open:
                    self._open()

    def _runs(self) -> bool:
        block = active.current()
        return block is not None and block.world.interception is self

    def _open(self) -> None:
        from mlmock.interception.botocore import deferred_patches as cuts
        from mlmock.interception.botocore import sessions

        self.nursery = sessions.Nursery(self._default_before)
        botocore.register_initializer(sessions.note_session)
        for patch in self._applied:
            if isinstance(patch, Gate):
                patch.open()
        for patch in cuts.patches(with_memos=self._with_memos):
            if patch.is_welcome():
                self._apply(patch)
        self._is_open = True  # last: threads that see it go on without the lock

    def notice(self) -> None:
        """Patch what has been imported since."""
        for name in [name for name in self.missing if _is_ready(sys.modules.get(name))]:
            self.arrived(name)

    def arrived(self, name: str) -> None:
        """Patch a module that has just been imported, unless the block has ended meanwhile."""
        with active.LOCK:  # the first of many threads to see it
            if self._runs() and name in self.missing:
                self.missing -= {name}
                for patch in _late(name, sys.modules[name]):
                    self._apply(patch)
                if name == _UNGATED:
                    self.open()

    def patch_sleep(self) -> None:
        """Take the sleeping of the code under test, too. Twice is once."""
        from mlmock.interception.botocore import sleep as patience

        if not self._takes_sleep:
            self._takes_sleep = True
            for patch in patience.user_patches():
                self._apply(patch)

    def _apply(self, patch: Patch) -> None:
        taken = patch.apply()
        self._applied.append(taken)
        if self._is_open and isinstance(taken, Gate):
            taken.open()

    def undo(self) -> None:
        """Put everything back."""
        if Watch in sys.meta_path:  # or somebody has put back the finders of before
            sys.meta_path.remove(Watch)
        undo_all(self._applied)
        if self._is_open:
            self._close()

    def _close(self) -> None:
        from mlmock.interception.botocore.sessions import note_session

        botocore.unregister_initializer(note_session)
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
