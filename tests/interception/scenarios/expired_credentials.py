"""Expired credentials are never refreshed."""

import datetime
from typing import Any

from tests.interception.isolated_process import NAME, names, start

# isort: split
import boto3
import botocore.session
from botocore.credentials import (
    CredentialProvider,
    CredentialResolver,
    DeferredRefreshableCredentials,
    RefreshableCredentials,
)

from mlmock import mock_ml


def refresh() -> object:
    """Fail; a real refresh would call STS."""
    raise AssertionError("the credentials were refreshed")


def expired() -> RefreshableCredentials:
    """Return expired credentials."""
    past = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=1)
    return RefreshableCredentials("AKIAEXPIRED", "gone", "gone", past, refresh, "test")


class Deferred(CredentialProvider):
    """A provider that assumes a role on first use."""

    METHOD = "assume-role"

    def load(self) -> DeferredRefreshableCredentials:
        """Return credentials that call STS when they are read."""
        return DeferredRefreshableCredentials(refresh, "assume-role")


old: Any = botocore.session.Session()
old._credentials = expired()
old_client = boto3.Session(botocore_session=old).client(NAME, region_name="us-east-1")

with mock_ml() as ml:
    start(old_client, "a")
    fresh: Any = botocore.session.Session()
    fresh._credentials = expired()
    start(fresh.create_client(NAME, "us-east-1"), "b")
    assuming = botocore.session.Session()
    assuming.register_component("credential_provider", CredentialResolver([Deferred()]))
    start(assuming.create_client(NAME, "us-east-1"), "c")
    assert names(old_client) == ["a", "b", "c"]
    assert {call.account_id for call in ml.calls} == {"123456789012"}
