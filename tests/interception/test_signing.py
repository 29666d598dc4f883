"""Signing of requests of mocked services, and how to disable it."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from freezegun import freeze_time
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mlmock import mock_ml
from mlmock.interception.botocore.credentials import credentials_for
from mlmock.interception.botocore.sigv4 import FastSigV4Auth

A2I = "sagemaker-a2i-runtime"
FLOW = "arn:aws:sagemaker:us-east-1:123456789012:flow-definition/x"


def headers(client: Any) -> dict[str, Any]:
    """Make a call and return the headers that were sent."""
    requests: list[Any] = []
    client.meta.events.register("before-send", lambda request, **kwargs: requests.append(request))
    assert client.list_human_loops(FlowDefinitionArn=FLOW)["HumanLoopSummaries"] == []
    return dict(requests[-1].headers)


def client(**more: Any) -> Any:
    """Return a client in us-east-1."""
    return boto3.client(A2I, region_name="us-east-1", **more)


def test_requests_are_signed_with_mock_credentials() -> None:
    with mock_ml() as ml:
        sent = headers(client())
        assert b"AWS4-HMAC-SHA256 Credential=123456789012/" in sent["Authorization"]
        assert "X-Amz-Date" in sent
        assert "Authorization" not in ml.calls.last.request.headers


def test_signing_can_be_disabled() -> None:
    with mock_ml(sign=False):
        assert "Authorization" not in headers(client())
        bearer = client(config=Config(signature_version="bearer"))
        assert "Authorization" not in headers(bearer)
        with mock_ml(sign=True):
            assert "Authorization" in headers(client())


def test_unsigned_client_stays_unsigned() -> None:
    with mock_ml():
        assert "Authorization" not in headers(client(config=Config(signature_version=UNSIGNED)))


def test_account_of_the_mock_applies_to_clients_without_keys_only() -> None:
    arn = "arn:aws:sagemaker:us-east-1:{}:flow-definition/x"
    with mock_ml(account_id="111122223333") as ml:
        keyless = client()
        keyed = client(aws_access_key_id="444455556666", aws_secret_access_key="x")
        for context, account_id in (
            (mock_ml(account_id="777788889999"), "777788889999"),
            (None, ""),
        ):
            if context is None:
                keyless.list_human_loops(FlowDefinitionArn=arn.format("111122223333"))
                assert ml.calls.last.account_id == "111122223333"
            else:
                with context:
                    keyless.list_human_loops(FlowDefinitionArn=arn.format(account_id))
                    assert ml.calls.last.account_id == account_id
            keyed.list_human_loops(FlowDefinitionArn=arn.format("444455556666"))
            assert ml.calls.last.account_id == "444455556666"


@pytest.mark.parametrize("key", ["12345678901", "1234567890123", "12345678901x", "१२३४५६७८९०१२"])
def test_only_twelve_digits_are_an_account(key: str) -> None:
    with mock_ml() as ml:
        keyed = client(aws_access_key_id=key, aws_secret_access_key="x")
        keyed.list_human_loops(FlowDefinitionArn=FLOW)
        assert ml.calls.last.account_id == "123456789012"


# -- the signer gives the same result as botocore's -------------------------------------------

KEYS: Any = credentials_for("123456789012").get_frozen_credentials()
TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=12)
PATH = st.text(st.sampled_from("/.a1-_~%3A+ é"), max_size=12).map("/".__add__)


def signed(kind: type[SigV4Auth], url: str, data: Any, headers: list[tuple[str, str]]) -> list[Any]:
    """Return the headers, in order, of a request signed by `kind`."""
    request = AWSRequest(method="POST", url=url, data=data)
    for name, value in headers:
        request.headers[name] = value
    kind(KEYS, "bedrock", "eu-west-1").add_auth(request)
    return list(request.headers.items())


@given(
    path=st.just("") | PATH,
    query=st.sampled_from(["", "?", "?b=2&a=1", "?a=%20&a=", "#x"]),
    host=st.sampled_from(["https://a.amazonaws.com", "http://[::1]:80", "https://u:p@Host:8443"]),
    data=st.sampled_from([b"", b"{}", b"\x00\xff", "text", None]),
    headers=st.lists(
        st.tuples(st.sampled_from(["Accept", "X-a", "x-A", "User-Agent", "Date", "TE"]), TEXT)
    ),
)
@example("/model/a%3A0/converse", "", "https://a.amazonaws.com", b"{}", [("X-A", " a  b ")])
@example("/a/../b//c", "", "https://a.amazonaws.com", b"", [("X-Amz-Date", "then")])
@example("", "", "https://a.amazonaws.com", b"", [("Authorization", "mine")])
@settings(deadline=None)
@freeze_time("2026-02-03T04:05:06.789")
def test_signer_gives_the_same_headers_as_botocores(
    path: str, query: str, host: str, data: Any, headers: list[tuple[str, str]]
) -> None:
    arguments = (f"{host}{path}{query}", data, headers)
    assert signed(FastSigV4Auth, *arguments) == signed(SigV4Auth, *arguments)


def test_usual_requests_do_not_use_botocores_signer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(SigV4Auth, "canonical_request")
    with mock_ml():
        assert b"Signature=" in headers(client())["Authorization"]
