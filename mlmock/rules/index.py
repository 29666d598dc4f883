"""The rules of a mock: found by what they are about, the newest first, however many there are."""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from typing import Any

from mlmock.call import Call
from mlmock.rules.matchers import ANY, Contains, Glob, Regex, fits
from mlmock.rules.rule import SPENT, Rule, author_line
from mlmock.simulation.undo_log import Ledger

_SCALARS = (str, int, float, bool, bytes)
_SHORT = (str, int, float, bool)  # what is remembered; payloads are not
_FEW, _MANY, _LONG = 8, 256, 512
_NONE: list[Rule] = []


class Shelf:
    """Rules in order, with those that can't fit left out by one look at one member's value.

    The member is the one that most rules give a value or one of our matchers for, which say the
    same of the same value every time; which rules a value leaves is remembered.
    """

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = rules
        self._member = _most_given(rules) if len(rules) >= _FEW else None
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
        return not _is_pure(expected) or fits(expected, value)


def _is_pure(expected: Any) -> bool:
    """True for a match value that says the same of the same value every time."""
    return type(expected) in _SCALARS or isinstance(expected, (Contains, Glob, Regex))


def _most_given(rules: Sequence[Rule]) -> str | None:
    given = Counter(
        name for rule in rules for name, value in rule.match.members.items() if _is_pure(value)
    )
    return given.most_common(1)[0][0] if given else None


class Book:
    """The rules of a mock, newest first, in one list for each thing they are about."""

    def __init__(self, ledger: Ledger, block: Callable[[], object]) -> None:
        self.ledger = ledger
        self.lock = threading.RLock()
        self._block = block
        self._order = itertools.count()
        self._rules: dict[Hashable, list[Rule]] = {}
        self._all: list[Rule] = []
        self._shelves: dict[tuple[Hashable, ...], Shelf] = {}
        self.any = False
        self._gone: list[Rule] = []

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[Rule]:
        return iter(list(self._all))

    def add(self, rule: Rule) -> None:
        """Put down a rule that has its answer now, for the block that runs."""
        rule.block = self._block()
        rule.place = author_line()
        rule.number = next(self._order)
        with self.lock:
            rules = self._rules.get(rule.subject.key, [])
            self._rules[rule.subject.key] = [rule, *rules]
            self._all.append(rule)
            self._shelves.clear()
            self.any = True
        self.ledger.note(lambda: self._take_back(rule))

    def about(self, key: Hashable) -> list[Rule]:
        """Return the rules about `key`, newest first."""
        return self._rules.get(key, _NONE)

    def has(self, key: Hashable) -> bool:
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
        for rule in self._shelf(tuple(known)).candidates(seen):
            if rule.left != 0 and rule.takes(call, seen):
                answer = rule.take()
                if answer is not SPENT:
                    return rule, answer
        return None

    def end(self, block: object) -> list[Rule]:
        """Take out the rules of a `block` that ends, and return those that were not used."""
        with self.lock:
            mine = [rule for rule in self._all if rule.block is block]
            unused = [
                rule for rule in [*self._gone, *mine] if rule.block is block and rule.is_unused
            ]
            for rule in mine:
                self._remove(rule)
            self._gone = [rule for rule in self._gone if rule.block is not block]
        return unused

    def unused(self) -> list[Rule]:
        """Return the rules that have not been used as often as they say."""
        return [rule for rule in [*self._gone, *self._all] if rule.is_unused]

    def clear(self) -> None:
        """Forget all rules."""
        with self.lock:
            self._shelves.clear()
            self.ledger.note(self._shelves.clear)
            for held in (self._rules, self._all, self._gone):
                self.ledger.keep(held)
                held.clear()
            self.ledger.change(self, any=False)

    def _shelf(self, keys: tuple[Hashable, ...]) -> Shelf:
        found = self._shelves.get(keys)
        if found is None:
            lists = [self._rules[key] for key in keys]
            rules = sorted(itertools.chain(*lists), key=lambda rule: -rule.number)
            found = self._shelves[keys] = Shelf(rules)
        return found

    def _take_back(self, rule: Rule) -> None:
        with self.lock:
            if rule in self._all:
                self._remove(rule)
                self._gone.append(rule)

    def _remove(self, rule: Rule) -> None:
        self._all.remove(rule)
        self._shelves.clear()
        self.any = bool(self._all)
        rest = [other for other in self._rules[rule.subject.key] if other is not rule]
        if rest:
            self._rules[rule.subject.key] = rest
        else:
            del self._rules[rule.subject.key]
