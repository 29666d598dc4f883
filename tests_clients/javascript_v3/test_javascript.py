"""AWS SDK for JavaScript v3, unmodified: Bedrock over HTTP/2 (its default) and HTTP/1.1."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from mlmock import ServerThread

HERE = Path(__file__).parent
HOME = HERE.parents[1] / ".cache" / "clients" / "javascript_v3-npm"


@pytest.fixture(scope="module")
def heard() -> Any:
    with ServerThread(account_id="123456789012") as server:
        ml = server.ml
        ml.bedrock.model("anthropic.*").reply("Hello from here")
        ml.sagemaker.endpoint("churn").reply({"score": 0.9})
        ml.sagemaker.endpoint("llm").stream(["to", "ken"])
        ml.sagemaker.endpoint("ill").model_error(500, "CUDA out of memory")
        line = ["node", str(HERE / "run.mjs"), server.url, str(HOME)]
        done = subprocess.run(line, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
        places = {(call.region, call.account_id) for call in ml.calls}
        assert places == {("eu-west-1", "111122223333")}
        return json.loads(done.stdout)


@pytest.mark.parametrize("protocol", ["http2", "http1"])
def test_a_conversation_and_its_stream(heard: Any, protocol: str) -> None:
    assert heard[protocol] == {"text": "Hello from here", "streamed": "Hello from here"}


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
    assert heard["projects"] == ["circuits"]
