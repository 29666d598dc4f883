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
from mlmock.interception.import_hook import ImportHook
from mlmock.interception.patching import Patch, TriggerPatch, apply_all, lazy_replacement, undo_all

_GATES: tuple[tuple[Any, str, str, str], ...] = (
    (Endpoint, "create_request", "botocore.endpoint", "create_request"),
    (Endpoint, "_send", "botocore.endpoint", "send"),
    (RequestSigner, "get_auth_instance", "botocore.endpoint", "get_auth_instance"),
    (EventAliaser, "__init__", "botocore.event_hooks", "shared_aliaser_init"),
    (Session, "get_config_variable", "botocore.sessions", "get_config_variable"),
    (Session, "get_credentials", "botocore.sessions", "get_credentials"),
    (Session, "get_available_regions", "botocore.model_loader", "get_available_regions"),
    (Loader, "load_service_model", "botocore.model_loader", "load_service_model"),
    (Loader, "list_available_services", "botocore.model_loader", "list_available_services"),
    (Loader, "list_api_versions", "botocore.model_loader", "list_api_versions"),
    (Loader, "determine_latest_version", "botocore.model_loader", "determine_latest_version"),
)


def _module_patches(room: str, name: str = "patches") -> Callable[[str], list[Patch]]:
    """Return what patches a package that has a room of its own."""

    def make(module: str) -> list[Patch]:
        found: list[Patch] = getattr(import_module(f"mlmock.interception.{room}"), name)()
        return found

    return make


def _attribute_patch(
    kind: str, name: str, room: str, replacement: str, how: type[Patch] = Patch
) -> Callable[[str], list[Patch]]:
    """Return what patches one attribute of a class, or of the module itself."""

    def make(module: str) -> list[Patch]:
        there = sys.modules[module]
        owner = getattr(there, kind) if kind else there
        return (
            [how(owner, name, lazy_replacement(room, replacement))] if name in vars(owner) else []
        )

    return make


# Patches of packages that may be imported while a block runs: by the module that they need.
_LATE: dict[str, Callable[[str], list[Patch]]] = {
    "boto3": _attribute_patch(
        "", "_get_default_session", "botocore.sessions", "get_default_session", TriggerPatch
    ),
    "aiobotocore.session": _module_patches("aiobotocore.endpoint"),
    "moto.core.botocore_stubber": _module_patches("moto.coexistence"),
    "urllib3.connectionpool": _attribute_patch(
        "HTTPConnectionPool", "urlopen", "http_clients.urllib3", "urlopen"
    ),
    "responses": _attribute_patch(
        "RequestsMock", "_on_request", "http_clients.responses", "on_request"
    ),
    "httpcore": _module_patches("http_clients.httpcore"),
    "httpcore2": _module_patches("http_clients.httpcore", "patches_of_the_second"),
    "aiohttp.connector": _module_patches("http_clients.aiohttp"),
    "urllib.request": _attribute_patch(
        "AbstractHTTPHandler", "do_open", "http_clients.urllib_request", "do_open"
    ),
}
# A package whose calls go through no gate of botocore's.
_UNGATED = "aiobotocore.session"


@cache
def trigger_patches() -> tuple[Patch, ...]:
    """Return the gates of botocore."""
    return tuple(
        TriggerPatch(owner, name, lazy_replacement(room, made))
        for owner, name, room, made in _GATES
    )


@cache
def _patches_for_module(name: str, module: Any) -> tuple[Patch, ...]:
    return tuple(_LATE[name](name))


class InitialPatches:
    """What a block begins with, where some packages are imported and others are missing."""

    __slots__ = ("missing", "patches")

    def __init__(self, modules: tuple[Any, ...]) -> None:
        ready = {name: m for name, m in zip(_LATE, modules, strict=True) if _is_ready(m)}
        late = (
            patch for name, module in ready.items() for patch in _patches_for_module(name, module)
        )
        self.patches = (*trigger_patches(), *late)
        self.missing = frozenset(_LATE).difference(ready)


