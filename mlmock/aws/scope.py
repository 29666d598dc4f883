"""Account and region: what every AWS resource belongs to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mlmock.aws.arns import partition_of

if TYPE_CHECKING:
    pass


@dataclass(frozen=True, slots=True)
class Scope:
    """Where something holds: an account and a region; None in a handle's scope is every one."""

    account_id: str
    region: str

    @property
    def partition(self) -> str:
        """The partition of the region."""
        return partition_of(self.region)

    def arn(self, service: str, resource: str) -> str:
        """Return the ARN of a resource here."""
        return (
            f"arn:{partition_of(self.region)}:{service}:{self.region}:{self.account_id}:{resource}"
        )

    @property
    def owner(self) -> Owner:
        """This scope, for the object store."""
        return Owner(self.account_id, self.region)


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What `ml.at` narrows a handle to; None is everywhere."""

    region: str | None = None
    account_id: str | None = None

    def narrowed(self, region: str | None, account_id: str | None) -> Narrowing:
        """Return this with a region, an account, or both."""
        return replace(self, region=region or self.region, account_id=account_id or self.account_id)

    def covers(self, scope: Scope) -> bool:
        """True when `scope` lies in it."""
        return self.region in (None, scope.region) and self.account_id in (None, scope.account_id)


@dataclass(frozen=True, slots=True)
class Owner:
    """For whom objects are stored: an account and a region."""

    account_id: str
    region: str
