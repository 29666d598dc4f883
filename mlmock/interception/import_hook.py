"""An import hook that patches third-party modules as soon as they are imported."""

from __future__ import annotations

import sys
from typing import Any

from mlmock.engine import active


class ImportHook:
    """A finder for `sys.meta_path` that delegates to the other finders.

    It changes the loader that they find, so that a module with patches is patched right after it
    is imported. The class itself is in `sys.meta_path`, as Python's own finders are.
    """

    @classmethod
    def find_spec(cls, name: str, path: Any = None, target: Any = None) -> Any:
        """Return the spec of a module that is to be patched, or None for any other."""
        context = active.current()
        if context is None or name not in context.state.interception.missing:
            return None
        finders = (finder for finder in sys.meta_path if finder is not cls)
        specs = (finder.find_spec(name, path, target) for finder in finders)
        spec = next((spec for spec in specs if spec is not None), None)
        if spec is not None and spec.loader is not None:
            _patch_after_loading(spec.loader, name, context.state.interception)
        return spec


def _patch_after_loading(loader: Any, name: str, patcher: Any) -> None:
    load = loader.exec_module

    def exec_module(module: Any) -> None:
        vars(loader).pop("exec_module", None)
        load(module)
        patcher.on_module_imported(name)

    loader.exec_module = exec_module
