"""Patches of aiobotocore's sessions, signers and sleeping."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from botocore.exceptions import CapacityNotAvailableError, NoCredentialsError

from mlmock.engine import active
from mlmock.interception.botocore import endpoint
from mlmock.interception.botocore import sleep as virtual
from mlmock.interception.botocore.credentials import SECRET, LazyCredentials
from mlmock.interception.botocore.sessions import local_providers
from mlmock.interception.patching import Patch


def get_credentials(patch: Patch) -> Any:
    """Return a replacement for `AioSession.get_credentials` that calls no metadata service."""

    async def get_credentials(self: Any) -> Any:
        context = active.current()
        if context is None or self._credentials is not None:
            return await patch.original(self)
        credentials = await _local_credentials(self)
        if credentials is not None:
            self._credentials = credentials
            return credentials
        if context.options.passthrough:
            resolver = self._components.get_component("credential_provider")
            return AioLazyCredentials(resolver.load_credentials)
        from aiobotocore.credentials import AioCredentials

        return AioCredentials(context.options.account_id, SECRET)

    return get_credentials


class AioLazyCredentials(LazyCredentials):
    """Lazy credentials for asynchronous signers."""

    def get_account_id(self) -> str | None:
        """Return None, so that credentials are not loaded for an endpoint with an account id."""
        return None

    async def get_frozen_credentials(self) -> Any:  # type: ignore[override]
        """Load the credentials and return them frozen.

        Raises:
            NoCredentialsError: No provider has credentials.
        """
        if self._loaded is None:
            with virtual.passing_through():
                self._loaded = await self._load()
        if self._loaded is None:
            raise NoCredentialsError
        return await self._loaded.get_frozen_credentials()


async def _local_credentials(session: Any) -> Any:
    from aiobotocore.credentials import AioCredentialResolver

    resolver = session._components.get_component("credential_provider")
    if not isinstance(resolver, AioCredentialResolver):
        return await resolver.load_credentials()
    return await AioCredentialResolver(local_providers(resolver)).load_credentials()


def get_auth_instance(patch: Patch) -> Any:
    """Return a replacement for `AioRequestSigner.get_auth_instance` with fake credentials."""

    async def get_auth_instance(self: Any, *args: Any, **kwargs: Any) -> Any:
        auth = endpoint.auth_for_request(self, kwargs)
        return auth or await patch.original(self, *args, **kwargs)

    return get_auth_instance


class VirtualAsyncioModule:
    """The `asyncio` module with a virtual `sleep`."""

    sleep = staticmethod(virtual.async_sleep)

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)


def anyio_sleep(patch: Patch) -> Any:
    """Return a replacement for the `_sleep` method of a class that sleeps with anyio."""

    async def sleep(self: Any, sleep_amount: float) -> None:
        if virtual.virtual_clock_context() is None:
            await patch.original(self, sleep_amount)
        else:
            virtual.sleep(sleep_amount)

    return sleep


def acquire(patch: Patch) -> Any:
    """Return a replacement for `AsyncTokenBucket._acquire` that waits in virtual time."""

    async def acquire(self: Any, amount: float, block: bool) -> Any:
        if virtual.virtual_clock_context() is None or not block:
            return await patch.original(self, amount, block)
        try:
            return await patch.original(self, amount, False)
        except CapacityNotAvailableError:
            self._current_capacity = max(0, self._current_capacity)
            virtual.sleep(self._sleep_amount(amount))
            self._current_capacity = 0
            return True

    return acquire


def anyio_classes() -> list[Any]:
    """Return the classes of this aiobotocore that sleep with anyio; early releases have none."""
    names = (("aiobotocore.endpoint", "AnyioEndpoint"), ("aiobotocore.waiter", "AnyioWaiter"))
    classes = [getattr(sys.modules.get(module), name, None) for module, name in names]
    return [cls for cls in classes if cls is not None and "_sleep" in vars(cls)]
