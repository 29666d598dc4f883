"""AWS SDK for Go v1: typed errors such as ModelError, and requests of three services."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from mlmock import ServerThread

CLIENT = Path(__file__).parents[4] / ".cache" / "clients" / "go_v1-build" / "client"


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Any:
    image = tmp_path_factory.mktemp("images") / "part.png"
    with ServerThread() as server:
        server.ml.sagemaker.endpoint("churn").reply({"score": 0.9})
        server.ml.sagemaker.endpoint("failing").model_error(500, "CUDA out of memory")
        image.write_bytes(server.ml.lookoutvision.image())
        scoped = server.ml.at(region="eu-west-1", account_id="111122223333")
        project = scoped.lookoutvision.project("hosted", train=20, model="HOSTED")
        project.model("1").detect(anomalous=True, confidence=0.97)
        command = [str(CLIENT), server.url, str(image)]
        process = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert process.returncode == 0, process.stderr
        assert server.ml.calls.last.account_id == "111122223333"
        return json.loads(process.stdout)


def test_endpoint(results: Any) -> None:
    assert json.loads(results["body"]) == {"score": 0.9}
    assert results["contentType"] == "application/json"


def test_model_error_is_a_typed_error(results: Any) -> None:
    failed = results["modelError"]
    assert (failed["code"], failed["status"], failed["origin"]) == ("ModelError", 424, 500)
    assert failed["message"] == "CUDA out of memory"
    assert failed["log"].startswith("arn:aws:logs:eu-west-1:111122223333:")


def test_missing_endpoint_is_a_validation_error(results: Any) -> None:
    assert results["missingEndpoint"] == "ValidationError"


def test_human_loop(results: Any) -> None:
    arn, status = results["loop"]
    assert arn == "arn:aws:sagemaker:eu-west-1:111122223333:human-loop/go"
    assert (status, results["missing"]) == ("InProgress", True)
    assert results["year"] >= 2024


def test_projects_and_anomaly_detection(results: Any) -> None:
    assert (results["conflict"], results["projects"]) == (True, 2)
    assert results["anomalous"] is True
