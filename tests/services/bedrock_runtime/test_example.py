"""The agent example in examples/ runs unchanged."""

from __future__ import annotations

import pytest

from examples import bedrock_agent


def test_the_example_runs(capsys: pytest.CaptureFixture[str]) -> None:
    bedrock_agent.main()
    assert capsys.readouterr().out.count("passed") == 4
