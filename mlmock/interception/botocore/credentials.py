"""Fake credentials, which sign requests for mocked services in place of the client's own."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from botocore.credentials import Credentials, ReadOnlyCredentials
from botocore.exceptions import NoCredentialsError

from mlmock.interception.botocore import sleep

SECRET = "mlmock"  # noqa: S105 - the fake secret key
TOKEN = "mlmock"  # noqa: S105 - the fake bearer token
# Service, region, signature version and credentials. Presigning a URL adds an argument.
_SIGNING_ARGUMENTS = 4


class _FrozenCredentials(ReadOnlyCredentials):
    """Frozen credentials that the signers of aiobotocore can await."""

    def __await__(self) -> Generator[Any, Any, _FrozenCredentials]:
        """Return the credentials without suspending."""
        return self
        yield


class StaticCredentials(Credentials):
    """Fake credentials, whose access key is the account id."""

    def __init__(self, account_id: str) -> None:
        super().__init__(account_id, SECRET, None)
        self._frozen = _FrozenCredentials(*super().get_frozen_credentials())
        self._auths: dict[tuple[str, str], Any] = {}

    def get_frozen_credentials(self) -> Any:
        """Return the same frozen credentials every time."""
        return self._frozen

    def auth(self, kwargs: dict[str, Any]) -> Any:
        """Return a signer with these credentials, or None if botocore's own is to be used.

        Args:
            kwargs: The arguments of `RequestSigner.get_auth_instance`.
        """
        if kwargs.get("signature_version") != "v4" or len(kwargs) != _SIGNING_ARGUMENTS:
            return None
        key = (kwargs["signing_name"], kwargs["region_name"])
        if key not in self._auths:
            from mlmock.interception.botocore.sigv4 import auth_for

            self._auths[key] = auth_for(self._frozen, *key)
        return self._auths[key]


class LazyCredentials(Credentials):
    """The credentials of a session that has none in its environment, in a mock with `passthrough`.

    They are loaded when a request to AWS is signed, if necessary from a metadata service. Requests
    for mocked services never read them.
    """

    def __init__(self, load: Callable[[], Any]) -> None:
        self._load = load
        self._loaded: Any = None
        self.method = "mlmock"
        self.account_id = None

    def __getattr__(self, name: str) -> Any:
        """Return a part of the credentials by name."""
        if name not in {"access_key", "secret_key", "token"}:
            raise AttributeError(name)
        return getattr(self.get_frozen_credentials(), name)

    def get_frozen_credentials(self) -> Any:
        """Load the credentials and return them frozen.

        Raises:
            NoCredentialsError: No provider has credentials.
        """
        if self._loaded is None:
            with sleep.passing_through():
                self._loaded = self._load()
        if self._loaded is None:
            raise NoCredentialsError
        return self._loaded.get_frozen_credentials()


def credentials_for(account_id: str) -> Credentials:
    """Return the fake credentials of an account."""
    return StaticCredentials(account_id)


def is_fake(credentials: Any) -> bool:
    """Return whether credentials are fake ones."""
    return type(credentials) is StaticCredentials


def _is_static_in_aiobotocore(credentials: Any) -> bool:
    """Return whether credentials are aiobotocore's static ones, which have the same attributes."""
    cls = type(credentials)
    return (cls.__module__, cls.__name__) == ("aiobotocore.credentials", "AioCredentials")


def account_of(signer: Any, default: str) -> str:
    """Return the account id of a client: its access key if that has 12 digits, or `default`.

    Only static credentials are read, because reading refreshable ones may call STS. Fake
    credentials identify no account, so that a client follows the options of the active mock.

    Args:
        signer: The client's RequestSigner, or None.
        default: The account id of the active mock.
    """
    credentials = getattr(signer, "_credentials", None)
    if type(credentials) is Credentials or _is_static_in_aiobotocore(credentials):
        key = getattr(credentials, "access_key", None)
        if getattr(credentials, "secret_key", None) == SECRET:
            return default
        if key and len(key) == 12 and key.isascii() and key.isdecimal():
            return str(key)
    return default
