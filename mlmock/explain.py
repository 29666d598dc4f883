"""Every sentence shown to a test author."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from botocore import xform_name

from mlmock.calls import Call
from mlmock.errors import UnusedRule
from mlmock.matching import difference, shown
from mlmock.rules import Rule

_NEAREST = 3


# -- calls and rules, as their author would write them ----------------------------------------


def call_text(call: Call, longest: int = 160) -> str:
    """Return a call as its author would write it."""
    members = ", ".join(f"{name}={shown(value)}" for name, value in call.params.items())
    text = f"{xform_name(call.operation)}({members})"
    return text if len(text) <= longest else f"{text[: longest - 4]}...)"


def members_text(members: Mapping[str, Any]) -> str:
    """Return match values as keyword arguments."""
    return ", ".join(f"{name}={shown(value, 60)}" for name, value in members.items())


def rule_text(rule: Rule) -> str:
    """Return a rule as its author wrote it, as far as that can be told."""
    extra = members_text(rule.match.members)
    if rule.match.where is not None:
        extra = ", ".join(filter(None, [extra, f"where={shown(rule.match.where, 40)}"]))
    place = f"  ({short_place(rule.place)})" if rule.place else ""
    return f"{_titled(rule, extra)}{_count_text(rule)}{place}"


def _titled(rule: Rule, members: str) -> str:
    """Return the start of a rule's line: its title, with its match values."""
    title = rule.subject.title
    if not members:
        return title
    if title.startswith("ml.on(") and title.endswith(")"):
        return f"{title[:-1]}, {members})"
    return f"{title}.on({members})"


def _count_text(rule: Rule) -> str:
    if rule.left is None:
        return f" used {rule.used} times" if rule.used != 1 else " used once"
    total = rule.left + min(rule.used, rule.wanted)
    return f" used {rule.used} of {max(total, rule.wanted)} times"


def short_place(place: str) -> str:
    """Return ``file:line`` relative to the working directory where that is shorter."""
    name, _, line = place.rpartition(":")
    try:
        return f"{Path(name).relative_to(Path.cwd())}:{line}"
    except ValueError:
        return place


# -- what no rule takes -----------------------------------------------------------------------


def unmatched(call: Call, rules: Sequence[Rule], what: str, seen: Mapping[str, Any]) -> str:
    """Return the message of a call that none of a resource's rules takes."""
    lines = [
        f"no rule of {what} takes this call:",
        f"    {call_text(call)}",
        "The nearest rules:" if len(rules) > 1 else "The only rule:",
    ]
    nearest = sorted(rules, key=lambda rule: _distance(rule, call, seen))[:_NEAREST]
    for rule in nearest:
        lines += [f"  - {rule_text(rule)}", f"      {_why_not(rule, call, seen)}"]
    lines += ["To answer it, add:", f"    {_line_to_paste(nearest[0], seen)}"]
    return "\n".join(lines)


def _distance(rule: Rule, call: Call, seen: Mapping[str, Any]) -> int:
    wrong = [n for n, v in rule.match.members.items() if difference({n: v}, seen) is not None]
    return len(wrong) * 10 + (rule.match.where is not None) - (rule.is_spent and not wrong)


def _why_not(rule: Rule, call: Call, seen: Mapping[str, Any]) -> str:
    found = rule.match.differs(call, seen)
    if found is not None and found.path == "where":
        return "its where= says no"
    if found is not None:
        return str(found)
    return (
        f"it fits, but is spent after {rule.wanted} calls"
        if rule.wanted > 1
        else ("it fits, but is spent after its one call")
    )


def _line_to_paste(rule: Rule, seen: Mapping[str, Any]) -> str:
    """Return the rule that would have taken the call: the nearest one, with the call's values."""
    members = {name: seen[name] for name in rule.match.members if name in seen}
    answer = shown(rule.answers[0], 60) if rule.answers else "..."
    return f"{_titled(rule, members_text(members))}.reply({answer})"


def unused(rules: Sequence[Rule]) -> UnusedRule:
    """Return the failure of a block whose `rules` were not used as often as they say."""
    noun = "rule was" if len(rules) == 1 else "rules were"
    lines = [f"{len(rules)} {noun} not used as often as written:"]
    lines += [f"  - {rule_text(rule)}" for rule in rules]
    lines.append("Take it out, or add .optional() if no call has to come.")
    return UnusedRule("\n".join(lines))


# -- what nobody mocks ------------------------------------------------------------------------


