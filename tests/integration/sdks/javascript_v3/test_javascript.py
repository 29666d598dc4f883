"""AWS SDK for JavaScript v3, unmodified: Bedrock over HTTP/2 (its default) and HTTP/1.1."""

import base64
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from mlmock import ServerThread, error, stream

FOLDER = Path(__file__).parent
BUILD = FOLDER.parents[3] / ".cache" / "clients" / "javascript_v3-npm"


@pytest.fixture(scope="module")
def results() -> Any:
    with ServerThread(account_id="123456789012") as server:
        ml = server.ml
        ml.bedrock.model("anthropic.*").reply("Hello from mlmock")
        broken_stream = stream("Half").then_error("modelStreamErrorException", "boom")
        ml.bedrock.model("meta.*").reply(broken_stream)
        ml.bedrock.model("cohere.*").reply(error("ThrottlingException", "slow"))
        scoped = ml.at(region="eu-west-1", account_id="111122223333").lookoutvision
        project = scoped.project("hosted", train=20, model="HOSTED")
        project.model("1").detect(anomalous=True, confidence=0.97)
        ml.sagemaker.endpoint("churn").reply({"score": 0.9})
        ml.sagemaker.endpoint("llm").stream(["to", "ken"])
        ml.sagemaker.endpoint("failing").model_error(500, "CUDA out of memory")
        command = ["node", str(FOLDER / "run.mjs"), server.url, str(BUILD)]
        command.append(base64.b64encode(ml.lookoutvision.image()).decode())
        process = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        assert process.returncode == 0, process.stderr
        scopes = {(call.region, call.account_id) for call in ml.calls}
        assert scopes == {("eu-west-1", "111122223333")}
        return json.loads(process.stdout)


@pytest.mark.parametrize("protocol", ["http2", "http1"])
def test_converse_and_streams(results: Any, protocol: str) -> None:
    for kind in ("text", "streamed", "raw"):
        assert results[protocol][kind] == "Hello from mlmock", kind
    assert results[protocol]["inArn"] == "end_turn"
    assert results[protocol]["many"] == 64


@pytest.mark.parametrize("protocol", ["http2", "http1"])
def test_errors_before_and_within_a_stream(results: Any, protocol: str) -> None:
    throttled, broken = results[protocol]["throttled"], results[protocol]["broken"]
    assert (throttled["name"], throttled["status"]) == ("ThrottlingException", 429)
    assert throttled["message"] == "slow"
    assert results[protocol]["first"] == "messageStart"
    assert (broken["name"], broken["message"]) == ("ModelStreamErrorException", "boom")


def test_endpoints(results: Any) -> None:
    assert results["endpoint"] == {"score": 0.9}
    assert "".join(results["parts"]) == "token"
    assert results["failure"]["name"] == "ModelError"
    assert (results["failure"]["status"], results["failure"]["original"]) == (424, 500)


def test_human_loops_and_projects(results: Any) -> None:
    assert results["loop"] == "InProgress"
    assert (results["missing"]["name"], results["missing"]["status"]) == (
        "ResourceNotFoundException",
        404,
    )
    assert results["projects"] == ["circuits", "hosted"]
    assert results["anomalous"] is True
