"""Every botocore event of a call fires, in the same order as without a mock."""

from tests.interception.isolated_process import KEYS, NAME, names, raises, start

# isort: split
import io
from typing import Any

import boto3
import botocore
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError
from botocore.hooks import HierarchicalEmitter

from mlmock import mock_ml

fired: list[str] = []
emitter: Any = HierarchicalEmitter
emit = emitter._emit


def record_event(self: Any, event_name: str, kwargs: Any, stop_on_response: bool = False) -> Any:
    """Record an event."""
    fired.append(event_name)
    return emit(self, event_name, kwargs, stop_on_response)


emitter._emit = record_event


class Raw(io.BytesIO):
    """A raw body with the interface of urllib3's."""

    def stream(self, *args: Any, **kwargs: Any) -> Any:
        """Yield the whole body."""
        yield self.read()


def stub(request: Any, **kwargs: Any) -> AWSResponse:
    """Return a response like the service's."""
    headers: Any = {}
    return AWSResponse(request.url, 200, headers, Raw(b'{"HumanLoopSummaries": []}'))


client: Any = boto3.client(NAME, "us-east-1", **KEYS)
client.meta.events.register("before-send", stub, unique_id="stub")
fired.clear()
names(client)
expected = list(fired)
client.meta.events.unregister("before-send", unique_id="stub")

with mock_ml():
    for a2i in (client, boto3.client(NAME, "us-east-1", **KEYS)):
        fired.clear()
        names(a2i)
        assert fired == expected, fired

if botocore.__version__ == "1.44.5":
    assert [name.split(".")[0] for name in expected] == [
        "provide-client-params",
        "before-parameter-build",
        "before-endpoint-resolution",
        "before-call",
        "request-created",
        "choose-signer",
        "before-sign",
        "before-send",
        "before-parse",
        "response-received",
        "needs-retry",
        "after-call",
    ], expected

with mock_ml() as ml:  # every attempt has its own events
    ml.on(NAME, "StartHumanLoop").fail("ThrottlingException", times=1)
    fired.clear()
    start(client)
    kinds = [name.split(".")[0] for name in fired]
    assert (
        kinds.count("before-send") == kinds.count("before-sign") == kinds.count("needs-retry") == 2
    )
    assert kinds.count("before-call") == kinds.count("after-call") == 1
    ml.on(NAME, "StartHumanLoop").fail("ValidationException")
    fired.clear()
    raises(ClientError, start, client)
    assert "after-call-error" not in {name.split(".")[0] for name in fired}
    ml.on(NAME, "StartHumanLoop").reply(LookupError("mine"))
    fired.clear()
    raises(LookupError, start, client)
    assert "after-call-error" in {name.split(".")[0] for name in fired}
