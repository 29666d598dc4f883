"""Clients of services that the installed botocore has no model of, or has another revision of.

While a block holds a service whose model we bring, botocore's loader finds ours: in sessions made
before the block and inside it, on the classes, so that nothing has to be undone in a session. Its
caches never see what we bring.
"""

from __future__ import annotations

from typing import Any

from mlmock.aws.spec import bundled
from mlmock.engine import active
from mlmock.interception.patching import Patch


def revision_held(service: str) -> str | None:
    """Return the revision in which the running block holds `service`, or None if it brings none."""
    if service not in bundled.services():
        return None
    context = active.current()
    if context is None or service not in context.state.mocked_services:
        return None
    return context.options.revision_of(service) or bundled.latest(service)


def _held_with(kind: str) -> list[str]:
    """Return the services whose file of a `kind` the running block brings."""
    found = ((service, revision_held(service)) for service in bundled.services())
    return [name for name, held in found if held and kind in bundled.available_files(name, held)]


def load_service_model(patch: Patch) -> Any:
    """Return what finds the models that we bring."""

    def load_service_model(
        self: Any, service_name: str, type_name: str, api_version: str | None = None
    ) -> Any:
        held = revision_held(service_name)
        found = bundled.load_bundled(service_name, type_name, api_version or held) if held else None
        if found is not None:
            return found
        return patch.original(self, service_name, type_name, api_version)

    return load_service_model


def list_available_services(patch: Patch) -> Any:
    """Return what lists the services that we bring, too."""

    def list_available_services(self: Any, type_name: str) -> list[str]:
        known: list[str] = patch.original(self, type_name)
        missing = [name for name in _held_with(type_name) if name not in known]
        return sorted([*known, *missing]) if missing else known

    return list_available_services


def list_api_versions(patch: Patch) -> Any:
    """Return what lists the revision that a block holds."""

    def list_api_versions(self: Any, service_name: str, type_name: str) -> list[str]:
        held = revision_held(service_name)
        if held and type_name in bundled.available_files(service_name, held):
            return [held]
        return list(patch.original(self, service_name, type_name))

    return list_api_versions


def determine_latest_version(patch: Patch) -> Any:
    """Return what takes the revision that a block holds."""

    def determine_latest_version(self: Any, service_name: str, type_name: str) -> str:
        held = revision_held(service_name)
        if held and type_name in bundled.available_files(service_name, held):
            return held
        return str(patch.original(self, service_name, type_name))

    return determine_latest_version


def get_available_regions(patch: Patch) -> Any:
    """Return what lists the regions in which a service was there."""

    def get_available_regions(
        self: Any,
        service_name: str,
        partition_name: str = "aws",
        allow_non_regional: bool = False,
    ) -> list[str]:
        if revision_held(service_name):
            return list(bundled.regions(service_name, partition_name))
        return list(patch.original(self, service_name, partition_name, allow_non_regional))

    return get_available_regions


def _aio_get_available_regions(patch: Patch) -> Any:
    async def get_available_regions(
        self: Any,
        service_name: str,
        partition_name: str = "aws",
        allow_non_regional: bool = False,
    ) -> list[str]:
        if revision_held(service_name):
            return list(bundled.regions(service_name, partition_name))
        return list(await patch.original(self, service_name, partition_name, allow_non_regional))

    return get_available_regions


def aio_patches() -> list[Patch]:
    """Return the same for aiobotocore's session, which is there; its loader is botocore's."""
    from aiobotocore.session import AioSession

    return [Patch(AioSession, "get_available_regions", _aio_get_available_regions)]
