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
    from mlmock.engine.state import MockState

Result = dict[str, Any]
T = TypeVar("T")


class Backend:
    """The state of one service in one account and region.

    A subclass has a method for every operation, named as on boto3's client. It takes the Call (its
    `params` are read and checked by the model), returns the members of the answer as boto3 shows
    them, without None, and raises ServiceError before it changes anything.
    """

    service = ""

    def __init__(self, state: MockState, scope: Scope) -> None:
        self.state = state
        self.scope = scope
        self.undo_log = state.undo_log
        self.clock = state.clock
        self.lock = state.lock

    def now(self) -> datetime:
        """Return the present virtual instant, in milliseconds, aware, UTC."""
        return to_datetime(self.clock.seconds())

    def translate_error(self, call: Call, fault: ServiceError) -> ServiceError:
        """Return what this service says to a request that the model refuses: here, `fault`."""
        return fault

    def find_rule(
        self, call: Call, keys: tuple[Hashable, ...], seen: Mapping[str, Any], what: str
    ) -> tuple[Rule, Any] | None:
        """Return the newest rule of a resource that takes `call`, with its answer, or None.

        `seen` is what the rules' members are held against, `what` names the resource. Where the
        resource is scripted and no rule takes the call, UnmatchedCall is raised (if strict). The
        rule's delay has passed when this returns.
        """
        found = self.find_rule_without_delay(call, keys, seen, what)
        if found is not None:
            self.state.simulate_latency(call, found[0].latency)
        return found

    def find_rule_without_delay(
        self, call: Call, keys: tuple[Hashable, ...], seen: Mapping[str, Any], what: str
    ) -> tuple[Rule, Any] | None:
        """Return what `scripted` does, and leave the rule's delay to the caller."""
        index = self.state.rules
        if not any(map(index.has_rules_for, keys)):
            return None
        found = index.find(keys, call, seen)
        if found is None:
            self.raise_unmatched(call, keys, seen, what)
        return found

    def raise_unmatched(
        self, call: Call, keys: tuple[Hashable, ...], seen: Mapping[str, Any], what: str
    ) -> None:
        """Raise UnmatchedCall if the resource is scripted (and the block is strict)."""
        index = self.state.rules
        rules = [
            r
            for k in keys
            for r in index.rules_for(k)
            if r.is_scripted_answer and r.match.applies_in(call)
        ]
        if rules:
            from mlmock.reporting.messages import format_unmatched_call

            self.state.raise_unmatched(call, format_unmatched_call(call, rules, what, seen))
