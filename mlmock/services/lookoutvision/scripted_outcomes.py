"""What a test says of the next training, the next hosting, and of what a model detects."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlmock.rules.rule import Rule
from mlmock.services.lookoutvision.resources import Metrics

if TYPE_CHECKING:
    from mlmock.services.common.backend import Backend

TRAINING, HOSTING, PACKAGING, DETECTION = "training", "hosting", "packaging", "detection"
EVERY = "*"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a training or a hosting ends: its failure, or a training's metrics."""

    failure: str | None = None
    metrics: Metrics | None = None


def key_of(what: str, name: str) -> Hashable:
    """Return the key of the rules about `what` of the resource `name`, or of every one."""
    return ("lookoutvision", what, name)


def next_outcome(backend: Backend, what: str, *names: str) -> Outcome | None:
    """Take the first outcome that is left of those written for one of `names`, or for every one.

    "The next" that are written after one another speak of one after another: here the first rule
    wins, not the latest.
    """
    index = backend.state.rules
    rules = [rule for name in (*names, EVERY) for rule in index.rules_for(key_of(what, name))]
    for rule in sorted(rules, key=lambda rule: rule.number):
        if not rule.is_exhausted and _holds(rule, backend):
            found: Outcome = rule.next_answer()
            return found
    return None


def _holds(rule: Rule, backend: Backend) -> bool:
    scope, match = backend.scope, rule.match
    return match.region in (None, scope.region) and match.account_id in (None, scope.account_id)
