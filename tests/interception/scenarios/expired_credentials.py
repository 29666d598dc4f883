"""Expired credentials are never refreshed: their source isn't asked."""

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
    """Stand for STS, which would be asked over the network."""
    raise AssertionError("somebody refreshed the credentials")


def expired() -> RefreshableCredentials:
    """Return credentials whose time is over."""
    past = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=1)
    return RefreshableCredentials("AKIAEXPIRED", "gone", "gone", past, refresh, "test")


class Deferred(CredentialProvider):
    """A provider like those that assume a role when they are first asked."""

    METHOD = "assume-role"

    def load(self) -> DeferredRefreshableCredentials:
        """Return credentials that ask STS when they are read."""
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
