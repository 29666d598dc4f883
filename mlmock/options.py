"""What a block can be told: the options of `mock_ml`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mlmock.progress import Policy, immediately

_ACCOUNT = re.compile(r"[0-9]{12}")
LOOKOUTVISION_APIS = ("2020-11-20", "2020-12-preview")


def check_place(region: object, account_id: object) -> None:
    """Raise ValueError for a region that is none, or an account without 12 digits; not for None."""
    if region is not None and not (isinstance(region, str) and region):
        raise ValueError(f"region is a name, as in us-east-1, not {region!r}")
    if account_id is not None and not (
        isinstance(account_id, str) and _ACCOUNT.fullmatch(account_id)
    ):
        raise ValueError(f"account_id has 12 digits, not {account_id!r}")


_KINDS: dict[str, tuple[type, str]] = {
    "seed": (int, "an integer"),
    **dict.fromkeys(("strict", "sign", "memos"), (bool, "True or False")),
}


def _check_named(name: str, value: object) -> None:
    known = Options.__dataclass_fields__
    if name not in known:
        raise TypeError(f"mock_ml has no option {name}; there are {', '.join(known)}")
    kind, words = _KINDS.get(name, (object, ""))
    if kind is not object and type(value) is not kind:
        raise TypeError(f"{name} is {words}, not {value!r}")


@dataclass(frozen=True, kw_only=True)  # no slots: they cost the first block half a millisecond
class Options:
    """The options of one block.

    `region`: what a client gets that nothing else gives one. `account_id`: 12 digits; a client
    whose access key has 12 digits has that account. `progress`: how asynchronous work moves on.
    `seed`: fixes ids, tokens and draws. `now`: an instant at which the clock stands. `passthrough`:
    names of services whose calls go to AWS. `strict`: False turns UnmatchedCall into the default
    answer and unused rules into a warning. `journal`: how many calls are kept. `sign`: False skips
    SigV4. `memos`: False leaves botocore's pure functions unmemoised. `lookoutvision_api`: the
    revision of that service.
    """

    region: str = "us-east-1"
    account_id: str = "123456789012"
    progress: Policy = field(default_factory=immediately)
    seed: int = 0
    now: datetime | None = None
    passthrough: Iterable[str] = ()
    strict: bool = True
    journal: int = 100_000
    sign: bool = True
    memos: bool = True
    lookoutvision_api: str = LOOKOUTVISION_APIS[0]

    def __post_init__(self) -> None:
        names = (self.passthrough,) if isinstance(self.passthrough, str) else self.passthrough
        object.__setattr__(self, "passthrough", frozenset(names))
        check_place(self.region or "", self.account_id or "")
        if type(self.journal) is not int or self.journal < 1:
            raise ValueError(f"the journal keeps at least one call, not {self.journal!r}")
        if self.now is not None and not isinstance(self.now, datetime):
            raise TypeError(f"now is a datetime, not {self.now!r}")
        if not isinstance(self.progress, Policy):
            raise TypeError(
                "progress is immediately(), after_polls(n), after(seconds) or manually(), "
                f"not {self.progress!r}"
            )
        if self.lookoutvision_api not in LOOKOUTVISION_APIS:
            raise ValueError(
                f"lookoutvision_api is one of {', '.join(LOOKOUTVISION_APIS)}, "
                f"not {self.lookoutvision_api!r}"
            )

    @classmethod
    def of(cls, named: Mapping[str, Any]) -> Options:
        """Return the options `named`; TypeError for one that doesn't exist, or isn't so."""
        for name, value in named.items():
            _check_named(name, value)
        return cls(**named)

    def revision_of(self, service: str) -> str | None:
        """Return the revision that is asked for of `service`, or None where there is no choice."""
        found: str | None = getattr(self, f"{service.replace('-', '_')}_api", None)
        return found
