"""What every service's backend and handle stand on."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from mlmock.aws.scope import Scope
from mlmock.call import Call
from mlmock.errors import ServiceError
from mlmock.rules.rule import Rule
from mlmock.simulation.clock import to_datetime

if TYPE_CHECKING:
    from mlmock.engine.state import World

Result = dict[str, Any]
T = TypeVar("T")


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
