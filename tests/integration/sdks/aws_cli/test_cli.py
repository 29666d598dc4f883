"""AWS CLI version 1, run as a command."""

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


def aws(server: ServerThread, *arguments: str, home: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "awscli", "--endpoint-url", server.url, *arguments]
    environment = {**ENVIRONMENT, "HOME": str(home), "PATH": "/usr/bin:/bin"}
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


def parsed(process: subprocess.CompletedProcess[str]) -> Any:
    assert process.returncode == 0, process.stderr
    return json.loads(process.stdout) if process.stdout.strip() else None


def test_human_loop(server: ServerThread, tmp_path: Path) -> None:
    start = ["start-human-loop", "--human-loop-name", "cli", "--flow-definition-arn", FLOW]
    start += ["--human-loop-input", '{"InputContent": "{}"}']
    arn = parsed(aws(server, "sagemaker-a2i-runtime", *start, home=tmp_path))["HumanLoopArn"]
    assert arn.endswith("human-loop/cli")
    server.ml.a2i.human_loop("cli").complete({"ok": True})
    describe = ["describe-human-loop", "--human-loop-name", "cli"]
    found = parsed(aws(server, "sagemaker-a2i-runtime", *describe, home=tmp_path))
    assert found["HumanLoopStatus"] == "Completed"


def test_converse(server: ServerThread, tmp_path: Path) -> None:
    server.ml.bedrock.model("anthropic.*").reply("Hello")
    messages = json.dumps([{"role": "user", "content": [{"text": "Hi"}]}])
    command = [
        "converse",
        "--model-id",
        "anthropic.claude-3-haiku-20240307-v1:0",
        "--messages",
        messages,
    ]
    found = parsed(aws(server, "bedrock-runtime", *command, home=tmp_path))
    assert found["output"]["message"]["content"] == [{"text": "Hello"}]


def test_model_error_of_an_endpoint(server: ServerThread, tmp_path: Path) -> None:
    server.ml.sagemaker.endpoint("failing").model_error(500, "CUDA out of memory")
    command = [
        "invoke-endpoint",
        "--endpoint-name",
        "failing",
        "--body",
        "x",
        str(tmp_path / "out"),
    ]
    process = aws(server, "sagemaker-runtime", *command, home=tmp_path)
    assert process.returncode in (254, 255)
    assert "ModelError" in process.stderr


def test_endpoint_response_is_written_to_a_file(server: ServerThread, tmp_path: Path) -> None:
    server.ml.sagemaker.endpoint("churn").reply({"score": 0.9})
    out = tmp_path / "out.json"
    command = ["invoke-endpoint", "--endpoint-name", "churn", "--body", "1,2", str(out)]
    found = parsed(aws(server, "sagemaker-runtime", *command, home=tmp_path))
    assert found == {"ContentType": "application/json", "InvokedProductionVariant": "AllTraffic"}
    assert json.loads(out.read_text()) == {"score": 0.9}
    assert server.ml.calls.last.body == b"1,2"


def test_human_loops_are_listed_in_pages(server: ServerThread, tmp_path: Path) -> None:
    start = ["start-human-loop", "--flow-definition-arn", FLOW.replace("review", "pages")]
    start += ["--human-loop-input", '{"InputContent": "{}"}', "--human-loop-name"]
    for name in ("one", "two"):
        parsed(aws(server, "sagemaker-a2i-runtime", *start, name, home=tmp_path))
    pages = ["list-human-loops", "--flow-definition-arn", FLOW.replace("review", "pages")]
    pages += ["--page-size", "1", "--query", "HumanLoopSummaries[].HumanLoopName"]
    assert sorted(parsed(aws(server, "sagemaker-a2i-runtime", *pages, home=tmp_path))) == [
        "one",
        "two",
    ]
