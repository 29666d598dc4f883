"""Check that the checkout can be released: its version, its changelog and its work tree.

    python -m tests.packaging.release

prints one line for each problem. The exit status is 1 if there is one.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from mlmock import __version__

ROOT = Path(__file__).parents[2]
VERSION = re.compile(r"\d+\.\d+\.\d+\S*?(?=[\]\s]|$)")


def sections(changelog: str) -> Iterator[tuple[str, str]]:
    """Yield the title and the text of each version of a changelog, newest first."""
    for section in re.split(r"^## ", changelog, flags=re.MULTILINE)[1:]:
        title, _, text = section.partition("\n")
        yield title, text.strip()


def version_problem(changelog: str, version: str) -> str | None:
    """Return why a version cannot be released, or None if the changelog has it as the newest."""
    for title, text in sections(changelog):
        match = VERSION.search(title)
        if match is None:
            if text:
                return (
                    f"CHANGELOG.md has entries under {title!r}. "
                    f"Move them below a heading such as '## [{version}] - YYYY-MM-DD'."
                )
        elif "unreleased" in title.lower():
            return (
                f"CHANGELOG.md marks {match[0]} as unreleased. "
                f"Change the heading to '## [{match[0]}] - YYYY-MM-DD'."
            )
        elif match[0] != version:
            return (
                f"mlmock/_version.py has version {version!r}, "
                f"but the newest version in CHANGELOG.md is {match[0]!r}. Make them equal."
            )
        else:
            return None
    return f"CHANGELOG.md has no version. Add a heading such as '## [{version}] - YYYY-MM-DD'."


def work_tree_problem() -> str | None:
    """Return why the work tree cannot be released, or None if it is equal to its commit."""
    command = ["git", "-C", str(ROOT), "status", "--porcelain"]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    if not result.stdout:
        return None
    return f"The work tree has changes that are not committed. Commit them:\n{result.stdout}"


def main() -> int:
    """Print what prevents a release, and return the exit status."""
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    lines = filter(None, [version_problem(changelog, __version__), work_tree_problem()])
    text = "".join(f"release: {line}\n" for line in lines)
    sys.stderr.write(text)
    return int(bool(text))


if __name__ == "__main__":
    sys.exit(main())
