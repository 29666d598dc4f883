"""Every Python block of the pages runs as it stands.

The blocks of a page share one namespace and run in order; a test that a block defines, and that
needs nothing, is called. A block with `<!-- not run -->` on the line before it is left alone.
"""

import inspect
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
NOT_RUN = "<!-- not run -->"
_BLOCK = re.compile(r"^(?P<indent>[ ]*)```python\n(?P<code>.*?)^(?P=indent)```", re.M | re.S)


def blocks_of(page: str) -> Iterator[tuple[int, str]]:
    """Yield the line at which each block of a page begins, and its code."""
    for found in _BLOCK.finditer(page):
        before = page[: found.start()].rstrip()
        if not before.endswith(NOT_RUN):
            yield page[: found.start("code")].count("\n"), textwrap.dedent(found["code"])


def run(page: str, name: str) -> None:
    """Run the blocks of `page`; tracebacks name the page, `name`, and its lines."""
    namespace: dict[str, Any] = {"__name__": "__page__"}
    for line, code in blocks_of(page):
        known = set(namespace)
        exec(compile("\n" * line + code, name, "exec"), namespace)  # noqa: S102 - our own pages
        for new in sorted(namespace.keys() - known):
            if new.startswith("test_") and not inspect.signature(namespace[new]).parameters:
                namespace[new]()


@pytest.mark.newer_botocore
@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_blocks_of_a_page_run(
    path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)  # what a block writes is gone with the test
    run(path.read_text(encoding="utf-8"), str(path))


PAGE = """
# A page
```python
seen = ["first"]
```
<!-- not run -->
```python
import nothing_of_that_name
```
* In a list:
  ```python
  seen.append("second")

  def test_it():
      seen.append("called")

  def test_with(fixture):
      seen.append("never")
  ```
```text
no code
```
```python
assert seen == ["first", "second", "called"], seen
```
"""


def test_the_blocks_of_a_page_share_a_namespace_and_their_lines() -> None:
    run(PAGE, "a page")
    with pytest.raises(ZeroDivisionError) as caught:
        run("\n\n```python\n1 / 0\n```\n", "a page")
    assert (caught.traceback[-1].path, caught.traceback[-1].lineno) == ("a page", 3)
