"""After the last mock, clients created inside refuse AWS; earlier clients are restored."""

from tests.interception.isolated_process import KEYS, NAME, names, raises, start

# isort: split
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import HTTPClientError
from moto import mock_aws

from mlmock import NotMocked, mock_ml

no_retries = {"config": Config(retries={"total_max_attempts": 1}), **KEYS}


def client(service: str, **more: Any) -> Any:
    """Return a client without retries."""
    return boto3.client(service, region_name="us-east-1", **no_retries, **more)


before = client(NAME)
with mock_ml() as ml:
    inside = client(NAME)
    s3_inside = client("s3")
    custom_endpoint = client(NAME, endpoint_url="http://localhost:4566")
    start(inside)
with mock_ml():
    with mock_ml():
        nested = client(NAME)
    assert names(nested) == []  # a mock is still active

for made_inside in (inside, nested, s3_inside):
    act = made_inside.list_buckets if made_inside is s3_inside else lambda c=made_inside: names(c)
    text = str(raises(NotMocked, act))
    assert "created inside a mock_ml" in text, text
    name = "s3" if made_inside is s3_inside else f"{NAME}.ListHumanLoops"
    assert text.startswith(f"{name} would have been sent to AWS")
# restored: the request is sent, and the forbidden lookup fails
error = raises(HTTPClientError, names, before)
assert "a name was looked up: 'a2i-runtime.sagemaker.us-east-1.amazonaws.com'" in str(error)
# a custom endpoint is allowed
assert "localhost" in str(raises(HTTPClientError, names, custom_endpoint))

# all retry modes: one attempt
for mode in ("legacy", "standard", "adaptive"):
    with mock_ml():
        a2i = boto3.client(NAME, "us-east-1", config=Config(retries={"mode": mode}), **KEYS)
    sent: list[str] = []
    a2i.meta.events.register("before-send", lambda urls=sent, **kwargs: urls.append("sent"))
    raises(NotMocked, names, a2i)
    assert len(sent) == 1

# another mock, or moto, applies to them again
with mock_ml():
    start(inside, "again")
    assert names(before) == ["again"]
with mock_aws():
    assert client("s3").list_buckets()["Buckets"] == []
    with mock_ml():
        s3 = client("s3")
    assert s3.list_buckets()["Buckets"] == []
raises(NotMocked, s3.list_buckets)

# a client of a service in `passthrough` stays allowed
with mock_ml(passthrough=["sts"]):
    sts = client("sts")
assert "sts" in str(raises(HTTPClientError, sts.get_caller_identity))
