"""AWS SDK for JavaScript v3, unmodified: Bedrock over HTTP/2 (its default) and HTTP/1.1."""

import base64
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from mlmock import ServerThread, error, stream

HERE = Path(__file__).parent
HOME = HERE.parents[3] / ".cache" / "clients" / "javascript_v3-npm"


@pytest.fixture(scope="module")
def heard() -> Any:
    with ServerThread(account_id="123456789012") as server:
        ml = server.ml
        ml.bedrock.model("anthropic.*").reply("Hello from here")
        torn = stream("Half").then_error("modelStreamErrorException", "boom")
        ml.bedrock.model("meta.*").reply(torn)
        ml.bedrock.model("cohere.*").reply(error("ThrottlingException", "slow"))
        here = ml.at(region="eu-west-1", account_id="111122223333").lookoutvision
        project = here.project("hosted", train=20, model="HOSTED")
        project.model("1").detect(anomalous=True, confidence=0.97)
        ml.sagemaker.endpoint("churn").reply({"score": 0.9})
        ml.sagemaker.endpoint("llm").stream(["to", "ken"])
        ml.sagemaker.endpoint("ill").model_error(500, "CUDA out of memory")
        line = ["node", str(HERE / "run.mjs"), server.url, str(HOME)]
        line.append(base64.b64encode(ml.lookoutvision.image()).decode())
        done = subprocess.run(line, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
        places = {(call.region, call.account_id) for call in ml.calls}
        assert places == {("eu-west-1", "111122223333")}
        return json.loads(done.stdout)


@pytest.mark.parametrize("protocol", ["http2", "http1"])
def test_a_conversation_and_its_stream(heard: Any, protocol: str) -> None:
    for way in ("text", "streamed", "raw"):
        assert heard[protocol][way] == "Hello from here", way
    assert heard[protocol]["inArn"] == "end_turn"
    assert heard[protocol]["many"] == 64


@pytest.mark.parametrize("protocol", ["http2", "http1"])
def test_what_fails_at_once_and_half_way(heard: Any, protocol: str) -> None:
    throttled, broken = heard[protocol]["throttled"], heard[protocol]["broken"]
    assert (throttled["name"], throttled["status"]) == ("ThrottlingException", 429)
    assert throttled["message"] == "slow"
    assert heard[protocol]["first"] == "messageStart"
    assert (broken["name"], broken["message"]) == ("ModelStreamErrorException", "boom")


def test_endpoints(heard: Any) -> None:
    assert heard["endpoint"] == {"score": 0.9}
    assert "".join(heard["parts"]) == "token"
    assert heard["fault"]["name"] == "ModelError"
    assert (heard["fault"]["status"], heard["fault"]["original"]) == (424, 500)


def test_human_loops_and_projects(heard: Any) -> None:
    assert heard["loop"] == "InProgress"
    assert (heard["missing"]["name"], heard["missing"]["status"]) == (
        "ResourceNotFoundException",
        404,
    )
    assert heard["projects"] == ["circuits", "hosted"]
    assert heard["anomalous"] is True
