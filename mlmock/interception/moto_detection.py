"""Detection of an active moto, apart from `moto/` so that it can be used without loading that."""

from __future__ import annotations

import sys


def is_active() -> bool:
    """Return whether `mock_aws` is active in this process."""
    models = sys.modules.get("moto.core.models")
    return bool(models is not None and models.botocore_stubber.enabled)