# By what `sys.modules` has of those packages.
_BEGINNINGS: dict[tuple[Any, ...], InitialPatches] = {}


def _beginning() -> InitialPatches:
    modules = tuple(map(sys.modules.get, _LATE))
    found = _BEGINNINGS.get(modules)
    return found or _begin(modules)


def _begin(modules: tuple[Any, ...]) -> InitialPatches:
    found = InitialPatches(modules)
    if all(_is_ready(each) for each in modules if each is not None):
        _BEGINNINGS[modules] = found
    return found


def _is_ready(module: Any) -> bool:
    """True for a module that is there, and isn't being imported just now."""
    spec = getattr(module, "__spec__", None)
    return module is not None and not getattr(spec, "_initializing", False)


class Patcher:
    """What is patched for one world. `nursery` is there once it is open."""

    sessions: Any
    _is_open = False
    _takes_sleep = False

    def __init__(self, *, with_caches: bool) -> None:
        self._with_memos = with_caches
        beginning = _beginning()
        self._applied = apply_all(beginning.patches)
        self.missing = beginning.missing
        self._default_before = getattr(sys.modules.get("boto3"), "DEFAULT_SESSION", None)
        sys.meta_path.insert(0, ImportHook)
        if _UNGATED not in beginning.missing:
            self._open()

    def apply_all(self) -> None:
        """Patch the rest, unless that is done or the block has ended meanwhile."""
        if not self._is_open:
            with active.LOCK:  # the first of many threads
                if self._runs() and not self._is_open:
                    self._open()

    def _runs(self) -> bool:
        context = active.current()
        return context is not None and context.state.interception is self

    def _open(self) -> None:
        from mlmock.interception.botocore import deferred_patches, sessions

        self.sessions = sessions.SessionRegistry(self._default_before)
        botocore.register_initializer(sessions.register_session)
        for patch in self._applied:
            if isinstance(patch, TriggerPatch):
                patch.open()
        for patch in deferred_patches.deferred_patches(with_caches=self._with_memos):
            if patch.can_apply():
                self._apply(patch)
        self._is_open = True  # last: threads that see it go on without the lock

    def patch_new_imports(self) -> None:
        """Patch what has been imported since."""
        for name in [name for name in self.missing if _is_ready(sys.modules.get(name))]:
            self.on_module_imported(name)

    def on_module_imported(self, name: str) -> None:
        """Patch a module that has just been imported, unless the block has ended meanwhile."""
        with active.LOCK:  # the first of many threads to see it
            if self._runs() and name in self.missing:
                self.missing -= {name}
                for patch in _patches_for_module(name, sys.modules[name]):
                    self._apply(patch)
                if name == _UNGATED:
                    self.apply_all()

    def patch_time(self) -> None:
        """Take the sleeping of the code under test, too. Twice is once."""
        from mlmock.interception.botocore import sleep

        if not self._takes_sleep:
            self._takes_sleep = True
            for patch in sleep.user_patches():
                self._apply(patch)

    def _apply(self, patch: Patch) -> None:
        taken = patch.apply()
        self._applied.append(taken)
        if self._is_open and isinstance(taken, TriggerPatch):
            taken.open()

    def restore(self) -> None:
        """Put everything back."""
        if ImportHook in sys.meta_path:  # or somebody has put back the finders of before
            sys.meta_path.remove(ImportHook)
        undo_all(self._applied)
        if self._is_open:
            self._close()

    def _close(self) -> None:
        from mlmock.interception.botocore.sessions import register_session

        botocore.unregister_initializer(register_session)
        self.sessions.close()


def _reset_locks_after_fork() -> None:
    """Let go, in a forked process, of locks whose holders are threads of its parent."""
    locks: list[Any] = [active.LOCK]
    context = active.current()
    if context is not None:
        state = context.state
        locks.append(state.lock)
        locks += [state.rules.lock] if "rules" in vars(state) else []
    for lock in locks:
        lock._at_fork_reinit()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_reset_locks_after_fork)
