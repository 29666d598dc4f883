"""The account and region that every AWS resource belongs to."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mlmock.aws.arns import partition_of


@dataclass(frozen=True, slots=True)
class Scope:
    """An account and a region."""

    account_id: str
    region: str

    @property
    def partition(self) -> str:
        """The partition of the region."""
        return partition_of(self.region)

    def arn(self, service: str, resource: str) -> str:
        """Return the ARN of a resource of a service in this scope."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account_id}:{resource}"


@dataclass(frozen=True, slots=True)
class ScopeFilter:
    """The scopes that a handle covers; None stands for every region or account."""

    region: str | None = None
    account_id: str | None = None

    def narrow(self, region: str | None, account_id: str | None) -> ScopeFilter:
        """Return this filter, restricted to a region, an account, or both."""
        return replace(self, region=region or self.region, account_id=account_id or self.account_id)

    def covers(self, scope: Scope) -> bool:
        """Return whether `scope` passes the filter."""
        return self.region in (None, scope.region) and self.account_id in (None, scope.account_id)
