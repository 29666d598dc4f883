"""A smoke test of an installed mlmock, through the public API alone.

    <environment>/bin/python -I tests/packaging/smoke.py

It uses boto3, moto, h11 and pytest if the environment has them, and checks the error messages that
name what is missing if it does not. `-I` keeps the checkout out of the import path.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.metadata import PackageNotFoundError, metadata, version
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import mlmock
from mlmock import mock_ml

COMMAND = Path(sys.executable).with_name("mlmock")
LIMIT = 60  # seconds
NOVA = "amazon.nova-lite-v1:0"
QUESTION = [{"role": "user", "content": [{"text": "What is the capital of France?"}]}]
PYTEST_FILE = """
def test_fixture(mlmock):
    assert len(mlmock.calls) == 0
"""
PYTEST_FILE_WITH_SERVER = f"""{PYTEST_FILE}
def test_server_fixture(mlmock_server):
    assert mlmock_server.url.startswith("http://127.0.0.1:")
"""


def client(service: str, **options: Any) -> Any:
    """Return a client of boto3, or of botocore if boto3 is not installed."""
    if find_spec("boto3"):
        import boto3

        return boto3.client(service, **options)
    from botocore.session import Session

    return Session().create_client(service, **options)


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a command and return its exit status and its output."""
    return subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, check=False)


def converse(runtime: Any) -> str:
    """Return the answer of a model to a question."""
    response = runtime.converse(modelId=NOVA, messages=QUESTION)
    text: str = response["output"]["message"]["content"][0]["text"]
    return text


# -- services -----------------------------------------------------------------------------------


def check_converse() -> None:
    """A model of Bedrock answers a conversation."""
    with mock_ml() as ml:
        ml.bedrock.model(NOVA).on(last_user=mlmock.contains("France")).reply("Paris")
        assert converse(client("bedrock-runtime")) == "Paris"
        ml.calls.assert_called_once("bedrock-runtime", "Converse", modelId=NOVA)


def check_human_loop() -> None:
    """A human loop starts and is completed by the test."""
    with mock_ml() as ml:
        flow = ml.a2i.flow_definition("invoices", output="s3://reviews/invoices")
        a2i = client("sagemaker-a2i-runtime")
        a2i.start_human_loop(
            HumanLoopName="invoice-1",
            FlowDefinitionArn=flow.arn,
            HumanLoopInput={"InputContent": json.dumps({"total": 120})},
        )
        ml.a2i.human_loop("invoice-1").complete({"decision": "approve"})
        loop = a2i.describe_human_loop(HumanLoopName="invoice-1")
        output = json.loads(ml.s3.get(loop["HumanLoopOutput"]["OutputS3Uri"]))
        assert output["humanAnswers"][0]["answerContent"] == {"decision": "approve"}


def check_endpoint() -> None:
    """A scripted endpoint of SageMaker answers, and botocore retries a fault."""
    with mock_ml() as ml:
        ml.sagemaker.endpoint("translate").on(Body=b"good day").reply("guten Tag")
        ml.on("sagemaker-runtime").fail("ServiceUnavailable", times=1)
        runtime = client("sagemaker-runtime")
        response = runtime.invoke_endpoint(EndpointName="translate", Body=b"good day")
        assert response["Body"].read() == b"guten Tag"
        assert [call.attempt for call in ml.calls] == [1, 2]


def check_lookoutvision() -> None:
    """Lookout for Vision, whose service model is bundled, detects an anomaly."""
    with mock_ml() as ml:
        project = ml.lookoutvision.project("boards", model="HOSTED")
        project.detect(anomalous=True, confidence=0.9)
        response = client("lookoutvision").detect_anomalies(
            ProjectName="boards",
            ModelVersion="1",
            ContentType="image/png",
            Body=ml.lookoutvision.image(),
        )
        assert response["DetectAnomalyResult"]["IsAnomalous"] is True


# -- command line, pytest and server ------------------------------------------------------------


def check_metadata() -> None:
    """The distribution has the version of the package, and its licenses."""
    assert version("mlmock") == mlmock.__version__
    assert metadata("mlmock").get_all("License-File") == ["LICENSE", "NOTICE"]
    assert "site-packages" in str(mlmock.__file__), "mlmock was imported from a checkout"


def check_command_line() -> None:
    """The installed command prints its version, and runs the demo if boto3 and moto are there."""
    assert run(COMMAND, "--version").stdout == f"mlmock {mlmock.__version__}\n"
    demo = run(COMMAND, "demo")
    if find_spec("boto3") and find_spec("moto"):
        assert demo.returncode == 0, demo.stderr
    else:
        assert "pip install 'mlmock[boto3,moto]'" in demo.stderr
        assert demo.returncode == 1


def check_pytest_plugin() -> None:
    """The plugin can be imported, and its entry point gives pytest the fixtures."""
    if not find_spec("pytest"):
        return
    assert import_module("mlmock.pytest_plugin").mlmock
    with TemporaryDirectory() as folder:
        file = Path(folder, "test_fixtures.py")
        file.write_text(PYTEST_FILE_WITH_SERVER if find_spec("h11") else PYTEST_FILE)
        options = ("-q", "-W", "error", "-p", "no:cacheprovider", "--rootdir", folder)
        result = run(sys.executable, "-I", "-m", "pytest", *options, file)
        assert result.returncode == 0, result.stdout


@contextmanager
def server() -> Iterator[str]:
    """Run `mlmock serve` on a free port and yield its URL."""
    command = [str(COMMAND), "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().removeprefix("mlmock is ready at ").split()[0]
        finally:
            process.terminate()
            assert process.wait(LIMIT) == 0


def check_server() -> None:
    """The server answers a client, with rules that come over HTTP."""
    if not find_spec("h11"):
        result = run(COMMAND, "serve")
        assert "pip install 'mlmock[server]'" in result.stderr
        assert result.returncode == 1
        return
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    with server() as url:
        mlmock.connect(url).bedrock.model(NOVA).reply("Paris")
        runtime = client("bedrock-runtime", endpoint_url=url, region_name="us-east-1", **keys)
        assert converse(runtime) == "Paris"


CHECKS = [
    *(check_metadata, check_converse, check_human_loop, check_endpoint, check_lookoutvision),
    *(check_command_line, check_pytest_plugin, check_server),
]


def installed(*packages: str) -> str:
    """Return the versions of those packages that are installed."""
    found = []
    for package in packages:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    return ", ".join(found)


def main() -> None:
    """Run the checks; the first that fails ends the process with its traceback."""
    for check in CHECKS:
        check()
    packages = installed("mlmock", "botocore", "regex", "boto3", "moto", "h11", "h2", "pytest")
    sys.stdout.write(f"{len(CHECKS)} checks passed with {packages}\n")


if __name__ == "__main__":
    main()
