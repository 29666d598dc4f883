"""The inspection example runs and prints the expected output."""

from __future__ import annotations

import pytest

from examples import lookoutvision_inspection


def test_example_runs(capsys: pytest.CaptureFixture[str]) -> None:
    lookoutvision_inspection.main()

    printed = capsys.readouterr().out
    assert "36 pictures: 24 good, 12 scratched" in printed
    assert "TRAINED: Training completed successfully." in printed
    assert "HOSTED: The model is running." in printed
    assert "board-00.png  pass    0.98" in printed
    assert "board-11.png  REJECT  0.91" in printed
    assert "left: []" in printed
    assert "s3://boards/models/EvaluationResult-circuits-1.json" in printed
