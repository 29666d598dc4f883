"""What a block can be told: the options of `mock_ml`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlmock.simulation.progress import Policy

_DIGITS = 12
LOOKOUTVISION_APIS = ("2020-11-20", "2020-12-preview")


def validate_region_and_account(region: object, account_id: object) -> None:
    """Raise ValueError for a region that is none, or an account without 12 digits; not for None."""
    if region is not None and not (isinstance(region, str) and region):
        raise ValueError(f"region is a name, as in us-east-1, not {region!r}")
    if account_id is not None and not (isinstance(account_id, str) and _is_account(account_id)):
        raise ValueError(f"account_id has 12 digits, not {account_id!r}")


def _is_account(text: str) -> bool:
    return len(text) == _DIGITS and text.isascii() and text.isdecimal()


_KINDS: dict[str, tuple[type, str]] = {
    "seed": (int, "an integer"),
    **dict.fromkeys(("strict", "sign", "cache"), (bool, "True or False")),
}


def _check_named(name: str, value: object) -> None:
    known = Options.__slots__
    if name not in known:
        raise TypeError(f"mock_ml has no option {name}; there are {', '.join(known)}")
    kind, words = _KINDS.get(name, (object, ""))
    if kind is not object and type(value) is not kind:
        raise TypeError(f"{name} is {words}, not {value!r}")


class Options:
    """The options of one block. They don't change once they are made.

    `region`: what a client gets that nothing else gives one. `account_id`: 12 digits; a client
    whose access key has 12 digits has that account. `progress`: how asynchronous work moves on;
    None is `immediately()`. `seed`: fixes ids, tokens and draws. `now`: an instant at which the
    clock stands. `passthrough`: names of services whose calls go to AWS. `strict`: False turns
    UnmatchedCall into the default answer and unused rules into a warning. `journal`: how many calls
    are kept. `sign`: False skips SigV4. `cache`: False leaves botocore's own functions to do all of
    their work for every call. `lookoutvision_api`: the revision of that service.

    No dataclass: making one takes as long as a tenth of the first block.
    """

    __slots__ = (
        *("region", "account_id", "progress", "seed", "now", "passthrough", "strict", "journal"),
        *("sign", "cache", "lookoutvision_api"),
    )

    def __init__(
        self,
        *,
        region: str = "us-east-1",
        account_id: str = "123456789012",
        progress: Policy | None = None,
        seed: int = 0,
        now: datetime | None = None,
        passthrough: Iterable[str] = (),
        strict: bool = True,
        journal: int = 100_000,
        sign: bool = True,
        cache: bool = True,
        lookoutvision_api: str = LOOKOUTVISION_APIS[0],
    ) -> None:
        names = (passthrough,) if isinstance(passthrough, str) else passthrough
        self.region = region
        self.account_id = account_id
        self.progress = progress
        self.seed = seed
        self.now = now
        self.passthrough = frozenset(names)
        self.strict = strict
        self.journal = journal
        self.sign = sign
        self.cache = cache
        self.lookoutvision_api = lookoutvision_api
        self._check()

    def __repr__(self) -> str:
        given = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__slots__)
        return f"Options({given})"

    def _check(self) -> None:
        validate_region_and_account(self.region or "", self.account_id or "")
        if type(self.journal) is not int or self.journal < 1:
            raise ValueError(f"the journal keeps at least one call, not {self.journal!r}")
        if self.now is not None and not isinstance(self.now, datetime):
            raise TypeError(f"now is a datetime, not {self.now!r}")
        if self.progress is not None:
            from mlmock.simulation.progress import validate_policy

            validate_policy(self.progress)
        if self.lookoutvision_api not in LOOKOUTVISION_APIS:
            raise ValueError(
                f"lookoutvision_api is one of {', '.join(LOOKOUTVISION_APIS)}, "
                f"not {self.lookoutvision_api!r}"
            )

    def replace(self, **named: Any) -> Options:
        """Return these options with those `named` in their place."""
        return Options(**{name: getattr(self, name) for name in self.__slots__} | named)

    @classmethod
    def from_kwargs(cls, named: Mapping[str, Any]) -> Options:
        """Return the options `named`; TypeError for one that doesn't exist, or isn't so."""
        for name, value in named.items():
            _check_named(name, value)
        return cls(**named) if named else DEFAULT

    def revision_of(self, service: str) -> str | None:
        """Return the revision that is asked for of `service`, or None where there is no choice."""
        found: str | None = getattr(self, f"{service.replace('-', '_')}_api", None)
        return found


DEFAULT = Options()
