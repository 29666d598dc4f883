"""A service in `passthrough` goes where it would go, with its own keys, and really sleeps."""

from tests.interception.alone import KEYS, NAME, names, real_sleep, start

# isort: split
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import boto3
from botocore.config import Config
from moto import mock_aws

from mlmock import mock_ml

slept: list[float] = []
seen: list[str] = []
machine: Any = time
machine.sleep = slept.append


class Service(BaseHTTPRequestHandler):
    """Stands for AWS: throttles the first request, and answers the others."""

    def do_POST(self) -> None:
        """Answer one request."""
        seen.append(str(self.headers["Authorization"]))
        self.rfile.read(int(self.headers["Content-Length"] or 0))
        body = b'{"HumanLoopArn": "arn:real"}'
        if len(seen) == 1:
            body = b'{"__type": "ThrottlingException"}'
        self.send_response(400 if len(seen) == 1 else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


server = HTTPServer(("127.0.0.1", 0), Service)
thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
thread.start()
url = f"http://127.0.0.1:{server.server_port}"


def client(**more: Any) -> Any:
    """Return a client of the service that is let through."""
    config = Config(retries={"mode": "standard"})
    return boto3.client(NAME, region_name="us-east-1", config=config, **KEYS, **more)


before = client(endpoint_url=url)
with mock_ml(passthrough=[NAME]) as ml:
    assert start(before) == "arn:real"
    assert len(slept) == 1, slept  # it waits for the real service
    assert "AKIAREALREALREALREAL" in seen[0]
    assert start(client(endpoint_url=url)) == "arn:real"
    assert len(seen) == 3
    assert len(ml.calls) == 0
    now = ml.clock.now()
    # what isn't let through is held, and doesn't sleep
    slept.clear()
    ml.on("bedrock-runtime", "InvokeModel").reply({"a": 1})
    ml.on("bedrock-runtime", "InvokeModel").fail("ThrottlingException", times=1)
    bedrock = boto3.client("bedrock-runtime", region_name="us-east-1", **KEYS)
    bedrock.invoke_model(modelId="anthropic.claude-v2", body=b"{}")
    assert slept == []
    assert [call.attempt for call in ml.calls] == [1, 2]
    # and moto's services go to moto
    with mock_aws():
        assert boto3.client("s3", region_name="us-east-1").list_buckets()["Buckets"] == []

# without passthrough the same client is held, wherever its endpoint lies
slept.clear()
with mock_ml() as ml:
    start(before)
    assert names(before) == ["invoice-1"]
    assert len(seen) == 3
# an inner block's passthrough holds while it runs
with mock_ml():
    start(before)
    with mock_ml(passthrough=NAME):
        assert start(before) == "arn:real"
    assert names(before) == ["invoice-1"]
assert start(before) == "arn:real"  # released
assert slept == []
server.shutdown()
server.server_close()
before.close()
machine.sleep = real_sleep
