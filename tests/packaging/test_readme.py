"""README.md: its links, its example of a failure, and its rows of the benchmarks."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SPEED = (ROOT / "docs" / "explanation" / "speed.md").read_text(encoding="utf-8")
DOCS_URL = "https://mlmock.readthedocs.io/"
IMAGES_URL = "https://raw.githubusercontent.com/mlmock/mlmock/main/"


def targets(text: str) -> list[str]:
    return re.findall(r"\]\(([^)]+)\)", text)


def test_readme_is_short() -> None:
    assert len(README.splitlines()) <= 160


# -- links --------------------------------------------------------------------------------------


def test_links_are_absolute_so_that_they_work_from_pypi() -> None:
    assert [target for target in targets(README) if not target.startswith("https://")] == []


def test_links_to_the_documentation_have_a_page() -> None:
    paths = [target[len(DOCS_URL) :] for target in targets(README) if DOCS_URL in target]
    assert paths
    for path in paths:
        page = ROOT / "docs" / path.rstrip("/")
        assert page.with_suffix(".md").is_file() or (page / "index.md").is_file(), path


def test_images_exist_and_are_small() -> None:
    images = [target for target in targets(README) if target.startswith(IMAGES_URL)]
    assert len(images) == 2
    for image in images:
        assert (ROOT / image[len(IMAGES_URL) :]).stat().st_size < 200_000


# -- the example of a failure -------------------------------------------------------------------


def code_blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.M | re.S)


def test_failure_is_what_the_example_prints(pytester: pytest.Pytester) -> None:
    [example] = [block for block in code_blocks("python") if "def test_weather" in block]
    [failure] = [block for block in code_blocks("text") if "UnmatchedCall" in block]
    changed = example.replace('ask("How is the weather?")', 'ask("Will it rain?")')
    assert changed != example
    pytester.makepyfile(test_weather=changed)
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    printed = [line[1:].strip() for line in result.outlines if line.startswith("E ")]
    assert printed == [line.strip() for line in failure.splitlines()]


# -- the benchmarks -----------------------------------------------------------------------------


class TableRow(NamedTuple):
    """A row of a table of benchmarks; the README has no bars."""

    title: str
    value: str
    bar: str | None


def table_rows(text: str) -> list[TableRow]:
    pattern = r"^\| ([^|]+) \| (\d[^|]* (?:x|us|ms)\b[^|]*) \|(?: ([^|]+) \|)?$"
    found = re.findall(pattern, text, re.M)
    return [TableRow(title.replace("`", ""), value, bar or None) for title, value, bar in found]


def title_pattern(node: ast.Constant | ast.JoinedStr) -> str:
    """Return a pattern for the values of a string or an f-string."""
    parts = [node] if isinstance(node, ast.Constant) else node.values
    return "".join(
        re.escape(str(part.value)) if isinstance(part, ast.Constant) else ".*" for part in parts
    )


def constants_of_benchmarks() -> tuple[set[str], set[float]]:
    """Return patterns for the texts that can be titles, and the numbers that can be bars."""
    patterns: set[str] = set()
    numbers: set[float] = set()
    for path in (ROOT / "benchmarks").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
                numbers.add(float(node.value))
            elif isinstance(node, (ast.Constant, ast.JoinedStr)):
                patterns.add(title_pattern(node))
    # A pattern such as ".*, .*" matches any title.
    return {each for each in patterns if len(each.replace(".*", "")) > 10}, numbers


def test_rows_of_the_speed_page_are_rows_of_the_benchmarks() -> None:
    rows = table_rows(SPEED)
    assert len(rows) > 20
    patterns, numbers = constants_of_benchmarks()
    for title, _, bar in rows:
        names = (title, title.removesuffix(", cache=False"))
        assert any(re.fullmatch(each, name) for each in patterns for name in names), title
        assert bar == "–" or float(str(bar)) in numbers, title


def test_rows_of_the_readme_are_rows_of_the_speed_page() -> None:
    rows = [(row.title, row.value) for row in table_rows(README)]
    assert len(rows) == 5
    assert set(rows) <= {(row.title, row.value) for row in table_rows(SPEED)}
