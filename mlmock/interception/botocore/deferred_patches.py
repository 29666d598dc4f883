"""The deferred patches: those that the first call of a trigger patch applies."""

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

# The owner and the name of an attribute, and the module and the factory of its replacement. The
# module is imported when the replacement is first called.
PatchTable = tuple[tuple[Any, str, str, str], ...]
_WRAPPERS: PatchTable = ((Endpoint, "__init__", "botocore.leak_guard", "guarded_init"),)
# These do not call the original.
_REPLACEMENTS: PatchTable = (
    (Endpoint, "prepare_request", "botocore.request_preparation", "prepare_request"),
    (botocore.hooks, "accepts_kwargs", "botocore.event_hooks", "accepts_kwargs"),
    (Session, "_register_builtin_handlers", "botocore.event_hooks", "register_builtin_handlers"),
    (vars(botocore.hooks)["_PrefixTrie"], "__copy__", "botocore.event_hooks", "trie_copy"),
)
_CACHES: PatchTable = (
    (
        botocore.useragent,
        "sanitize_user_agent_string_component",
        "botocore.caches",
        "cached_sanitize",
    ),
    (
        botocore.parsers,
        "DEFAULT_TIMESTAMP_PARSER",
        "botocore.caches",
        "cached_timestamp_parser",
    ),
    (ParamValidator, "validate", "botocore.caches", "cached_validate"),
)


def _patches_of(table: PatchTable, patch_type: type[Patch] = Patch) -> Iterator[Patch]:
    for owner, name, module, factory in table:
        if name in vars(owner):
            yield patch_type(owner, name, lazy_replacement(module, factory))


@cache
def deferred_patches(*, with_caches: bool) -> tuple[Patch, ...]:
    """Return the deferred patches of botocore, with or without those of `cache_patches`."""
    loader_cache = ReplacementPatch(Loader, "_cache", lambda patch: SharedLoaderCache())
    always = (
        *_patches_of(_WRAPPERS),
        *_patches_of(_REPLACEMENTS, ReplacementPatch),
        loader_cache,
        *sleep.patches(),
    )
    return (*always, *(cache_patches() if with_caches else ()))


@cache
def cache_patches() -> tuple[Patch, ...]:
    """Return the patches that `mock_ml(cache=False)` leaves out."""
    return tuple(_patches_of(_CACHES, ReplacementPatch))
