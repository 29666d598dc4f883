"""AWS SDK for Go v1: a typed ModelError with its members, as the package's documentation has it."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from mlmock import ServerThread

CLIENT = Path(__file__).parents[4] / ".cache" / "clients" / "go_v1-build" / "client"


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory) -> Any:
    image = tmp_path_factory.mktemp("images") / "part.png"
    with ServerThread() as server:
        server.ml.sagemaker.endpoint("churn").reply({"score": 0.9})
        server.ml.sagemaker.endpoint("ill").model_error(500, "CUDA out of memory")
        image.write_bytes(server.ml.lookoutvision.image())
        here = server.ml.at(region="eu-west-1", account_id="111122223333")
        project = here.lookoutvision.project("hosted", train=20, model="HOSTED")
        project.model("1").detect(anomalous=True, confidence=0.97)
        line = [str(CLIENT), server.url, str(image)]
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


def test_a_human_loop(heard: Any) -> None:
    arn, status = heard["loop"]
    assert arn == "arn:aws:sagemaker:eu-west-1:111122223333:human-loop/go"
    assert (status, heard["missing"]) == ("InProgress", True)
    assert heard["age"] >= 2024


def test_projects_and_an_image_that_is_looked_at(heard: Any) -> None:
    assert (heard["conflict"], heard["projects"]) == (True, 2)
    assert heard["anomalous"] is True
