"""Sessions of aiobotocore: credentials, signers and sleep."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Any

from botocore.exceptions import NoCredentialsError

from mlmock.engine import active
from mlmock.interception.botocore import endpoint
from mlmock.interception.botocore import sleep as patience
from mlmock.interception.botocore.credentials import SECRET, LazyCredentials
from mlmock.interception.botocore.sessions import local_providers
from mlmock.interception.patching import Patch

if TYPE_CHECKING:
    pass


def _get_credentials(patch: Patch) -> Any:
    async def get_credentials(self: Any) -> Any:
        context = active.current()
        if context is None or self._credentials is not None:
            return await patch.original(self)
        found = await _local_credentials(self)
        if found is not None:
            self._credentials = found
            return found
        if context.options.passthrough:
            resolver = self._components.get_component("credential_provider")
            return AioLazyCredentials(resolver.load_credentials)
        from aiobotocore.credentials import AioCredentials

        return AioCredentials(context.options.account_id, SECRET)

    return get_credentials


class AioLazyCredentials(LazyCredentials):
    """The same for async signers: keys that are looked for when a real request is signed."""

    def get_account_id(self) -> str | None:
        """Return none: for endpoints that have the account in their name, it isn't looked for."""
        return None

    async def get_frozen_credentials(self) -> Any:  # type: ignore[override]
        """Return the keys; NoCredentialsError if nobody has any."""
        if self._found is None:
            with patience.real_sleep():
                self._found = await self._load()
        if self._found is None:
            raise NoCredentialsError
        return await self._found.get_frozen_credentials()


async def _local_credentials(session: Any) -> Any:
    from aiobotocore.credentials import AioCredentialResolver

    resolver = session._components.get_component("credential_provider")
    if not isinstance(resolver, AioCredentialResolver):
        return await resolver.load_credentials()
    return await AioCredentialResolver(local_providers(resolver)).load_credentials()


def _get_auth_instance(patch: Patch) -> Any:
    async def get_auth_instance(self: Any, *args: Any, **kwargs: Any) -> Any:
        found = endpoint.auth_for_request(self, kwargs)
        return found or await patch.original(self, *args, **kwargs)

    return get_auth_instance


class VirtualAsyncioModule:
    """The `asyncio` module, but for its `sleep`."""

    sleep = staticmethod(patience.async_sleep)

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)


def _own_sleep(patch: Patch) -> Any:
    async def sleep(self: Any, sleep_amount: float) -> None:
        if patience.virtual_clock_context() is None:
            await patch.original(self, sleep_amount)
        else:
            patience.sleep(sleep_amount)

    return sleep


def _acquire(patch: Patch) -> Any:
    async def acquire(self: Any, amount: float, block: bool) -> Any:
        from botocore.exceptions import CapacityNotAvailableError

        if patience.virtual_clock_context() is None or not block:
            return await patch.original(self, amount, block)
        try:
            return await patch.original(self, amount, False)
        except CapacityNotAvailableError:
            self._current_capacity = max(0, self._current_capacity)
            patience.sleep(self._sleep_amount(amount))
            self._current_capacity = 0
            return True

    return acquire


def _anyio_twins() -> list[Any]:
    """Return the classes that sleep by anyio, where this aiobotocore has them."""
    names = (("aiobotocore.endpoint", "AnyioEndpoint"), ("aiobotocore.waiter", "AnyioWaiter"))
    owners = [getattr(sys.modules.get(module), name, None) for module, name in names]
    return [owner for owner in owners if owner is not None and "_sleep" in vars(owner)]
