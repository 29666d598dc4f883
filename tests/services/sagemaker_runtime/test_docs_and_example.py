"""The docs and the example are current."""

from __future__ import annotations

from pathlib import Path

import pytest

from examples import endpoint_rollout
from mlmock.services.sagemaker_runtime.async_invocations import INVOCATION

PAGE = Path(__file__).parents[3] / "docs/reference/services/sagemaker-runtime.md"


def test_state_diagram_of_an_invocation_is_in_the_docs() -> None:
    assert INVOCATION.mermaid() in PAGE.read_text(encoding="utf-8")


def test_rollout_example_runs(capsys: pytest.CaptureFixture[str]) -> None:
    endpoint_rollout.main()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("100 customers scored: ")
    assert not lines[0].endswith(" 0 after green had failed")
    assert lines[1:] == ["the reason, streamed: because of the plan", "by night: 100 scores in S3"]
