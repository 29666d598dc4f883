"""What is patched once somebody comes through a gate: the rest of what we cut in botocore."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import botocore.hooks
import botocore.parsers
import botocore.useragent
from botocore.endpoint import Endpoint
from botocore.loaders import Loader
from botocore.session import Session
from botocore.validate import ParamValidator

from mlmock.interception.botocore import sleep
from mlmock.interception.botocore.sessions import SharedLoaderCache
from mlmock.interception.patching import Patch, ReplacementPatch, lazy_replacement

# What stands in for upstream's own, in a room that is loaded when it is first used: of whom, its
# name there, the room, and what makes it.
PatchTable = tuple[tuple[Any, str, str, str], ...]
_WRAPPERS: PatchTable = ((Endpoint, "__init__", "botocore.leak_guard", "init"),)
# These don't call what they stand in for.
_REPLACEMENTS: PatchTable = (
    (Endpoint, "prepare_request", "botocore.request_preparation", "prepare_request"),
    (botocore.hooks, "accepts_kwargs", "botocore.event_hooks", "accepts_kwargs"),
    (Session, "_register_builtin_handlers", "botocore.event_hooks", "register_builtin_handlers"),
    (vars(botocore.hooks)["_PrefixTrie"], "__copy__", "botocore.event_hooks", "trie_copy"),
)
_MEMOS: PatchTable = (
    (
        botocore.useragent,
        "sanitize_user_agent_string_component",
        "botocore.caches",
        "cached_sanitize",
    ),
    (botocore.parsers, "DEFAULT_TIMESTAMP_PARSER", "botocore.caches", "timestamps"),
    (ParamValidator, "validate", "botocore.caches", "validation"),
)


def _made(table: PatchTable, how: type[Patch] = Patch) -> Iterator[Patch]:
    for owner, name, room, replacement in table:
        if name in vars(owner):
            yield how(owner, name, lazy_replacement(room, replacement))


@cache
def deferred_patches(*, with_caches: bool) -> tuple[Patch, ...]:
    """Return the patches behind the gates."""
    shared = ReplacementPatch(Loader, "_cache", lambda patch: SharedLoaderCache())
    always = (
        *_made(_WRAPPERS),
        *_made(_REPLACEMENTS, ReplacementPatch),
        shared,
        *sleep.patches(),
    )
    return (*always, *(cache_patches() if with_caches else ()))


@cache
def cache_patches() -> tuple[Patch, ...]:
    """Return the patches that `cache=False` leaves out."""
    return tuple(_made(_MEMOS, ReplacementPatch))
