"""What requests of held services are signed with, and that signing may be left out."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config

from mlmock import mock_ml

A2I = "sagemaker-a2i-runtime"
FLOW = "arn:aws:sagemaker:us-east-1:123456789012:flow-definition/x"


def headers(client: Any) -> dict[str, Any]:
    """Make a call, and return the headers that went out."""
    seen: list[Any] = []
    client.meta.events.register("before-send", lambda request, **kwargs: seen.append(request))
    assert client.list_human_loops(FlowDefinitionArn=FLOW)["HumanLoopSummaries"] == []
    return dict(seen[-1].headers)


def client(**more: Any) -> Any:
    """Return a client in us-east-1."""
    return boto3.client(A2I, region_name="us-east-1", **more)


def test_requests_are_signed_as_ever_with_keys_of_ours() -> None:
    with mock_ml() as ml:
        sent = headers(client())
        assert b"AWS4-HMAC-SHA256 Credential=123456789012/" in sent["Authorization"]
        assert "X-Amz-Date" in sent
        assert "Authorization" not in ml.calls.last.request.headers


def test_signing_may_be_left_out() -> None:
    with mock_ml(sign=False):
        assert "Authorization" not in headers(client())
        bearer = client(config=Config(signature_version="bearer"))
        assert "Authorization" not in headers(bearer)
        with mock_ml(sign=True):
            assert "Authorization" in headers(client())


def test_a_client_that_does_not_sign_stays_so() -> None:
    with mock_ml():
        assert "Authorization" not in headers(client(config=Config(signature_version=UNSIGNED)))


def test_the_account_follows_the_block_for_a_client_without_keys_and_not_for_one_with() -> None:
    arn = "arn:aws:sagemaker:us-east-1:{}:flow-definition/x"
    with mock_ml(account_id="111122223333") as ml:
        none = client()
        keyed = client(aws_access_key_id="444455556666", aws_secret_access_key="x")
        for block, account_id in ((mock_ml(account_id="777788889999"), "777788889999"), (None, "")):
            if block is None:
                none.list_human_loops(FlowDefinitionArn=arn.format("111122223333"))
                assert ml.calls.last.account_id == "111122223333"
            else:
                with block:
                    none.list_human_loops(FlowDefinitionArn=arn.format(account_id))
                    assert ml.calls.last.account_id == account_id
            keyed.list_human_loops(FlowDefinitionArn=arn.format("444455556666"))
            assert ml.calls.last.account_id == "444455556666"


@pytest.mark.parametrize("key", ["12345678901", "1234567890123", "12345678901x", "१२३४५६७८९०१२"])
def test_only_twelve_digits_are_an_account(key: str) -> None:
    with mock_ml() as ml:
        keyed = client(aws_access_key_id=key, aws_secret_access_key="x")
        keyed.list_human_loops(FlowDefinitionArn=FLOW)
        assert ml.calls.last.account_id == "123456789012"
