"""Amazon Resource Names, in every partition."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

_PARTITIONS = (
    ("cn-", "aws-cn"),
    ("us-gov-", "aws-us-gov"),
    ("us-isob-", "aws-iso-b"),
    ("us-isof-", "aws-iso-f"),
    ("eu-isoe-", "aws-iso-e"),
    ("us-iso-", "aws-iso"),
    ("eusc-", "aws-eusc"),
)


@cache
def partition_of(region: str) -> str:
    """Return the partition of a region, for example ``aws-cn``."""
    return next((name for start, name in _PARTITIONS if region.startswith(start)), "aws")


@dataclass(frozen=True, slots=True)
class Arn:
    """One Amazon Resource Name; `resource` is everything after the account."""

    partition: str
    service: str
    region: str
    account_id: str
    resource: str

    def __str__(self) -> str:
        parts = ("arn", self.partition, self.service, self.region, self.account_id, self.resource)
        return ":".join(parts)

    @property
    def name(self) -> str:
        """The resource without its type: ``review`` of ``flow-definition/review``."""
        return self.resource.partition("/")[2]


def parse_arn(text: str) -> Arn | None:
    """Return the parsed ARN, or None if `text` is not an ARN."""
    parts = text.split(":", 5)
    return Arn(*parts[1:]) if len(parts) == 6 and parts[0] == "arn" else None
