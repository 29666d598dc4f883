"""Another tool patches a patched method, and restores it after the mock ends, or never."""

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
    """Return a patcher that wraps `Endpoint._send`, as tracers do."""
    inner = vars(Endpoint)["_send"]

    def traced_send(self: Any, request: Any) -> Any:
        traced.append(request.url)
        return inner(self, request)

    return mock.patch.object(Endpoint, "_send", traced_send)


# It starts inside the mock and stops after it: the replacement stays inside the wrapper.
mock_of_mlmock = mock_ml()
mock_of_mlmock.start()
wrapper = tracer()
wrapper.start()
start(client)
assert len(traced) == 1
mock_of_mlmock.stop()
raises(HTTPClientError, names, client)  # transparent: the request is sent
assert len(traced) == 2
for _ in range(3):  # another mock inside the tracer: no recursion
    with mock_ml() as ml:
        start(client)
        error = raises(NotMocked, boto3.client("s3", "us-east-1", **KEYS).list_buckets)
        assert ml.unmatched == [error]
        ml.unmatched.clear()
        assert len(ml.calls) == 1
wrapper.stop()  # reinstalls the old replacement
raises(HTTPClientError, names, client)
with mock_ml():
    start(client)
assert dict(vars(Endpoint)) == untouched  # the next mock removes it when it ends

# It starts before the mock: it stays.
wrapper = tracer()
wrapper.start()
wrapped_state = dict(vars(Endpoint))
with mock_ml():
    start(client)
assert dict(vars(Endpoint)) == wrapped_state
wrapper.stop()
assert dict(vars(Endpoint)) == untouched


def observed(name: str) -> Any:
    """Return a patcher that records the calls of a method of Endpoint, as a debugger does."""
    inner = vars(Endpoint)[name]

    def observing(self: Any, *args: Any) -> Any:
        traced.append(name)
        return inner(self, *args)

    return mock.patch.object(Endpoint, name, observing)


# An observer receives every call: started before the mock, before the first call, or after it.
traced.clear()
with observed("prepare_request"), mock_ml():
    start(client)
assert traced == ["prepare_request"]
with mock_ml(), observed("prepare_request"):
    start(client)
assert traced == ["prepare_request"] * 2
with mock_ml():
    start(client)
    with observed("prepare_request"):
        start(client, "again")
assert traced == ["prepare_request"] * 3

# The mock does not overwrite a module attribute that a test has replaced.
fake_time = mock.Mock()
with mock_ml() as ml, mock.patch("botocore.endpoint.time", fake_time):
    ml.on(NAME, "StartHumanLoop").fail("ThrottlingException").times(1)
    retried: Any = boto3.client(NAME, "us-east-1", **KEYS)
    start(retried)
assert fake_time.sleep.call_count == 1
assert dict(vars(Endpoint)) == untouched
