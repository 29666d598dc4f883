"""Scripted outcomes of trainings, hostings and packaging jobs, and the keys of their rules."""

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
    """The outcome of a task: a failure message, or the metrics of a training."""

    failure: str | None = None
    metrics: Metrics | None = None


def key_of(kind: str, name: str) -> Hashable:
    """Return the key of the rules for `kind` of the resource `name`, or of all with `EVERY`."""
    return ("lookoutvision", kind, name)


def next_outcome(backend: Backend, kind: str, *names: str) -> Outcome | None:
    """Use up and return the first remaining outcome for one of `names` or for all resources.

    Unlike elsewhere the oldest rule wins, because each rule is for the next task in order.

    Args:
        backend: The backend.
        kind: The kind of task.
        *names: The names of the resource.
    """
    index = backend.state.rules
    rules = [rule for name in (*names, EVERY) for rule in index.rules_for(key_of(kind, name))]
    for rule in sorted(rules, key=lambda rule: rule.number):
        if not rule.is_exhausted and _applies_in(rule, backend):
            found: Outcome = rule.next_answer()
            return found
    return None


def _applies_in(rule: Rule, backend: Backend) -> bool:
    scope, match = backend.scope, rule.match
    return match.region in (None, scope.region) and match.account_id in (None, scope.account_id)
