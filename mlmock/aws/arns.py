"""ARNs: taken apart and put together, in every partition."""

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
    """Return the partition of a region, by its name."""
    return next((name for start, name in _PARTITIONS if region.startswith(start)), "aws")


@dataclass(frozen=True, slots=True)
class Arn:
    """One Amazon Resource Name; `resource` is all that follows the account."""

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
        """What follows the resource's type: ``review`` of ``flow-definition/review``."""
        return self.resource.partition("/")[2]


def parse_arn(text: str) -> Arn | None:
    """Return the parts of an ARN, or None for a text that is none."""
    parts = text.split(":", 5)
    return Arn(*parts[1:]) if len(parts) == 6 and parts[0] == "arn" else None
