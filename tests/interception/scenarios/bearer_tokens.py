"""Clients with a bearer token, real, expired or missing: no real token is sent."""

from tests.interception.isolated_process import NAME, raises, start

# isort: split
import io
import logging
import os
from typing import Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import NoAuthTokenError
from botocore.tokens import DeferredRefreshableToken, FrozenAuthToken

from mlmock import mock_ml

log = io.StringIO()
logging.basicConfig(stream=log, level=logging.DEBUG)
headers: list[str] = []


def record_header(request: Any, **kwargs: Any) -> None:
    """Record the Authorization header of a request."""
    headers.append(str(request.headers["Authorization"]))


def refresh() -> Any:
    """Fail; a real refresh would call the sign-in service."""
    raise AssertionError("the token was refreshed")


def client_with(token: Any) -> Any:
    """Return a client of a session with `token`."""

    class Provider:
        def load_token(self, **kwargs: Any) -> Any:
            return token

    session = botocore.session.Session()
    session.register_component("token_provider", Provider())
    client = session.create_client(NAME, "us-east-1", config=Config(signature_version="bearer"))
    client.meta.events.register("before-send", record_header)
    return client


TOKENS = (FrozenAuthToken("real-token"), DeferredRefreshableToken("sso", refresh), None)
os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
before = [client_with(token) for token in TOKENS]
with mock_ml() as ml:
    for number, client in enumerate([*before, *map(client_with, TOKENS)]):
        start(client, f"loop-{number}")
    assert headers == ["b'Bearer mlmock'"] * 6, headers
    assert "real-token" not in log.getvalue() + repr(list(ml.calls))
raises(NoAuthTokenError, start, before[2])

if "AWS_BEARER_TOKEN_BEDROCK" not in os.environ:
    os.environ["AWS_BEARER_TOKEN_BEDROCK"] = "real-token"
    with mock_ml() as ml:
        ml.on("bedrock-runtime", "InvokeModel").reply({"completion": "hi"})
        bedrock = boto3.client("bedrock-runtime", region_name="us-east-1")
        bedrock.meta.events.register("before-send", record_header)
        bedrock.invoke_model(modelId="anthropic.claude-v2", body=b"{}")
        # an older botocore does not know the variable, and signs the request
        assert headers[-1].startswith(("b'Bearer mlmock'", "b'AWS4-HMAC-SHA256")), headers[-1]
        assert "real-token" not in log.getvalue()
