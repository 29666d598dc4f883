"""The credentials that requests of held services are signed with, whatever their client has."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from botocore.credentials import Credentials, ReadOnlyCredentials
from botocore.exceptions import NoCredentialsError

from mlmock.interception.botocore import sleep

SECRET = "mlmock"  # noqa: S105 - the secret key that takes the place of every real one
_ARGUMENTS = 4  # service, region, signature version and keys: of a request that is no URL to sign
TOKEN = "mlmock"  # noqa: S105 - and the bearer token


class _Frozen(ReadOnlyCredentials):
    """A frozen triple that async signers may await, too."""

    def __await__(self) -> Generator[Any, Any, _Frozen]:
        """Come to itself."""
        return self
        yield


class StaticCredentials(Credentials):
    """Credentials that are frozen already."""

    def __init__(self, account_id: str) -> None:
        super().__init__(account_id, SECRET, None)
        self._frozen = _Frozen(*super().get_frozen_credentials())
        self._auths: dict[tuple[str, str], Any] = {}

    def get_frozen_credentials(self) -> Any:
        """Return the same triple every time."""
        return self._frozen

    def auth(self, kwargs: dict[str, Any]) -> Any:
        """Return what signs a request with these keys, or None: botocore's own auth.

        `kwargs` are those of `RequestSigner.get_auth_instance`.
        """
        if kwargs.get("signature_version") != "v4" or len(kwargs) != _ARGUMENTS:
            return None
        place = (kwargs["signing_name"], kwargs["region_name"])
        if place not in self._auths:
            from mlmock.interception.botocore.sigv4 import auth_for

            self._auths[place] = auth_for(self._frozen, *place)
        return self._auths[place]


class LazyCredentials(Credentials):
    """The keys of a session that has none at hand, in a block that lets services through.

    They are looked for, by a metadata service if need be, when a real request is signed; held
    services never read them.
    """

    def __init__(self, load: Callable[[], Any]) -> None:
        self._load = load
        self._found: Any = None
        self.method = "mlmock"
        self.account_id = None

    def __getattr__(self, name: str) -> Any:
        """Return one of the keys, for who asks for it by name."""
        if name not in {"access_key", "secret_key", "token"}:
            raise AttributeError(name)
        return getattr(self.get_frozen_credentials(), name)

    def get_frozen_credentials(self) -> Any:
        """Return the keys; NoCredentialsError if nobody has any."""
        if self._found is None:
            with sleep.real_sleep():
                self._found = self._load()
        if self._found is None:
            raise NoCredentialsError
        return self._found.get_frozen_credentials()


def credentials_for(account_id: str) -> Credentials:
    """Return credentials whose access key is the account."""
    return StaticCredentials(account_id)


def is_fake(credentials: Any) -> bool:
    """True for credentials that a mock has put in place of a client's own."""
    return type(credentials) is StaticCredentials


def _is_plain_twin(credentials: Any) -> bool:
    """True for aiobotocore's plain credentials, which hold their keys as botocore's do."""
    kind = type(credentials)
    return (kind.__module__, kind.__name__) == ("aiobotocore.credentials", "AioCredentials")


def account_of(signer: Any, default: str) -> str:
    """Return the account of a client: a 12-digit access key, or `default`.

    Only plain credentials are read: reading refreshable ones may call STS. Ours stand for none: the
    client is of whatever account the block that runs says.
    """
    credentials = getattr(signer, "_credentials", None)
    if type(credentials) is Credentials or _is_plain_twin(credentials):
        key = getattr(credentials, "access_key", None)
        if getattr(credentials, "secret_key", None) == SECRET:
            return default
        if key and len(key) == 12 and key.isascii() and key.isdecimal():
            return str(key)
    return default
