"""Model families, one module each; every module of this package is discovered."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from functools import lru_cache

from mlmock.services.bedrock_runtime.families.base import Family


def family_of(model_id: str) -> Family | None:
    """Return the family of a foundation model id, or None if no prefix of a family matches."""
    best, longest = None, 0
    for prefix, family in _families():
        if model_id.startswith(prefix) and len(prefix) > longest:
            best, longest = family, len(prefix)
    return best


@lru_cache(maxsize=1)
def _families() -> tuple[tuple[str, Family], ...]:
    """Return every prefix with its family. Cached, because it depends on the modules alone."""
    return tuple((prefix, family) for family in _discover() for prefix in family.prefixes)


def _discover() -> Iterator[Family]:
    for entry in sorted(pkgutil.iter_modules(__path__), key=lambda module_info: module_info.name):
        module = importlib.import_module(f"{__name__}.{entry.name}")
        for cls in vars(module).values():
            is_own = getattr(cls, "__module__", "").startswith(module.__name__)
            if is_own and isinstance(cls, type) and issubclass(cls, Family) and cls.prefixes:
                yield cls()
