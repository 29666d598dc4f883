"""Real keys do not appear in hooks, logs, the journal, the history or a repr."""

from tests.interception.isolated_process import NAME, flow, raises, start

# isort: split
import io
import logging
import os
from typing import Any

import boto3
from botocore.exceptions import ClientError
from botocore.history import get_global_history_recorder

from mlmock import error, mock_ml

KEY, SECRET, TOKEN = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG", "FwoGZXIvYXdzEBYa"
os.environ.update(AWS_ACCESS_KEY_ID=KEY, AWS_SECRET_ACCESS_KEY=SECRET, AWS_SESSION_TOKEN=TOKEN)

log = io.StringIO()
logging.basicConfig(stream=log, level=logging.DEBUG)

EVENTS = (
    "provide-client-params",
    "before-parameter-build",
    "before-endpoint-resolution",
    "before-call",
    "request-created",
    "choose-signer",
    "before-sign",
    "before-send",
    "response-received",
    "before-parse",
    "needs-retry",
    "after-call",
)
collected: list[str] = []
signed_with: set[str] = set()


def collect(value: Any, depth: int = 0) -> None:
    """Collect everything that a hook can read from its arguments."""
    if depth > 6 or value is None:
        return
    if hasattr(value, "get_frozen_credentials"):
        signed_with.add(value.get_frozen_credentials().access_key)
    for part in ("headers", "url", "body", "context", "content"):
        collect(getattr(value, part, None), depth + 1)
    if hasattr(value, "items"):
        for name, item in value.items():
            collect(name, depth + 1)
            collect(item, depth + 1)
    elif isinstance(value, (list, tuple)):
        for item in value:
            collect(item, depth + 1)
    collected.append(f"{value!r} {value}")


def hook(**kwargs: Any) -> None:
    """Collect all arguments but the signer, which belongs to the application."""
    kwargs.pop("request_signer", None)
    collect(kwargs)


class History:
    """A handler of botocore's history recorder (the wire log of the CLI)."""

    def emit(self, event_type: str, payload: Any, source: str) -> None:
        """Collect one entry."""
        collect(payload)


recorder: Any = get_global_history_recorder()
recorder.enable()
recorder.add_handler(History())

before = boto3.client(NAME, region_name="us-east-1")
with mock_ml() as ml:
    inside = boto3.client(NAME, region_name="us-east-1")
    given = boto3.client(
        NAME,
        "us-east-1",
        aws_access_key_id=KEY,
        aws_secret_access_key=SECRET,
        aws_session_token=TOKEN,
    )
    ml.on(NAME, "DeleteHumanLoop").reply(error("ThrottlingException", "Slow down."))
    for number, client in enumerate((before, inside, given)):
        for event in EVENTS:
            client.meta.events.register_first(event, hook)
            client.meta.events.register_last(event, hook)
        start(client, f"loop-{number}")
        client.list_human_loops(FlowDefinitionArn=flow())
        raises(ClientError, client.delete_human_loop, HumanLoopName="x")
    collected.append(repr(ml) + repr(ml.calls) + repr(list(ml.calls)))
    for call in ml.calls:
        collect(call.request)
        collect(call.params)
        collected.append(repr(call.request) + repr(call.request.headers) + repr(call.response))

assert len(collected) > 500
assert signed_with == {"123456789012"}
everything = "\n".join(collected) + log.getvalue()
assert "Credential=123456789012/" in everything
for secret in (KEY, SECRET, TOKEN):
    assert secret not in everything, everything[everything.index(secret) - 300 :][:400]
