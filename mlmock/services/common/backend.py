"""The base of every backend."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from mlmock.aws.scope import Scope
from mlmock.call import Call
from mlmock.errors import ServiceError
from mlmock.rules.rule import Rule
from mlmock.simulation.clock import to_datetime

if TYPE_CHECKING:
    from mlmock.engine.state import MockState

Result = dict[str, Any]


class Backend:
    """The state of one service in one account and region.

    A subclass has a method for each operation, named as on boto3's client. It takes the Call, whose
    `params` are parsed and validated, and returns the members of the response as in boto3, without
    None. It raises ServiceError before it changes anything.
    """

    service = ""

    def __init__(self, state: MockState, scope: Scope) -> None:
        self.state = state
        self.scope = scope
        self.undo_log = state.undo_log
        self.clock = state.clock
        self.lock = state.lock

    def now(self) -> datetime:
        """Return the virtual time as an aware UTC datetime, in milliseconds."""
        return to_datetime(self.clock.seconds())

    def translate_error(self, call: Call, error: ServiceError) -> ServiceError:
        """Return the error for a request that the model rejects; by default `error` itself."""
        return error

    def find_rule(
        self, call: Call, keys: tuple[Hashable, ...], values: Mapping[str, Any], what: str
    ) -> tuple[Rule, Any] | None:
        """Return the newest rule that matches, with its answer, after the delay of the rule.

        Returns None if no rule exists for the resource, or if the mock is not strict.

        Args:
            call: The call.
            keys: The keys of the resource's rules.
            values: The values that members of rules are compared with.
            what: The resource in messages.

        Raises:
            UnmatchedCall: The resource has rules and none matches.
        """
        found = self.find_rule_without_delay(call, keys, values, what)
        if found is not None:
            self.state.simulate_latency(call, found[0].latency)
        return found

    def find_rule_without_delay(
        self, call: Call, keys: tuple[Hashable, ...], values: Mapping[str, Any], what: str
    ) -> tuple[Rule, Any] | None:
        """Do the same as `find_rule`, but leave the delay to the caller."""
        index = self.state.rules
        if not any(map(index.has_rules_for, keys)):
            return None
        found = index.find(keys, call, values)
        if found is None:
            self.raise_unmatched(call, keys, values, what)
        return found

    def raise_unmatched(
        self, call: Call, keys: tuple[Hashable, ...], values: Mapping[str, Any], what: str
    ) -> None:
        """Raise UnmatchedCall if the resource has rules and the mock is strict."""
        index = self.state.rules
        rules = [
            r
            for k in keys
            for r in index.rules_for(k)
            if r.is_scripted_answer and r.match.applies_in(call)
        ]
        if rules:
            from mlmock.reporting.messages import format_unmatched_call

            self.state.raise_unmatched(call, format_unmatched_call(call, rules, what, values))
