"""Runs every Python code block of README.md and docs/.

Each code block is complete by itself. One that defines a test is a module, which pytest runs; any
other is run as a script in a new namespace. A code block with a title, such as `title="app.py"`, is
a file that other code blocks of its page may import. A code block is left out if the line before
it is `<!-- not run -->`. One pytest process runs all code blocks of a page; its report has the page
and the line where something failed.
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
GENERATED = ROOT / "docs" / "reference" / "api"
PAGES = [
    ROOT / "README.md",
    *(p for p in sorted((ROOT / "docs").rglob("*.md")) if GENERATED not in p.parents),
]
SKIP_MARKER = "<!-- not run -->"
_CODE_BLOCK = re.compile(
    r"^(?P<indent>[ ]*)```python(?P<options>[^\n]*)\n(?P<code>.*?)^(?P=indent)```", re.M | re.S
)
_TITLE = re.compile(r'title="([^"]+)"')

# Warnings are errors, as in the tests of mlmock.
CONFIGURATION = """\
[pytest]
addopts = -q -p mlmock.pytest_plugin -p no:cacheprovider --tb=short
filterwarnings =
    error
    ignore:datetime.datetime.utc:DeprecationWarning:(botocore|moto)
"""
CONFTEST = "from tests.conftest import _clean_environment, _no_network\n"
RUN_SCRIPTS = """\
import runpy
import pytest

@pytest.mark.parametrize("name", {names})
def test_script(name):
    runpy.run_path(name, run_name="__main__")
"""


@dataclass(frozen=True)
class CodeBlock:
    """A Python code block of a page; `line` is that of its first line of code."""

    line: int
    code: str
    title: str | None

    @property
    def is_test(self) -> bool:
        """Whether it defines a test for pytest."""
        return any(
            isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
            and node.name.lower().startswith("test")
            for node in ast.parse(self.code).body
        )

    @property
    def file_name(self) -> str:
        """The name of its file. That of an untitled block has the line in it."""
        return self.title or f"{'test' if self.is_test else 'script'}_line_{self.line}.py"


def code_blocks(page: str) -> Iterator[CodeBlock]:
    """Yield the code blocks of a page that are run."""
    for match in _CODE_BLOCK.finditer(page):
        if not page[: match.start()].rstrip().endswith(SKIP_MARKER):
            title = _TITLE.search(match["options"])
            line = page[: match.start("code")].count("\n") + 1
            yield CodeBlock(line, textwrap.dedent(match["code"]), title[1] if title else None)


def write_files(blocks: list[CodeBlock], folder: Path) -> None:
    """Write the files for a pytest run of `blocks`, with the line numbers of the page."""
    names = [block.file_name for block in blocks]
    assert len(names) == len(set(names)), f"two code blocks have the same title: {names}"
    scripts = [block.file_name for block in blocks if not block.is_test]
    for block in blocks:
        text = "\n" * (block.line - 1) + block.code
        (folder / block.file_name).write_text(text, encoding="utf-8")
    if scripts:
        (folder / "test_scripts.py").write_text(RUN_SCRIPTS.format(names=scripts))
    (folder / "pytest.ini").write_text(CONFIGURATION)
    (folder / "conftest.py").write_text(CONFTEST)


def failures_of(page: str, name: str, folder: Path) -> str:
    """Run the code blocks of `page`; return pytest's report if one fails, otherwise nothing.

    Args:
        page: The text of the page.
        name: The name of the page, which the report has instead of the names of the files.
        folder: An empty folder to run in.
    """
    blocks = list(code_blocks(page))
    if not blocks:
        return ""
    write_files(blocks, folder)
    command = [sys.executable, "-m", "pytest", "."]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    run = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    report = run.stdout + run.stderr if run.returncode else ""
    for block in blocks:
        report = re.sub(rf"\b{re.escape(block.file_name)}(?=[:\"])", name, report)
    return report


@pytest.mark.newer_botocore
@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_code_blocks_of_pages_run(path: Path, tmp_path: Path) -> None:
    name = str(path.relative_to(ROOT))
    failures = failures_of(path.read_text(encoding="utf-8"), name, tmp_path)
    assert not failures, failures


# -- the runner itself ------------------------------------------------------------------------

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
  assert "values" not in globals()
  ```
```python title="app.py" hl_lines="1"
def double(number):
    return 2 * number
```
```python title="test_app.py"
from app import double

def test_double(tmp_path, mlmock):
    assert double(2) == 4
    assert len(mlmock.calls) == 0
```
```text
not Python
```
"""

BROKEN = """
```python
1 / 0
```

```python
from mlmock import mock_ml

@mock_ml
def test_on_line_9(ml):
    assert ml.calls.total == 1
```
"""


def test_code_blocks_are_scripts_tests_and_files(tmp_path: Path) -> None:
    blocks = list(code_blocks(PAGE))
    assert [(block.line, block.file_name, block.is_test) for block in blocks] == [
        (4, "script_line_4.py", False),
        (12, "script_line_12.py", False),
        (15, "app.py", False),
        (19, "test_app.py", True),
    ]
    assert failures_of(PAGE, "page.md", tmp_path) == ""


def test_failures_have_the_page_and_the_line(tmp_path: Path) -> None:
    report = failures_of(BROKEN, "page.md", tmp_path)
    assert "page.md:3: in <module>" in report
    assert "ZeroDivisionError" in report
    assert "page.md:11: in test_on_line_9" in report
    assert "2 failed" in report
