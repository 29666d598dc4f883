"""Sessions inside a mock: cheap, with a region and credentials, never seen by another block."""

from __future__ import annotations

import os
import sys
import weakref
from functools import cache
from pathlib import Path
from typing import Any

import botocore.handlers
from botocore.credentials import CredentialResolver, EnvProvider
from botocore.loaders import Loader
from botocore.session import Session

from mlmock.engine import active
from mlmock.interception.botocore.credentials import LazyCredentials, credentials_for
from mlmock.interception.patching import Patch

# What package data says, by search paths; it depends on installed files only.
_LOADED: dict[tuple[Any, ...], dict[Any, Any]] = {}
_REMOTE = frozenset({"iam-role", "container-role"})


# -- the loader -------------------------------------------------------------------------------


class SharedLoaderCache:
    """Descriptor over `Loader._cache`: sessions share what was read from package data.

    Each session keeps its own Loader (boto3 appends to its search paths); the paths are looked at
    on every use. A loader that may see files of the user's has its cache for itself.
    """

    def __get__(self, loader: Any, owner: type | None = None) -> Any:
        if loader is None:
            return self
        own = loader.__dict__["_cache"]
        paths = tuple(loader._search_paths)
        if active.current() is None or not _is_package_data(loader, paths):
            return own
        return _LOADED.setdefault((type(loader), type(loader.file_loader), paths), {})

    def __set__(self, loader: Any, value: Any) -> None:
        loader.__dict__["_cache"] = value


def _is_package_data(loader: Any, paths: tuple[str, ...]) -> bool:
    return all(
        path in {Loader.BUILTIN_DATA_PATH, _boto3_data()} or not _is_folder(path) for path in paths
    )


def _is_folder(path: str) -> bool:
    return os.path.isdir(path)  # noqa: PTH112 - asked several times a client; Path costs ten times


def _boto3_data() -> str | None:
    boto3 = sys.modules.get("boto3")
    file = getattr(boto3, "__file__", None)
    return _data_beside(file) if file else None


@cache
def _data_beside(file: str) -> str:
    return str(Path(file).parent / "data")


# -- region and credentials -------------------------------------------------------------------


def get_config_variable(patch: Patch) -> Any:
    """Return what knows a region where nothing else names one."""

    def get_config_variable(self: Any, logical_name: str, methods: Any = None) -> Any:
        found = patch.original(self, logical_name, methods)
        if found is None and logical_name == "region":
            context = active.current()
            return None if context is None else context.options.region
        return found

    return get_config_variable


def get_credentials(patch: Patch) -> Any:
    """Return what finds credentials without asking anybody, or has some of ours."""

    def get_credentials(self: Any) -> Any:
        context = active.current()
        if context is None or self._credentials is not None:
            return patch.original(self)
        found = _local_credentials(self)
        if found is not None:
            self._credentials = found
            return found
        if context.options.passthrough:
            return LazyCredentials(
                self._components.get_component("credential_provider").load_credentials
            )
        return credentials_for(context.options.account_id)

    return get_credentials


def _local_credentials(session: Any) -> Any:
    """Return the credentials that are there without asking a metadata service, or None."""
    if _is_untouched(session):
        found = _from_environment(session)
        if found is not None or _no_provider_configured(session):
            return found
    resolver = session._components.get_component("credential_provider")
    if not isinstance(resolver, CredentialResolver):
        return resolver.load_credentials()
    return CredentialResolver(providers=local_providers(resolver)).load_credentials()


# What providers that ask nobody find credentials by, besides the two keys in the environment and
# the profiles of the two files.
_NAMES = (
    *("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN"),
    *("AWS_CREDENTIAL_FILE", "BOTO_CONFIG"),
)
_FILES = ("/etc/boto.cfg", "~/.boto")


def _is_untouched(session: Any) -> bool:
    """True as long as nobody has the session's providers, and so none can be somebody's own."""
    own = type(session)._create_credential_resolver is Session._create_credential_resolver  # type: ignore[attr-defined]
    return own and "credential_provider" in vars(session._components)["_deferred"]


def _from_environment(session: Any) -> Any:
    """Return what the first of the providers gives, which a session with a profile has not."""
    if session.instance_variables().get("profile") is not None:
        return None
    return EnvProvider().load() if "AWS_ACCESS_KEY_ID" in os.environ else None


def _no_provider_configured(session: Any) -> bool:
    """True where a look shows that no provider has anything: making them all takes longer."""
    if session.get_config_variable("profile") or session.full_config.get("profiles"):
        return False
    if any(name in os.environ for name in _NAMES):
        return False
    return not any(os.path.exists(os.path.expanduser(name)) for name in _FILES)  # noqa: PTH110, PTH111


def local_providers(resolver: Any) -> list[Any]:
    """Return the credential providers that ask no metadata service."""
    return [provider for provider in resolver.providers if provider.METHOD not in _REMOTE]


# -- the default session ----------------------------------------------------------------------


class SessionRegistry:
    """The botocore sessions that were made inside the blocks of one world, weakly held.

    It is as old as the interception: `ml.reset()` and savepoints don't touch it.
    """

    def __init__(self, default_before: Any) -> None:
        self.sessions: weakref.WeakSet[Any] = weakref.WeakSet()
        self.default: Any = None
        self.handlers = 0
        self._before = default_before

    def holds(self, session: Any) -> bool:
        """True for a boto3 session that was made inside a block."""
        inner = getattr(session, "_session", None)
        return inner is not None and inner in self.sessions

    def close(self) -> None:
        """Put back the default session of before, where the present one was made inside a block."""
        boto3: Any = sys.modules.get("boto3")
        if boto3 is None:
            return
        if self.holds(boto3.DEFAULT_SESSION):
            boto3.DEFAULT_SESSION = self._before
        for patcher in _patchers_of_the_default():
            if self.holds(patcher.temp_original):
                patcher.temp_original = self._before


def _patchers_of_the_default() -> list[Any]:
    """Return the running `unittest.mock` patchers (moto's is one) that will restore boto3's."""
    mock = sys.modules.get("unittest.mock")
    running = getattr(getattr(mock, "_patch", None), "_active_patches", ())
    return [
        patcher
        for patcher in running
        if getattr(patcher, "attribute", None) == "DEFAULT_SESSION"
        and hasattr(patcher, "temp_original")
    ]


def register_session(session: Any) -> None:
    """Remember a session that is being made: a botocore initializer."""
    context = active.current()
    if context is not None:
        context.state.interception.sessions.sessions.add(session)
        context.state.interception.patch_new_imports()  # aiobotocore may have been imported just now


def get_default_session(patch: Patch) -> Any:
    """Return what keeps the default session of a block apart from that of before."""

    def get_default_session() -> Any:
        boto3 = patch.owner
        context = active.current()
        if context is None or boto3.DEFAULT_SESSION is not None:
            return patch.original()
        nursery = context.state.interception.sessions
        handlers = len(botocore.handlers.BUILTIN_HANDLERS)
        if nursery.default is None or nursery.handlers != handlers:
            nursery.default, nursery.handlers = boto3.Session(), handlers
        return nursery.default

    return get_default_session
