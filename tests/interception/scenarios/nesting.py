"""Nested mocks, overlapping mocks, and mocks that end with an exception."""

from tests.interception.isolated_process import KEYS, NAME, flow, names, raises, start

# isort: split
from typing import Any

import boto3
from botocore.endpoint import Endpoint

import mlmock
from mlmock import NotMocked, UnusedRule, mock_ml

untouched = dict(vars(Endpoint))
client = boto3.client(NAME, "us-east-1", **KEYS)

# the inner mock shares everything; its options apply until it ends
with mock_ml(region="eu-west-1") as outer:
    start(client, "a")
    assert boto3.client(NAME).meta.region_name == "eu-west-1"
    with mock_ml(account_id="111122223333") as inner:
        assert mlmock.current() is inner
        assert boto3.client(NAME).meta.region_name == "eu-west-1"  # inherited from the outer mock
        start(client, "b", flow(account_id="111122223333"))
        assert inner.calls is outer.calls
    assert mlmock.current() is outer
    start(client, "c")
    assert names(client) == ["a", "c"]
    assert len(outer.calls) == 4
    ids = [call.request_id for call in outer.calls]
    assert len(set(ids)) == len(ids)
assert dict(vars(Endpoint)) == untouched

# the services of nested mocks
with mock_ml(NAME) as outer:
    raises(mlmock.InvalidRule, outer.on, "bedrock-runtime")
    with mock_ml("bedrock-runtime") as inner:
        inner.on("bedrock-runtime").fail("ThrottlingException").optional()
        start(client, "a")
    raises(mlmock.InvalidRule, outer.on, "bedrock-runtime")

# overlapping mocks: the one started last decides
first, second = mock_ml(account_id="111111111111"), mock_ml(account_id="222222222222")
a = first.start()
b = second.start()
start(client, "x", flow(account_id="222222222222"))
a.on(NAME, "StopHumanLoop").fail("ThrottlingException").optional()
first.stop()
assert mlmock.current() is b
start(client, "y", flow(account_id="222222222222"))
assert names(client, flow(account_id="222222222222")) == ["x", "y"]
second.stop()
assert dict(vars(Endpoint)) == untouched
raises(RuntimeError, mlmock.current)
raises(RuntimeError, second.stop)

# the same with context managers that end in the wrong order
first, second = mock_ml(), mock_ml()
first.__enter__()
second.__enter__().on(NAME, "StopHumanLoop").fail("ThrottlingException")
first.__exit__(None, None, None)  # the rule belongs to the second mock
raises(UnusedRule, second.__exit__, None, None, None)
assert dict(vars(Endpoint)) == untouched


# exceptions propagate unchanged, and everything is restored
def fail_in_nested_mocks(**options: Any) -> None:
    """Raise inside two mocks with unused rules and a suppressed NotMocked."""
    with mock_ml() as ml, mock_ml(**options) as inner:
        ml.on(NAME).fail("ThrottlingException")
        inner.on(NAME, "StopHumanLoop").fail("ThrottlingException")
        raises(NotMocked, boto3.client("s3", "us-east-1", **KEYS).list_buckets)
        raise LookupError("mine")


assert str(raises(LookupError, fail_in_nested_mocks)) == "mine"
assert dict(vars(Endpoint)) == untouched


# one mock object, entered repeatedly and nested in itself
mock = mock_ml(seed=3)
ids = []
for _ in range(2):
    with mock as ml:
        start(client, "a")
        with mock as again:
            start(client, "b")
            assert again.calls is ml.calls
        assert names(client) == ["a", "b"]
        ids.append(ml.calls[0].request_id)
assert ids[0] == ids[1]
assert dict(vars(Endpoint)) == untouched

# invalid options change nothing, inside a mock or outside
for wrong in (
    {"account_id": "12"},
    {"account_id": 123456789012},
    {"region": ""},
    {"progress": 3},
    {"now": "2024-01-01"},
    {"journal": 0},
    {"lookoutvision_api": "1"},
):
    raises((TypeError, ValueError), lambda wrong=wrong: mock_ml(**wrong).start())
    with mock_ml():
        raises((TypeError, ValueError), lambda wrong=wrong: mock_ml(**wrong).start())
        start(client)
raises(TypeError, mock_ml, reegion="us-east-1")
raises(ValueError, mock_ml, "s3")
assert dict(vars(Endpoint)) == untouched
