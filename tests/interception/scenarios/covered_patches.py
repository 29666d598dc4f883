"""Somebody patches what we have patched, and takes it out later than we do, or never."""

from tests.interception.isolated_process import KEYS, NAME, names, raises, start

# isort: split
from typing import Any
from unittest import mock

import boto3
from botocore.config import Config
from botocore.endpoint import Endpoint
from botocore.exceptions import HTTPClientError

from mlmock import NotMocked, mock_ml

config = Config(retries={"total_max_attempts": 1})
client: Any = boto3.client(NAME, "us-east-1", config=config, **KEYS)
untouched = dict(vars(Endpoint))
traced: list[str] = []


def tracer() -> Any:
    """Return a patcher that wraps what `Endpoint._send` is when it starts, as tracers do."""
    inner = vars(Endpoint)["_send"]

    def traced_send(self: Any, request: Any) -> Any:
        traced.append(request.url)
        return inner(self, request)

    return mock.patch.object(Endpoint, "_send", traced_send)


# it comes inside our block and goes after it: our replacement is left under it
ours = mock_ml()
ours.start()
theirs = tracer()
theirs.start()
start(client)
assert len(traced) == 1
ours.stop()
raises(HTTPClientError, names, client)  # transparent: the request goes out, and meets the shut door
assert len(traced) == 2
for _ in range(3):  # another block under their tracer: no circle
    with mock_ml() as ml:
        start(client)
        fault = raises(NotMocked, boto3.client("s3", "us-east-1", **KEYS).list_buckets)
        assert ml.unmatched == [fault]
        ml.unmatched.clear()
        assert len(ml.calls) == 1
theirs.stop()  # puts our old replacement back
raises(HTTPClientError, names, client)
with mock_ml():
    start(client)
assert dict(vars(Endpoint)) == untouched  # and a block that ends takes it out

# it is there before us: it stays
theirs = tracer()
theirs.start()
there = dict(vars(Endpoint))
with mock_ml():
    start(client)
assert dict(vars(Endpoint)) == there
theirs.stop()
assert dict(vars(Endpoint)) == untouched


def looked_on(name: str) -> Any:
    """Return a patcher that notes the calls of a method of Endpoint, as a debugger would."""
    inner = vars(Endpoint)[name]

    def looking_on(self: Any, *args: Any) -> Any:
        traced.append(name)
        return inner(self, *args)

    return mock.patch.object(Endpoint, name, looking_on)


# whoever looks on sees every call: before our block, inside it before the first call, and after it
traced.clear()
with looked_on("prepare_request"), mock_ml():
    start(client)
assert traced == ["prepare_request"]
with mock_ml(), looked_on("prepare_request"):
    start(client)
assert traced == ["prepare_request"] * 2
with mock_ml():
    start(client)
    with looked_on("prepare_request"):
        start(client, "again")
assert traced == ["prepare_request"] * 3

# and it isn't ours to take away what somebody's tests put in the place of a module
napping = mock.Mock()
with mock_ml() as ml, mock.patch("botocore.endpoint.time", napping):
    ml.on(NAME, "StartHumanLoop").fail("ThrottlingException").times(1)
    retried: Any = boto3.client(NAME, "us-east-1", **KEYS)
    start(retried)
assert napping.sleep.call_count == 1
assert dict(vars(Endpoint)) == untouched
