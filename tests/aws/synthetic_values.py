"""A timestamp for the synthetic model, and a comparison in which NaN equals NaN."""

import math
from datetime import datetime, timezone
from typing import Any

UTC = timezone.utc
MOMENT = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)


def same(found: Any, expected_value: Any) -> bool:
    """Return whether two values are equal, where NaN equals NaN."""
    if isinstance(found, dict) and isinstance(expected_value, dict):
        return found.keys() == expected_value.keys() and all(
            same(found[k], expected_value[k]) for k in found
        )
    if isinstance(found, list) and isinstance(expected_value, list):
        return len(found) == len(expected_value) and all(map(same, found, expected_value))
    if isinstance(found, float) and math.isnan(found):
        return isinstance(expected_value, float) and math.isnan(expected_value)
    return bool(found == expected_value)
