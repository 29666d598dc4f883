"""The rules of a mock: found by what they are about, the newest first, however many there are."""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from typing import Any

from mlmock.call import Call
from mlmock.rules.matchers import ANY, Contains, Glob, Regex, matches
from mlmock.rules.rule import EXHAUSTED, Rule, caller_location
from mlmock.simulation.undo_log import UndoLog

_SCALARS = (str, int, float, bool, bytes)
_SHORT = (str, int, float, bool)  # what is remembered; payloads are not
_FEW, _MANY, _LONG = 8, 256, 512
_NONE: list[Rule] = []


class CandidateFilter:
    """Rules in order, with those that can't fit left out by one look at one member's value.

    The member is the one that most rules give a value or one of our matchers for, which say the
    same of the same value every time; which rules a value leaves is remembered.
    """

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = rules
        self._member = _most_selective_member(rules) if len(rules) >= _FEW else None
        self._left_by: dict[Any, list[Rule]] = {}

    def candidates(self, seen: Mapping[str, Any]) -> Sequence[Rule]:
        """Return the rules that may fit a call seen as `seen`, newest first."""
        if self._member is None:
            return self._rules
        value = seen.get(self._member)
        if type(value) not in _SHORT or (type(value) is str and len(value) > _LONG):
            return self._rules
        found = self._left_by.get(value)
        if found is None:
            if len(self._left_by) >= _MANY:
                self._left_by.clear()
            found = [rule for rule in self._rules if self._may_fit(rule, value)]
            self._left_by[value] = found
        return found

    def _may_fit(self, rule: Rule, value: Any) -> bool:
        expected = rule.match.members.get(str(self._member), ANY)
        return not _is_deterministic(expected) or matches(expected, value)


def _is_deterministic(expected: Any) -> bool:
    """True for a match value that says the same of the same value every time."""
    return type(expected) in _SCALARS or isinstance(expected, (Contains, Glob, Regex))


def _most_selective_member(rules: Sequence[Rule]) -> str | None:
    given = Counter(
        name
        for rule in rules
        for name, value in rule.match.members.items()
        if _is_deterministic(value)
    )
    return given.most_common(1)[0][0] if given else None


class RuleIndex:
    """The rules of a mock, newest first, in one list for each thing they are about."""

    def __init__(self, undo_log: UndoLog, context: Callable[[], object]) -> None:
        self.undo_log = undo_log
        self.lock = threading.RLock()
        self._context = context
        self._order = itertools.count()
        self._rules: dict[Hashable, list[Rule]] = {}
        self._all: list[Rule] = []
        self._filters: dict[tuple[Hashable, ...], CandidateFilter] = {}
        self.has_rules = False
        self._gone: list[Rule] = []

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[Rule]:
        return iter(list(self._all))

    def add(self, rule: Rule) -> None:
        """Put down a rule that has its answer now, for the block that runs."""
        rule.context = self._context()
        rule.location = caller_location()
        rule.number = next(self._order)
        with self.lock:
            rules = self._rules.get(rule.subject.key, [])
            self._rules[rule.subject.key] = [rule, *rules]
            self._all.append(rule)
            self._filters.clear()
            self.has_rules = True
        self.undo_log.record(lambda: self._take_back(rule))

    def rules_for(self, key: Hashable) -> list[Rule]:
        """Return the rules about `key`, newest first."""
        return self._rules.get(key, _NONE)

    def has_rules_for(self, key: Hashable) -> bool:
        """True when there are rules about `key`."""
        return key in self._rules

    def find(
        self, keys: tuple[Hashable, ...], call: Call, params: Mapping[str, Any] | None = None
    ) -> tuple[Rule, Any] | None:
        """Return the newest rule about one of `keys` that takes `call`, with its next answer."""
        known = [key for key in keys if key in self._rules]
        if not known:
            return None
        seen = call.params if params is None else params
        for rule in self._filter(tuple(known)).candidates(seen):
            if rule.remaining != 0 and rule.matches(call, seen):
                answer = rule.next_answer()
                if answer is not EXHAUSTED:
                    return rule, answer
        return None

    def expire(self, context: object) -> list[Rule]:
        """Take out the rules of a `context` that ends, and return those that were not used."""
        with self.lock:
            mine = [rule for rule in self._all if rule.context is context]
            unused = [
                rule for rule in [*self._gone, *mine] if rule.context is context and rule.is_unused
            ]
            for rule in mine:
                self._remove(rule)
            self._gone = [rule for rule in self._gone if rule.context is not context]
        return unused

    def unused(self) -> list[Rule]:
        """Return the rules that have not been used as often as they say."""
        return [rule for rule in [*self._gone, *self._all] if rule.is_unused]

    def clear(self) -> None:
        """Forget all rules."""
        with self.lock:
            self._filters.clear()
            self.undo_log.record(self._filters.clear)
            for held in (self._rules, self._all, self._gone):
                self.undo_log.record_contents(held)
                held.clear()
            self.undo_log.set(self, has_rules=False)

    def _filter(self, keys: tuple[Hashable, ...]) -> CandidateFilter:
        found = self._filters.get(keys)
        if found is None:
            lists = [self._rules[key] for key in keys]
            rules = sorted(itertools.chain(*lists), key=lambda rule: -rule.number)
            found = self._filters[keys] = CandidateFilter(rules)
        return found

    def _take_back(self, rule: Rule) -> None:
        with self.lock:
            if rule in self._all:
                self._remove(rule)
                self._gone.append(rule)

    def _remove(self, rule: Rule) -> None:
        self._all.remove(rule)
        self._filters.clear()
        self.has_rules = bool(self._all)
        rest = [other for other in self._rules[rule.subject.key] if other is not rule]
        if rest:
            self._rules[rule.subject.key] = rest
        else:
            del self._rules[rule.subject.key]
