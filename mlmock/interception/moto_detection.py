"""Whether a mock of moto is active; apart from `moto/`, which loads what this needn't."""

from __future__ import annotations

import sys


def is_active() -> bool:
    """True while a `mock_aws` runs in this process."""
    models = sys.modules.get("moto.core.models")
    return bool(models is not None and models.botocore_stubber.enabled)
