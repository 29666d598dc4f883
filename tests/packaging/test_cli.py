"""The command line: the output of the demo, options, and error messages."""

from __future__ import annotations

import re
import runpy
import sys
from pathlib import Path

import pytest

import mlmock as package
from mlmock import cli

DEMO = """\
mlmock VERSION: invoices under human review, with moto's S3 beside it

Started, 4 waiting for two reviewers each
  invoice-1042    120.00  InProgress
  invoice-1043   9800.00  InProgress
  invoice-1044     40.00  InProgress
  invoice-1045     75.50  InProgress

Twenty minutes later, 0 waiting
  invoice-1042    120.00  Approved    matches the order / fine
  invoice-1043   9800.00  Rejected    looks right / no such vendor
  invoice-1044     40.00  Failed      Task failed to render: no vendor
  invoice-1045     75.50  Stopped

Left in S3
  s3://reviews/invoices/invoices/2026/02/03/09/00/00/invoice-1042/output.json
  s3://reviews/invoices/invoices/2026/02/03/09/01/00/invoice-1043/output.json
Sent to EventBridge
  Completed, Completed, Failed, Stopped

15 calls to Augmented AI, and none left this machine.
With moto's S3 it all took N ms.
"""


def test_demo_prints_the_review_of_invoices(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["demo"]) == 0
    printed = re.sub(r"\d+ ms", "N ms", capsys.readouterr().out)
    assert printed == DEMO.replace("VERSION", package.__version__)


def test_demo_names_the_extras_it_needs(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "moto", None)
    assert cli.main(["demo"]) == 1
    assert "pip install 'mlmock[boto3,moto]'" in capsys.readouterr().err


def test_example_is_found_in_the_checkout_and_in_the_wheel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cli.example() == Path(__file__).parents[2] / "examples" / "human_review.py"
    packed = tmp_path / "examples" / "human_review.py"
    packed.parent.mkdir()
    packed.touch()
    monkeypatch.setattr(cli, "__file__", str(tmp_path / "cli.py"))
    assert cli.example() == packed


def test_serve_accepts_the_documented_options() -> None:
    options = cli.parser().parse_args(["serve", "--port", "0", "--port-file", "p"])
    assert (options.host, options.port, options.port_file) == ("127.0.0.1", 0, Path("p"))


@pytest.mark.parametrize("arguments", [[], ["dance"], ["serve", "--port", "x"]])
def test_invalid_arguments_print_the_usage(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(arguments)
    assert caught.value.code == 2
    assert "usage: mlmock" in capsys.readouterr().err


def test_python_dash_m_runs_the_command_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    main = Path(cli.__file__).with_name("__main__.py")
    monkeypatch.setattr(sys, "argv", ["mlmock", "--version"])
    with pytest.raises(SystemExit) as caught:
        runpy.run_path(str(main), run_name="__main__")
    assert caught.value.code == 0
    assert capsys.readouterr().out == f"mlmock {package.__version__}\n"
