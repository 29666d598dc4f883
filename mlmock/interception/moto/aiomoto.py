"""Coexistence with aiomoto, which may remember mlmock's replacements and restore them later."""

from __future__ import annotations

import gc
import sys
from typing import Any

from mlmock.interception.patching import Patch


class SharedPatch(Patch):
    """A patch of a method that aiomoto replaces, too.

    An aiomoto that starts after mlmock and stops later would restore mlmock's replacement. When
    the patch is undone, aiomoto's memory of the replacement is changed to the original.
    """

    __slots__ = ()

    def leave_in_place(self) -> None:
        """Leave the replacement where it is, unless aiomoto is the tool that has wrapped it."""
        super().leave_in_place()
        if "aiomoto" in sys.modules:
            for referrer in gc.get_referrers(self.replacement):
                self._is_wrapped &= not self._restore_in(referrer)

    def _restore_in(self, referrer: Any) -> bool:
        """Change a patcher of aiomoto, or the dict of its attributes; return whether it was one."""
        attributes = referrer if isinstance(referrer, dict) else getattr(referrer, "__dict__", {})
        if attributes.get("_original_send") is not self.replacement:
            return False
        attributes["_original_send"] = self.original
        return True
