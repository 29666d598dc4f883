"""Schema types of media and of places in S3."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from mlmock.services.bedrock_runtime.media.encoding import decode_base64
from mlmock.services.bedrock_runtime.validation.schema import ObjectOf, String, Violations


@dataclass(frozen=True, slots=True)
class Pattern:
    """A string of a form, which a fault shows."""

    regex: re.Pattern[str]

    def __call__(self, value: Any, path: str, violations: Violations) -> None:
        """Add to `faults` what is wrong with `value` at `path`."""
        count = len(violations)
        String()(value, path, violations)
        if len(violations) == count and not self.regex.fullmatch(value):
            violations.append(
                f"{path}: string [{value}] does not match pattern {self.regex.pattern}"
            )


def base64_text(value: Any, path: str, violations: Violations) -> None:
    """Hold `value` against base64: a schema (its fault is worded here)."""
    count = len(violations)
    String(min_length=1)(value, path, violations)
    if len(violations) == count and decode_base64(value) is None:
        violations.append(f"{path}: invalid base64")


S3_LOCATION = ObjectOf(
    {"uri": Pattern(re.compile(r"s3://[^/]+/.+"))},
    {"bucketOwner": Pattern(re.compile(r"[0-9]{12}"))},
)
