"""aiomoto beside us: it must not keep what of ours it has found, when it outlives our block."""

from __future__ import annotations

import gc
import sys
from typing import Any

from mlmock.interception.patching import Patch


class SharedPatch(Patch):
    """The patch of a method that aiomoto replaces, too, and puts back when it stops.

    Where aiomoto came after us and stays longer, what it will put back is ours: it is given what
    was there before us instead.
    """

    __slots__ = ()

    def leave_in_place(self) -> None:
        """Leave the replacement where it is, unless it is aiomoto that has put its own on top."""
        super().leave_in_place()
        if "aiomoto" in sys.modules:
            for keeper in gc.get_referrers(self.replacement):
                self._is_buried &= not self._give_back(keeper)

    def _give_back(self, keeper: Any) -> bool:
        """Replace ours in one of aiomoto's patchers, or its attributes; True where it was."""
        own = keeper if isinstance(keeper, dict) else getattr(keeper, "__dict__", {})
        if own.get("_original_send") is not self.replacement:
            return False
        own["_original_send"] = self.original
        return True
