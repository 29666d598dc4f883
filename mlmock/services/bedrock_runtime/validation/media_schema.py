"""Schema types of media in base64 and of locations in S3."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from mlmock.services.bedrock_runtime.media.encoding import decode_base64
from mlmock.services.bedrock_runtime.validation.schema import ObjectOf, String, Violations


@dataclass(frozen=True, slots=True)
class Pattern:
    """A string that matches a regular expression."""

    regex: re.Pattern[str]

    def __call__(self, value: Any, path: str, violations: Violations) -> None:
        """Append the violations of `value` at `path` to `violations`."""
        count = len(violations)
        String()(value, path, violations)
        if len(violations) == count and not self.regex.fullmatch(value):
            violations.append(
                f"{path}: string [{value}] does not match pattern {self.regex.pattern}"
            )


def base64_text(value: Any, path: str, violations: Violations) -> None:
    """Append a violation unless `value` is base64 text; a schema type.

    Assumption: the text of the violation.
    """
    count = len(violations)
    String(min_length=1)(value, path, violations)
    if len(violations) == count and decode_base64(value) is None:
        violations.append(f"{path}: invalid base64")


S3_LOCATION = ObjectOf(
    {"uri": Pattern(re.compile(r"s3://[^/]+/.+"))},
    {"bucketOwner": Pattern(re.compile(r"[0-9]{12}"))},
)
