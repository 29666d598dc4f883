"""Runs every Python code block of README.md and docs/.

The code blocks of a page run in order and share one namespace. A test function without parameters
is called after the code block that defines it. A code block is skipped if the line before it is
`<!-- not run -->`.
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
SKIP_MARKER = "<!-- not run -->"
_CODE_BLOCK = re.compile(r"^(?P<indent>[ ]*)```python\n(?P<code>.*?)^(?P=indent)```", re.M | re.S)


def code_blocks(page: str) -> Iterator[tuple[int, str]]:
    """Yield the line number and the code of each code block of a page."""
    for match in _CODE_BLOCK.finditer(page):
        before = page[: match.start()].rstrip()
        if not before.endswith(SKIP_MARKER):
            yield page[: match.start("code")].count("\n"), textwrap.dedent(match["code"])


def run_page(page: str, name: str) -> None:
    """Run the code blocks of `page`; tracebacks contain `name` and the line numbers of the page."""
    namespace: dict[str, Any] = {"__name__": "__page__"}
    for line, code in code_blocks(page):
        defined = set(namespace)
        exec(compile("\n" * line + code, name, "exec"), namespace)  # noqa: S102 - our own pages
        for new in sorted(namespace.keys() - defined):
            if new.startswith("test_") and not inspect.signature(namespace[new]).parameters:
                namespace[new]()


@pytest.mark.newer_botocore
@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_code_blocks_of_pages_run(
    path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)  # files that a code block writes
    run_page(path.read_text(encoding="utf-8"), str(path))


PAGE = """
# A page
```python
values = ["first"]
```
<!-- not run -->
```python
import missing_module
```
* In a list:
  ```python
  values.append("second")

  def test_it():
      values.append("called")

  def test_with(fixture):
      values.append("never")
  ```
```text
not Python
```
```python
assert values == ["first", "second", "called"], values
```
"""


def test_code_blocks_share_a_namespace_and_keep_line_numbers() -> None:
    run_page(PAGE, "a page")
    with pytest.raises(ZeroDivisionError) as caught:
        run_page("\n\n```python\n1 / 0\n```\n", "a page")
    assert (caught.traceback[-1].path, caught.traceback[-1].lineno) == ("a page", 3)
