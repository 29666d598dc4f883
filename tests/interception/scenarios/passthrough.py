"""A service in `passthrough` goes where it would go, with its own keys, and really sleeps."""

from tests.interception.isolated_process import KEYS, NAME, names, raises, real_sleep, start

# isort: split
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import boto3
import botocore.endpoint
import botocore.session
from botocore.config import Config
from botocore.credentials import CredentialProvider, CredentialResolver, Credentials
from botocore.exceptions import HTTPClientError, NoCredentialsError
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


class Role(CredentialProvider):
    """The role of the machine, which a metadata service would tell."""

    METHOD = "iam-role"

    def load(self) -> Any:
        """Return its keys."""
        asked.append("role")
        return Credentials("AKIAOFTHEROLE", "secret")


# the machine's role is asked for when a real request is signed, and for nothing else
asked: list[str] = []
with mock_ml(passthrough=[NAME]) as ml:
    session = botocore.session.Session()
    session.register_component("credential_provider", CredentialResolver([Role()]))
    ml.on("bedrock-runtime", "InvokeModel").reply({"a": 1})
    held: Any = session.create_client("bedrock-runtime", "us-east-1")
    held.invoke_model(modelId="anthropic.claude-v2", body=b"{}")
    assert (asked, ml.calls.last.account_id) == ([], "123456789012")
    assert start(session.create_client(NAME, "us-east-1", endpoint_url=url)) == "arn:real"
    assert asked == ["role"]
    assert "AKIAOFTHEROLE" in seen.pop()
    credentials: Any = session.get_credentials()
    assert credentials.access_key == "AKIAOFTHEROLE"
    nobody = botocore.session.Session()
    nobody.register_component("credential_provider", CredentialResolver([]))
    raises(NoCredentialsError, start, nobody.create_client(NAME, "us-east-1", endpoint_url=url))

# to AWS itself, too: here it meets the shut door
with mock_ml(passthrough=["sts"]):
    sts: Any = boto3.client("sts", region_name="us-east-1", **KEYS)
    slept.clear()
    fault = raises(HTTPClientError, sts.get_caller_identity)
    assert "amazonaws.com" in str(fault)

# what the latest call was says nothing in the next block
slept.clear()
with mock_ml() as ml:
    boto3.client("sts", region_name="us-east-1", **KEYS)
    now = ml.clock.now()
    vars(botocore.endpoint)["time"].sleep(1000)
    assert (ml.clock.now() - now).total_seconds() >= 1000
    assert slept == []

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
