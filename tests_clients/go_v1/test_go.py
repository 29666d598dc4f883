"""AWS SDK for Go v1: a typed ModelError with its members, as the package's documentation has it."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from mlmock import ServerThread

CLIENT = Path(__file__).parents[2] / ".cache" / "clients" / "go_v1-build" / "client"


@pytest.fixture(scope="module")
def heard() -> Any:
    with ServerThread() as server:
        server.ml.sagemaker.endpoint("churn").reply({"score": 0.9})
        server.ml.sagemaker.endpoint("ill").model_error(500, "CUDA out of memory")
        line = [str(CLIENT), server.url]
        done = subprocess.run(line, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        assert server.ml.calls.last.account_id == "111122223333"
        return json.loads(done.stdout)


def test_an_endpoint_answers(heard: Any) -> None:
    assert json.loads(heard["body"]) == {"score": 0.9}
    assert heard["contentType"] == "application/json"


def test_a_model_that_fails_is_a_typed_error(heard: Any) -> None:
    failed = heard["modelError"]
    assert (failed["code"], failed["status"], failed["origin"]) == ("ModelError", 424, 500)
    assert failed["message"] == "CUDA out of memory"
    assert failed["log"].startswith("arn:aws:logs:eu-west-1:111122223333:")


def test_what_isnt_there_is_a_validation_error(heard: Any) -> None:
    assert heard["refused"] == "ValidationError"
