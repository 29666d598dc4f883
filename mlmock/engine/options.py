"""The options of `mock_ml`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlmock.simulation.progress import Policy

_ACCOUNT_DIGITS = 12
LOOKOUTVISION_APIS = ("2020-11-20", "2020-12-preview")


def validate_region_and_account(region: object, account_id: object) -> None:
    """Raise ValueError unless the region and the account are valid or None.

    Args:
        region: The name of a region.
        account_id: An account id of 12 digits.

    Raises:
        ValueError: The region is not a name, or the account id does not have 12 digits.
    """
    if region is not None and not (isinstance(region, str) and region):
        raise ValueError(f"region must be a name such as 'us-east-1', not {region!r}")
    if account_id is not None and not (isinstance(account_id, str) and _is_account(account_id)):
        raise ValueError(f"account_id must be a string of 12 digits, not {account_id!r}")


def _is_account(text: str) -> bool:
    return len(text) == _ACCOUNT_DIGITS and text.isascii() and text.isdecimal()


_TYPES: dict[str, tuple[type, str]] = {
    "seed": (int, "an integer"),
    **dict.fromkeys(("strict", "sign", "cache"), (bool, "True or False")),
}


def _check_option(name: str, value: object) -> None:
    known = Options.__slots__
    if name not in known:
        raise TypeError(f"mock_ml has no option {name!r}; its options are {', '.join(known)}")
    kind, description = _TYPES.get(name, (object, ""))
    if kind is not object and type(value) is not kind:
        raise TypeError(f"{name} must be {description}, not {value!r}")


class Options:
    """The immutable options of a mock.

    Attributes:
        region: The region of clients for which nothing else specifies one.
        account_id: The account of the mock, of 12 digits. A client whose access key id has 12
            digits uses that as its account.
        progress: The policy for asynchronous work; None is `immediately()`.
        seed: The seed of generated ids, tokens and random choices.
        now: The time at which the clock is frozen; None for a running clock.
        passthrough: The names of services whose calls are sent to AWS.
        strict: False replaces UnmatchedCall by the default answer, and UnusedRule by a warning.
        journal: The number of calls that the journal keeps.
        sign: False skips SigV4.
        cache: False disables the caches for botocore's work on each call.
        lookoutvision_api: The revision of the Lookout for Vision API.
    """

    # Creating a dataclass would take a tenth of the time that the first mock takes to start.
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
        values = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__slots__)
        return f"Options({values})"

    def _check(self) -> None:
        validate_region_and_account(self.region or "", self.account_id or "")
        if type(self.journal) is not int or self.journal < 1:
            raise ValueError(f"journal must be an integer of at least 1, not {self.journal!r}")
        if self.now is not None and not isinstance(self.now, datetime):
            raise TypeError(f"now must be a datetime, not {self.now!r}")
        if self.progress is not None:
            from mlmock.simulation.progress import validate_policy

            validate_policy(self.progress)
        if self.lookoutvision_api not in LOOKOUTVISION_APIS:
            raise ValueError(
                f"lookoutvision_api must be one of {', '.join(LOOKOUTVISION_APIS)}, "
                f"not {self.lookoutvision_api!r}"
            )

    def replace(self, **options: Any) -> Options:
        """Return a copy of these options in which `options` are replaced."""
        return Options(**{name: getattr(self, name) for name in self.__slots__} | options)

    @classmethod
    def from_kwargs(cls, options: Mapping[str, Any]) -> Options:
        """Return the options of a mock from keyword arguments of `mock_ml`.

        Raises:
            TypeError: An option does not exist, or its value has another type.
            ValueError: The value of an option is not allowed.
        """
        for name, value in options.items():
            _check_option(name, value)
        return cls(**options) if options else DEFAULT

    def revision_of(self, service: str) -> str | None:
        """Return the selected revision of the API of `service`, or None if there is only one."""
        revision: str | None = getattr(self, f"{service.replace('-', '_')}_api", None)
        return revision


DEFAULT = Options()
