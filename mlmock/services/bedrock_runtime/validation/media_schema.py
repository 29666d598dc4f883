"""Schema types of media and of places in S3."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from mlmock.services.bedrock_runtime.media.encoding import decoded
from mlmock.services.bedrock_runtime.validation.schema import Faults, ObjectOf, String


@dataclass(frozen=True, slots=True)
class Pattern:
    """A string of a form, which a fault shows."""

    form: re.Pattern[str]

    def __call__(self, value: Any, path: str, faults: Faults) -> None:
        """Add to `faults` what is wrong with `value` at `path`."""
        found = len(faults)
        String()(value, path, faults)
        if len(faults) == found and not self.form.fullmatch(value):
            faults.append(f"{path}: string [{value}] does not match pattern {self.form.pattern}")


def base64_text(value: Any, path: str, faults: Faults) -> None:
    """Hold `value` against base64: a schema (its fault is worded here)."""
    found = len(faults)
    String(least=1)(value, path, faults)
    if len(faults) == found and decoded(value) is None:
        faults.append(f"{path}: invalid base64")


S3_LOCATION = ObjectOf(
    {"uri": Pattern(re.compile(r"s3://[^/]+/.+"))},
    {"bucketOwner": Pattern(re.compile(r"[0-9]{12}"))},
)
