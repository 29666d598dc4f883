"""Sessions inside a mock: fast to create, with a region and credentials, unknown to other mocks."""

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

# The caches of loaders, by their classes and search paths. They depend on installed files only.
_SHARED_CACHES: dict[tuple[Any, ...], dict[Any, Any]] = {}
_METADATA_PROVIDERS = frozenset({"iam-role", "container-role"})


# -- the loader -------------------------------------------------------------------------------


class SharedLoaderCache:
    """A descriptor for `Loader._cache` that lets sessions share what they read from package data.

    Each session keeps its own Loader, because boto3 appends to its search paths; they are checked
    on every access. A loader that may find files of the user has its own cache.
    """

    def __get__(self, loader: Any, owner: type | None = None) -> Any:
        if loader is None:
            return self
        own_cache = loader.__dict__["_cache"]
        paths = tuple(loader._search_paths)
        if active.current() is None or not _has_package_data_only(paths):
            return own_cache
        return _SHARED_CACHES.setdefault((type(loader), type(loader.file_loader), paths), {})

    def __set__(self, loader: Any, value: Any) -> None:
        loader.__dict__["_cache"] = value


def _has_package_data_only(paths: tuple[str, ...]) -> bool:
    return all(
        path in {Loader.BUILTIN_DATA_PATH, _boto3_data_folder()} or not _is_folder(path)
        for path in paths
    )


def _is_folder(path: str) -> bool:
    return os.path.isdir(path)  # noqa: PTH112 - called often for each client; Path is ten times slower


def _boto3_data_folder() -> str | None:
    boto3 = sys.modules.get("boto3")
    file = getattr(boto3, "__file__", None)
    return _data_folder(file) if file else None


@cache
def _data_folder(file: str) -> str:
    return str(Path(file).parent / "data")


# -- region and credentials -------------------------------------------------------------------


def get_config_variable(patch: Patch) -> Any:
    """Return a replacement for `Session.get_config_variable` with the region of the mock.

    The mock's region is the default; any configured region takes precedence.
    """

    def get_config_variable(self: Any, logical_name: str, methods: Any = None) -> Any:
        value = patch.original(self, logical_name, methods)
        if value is None and logical_name == "region":
            context = active.current()
            return None if context is None else context.options.region
        return value

    return get_config_variable


def get_credentials(patch: Patch) -> Any:
    """Return a replacement for `Session.get_credentials` that calls no metadata service.

    A session without credentials gets fake ones.
    """

    def get_credentials(self: Any) -> Any:
        context = active.current()
        if context is None or self._credentials is not None:
            return patch.original(self)
        credentials = _local_credentials(self)
        if credentials is not None:
            self._credentials = credentials
            return credentials
        if context.options.passthrough:
            return LazyCredentials(
                self._components.get_component("credential_provider").load_credentials
            )
        return credentials_for(context.options.account_id)

    return get_credentials


def _local_credentials(session: Any) -> Any:
    """Return the credentials that are found without a metadata service, or None."""
    if _has_default_providers(session):
        credentials = _from_environment(session)
        if credentials is not None or _no_provider_configured(session):
            return credentials
    resolver = session._components.get_component("credential_provider")
    if not isinstance(resolver, CredentialResolver):
        return resolver.load_credentials()
    return CredentialResolver(providers=local_providers(resolver)).load_credentials()


# Where local providers find credentials, apart from the two keys in the environment and the
# profiles of the two configuration files.
_CREDENTIAL_VARIABLES = (
    *("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN"),
    *("AWS_CREDENTIAL_FILE", "BOTO_CONFIG"),
)
_CREDENTIAL_FILES = ("/etc/boto.cfg", "~/.boto")


def _has_default_providers(session: Any) -> bool:
    """Return whether the session's credential providers are botocore's, and not created yet."""
    is_default = type(session)._create_credential_resolver is Session._create_credential_resolver  # type: ignore[attr-defined]
    return is_default and "credential_provider" in vars(session._components)["_deferred"]


def _from_environment(session: Any) -> Any:
    """Return the credentials of the first provider, which is not used with a profile."""
    if session.instance_variables().get("profile") is not None:
        return None
    return EnvProvider().load() if "AWS_ACCESS_KEY_ID" in os.environ else None


def _no_provider_configured(session: Any) -> bool:
    """Return whether no provider has credentials. Creating all providers would take longer."""
    if session.get_config_variable("profile") or session.full_config.get("profiles"):
        return False
    if any(name in os.environ for name in _CREDENTIAL_VARIABLES):
        return False
    return not any(os.path.exists(os.path.expanduser(name)) for name in _CREDENTIAL_FILES)  # noqa: PTH110, PTH111


def local_providers(resolver: Any) -> list[Any]:
    """Return the credential providers of a resolver that call no metadata service."""
    return [
        provider for provider in resolver.providers if provider.METHOD not in _METADATA_PROVIDERS
    ]


# -- the default session ----------------------------------------------------------------------


class SessionRegistry:
    """The botocore sessions that were created inside the mocks of one state, held weakly.

    It lives as long as the patches. `ml.reset()` and savepoints do not change it.
    """

    def __init__(self, earlier_default: Any) -> None:
        self.sessions: weakref.WeakSet[Any] = weakref.WeakSet()
        self.default: Any = None
        self.handler_count = 0
        self._earlier_default = earlier_default

    def contains(self, session: Any) -> bool:
        """Return whether a boto3 session was created inside a mock."""
        botocore_session = getattr(session, "_session", None)
        return botocore_session is not None and botocore_session in self.sessions

    def restore_default_session(self) -> None:
        """Restore boto3's earlier default session if the current one was created inside a mock."""
        boto3: Any = sys.modules.get("boto3")
        if boto3 is None:
            return
        if self.contains(boto3.DEFAULT_SESSION):
            boto3.DEFAULT_SESSION = self._earlier_default
        for patcher in _default_session_patchers():
            if self.contains(patcher.temp_original):
                patcher.temp_original = self._earlier_default


def _default_session_patchers() -> list[Any]:
    """Return the active patchers of `unittest.mock`, such as moto's, that will restore boto3's."""
    mock = sys.modules.get("unittest.mock")
    running = getattr(getattr(mock, "_patch", None), "_active_patches", ())
    return [
        patcher
        for patcher in running
        if getattr(patcher, "attribute", None) == "DEFAULT_SESSION"
        and hasattr(patcher, "temp_original")
    ]


def register_session(session: Any) -> None:
    """Register a session that is being created. This is an initializer for botocore."""
    context = active.current()
    if context is not None:
        context.state.interception.sessions.sessions.add(session)
        context.state.interception.patch_new_imports()  # aiobotocore may be one of them


def get_default_session(patch: Patch) -> Any:
    """Return a replacement for `boto3._get_default_session` that has a session for each mock.

    The session that was the default before the mock stays as it is.
    """

    def get_default_session() -> Any:
        boto3 = patch.owner
        context = active.current()
        if context is None or boto3.DEFAULT_SESSION is not None:
            return patch.original()
        registry = context.state.interception.sessions
        handler_count = len(botocore.handlers.BUILTIN_HANDLERS)
        if registry.default is None or registry.handler_count != handler_count:
            registry.default, registry.handler_count = boto3.Session(), handler_count
        return registry.default

    return get_default_session
