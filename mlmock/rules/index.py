"""The index of the rules of a mock.

It finds the newest rule that matches a call in a time that hardly depends on the number of rules.
"""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from typing import Any

from mlmock.call import Call
from mlmock.rules.locations import caller_location
from mlmock.rules.matchers import ANY, Contains, Glob, Regex, matches
from mlmock.rules.rule import EXHAUSTED, Rule
from mlmock.simulation.undo_log import UndoLog

_SCALARS = (str, int, float, bool, bytes)
# Types of values whose candidates are cached. Payloads are not among them.
_CACHED_TYPES = (str, int, float, bool)
_MIN_RULES = 8  # A shorter list is searched without a filter.
_MAX_CACHED_VALUES = 256
_MAX_CACHED_LENGTH = 512  # in characters
_NO_RULES: list[Rule] = []


class CandidateFilter:
    """A list of rules that is reduced by the value of one member before the rules are tested.

    The member is the one for which most rules have a deterministic match value. The candidates for
    each of its values are cached.
    """

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = rules
        self._member = _most_selective_member(rules) if len(rules) >= _MIN_RULES else None
        self._candidates: dict[Any, list[Rule]] = {}

    def candidates(self, values: Mapping[str, Any]) -> Sequence[Rule]:
        """Return the rules that may match a call with these `values`, newest first."""
        if self._member is None:
            return self._rules
        value = values.get(self._member)
        if type(value) not in _CACHED_TYPES:
            return self._rules
        if type(value) is str and len(value) > _MAX_CACHED_LENGTH:
            return self._rules
        candidates = self._candidates.get(value)
        if candidates is None:
            if len(self._candidates) >= _MAX_CACHED_VALUES:
                self._candidates.clear()
            candidates = [rule for rule in self._rules if self._may_match(rule, value)]
            self._candidates[value] = candidates
        return candidates

    def _may_match(self, rule: Rule, value: Any) -> bool:
        expected = rule.match.members.get(str(self._member), ANY)
        return not _is_deterministic(expected) or matches(expected, value)


def _is_deterministic(expected: Any) -> bool:
    """Return whether a match value always gives the same result for the same value."""
    return type(expected) in _SCALARS or isinstance(expected, (Contains, Glob, Regex))


def _most_selective_member(rules: Sequence[Rule]) -> str | None:
    counts = Counter(
        name
        for rule in rules
        for name, value in rule.match.members.items()
        if _is_deterministic(value)
    )
    return counts.most_common(1)[0][0] if counts else None


class RuleIndex:
    """The rules of a mock, newest first, in one list for each target key."""

    def __init__(self, undo_log: UndoLog, context: Callable[[], object]) -> None:
        self.undo_log = undo_log
        self.lock = threading.RLock()
        self._context = context
        self._order = itertools.count()
        self._rules: dict[Hashable, list[Rule]] = {}
        self._all: list[Rule] = []
        self._filters: dict[tuple[Hashable, ...], CandidateFilter] = {}
        self.has_rules = False
        self._rolled_back: list[Rule] = []

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[Rule]:
        return iter(list(self._all))

    def add(self, rule: Rule) -> None:
        """Register a rule that has an answer, for the active mock context."""
        rule.context = self._context()
        rule.location = caller_location()
        rule.number = next(self._order)
        with self.lock:
            rules = self._rules.get(rule.target.key, [])
            self._rules[rule.target.key] = [rule, *rules]
            self._all.append(rule)
            self._filters.clear()
            self.has_rules = True
        self.undo_log.record(lambda: self._roll_back(rule))

    def rules_for(self, key: Hashable) -> list[Rule]:
        """Return the rules registered for `key`, newest first."""
        return self._rules.get(key, _NO_RULES)

    def has_rules_for(self, key: Hashable) -> bool:
        """Return whether rules are registered for `key`."""
        return key in self._rules

    def find(
        self, keys: tuple[Hashable, ...], call: Call, params: Mapping[str, Any] | None = None
    ) -> tuple[Rule, Any] | None:
        """Return the newest rule that matches `call`, with its next answer, or None.

        Args:
            keys: The target keys whose rules are searched.
            call: The call to be answered.
            params: The values that the rules are matched against; by default the parameters of
                the call.
        """
        known = [key for key in keys if key in self._rules]
        if not known:
            return None
        values = call.params if params is None else params
        for rule in self._filter(tuple(known)).candidates(values):
            if rule.remaining != 0 and rule.matches(call, values):
                answer = rule.next_answer()
                if answer is not EXHAUSTED:
                    return rule, answer
        return None

    def expire(self, context: object) -> list[Rule]:
        """Remove the rules of a mock context that ends, and return the unused ones."""
        with self.lock:
            registered = [rule for rule in self._all if rule.context is context]
            rules = [*self._rolled_back, *registered]
            unused = [rule for rule in rules if rule.context is context and rule.is_unused]
            for rule in registered:
                self._remove(rule)
            others = [rule for rule in self._rolled_back if rule.context is not context]
            self._rolled_back = others
        return unused

    def unused(self) -> list[Rule]:
        """Return the rules that were not used as often as they require."""
        return [rule for rule in [*self._rolled_back, *self._all] if rule.is_unused]

    def clear(self) -> None:
        """Remove all rules."""
        with self.lock:
            self._filters.clear()
            self.undo_log.record(self._filters.clear)
            for rules in (self._rules, self._all, self._rolled_back):
                self.undo_log.record_contents(rules)
                rules.clear()
            self.undo_log.set(self, has_rules=False)

    def _filter(self, keys: tuple[Hashable, ...]) -> CandidateFilter:
        result = self._filters.get(keys)
        if result is None:
            lists = [self._rules[key] for key in keys]
            rules = sorted(itertools.chain(*lists), key=lambda rule: -rule.number)
            result = self._filters[keys] = CandidateFilter(rules)
        return result

    def _roll_back(self, rule: Rule) -> None:
        with self.lock:
            if rule in self._all:
                self._remove(rule)
                self._rolled_back.append(rule)

    def _remove(self, rule: Rule) -> None:
        self._all.remove(rule)
        self._filters.clear()
        self.has_rules = bool(self._all)
        rest = [other for other in self._rules[rule.target.key] if other is not rule]
        if rest:
            self._rules[rule.target.key] = rest
        else:
            del self._rules[rule.target.key]
