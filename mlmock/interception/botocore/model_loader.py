"""Clients of services whose model mlmock bundles, because botocore lacks it or has another.

While a mock includes such a service, botocore's loader finds the bundled model, also in sessions
that were created earlier. The patches are on classes, so that no session has to be restored, and
botocore's caches never contain a bundled model.
"""

from __future__ import annotations

from typing import Any

from mlmock.aws.spec import bundled
from mlmock.engine import active
from mlmock.interception.patching import Patch


def mocked_revision(service: str) -> str | None:
    """Return the revision of a bundled model in the active mock, or None if it has none."""
    if service not in bundled.services():
        return None
    context = active.current()
    if context is None or service not in context.state.mocked_services:
        return None
    return context.options.revision_of(service) or bundled.latest(service)


def _bundled_services(type_name: str) -> list[str]:
    """Return the mocked services with a bundled file of a type, such as "service-2"."""
    revisions = ((service, mocked_revision(service)) for service in bundled.services())
    return [
        service
        for service, revision in revisions
        if revision and type_name in bundled.available_files(service, revision)
    ]


def load_service_model(patch: Patch) -> Any:
    """Return a replacement for `Loader.load_service_model` that finds bundled models."""

    def load_service_model(
        self: Any, service_name: str, type_name: str, api_version: str | None = None
    ) -> Any:
        revision = mocked_revision(service_name)
        if revision:
            model = bundled.load_bundled(service_name, type_name, api_version or revision)
            if model is not None:
                return model
        return patch.original(self, service_name, type_name, api_version)

    return load_service_model


def list_available_services(patch: Patch) -> Any:
    """Return a replacement for `Loader.list_available_services` with the bundled services."""

    def list_available_services(self: Any, type_name: str) -> list[str]:
        names: list[str] = patch.original(self, type_name)
        missing = [name for name in _bundled_services(type_name) if name not in names]
        return sorted([*names, *missing]) if missing else names

    return list_available_services


def list_api_versions(patch: Patch) -> Any:
    """Return a replacement for `Loader.list_api_versions` with the mocked revision only."""

    def list_api_versions(self: Any, service_name: str, type_name: str) -> list[str]:
        revision = mocked_revision(service_name)
        if revision and type_name in bundled.available_files(service_name, revision):
            return [revision]
        return list(patch.original(self, service_name, type_name))

    return list_api_versions


def determine_latest_version(patch: Patch) -> Any:
    """Return a replacement for `Loader.determine_latest_version` with the mocked revision."""

    def determine_latest_version(self: Any, service_name: str, type_name: str) -> str:
        revision = mocked_revision(service_name)
        if revision and type_name in bundled.available_files(service_name, revision):
            return revision
        return str(patch.original(self, service_name, type_name))

    return determine_latest_version


def get_available_regions(patch: Patch) -> Any:
    """Return a replacement for `Session.get_available_regions` that knows bundled services."""

    def get_available_regions(
        self: Any,
        service_name: str,
        partition_name: str = "aws",
        allow_non_regional: bool = False,
    ) -> list[str]:
        if mocked_revision(service_name):
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
        if mocked_revision(service_name):
            return list(bundled.regions(service_name, partition_name))
        return list(await patch.original(self, service_name, partition_name, allow_non_regional))

    return get_available_regions


def aio_patches() -> list[Patch]:
    """Return the patch of aiobotocore's session, whose loader is botocore's."""
    from aiobotocore.session import AioSession

    return [Patch(AioSession, "get_available_regions", _aio_get_available_regions)]
