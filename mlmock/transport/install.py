"""Interception: put in place when the first block starts, taken out exactly when the last ends."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from typing import Any

import botocore

from mlmock import active
from mlmock.transport import botocore as endpoint
from mlmock.transport import handlers, memos, models, moto, patience, sessions
from mlmock.transport.patching import Patch


def _aiobotocore_patches() -> list[Patch]:
    from mlmock.transport import aiobotocore

    return [*aiobotocore.patches(), *models.aio_patches()]


def _web(name: str) -> Callable[[], list[Patch]]:
    """Return what patches a way of fetching URLs; its room is loaded when one is there."""

    def make() -> list[Patch]:
        from mlmock.transport import web

        found: list[Patch] = getattr(web, name)()
        return found

    return make


# Patches of packages that may be imported while a block runs: by the module that they need.
_LATE: dict[str, Callable[[], list[Patch]]] = {
    "boto3": sessions.boto3_patches,
    "aiobotocore.session": _aiobotocore_patches,
    "moto.core.botocore_stubber": moto.patches,
    "urllib3.connectionpool": _web("urllib3_patches"),
    "responses": _web("responses_patches"),
    "httpx": _web("httpx_patches"),
    "httpx2": _web("httpx2_patches"),
    "aiohttp.client": _web("aiohttp_patches"),
    "urllib.request": _web("urllib_patches"),
}


@cache
def _always() -> tuple[Patch, ...]:
    return (
        *endpoint.patches(),
        *patience.patches(),
        *sessions.patches(),
        *handlers.patches(),
        *models.patches(),
    )


@cache
def _memos() -> tuple[Patch, ...]:
    return tuple(memos.patches())


@cache
def _first(with_memos: bool) -> tuple[Patch, ...]:
    return (*_always(), *_memos()) if with_memos else _always()


@cache
def _late(module: str, thing: int) -> tuple[Patch, ...]:
    return tuple(_LATE[module]())


class Interception:
    """What is patched for one world."""

    def __init__(self, world: Any, *, with_memos: bool) -> None:
        self._world = world
        self._applied = [patch.apply() for patch in _first(with_memos)]
        self.missing = set(_LATE)
        self._takes_sleep = False
        self.nursery = sessions.Nursery()
        botocore.register_initializer(sessions.note_session)
        world.clock.on_patch_sleep = self.patch_sleep
        self.notice()

    def notice(self) -> None:
        """Patch what has been imported since."""
        for module in [name for name in self.missing if name in sys.modules]:
            with active.LOCK:  # the first of many threads to see it
                if module in self.missing:
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
        for patch in reversed(self._applied):
            patch.undo()
        botocore.unregister_initializer(sessions.note_session)
        self.nursery.close()
