"""The AWS command line, version 1, as people type it."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mlmock import ServerThread

FLOW = "arn:aws:sagemaker:us-east-1:123456789012:flow-definition/review"
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "key",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_MAX_ATTEMPTS": "1",
    "AWS_EC2_METADATA_DISABLED": "true",
}


@pytest.fixture(scope="module")
def server() -> Iterator[ServerThread]:
    with ServerThread() as found:
        yield found


def aws(server: ServerThread, *words: str, home: Path) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "awscli", "--endpoint-url", server.url, *words]
    environment = {**ENVIRONMENT, "HOME": str(home), "PATH": "/usr/bin:/bin"}
    return subprocess.run(line, capture_output=True, text=True, env=environment, check=False)


def told(done: subprocess.CompletedProcess[str]) -> Any:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout) if done.stdout.strip() else None


def test_a_human_loop(server: ServerThread, tmp_path: Path) -> None:
    start = ["start-human-loop", "--human-loop-name", "cli", "--flow-definition-arn", FLOW]
    start += ["--human-loop-input", '{"InputContent": "{}"}']
    arn = told(aws(server, "sagemaker-a2i-runtime", *start, home=tmp_path))["HumanLoopArn"]
    assert arn.endswith("human-loop/cli")
    server.ml.a2i.human_loop("cli").complete({"ok": True})
    look = ["describe-human-loop", "--human-loop-name", "cli"]
    found = told(aws(server, "sagemaker-a2i-runtime", *look, home=tmp_path))
    assert found["HumanLoopStatus"] == "Completed"


def test_a_conversation(server: ServerThread, tmp_path: Path) -> None:
    server.ml.bedrock.model("anthropic.*").reply("Hello")
    said = json.dumps([{"role": "user", "content": [{"text": "Hi"}]}])
    line = ["converse", "--model-id", "anthropic.claude-3-haiku-20240307-v1:0", "--messages", said]
    found = told(aws(server, "bedrock-runtime", *line, home=tmp_path))
    assert found["output"]["message"]["content"] == [{"text": "Hello"}]


def test_an_endpoint_that_fails(server: ServerThread, tmp_path: Path) -> None:
    server.ml.sagemaker.endpoint("ill").model_error(500, "CUDA out of memory")
    line = ["invoke-endpoint", "--endpoint-name", "ill", "--body", "x", str(tmp_path / "out")]
    done = aws(server, "sagemaker-runtime", *line, home=tmp_path)
    assert done.returncode in (254, 255)
    assert "ModelError" in done.stderr


def test_an_endpoint_answers_into_a_file(server: ServerThread, tmp_path: Path) -> None:
    server.ml.sagemaker.endpoint("churn").reply({"score": 0.9})
    out = tmp_path / "out.json"
    line = ["invoke-endpoint", "--endpoint-name", "churn", "--body", "1,2", str(out)]
    found = told(aws(server, "sagemaker-runtime", *line, home=tmp_path))
    assert found == {"ContentType": "application/json", "InvokedProductionVariant": "AllTraffic"}
    assert json.loads(out.read_text()) == {"score": 0.9}
    assert server.ml.calls.last.body == b"1,2"


def test_human_loops_are_listed_by_pages(server: ServerThread, tmp_path: Path) -> None:
    start = ["start-human-loop", "--flow-definition-arn", FLOW.replace("review", "pages")]
    start += ["--human-loop-input", '{"InputContent": "{}"}', "--human-loop-name"]
    for name in ("one", "two"):
        told(aws(server, "sagemaker-a2i-runtime", *start, name, home=tmp_path))
    pages = ["list-human-loops", "--flow-definition-arn", FLOW.replace("review", "pages")]
    pages += ["--page-size", "1", "--query", "HumanLoopSummaries[].HumanLoopName"]
    assert sorted(told(aws(server, "sagemaker-a2i-runtime", *pages, home=tmp_path))) == [
        "one",
        "two",
    ]
