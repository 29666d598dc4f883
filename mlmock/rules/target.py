"""What a rule is for: the calls it matches, and the operation or resource it answers."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mlmock.aws.protocol.rest_json import Operation
from mlmock.call import Call
from mlmock.rules.matchers import Difference, difference

Check = Callable[[Any], Any]
Where = Callable[[Call], Any]


@dataclass(frozen=True, slots=True)
class CallMatcher:
    """The calls that a rule matches: members by value, a predicate, a region, an account."""

    members: Mapping[str, Any] = field(default_factory=dict)
    where: Where | None = None
    region: str | None = None
    account_id: str | None = None

    def applies_in(self, call: Call) -> bool:
        """Return whether the region and the account of `call` match."""
        in_region = self.region in (None, call.region)
        return in_region and self.account_id in (None, call.account_id)

    def explain_mismatch(self, call: Call, params: Mapping[str, Any]) -> Difference | None:
        """Return the first difference that keeps `call` from matching, or None.

        Args:
            call: The call.
            params: The values of the call that the members are compared with.
        """
        if self.region is not None and call.region != self.region:
            return Difference("region", self.region, call.region)
        if self.account_id is not None and call.account_id != self.account_id:
            return Difference("account_id", self.account_id, call.account_id)
        result = difference(self.members, params) if self.members else None
        if result is None and self.where is not None and not self.where(call):
            return Difference("where", self.where, False)
        return result


@dataclass(frozen=True, slots=True)
class RuleTarget:
    """The operation or resource that a rule is for."""

    key: Hashable
    """The key under which the rule is registered."""
    title: str
    """The Python expression that names the target in messages."""
    check: Check
    """Validates an answer and returns it in the form that is stored; raises InvalidRule."""
    scripts_resource: bool = False
    """Whether an answer scripts a resource: every call of the resource then requires a rule."""
    allows_connection_failures: bool = True
    operations: Callable[[], Iterable[Operation]] | None = None
    """Returns the operations that the rule is for, if they are known."""
