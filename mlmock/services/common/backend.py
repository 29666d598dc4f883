"""What every service's backend and handle stand on."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from mlmock.aws.arns import partition_of
from mlmock.errors import ServiceError
from mlmock.reporting.journal import Call
from mlmock.rules.rule import Match, Rule, Subject
from mlmock.simulation.clock import to_datetime
from mlmock.simulation.object_store import Owner
from mlmock.simulation.progress import Policy, Progress
from mlmock.simulation.state_machine import Machine
from mlmock.simulation.undo_log import Ledger

if TYPE_CHECKING:
    from mlmock.engine.state import World

Result = dict[str, Any]
T = TypeVar("T")


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
class Resource:
    """One resource as notebooks and the page show it: what it is, its name, its state, where.

    `steps` lead to what holds it: names of `ml` and of what follows, with what each is given.
    """

    kind: str
    name: str
    state: str
    scope: Scope
    machine: Machine | None = None
    steps: tuple[tuple[str, tuple[Any, ...]], ...] = ()


class Backend:
    """The state of one service in one account and region.

    A subclass has a method for every operation, named as on boto3's client. It takes the Call (its
    `params` are read and checked by the model), returns the members of the answer as boto3 shows
    them, without None, and raises ServiceError before it changes anything.
    """

    service = ""

    def __init__(self, world: World, scope: Scope) -> None:
        self.world = world
        self.scope = scope
        self.ledger = world.ledger
        self.clock = world.clock
        self.lock = world.lock

    def now(self) -> datetime:
        """Return the present virtual instant, in milliseconds, aware, UTC."""
        return to_datetime(self.clock.seconds())

    def refusal(self, call: Call, fault: ServiceError) -> ServiceError:
        """Return what this service says to a request that the model refuses: here, `fault`."""
        return fault

    def scripted(
        self, call: Call, keys: tuple[Hashable, ...], seen: Mapping[str, Any], what: str
    ) -> tuple[Rule, Any] | None:
        """Return the newest rule of a resource that takes `call`, with its answer, or None.

        `seen` is what the rules' members are held against, `what` names the resource. Where the
        resource is scripted and no rule takes the call, UnmatchedCall is raised (if strict). The
        rule's delay has passed when this returns.
        """
        found = self.taken(call, keys, seen, what)
        if found is not None:
            self.world.wait(call, found[0].seconds)
        return found

    def taken(
        self, call: Call, keys: tuple[Hashable, ...], seen: Mapping[str, Any], what: str
    ) -> tuple[Rule, Any] | None:
        """Return what `scripted` does, and leave the rule's delay to the caller."""
        book = self.world.book
        if not any(map(book.has, keys)):
            return None
        found = book.find(keys, call, seen)
        if found is None:
            self.nobody_takes(call, keys, seen, what)
        return found

    def nobody_takes(
        self, call: Call, keys: tuple[Hashable, ...], seen: Mapping[str, Any], what: str
    ) -> None:
        """Raise UnmatchedCall if the resource is scripted (and the block is strict)."""
        book = self.world.book
        rules = [r for k in keys for r in book.about(k) if r.scripts and r.match.holds_at(call)]
        if rules:
            from mlmock.reporting.messages import unmatched

            self.world.unmatched_call(call, unmatched(call, rules, what, seen))


class Declared(Generic[T]):
    """Things that a handle declares by name, everywhere or where `ml.at` says."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._things: dict[str, dict[Narrowing, T]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._things.values()))

    def get_or_add(self, name: str, at: Narrowing, make: Callable[[], T]) -> T:
        """Return what is declared as `name` at `at`; made if it is new."""
        things = self._things.setdefault(name, {})
        found = things.get(at)
        if found is None:
            found = make()
            self._ledger.put(things, at, found)
        return found

    def find(self, name: str, scope: Scope) -> T | None:
        """Return what holds as `name` in `scope`: the narrowest declaration, or None."""
        things = self._things.get(name)
        if not things:
            return None
        if len(things) == 1:  # as a rule there is one, which holds everywhere
            ((at, thing),) = things.items()
            return thing if at.covers(scope) else None
        for region in (scope.region, None):
            for account_id in (scope.account_id, None):
                found = things.get(Narrowing(region, account_id))
                if found is not None:
                    return found
        return None

    def values(self) -> list[T]:
        """Return everything declared."""
        return [thing for things in self._things.values() for thing in things.values()]


class PolicySlot:
    """A service's `progress`: looked up each time, since a reset begins anew; set with a policy."""

    def __get__(self, handle: ServiceHandle, owner: type | None = None) -> Progress:
        return handle.world.part(Policies).of(handle.service)

    def __set__(self, handle: ServiceHandle, value: Policy | None) -> None:
        handle.progress.set(value)


class ServiceHandle:
    """What a test author holds of one service: `ml.<name>`, narrowed where `ml.at` says."""

    service = ""
    progress = PolicySlot()

    def __init__(self, world: World, at: Narrowing) -> None:
        self.world = world
        self.at = at

    def here(self) -> Scope:
        """Return the scope in which seeded state is put: the narrowed one, or the mock's own."""
        options = self.world.block.options
        return Scope(
            account_id=self.at.account_id or options.account_id,
            region=self.at.region or options.region,
        )

    def backend(self) -> Any:
        """Return the backend of the scope in which seeded state is put."""
        scope = self.here()
        return self.world.backend(self.service, scope.account_id, scope.region)

    def backends(self) -> list[Any]:
        """Return the backends in use that this handle speaks of."""
        return [b for b in self.world.backends(self.service) if self.at.covers(b.scope)]

    def resources(self) -> list[Resource]:
        """Return what there is of this service, for people to look at."""
        return []

    def _repr_html_(self) -> str:
        from mlmock.reporting.html import resources_html

        return resources_html(self.resources())

    def rule(self, subject: Subject, members: Mapping[str, Any] | None = None) -> Rule:
        """Return a new rule about `subject`, which exists once it has an answer."""
        match = Match(members or {}, None, self.at.region, self.at.account_id)
        return Rule(self.world.book, subject, match)


class Policies:
    """The progress policy of each service of a world."""

    def __init__(self, world: World) -> None:
        self._root = world.progress
        self._known: dict[str, Progress] = {}

    def of(self, service: str) -> Progress:
        """Return the policy of `service`: the mock's, until it is set."""
        if service not in self._known:
            self._known[service] = self._root.child()
        return self._known[service]