def not_mocked(
    service: str | None,
    operation: str | None,
    url: str,
    *,
    running: bool,
    held: bool,
    known: bool = False,
    beside: bool = False,
) -> str:
    """Return the message of a request that was about to leave for AWS.

    `held`: the block holds the service; `known`: another block could; `beside`: moto runs.
    """
    what = f"{service}.{operation}" if service and operation else service or "a request"
    host = url.split("?", 1)[0]
    if not running:
        return (
            f"{what} was about to leave for AWS ({host}): its client was made inside a mock_ml "
            "block, and no block runs any more. Make the client where it is used, or make the "
            "call inside the block."
        )
    way = "  - let moto answer it: run mock_aws beside mock_ml"
    if known:
        way = f'  - hold it: name it, mock_ml("{service}", ...), or name no service at all'
    elif beside:
        way = (
            "  - moto's mock_aws runs, but this client was made before moto was imported: make it "
            "inside, or hand it to moto.core.patch_client"
        )
    ways = [
        f"mlmock doesn't hold {what}, and it was about to leave for AWS ({host}). Ways out:",
        way,
        f'  - let it through to AWS: mock_ml(passthrough=["{service or "its service"}"])',
    ]
    if held:
        ways[0] = f"{what} was about to leave for AWS ({host}) past mlmock. Ways out:"
    return "\n".join(ways)


def no_such_service(service: str, held: Iterable[str]) -> str:
    """Return the message for a rule about a service that isn't held."""
    import difflib

    names = sorted(held)
    near = difflib.get_close_matches(service, names, n=1, cutoff=0.4)
    hint = f"; did you mean {near[0]}?" if near else ""
    return f"this block holds {', '.join(names)}, not {service}{hint}"


# -- the journal ------------------------------------------------------------------------------


def calls_differ(
    wanted: str,
    service: str,
    operation: str,
    members: Mapping[str, Any],
    *,
    calls: Sequence[Call],
    lost: int,
) -> str:
    """Return the message of an assertion about calls that doesn't hold."""
    title = f"{service}.{operation}({members_text(members)})"
    near = [c for c in calls if c.service == service and operation in ("*", c.operation)]
    count = sum(difference(members, c.params) is None for c in near)
    lines = [f"expected {wanted}: {title}", f"it was called {_times(count)}."]
    lines += [f"  {_mark(c, members)} {call_text(c)}{_first_difference(c, members)}" for c in near]
    if not near:
        lines.append(_other_calls(calls))
    if lost:
        lines.append(f"{lost} earlier calls are no longer in the journal: mock_ml(journal=...)")
    return "\n".join(lines)


def _times(count: int) -> str:
    return {0: "never", 1: "once"}.get(count, f"{count} times")


def _mark(call: Call, members: Mapping[str, Any]) -> str:
    return "+" if difference(members, call.params) is None else "-"


def _first_difference(call: Call, members: Mapping[str, Any]) -> str:
    found = difference(members, call.params)
    return "" if found is None else f"\n      {str(found).replace('the rule says', 'expected')}"


def _other_calls(calls: Sequence[Call]) -> str:
    if not calls:
        return "No call was made at all."
    others = ", ".join(dict.fromkeys(str(call.plan) for call in calls))
    return f"Called were: {others}."


def order_broken(
    calls: Sequence[Call], expected: Sequence[Sequence[Any]], place: int, lost: int
) -> str:
    """Return the message for calls that did not come in order."""
    lines = ["expected calls in this order:"]
    for index, wanted in enumerate(expected):
        mark = "+" if index < place else ("-" if index == place else " ")
        members = members_text(wanted[2]) if len(wanted) > 2 else ""
        lines.append(f"  {mark} {wanted[0]}.{wanted[1]}({members})")
    lines.append("but the calls were:")
    lines += [f"    {call.service}: {call_text(call)}" for call in calls if call.attempt == 1]
    if lost:
        lines.append(f"({lost} earlier calls are no longer in the journal: mock_ml(journal=...))")
    return "\n".join(lines)


def journal_text(calls: Sequence[Call], newest: int = 30) -> str:
    """Return the latest calls, a line each: when, what, and how they ended."""
    if not len(calls):
        return "no call was made"
    shown_calls = calls[-newest:]
    start = shown_calls[0].started_at
    lines = [_journal_line(call, start) for call in shown_calls]
    left_out = len(calls) - len(shown_calls)
    return "\n".join(([f"({left_out} earlier calls)"] if left_out else []) + lines)


def _journal_line(call: Call, start: float) -> str:
    attempt = f" (attempt {call.attempt})" if call.attempt > 1 else ""
    return f"+{call.started_at - start:8.3f} s  {call_text(call)}{attempt} -> {outcome_text(call)}"


def outcome_text(call: Call) -> str:
    """Return how a call ended: its HTTP status, with the error's code if it is one."""
    status = call.answer.status if call.answer is not None else None
    code = getattr(call.error, "code", None)
    if status is not None:
        return f"{status} {code}" if code else str(status)
    return type(call.error).__name__ if call.error is not None else "not answered"
