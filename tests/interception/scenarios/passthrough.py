"""Calls to a service in `passthrough` are sent with real keys, and retries really sleep."""

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
authorizations: list[str] = []
time_module: Any = time
time_module.sleep = slept.append


class Service(BaseHTTPRequestHandler):
    """A substitute for AWS that throttles the first request and answers the others."""

    def do_POST(self) -> None:
        """Answer one request."""
        authorizations.append(str(self.headers["Authorization"]))
        self.rfile.read(int(self.headers["Content-Length"] or 0))
        body = b'{"HumanLoopArn": "arn:real"}'
        if len(authorizations) == 1:
            body = b'{"__type": "ThrottlingException"}'
        self.send_response(400 if len(authorizations) == 1 else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Do not log."""


server = HTTPServer(("127.0.0.1", 0), Service)
thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
thread.start()
url = f"http://127.0.0.1:{server.server_port}"


def client(**more: Any) -> Any:
    """Return a client of the service in `passthrough`."""
    config = Config(retries={"mode": "standard"})
    return boto3.client(NAME, region_name="us-east-1", config=config, **KEYS, **more)


before = client(endpoint_url=url)
with mock_ml(passthrough=[NAME]) as ml:
    assert start(before) == "arn:real"
    assert len(slept) == 1, slept  # the retry waits in real time
    assert "AKIAREALREALREALREAL" in authorizations[0]
    assert start(client(endpoint_url=url)) == "arn:real"
    assert len(authorizations) == 3
    assert len(ml.calls) == 0
    now = ml.clock.now()
    # other services are mocked and do not sleep
    slept.clear()
    ml.on("bedrock-runtime", "InvokeModel").reply({"a": 1})
    ml.on("bedrock-runtime", "InvokeModel").fail("ThrottlingException", times=1)
    bedrock = boto3.client("bedrock-runtime", region_name="us-east-1", **KEYS)
    bedrock.invoke_model(modelId="anthropic.claude-v2", body=b"{}")
    assert slept == []
    assert [call.attempt for call in ml.calls] == [1, 2]
    # moto's services are answered by moto
    with mock_aws():
        assert boto3.client("s3", region_name="us-east-1").list_buckets()["Buckets"] == []


class Role(CredentialProvider):
    """The role of the machine, which a metadata service would return."""

    METHOD = "iam-role"

    def load(self) -> Any:
        """Return its keys."""
        loaded.append("role")
        return Credentials("AKIAOFTHEROLE", "secret")


# the role of the machine is loaded only to sign a real request
loaded: list[str] = []
with mock_ml(passthrough=[NAME]) as ml:
    session = botocore.session.Session()
    session.register_component("credential_provider", CredentialResolver([Role()]))
    ml.on("bedrock-runtime", "InvokeModel").reply({"a": 1})
    mocked: Any = session.create_client("bedrock-runtime", "us-east-1")
    mocked.invoke_model(modelId="anthropic.claude-v2", body=b"{}")
    assert (loaded, ml.calls.last.account_id) == ([], "123456789012")
    assert start(session.create_client(NAME, "us-east-1", endpoint_url=url)) == "arn:real"
    assert loaded == ["role"]
    assert "AKIAOFTHEROLE" in authorizations.pop()
    credentials: Any = session.get_credentials()
    assert credentials.access_key == "AKIAOFTHEROLE"
    keyless = botocore.session.Session()
    keyless.register_component("credential_provider", CredentialResolver([]))
    raises(NoCredentialsError, start, keyless.create_client(NAME, "us-east-1", endpoint_url=url))

# requests to AWS itself pass through as well: the forbidden lookup fails
with mock_ml(passthrough=["sts"]):
    sts: Any = boto3.client("sts", region_name="us-east-1", **KEYS)
    slept.clear()
    error = raises(HTTPClientError, sts.get_caller_identity)
    assert "amazonaws.com" in str(error)

# the latest call has no effect on the next mock
slept.clear()
with mock_ml() as ml:
    boto3.client("sts", region_name="us-east-1", **KEYS)
    now = ml.clock.now()
    vars(botocore.endpoint)["time"].sleep(1000)
    assert (ml.clock.now() - now).total_seconds() >= 1000
    assert slept == []

# without passthrough the same client is mocked, whatever its endpoint
slept.clear()
with mock_ml() as ml:
    start(before)
    assert names(before) == ["invoice-1"]
    assert len(authorizations) == 3
# passthrough of an inner mock applies until it ends
with mock_ml():
    start(before)
    with mock_ml(passthrough=NAME):
        assert start(before) == "arn:real"
    assert names(before) == ["invoice-1"]
assert start(before) == "arn:real"  # restored
assert slept == []
server.shutdown()
server.server_close()
before.close()
time_module.sleep = real_sleep
