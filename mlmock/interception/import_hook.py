"""An import hook that has packages patched as soon as they are imported."""

from __future__ import annotations

import sys
from typing import Any

from mlmock.engine import active


class ImportHook:
    """A finder that finds nothing itself: it sees to it that a late import is patched at once.

    It is on `sys.meta_path` as it stands here, as Python's own finders are.
    """

    @classmethod
    def find_spec(cls, name: str, path: Any = None, target: Any = None) -> Any:
        """Return the spec that the other finders have for a package that gets patches, or None."""
        context = active.current()
        if context is None or name not in context.state.interception.missing:
            return None
        others = (each for each in sys.meta_path if each is not cls)
        found = (each.find_spec(name, path, target) for each in others)
        spec = next((each for each in found if each is not None), None)
        if spec is not None and spec.loader is not None:
            _patch_after(spec.loader, name, context.state.interception)
        return spec


def _patch_after(loader: Any, name: str, interception: Any) -> None:
    load = loader.exec_module

    def exec_module(module: Any) -> None:
        vars(loader).pop("exec_module", None)
        load(module)
        interception.on_module_imported(name)

    loader.exec_module = exec_module
