"""The headings of docs/faq.md are the messages that users get."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlmock.aws.spec.validation import Violation, format_violations
from mlmock.reporting.messages import format_call_mismatch, format_not_mocked
from tests.architecture import FILES, ROOT, tree_of

FAQ = (ROOT / "docs" / "faq.md").read_text(encoding="utf-8")
# What follows are messages of other packages.
OWN = FAQ.partition("## Errors of botocore and pytest")[0]
HEADING = re.compile(r"^### `(.+)`", re.MULTILINE)


def strings_in(path: Path) -> Iterator[str]:
    """Yield the strings of a file, with `…` for values that are inserted."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            parts = (part.value if isinstance(part, ast.Constant) else "…" for part in node.values)
            yield "".join(map(str, parts))


def composed_messages() -> Iterator[str]:
    """Yield messages that are composed of several strings."""
    url = "https://s3.amazonaws.com/"
    for is_active, is_mocked in ((True, False), (True, True), (False, False)):
        yield format_not_mocked("s3", "ListBuckets", url, is_active=is_active, is_mocked=is_mocked)
    once = "to be called once"
    yield format_call_mismatch(once, "s3", "ListBuckets", {}, calls=[], discarded=0)
    yield format_violations([Violation("name", "", "first"), Violation("name", "", "second")])


MESSAGES = [*composed_messages(), *(text for path in FILES for text in strings_in(path))]


@pytest.mark.parametrize("heading", HEADING.findall(OWN))
def test_heading_is_a_message_of_mlmock(heading: str) -> None:
    pattern = re.compile(".*".join(map(re.escape, heading.split("…"))), re.DOTALL)
    assert any(map(pattern.search, MESSAGES)), f"mlmock has no message like {heading!r}"
