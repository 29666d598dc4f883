"""Real keys reach no hook, no log, no journal, no history and no repr."""

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
seen: list[str] = []
signed_with: set[str] = set()


def look(value: Any, depth: int = 0) -> None:
    """Note everything that a hook can read of what it is given, but for the client's own parts."""
    if depth > 6 or value is None:
        return
    if hasattr(value, "get_frozen_credentials"):
        signed_with.add(value.get_frozen_credentials().access_key)
    for part in ("headers", "url", "body", "context", "content"):
        look(getattr(value, part, None), depth + 1)
    if hasattr(value, "items"):
        for name, item in value.items():
            look(name, depth + 1)
            look(item, depth + 1)
    elif isinstance(value, (list, tuple)):
        for item in value:
            look(item, depth + 1)
    seen.append(f"{value!r} {value}")


def hook(**kwargs: Any) -> None:
    """Look at everything but the signer, which is the app's own."""
    kwargs.pop("request_signer", None)
    look(kwargs)


class History:
    """Notes what the history recorder is told (the CLI's wire log)."""

    def emit(self, event_type: str, payload: Any, source: str) -> None:
        """Note one entry."""
        look(payload)


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
    for place, client in enumerate((before, inside, given)):
        for event in EVENTS:
            client.meta.events.register_first(event, hook)
            client.meta.events.register_last(event, hook)
        start(client, f"loop-{place}")
        client.list_human_loops(FlowDefinitionArn=flow())
        raises(ClientError, client.delete_human_loop, HumanLoopName="x")
    seen.append(repr(ml) + repr(ml.calls) + repr(list(ml.calls)))
    for call in ml.calls:
        look(call.request)
        look(call.params)
        seen.append(repr(call.request) + repr(call.request.headers) + repr(call.response))

assert len(seen) > 500
assert signed_with == {"123456789012"}
everything = "\n".join(seen) + log.getvalue()
assert "Credential=123456789012/" in everything
for secret in (KEY, SECRET, TOKEN):
    assert secret not in everything, everything[everything.index(secret) - 300 :][:400]
