"""The set of applied patches: installed by the outermost mock, and removed when the last one ends.

A mock starts with trigger patches on everything that code calls first: sessions, clients,
requests. The first call of a trigger applies the remaining patches (`deferred_patches`), so that a
mock in which nothing is called costs little.
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

# The owner and the name of an attribute, and the module and the factory of its replacement.
_TRIGGERS: tuple[tuple[Any, str, str, str], ...] = (
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
# Creates the patches of a third-party module, given the module's name.
_PatchFactory = Callable[[str], list[Patch]]


def _module_patches(module: str, factory: str = "patches") -> _PatchFactory:
    """Return a factory that imports the patches from a module of `mlmock.interception`."""

    def make(name: str) -> list[Patch]:
        patches: list[Patch] = getattr(import_module(f"mlmock.interception.{module}"), factory)()
        return patches

    return make


def _attribute_patch(
    class_name: str, attribute: str, module: str, factory: str, patch_type: type[Patch] = Patch
) -> _PatchFactory:
    """Return a factory for the patch of one attribute, of a class or ("") of the module itself."""

    def make(name: str) -> list[Patch]:
        patched = sys.modules[name]
        owner = getattr(patched, class_name) if class_name else patched
        if attribute not in vars(owner):
            return []
        return [patch_type(owner, attribute, lazy_replacement(module, factory))]

    return make


# The patches of modules that may be imported while a mock is active.
_MODULE_PATCHES: dict[str, _PatchFactory] = {
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
    "httpcore2": _module_patches("http_clients.httpcore", "httpcore2_patches"),
    "aiohttp.connector": _module_patches("http_clients.aiohttp"),
    "urllib.request": _attribute_patch(
        "AbstractHTTPHandler", "do_open", "http_clients.urllib_request", "do_open"
    ),
}
# Its calls do not go through any trigger patch.
_AIOBOTOCORE = "aiobotocore.session"


@cache
def trigger_patches() -> tuple[Patch, ...]:
    """Return the trigger patches of botocore."""
    return tuple(
        TriggerPatch(owner, name, lazy_replacement(module, factory))
        for owner, name, module, factory in _TRIGGERS
    )


@cache
def _patches_for_module(name: str, module: Any) -> tuple[Patch, ...]:
    return tuple(_MODULE_PATCHES[name](name))


class InitialPatches:
    """The patches that a mock starts with, given which third-party modules are imported."""

    __slots__ = ("missing", "patches")

    def __init__(self, modules: tuple[Any, ...]) -> None:
        imported = {
            name: module
            for name, module in zip(_MODULE_PATCHES, modules, strict=True)
            if _is_imported(module)
        }
        of_modules = (
            patch
            for name, module in imported.items()
            for patch in _patches_for_module(name, module)
        )
        self.patches = (*trigger_patches(), *of_modules)
        self.missing = frozenset(_MODULE_PATCHES).difference(imported)


# By the values of `sys.modules` for the names in `_MODULE_PATCHES`.
_INITIAL_PATCHES: dict[tuple[Any, ...], InitialPatches] = {}


def _initial_patches() -> InitialPatches:
    modules = tuple(map(sys.modules.get, _MODULE_PATCHES))
    cached = _INITIAL_PATCHES.get(modules)
    return cached or _create_initial_patches(modules)


def _create_initial_patches(modules: tuple[Any, ...]) -> InitialPatches:
    patches = InitialPatches(modules)
    if all(_is_imported(module) for module in modules if module is not None):
        _INITIAL_PATCHES[modules] = patches
    return patches


def _is_imported(module: Any) -> bool:
    """Return whether a module exists and its import has finished."""
    spec = getattr(module, "__spec__", None)
    return module is not None and not getattr(spec, "_initializing", False)


class Patcher:
    """The patches of one mock state.

    `missing` holds the names of third-party modules that are not patched yet, because they are not
    imported. `sessions` exists after the deferred patches are applied.
    """

    sessions: Any
    _is_complete = False
    _is_time_patched = False

    def __init__(self, *, with_caches: bool) -> None:
        self._with_caches = with_caches
        initial = _initial_patches()
        self._applied = apply_all(initial.patches)
        self.missing = initial.missing
        self._earlier_default_session = getattr(sys.modules.get("boto3"), "DEFAULT_SESSION", None)
        sys.meta_path.insert(0, ImportHook)
        if _AIOBOTOCORE not in initial.missing:
            self._apply_deferred()

    def apply_all(self) -> None:
        """Apply the deferred patches, unless they are applied or the mock has ended."""
        if not self._is_complete:
            with active.LOCK:  # many threads may call a trigger; the first applies the patches
                if self._is_active() and not self._is_complete:
                    self._apply_deferred()

    def _is_active(self) -> bool:
        context = active.current()
        return context is not None and context.state.interception is self

    def _apply_deferred(self) -> None:
        from mlmock.interception.botocore import deferred_patches, sessions

        self.sessions = sessions.SessionRegistry(self._earlier_default_session)
        botocore.register_initializer(sessions.register_session)
        for patch in self._applied:
            if isinstance(patch, TriggerPatch):
                patch.disarm()
        for patch in deferred_patches.deferred_patches(with_caches=self._with_caches):
            if patch.can_apply():
                self._apply(patch)
        self._is_complete = True  # last: other threads read it without the lock

    def patch_new_imports(self) -> None:
        """Patch the modules that have been imported since the mock started."""
        for name in [name for name in self.missing if _is_imported(sys.modules.get(name))]:
            self.on_module_imported(name)

    def on_module_imported(self, name: str) -> None:
        """Patch a module that has just been imported, unless the mock has ended."""
        with active.LOCK:  # many threads may import it; the first applies the patches
            if self._is_active() and name in self.missing:
                self.missing -= {name}
                for patch in _patches_for_module(name, sys.modules[name]):
                    self._apply(patch)
                if name == _AIOBOTOCORE:
                    self.apply_all()

    def patch_time(self) -> None:
        """Make `time.sleep` and `asyncio.sleep` use the virtual clock. Further calls do nothing."""
        from mlmock.interception.botocore import sleep

        if not self._is_time_patched:
            self._is_time_patched = True
            for patch in sleep.user_patches():
                self._apply(patch)

    def _apply(self, patch: Patch) -> None:
        applied = patch.apply()
        self._applied.append(applied)
        if self._is_complete and isinstance(applied, TriggerPatch):
            applied.disarm()

    def restore(self) -> None:
        """Undo all patches."""
        if ImportHook in sys.meta_path:  # other code may have restored an earlier list
            sys.meta_path.remove(ImportHook)
        undo_all(self._applied)
        if self._is_complete:
            self._remove_sessions()

    def _remove_sessions(self) -> None:
        from mlmock.interception.botocore.sessions import register_session

        botocore.unregister_initializer(register_session)
        self.sessions.restore_default_session()


def _reset_locks_after_fork() -> None:
    """Release, in a forked process, the locks that other threads of its parent hold."""
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
