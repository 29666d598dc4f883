"""Every sentence shown to a test author."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from botocore import xform_name

from mlmock.call import Call
from mlmock.errors import UnusedRule
from mlmock.rules.matchers import abbreviate_repr, difference
from mlmock.rules.rule import Rule, _titled, members_text, rule_text

_NEAREST = 3
_LATEST = 500  # calls among which the nearest to a rule is looked for
_MAX_SUGGESTED = 60  # what a line to paste repeats of a value or an answer


# -- calls and rules, as their author would write them ----------------------------------------


def call_text(call: Call, longest: int = 240) -> str:
    """Return a call as its author would write it; long values are cut, so that all are seen."""
    members = ", ".join(
        f"{name}={abbreviate_repr(value, 80)}" for name, value in call.params.items()
    )
    text = f"{xform_name(call.operation)}({members})"
    return text if len(text) <= longest else f"{text[: longest - 4]}...)"


# -- what no rule takes -----------------------------------------------------------------------


def format_unmatched_call(
    call: Call, rules: Sequence[Rule], what: str, seen: Mapping[str, Any]
) -> str:
    """Return the message of a call that none of a resource's rules takes."""
    lines = [
        f"no rule of {what} takes this call:",
        f"    {call_text(call)}",
        "The nearest rules:" if len(rules) > 1 else "The only rule:",
    ]
    nearest = sorted(rules, key=lambda rule: _distance(rule, call, seen))[:_NEAREST]
    for rule in nearest:
        lines += [f"  - {rule_text(rule)}", f"      {_mismatch_reason(rule, call, seen)}"]
    lines += ["To answer it, add:", f"    {_suggested_rule(nearest[0], seen)}"]
    return "\n".join(lines)


def _distance(rule: Rule, call: Call, seen: Mapping[str, Any]) -> int:
    members = rule.match.members
    wrong = sum(_is_wrong({name: value}, seen) for name, value in members.items())
    near = min(len(members) - wrong, 9) + 10 * (rule.is_exhausted and not wrong)
    return wrong * 20 - near + (rule.match.where is not None)


def _is_wrong(member: Mapping[str, Any], seen: Mapping[str, Any]) -> bool:
    try:
        return difference(member, seen) is not None
    except Exception:  # the author's own function, which hasn't been asked of this call before
        return True


def _mismatch_reason(rule: Rule, call: Call, seen: Mapping[str, Any]) -> str:
    calls = f"{rule.expected} calls" if rule.expected > 1 else "its one call"
    return _first_mismatch(rule, call, seen) or f"it fits, but is spent after {calls}"


def _first_mismatch(rule: Rule, call: Call, seen: Mapping[str, Any]) -> str | None:
    """Return the first point in which a call isn't one of a rule's, or None if it is one."""
    try:
        found = rule.match.explain_mismatch(call, seen)
    except Exception as fault:
        return f"its match raises {fault!r}"
    if found is not None and found.path == "where":
        return "its where= says no"
    return None if found is None else str(found)


def _suggested_rule(rule: Rule, seen: Mapping[str, Any]) -> str:
    """Return the rule that would have taken the call: the nearest one, with the call's values."""
    members = {name: seen[name] for name in rule.match.members if name in seen}
    given = ", ".join(f"{name}={_suggested_value(value)}" for name, value in members.items())
    answer = repr(rule.answers[0]) if rule.answers else "..."
    if len(answer) > _MAX_SUGGESTED or "<" in answer:
        answer = "..."
    return f"{_titled(rule, given)}.reply({answer})"


def _suggested_value(value: Any) -> str:
    """Return a match value for `value` that Python can read, however long `value` is."""
    if len(repr(value)) <= _MAX_SUGGESTED:
        return repr(value)
    if isinstance(value, (str, bytes)):
        return f"contains({value[:40]!r})"
    return "ANY"


def unused_rules_error(rules: Sequence[Rule], calls: Iterable[Call] = ()) -> UnusedRule:
    """Return the failure of a block whose `rules` were not used as often as they say.

    `calls` are those it got: for a rule at the door the nearest of them is told.
    """
    one, made = len(rules) == 1, list(calls)
    lines = [f"{len(rules)} {'rule was' if one else 'rules were'} not used as often as written:"]
    for rule in rules:
        lines += [f"  - {rule_text(rule)}", *_nearest_call(rule, made)]
    lines.append(f"Take {'it' if one else 'them'} out, or add .optional() if no call has to come.")
    return UnusedRule("\n".join(lines))


def _nearest_call(rule: Rule, calls: Sequence[Call]) -> list[str]:
    """Return the lines on the call that a rule at the door differs least from, if there was one."""
    key = rule.subject.key
    if not isinstance(key, tuple) or key[0] != "door":
        return []
    about = [c for c in calls if c.service == key[1] and key[2] in ("*", c.operation)]
    missed = [call for call in about[-_LATEST:] if _first_mismatch(rule, call, call.params)]
    if not missed:
        return []
    nearest = min(missed, key=lambda call: _distance(rule, call, call.params))
    return [
        f"      the nearest call: {call_text(nearest)}",
        f"      {_mismatch_reason(rule, nearest, nearest.params)}",
    ]


# -- what nobody mocks ------------------------------------------------------------------------


def format_not_mocked(
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


def format_unknown_service(service: str, held: Iterable[str]) -> str:
    """Return the message for a rule about a service that isn't held."""
    import difflib

    names = sorted(held)
    near = [name for name in names if service and service in name]
    near = near[:1] or difflib.get_close_matches(service, names, n=1, cutoff=0.4)
    hint = f"; did you mean {near[0]}?" if near else ""
    return f"this block holds {', '.join(names)}, not {service}{hint}"


# -- the journal ------------------------------------------------------------------------------


def format_call_mismatch(
    wanted: str,
    service: str,
    operation: str,
    members: Mapping[str, Any],
    *,
    calls: Sequence[Call],
    lost: int,
) -> str:
    """Return the message of an assertion about calls that doesn't hold.

    `wanted` is how often it was to be called; `lost` calls are no longer in the journal.
    """
    near = [c for c in calls if c.service == service and operation in ("*", c.operation)]
    count = sum(difference(members, c.params) is None for c in near)
    lines = [f"expected {_called(service, operation, members)} {wanted}; it was {_times(count)}."]
    if near:
        lines.append("The calls (+ those that fit):")
        lines += _last([f"  {_mark(c, members)} {call_text(c)}{_why(c, members)}" for c in near])
    else:
        lines.append(_other_calls(calls))
    if lost:
        lines.append(_lost_text(lost))
    return "\n".join(lines)


def _called(service: str, operation: str, members: Mapping[str, Any]) -> str:
    if operation == "*" and not members:
        return f"any operation of {service} to be called"
    return f"{service}.{operation}({members_text(members)}) to be called"


def _times(count: int) -> str:
    often = {0: "never called", 1: "called once", 2: "called twice"}
    return often.get(count, f"called {count} times")


def _lost_text(lost: int) -> str:
    noun = "an earlier call is" if lost == 1 else f"{lost} earlier calls are"
    return f"But {noun} no longer in the journal: nobody can tell. mock_ml(journal=...) keeps more."


def _mark(call: Call, members: Mapping[str, Any]) -> str:
    return "+" if difference(members, call.params) is None else "-"


def _last(lines: list[str], most: int = 25) -> list[str]:
    """Return the last of `lines`, and how many there are before them."""
    left_out = len(lines) - most
    return lines if left_out <= 0 else [f"  ({left_out} before these)", *lines[-most:]]


def _why(call: Call, members: Mapping[str, Any]) -> str:
    found = difference(members, call.params)
    return "" if found is None else f"\n      {str(found).replace('the rule says', 'expected')}"


def _other_calls(calls: Sequence[Call]) -> str:
    if not calls:
        return "No call was made at all."
    others = ", ".join(dict.fromkeys(str(call.compiled_operation) for call in calls))
    return f"These were called: {others}."


def format_order_mismatch(
    calls: Sequence[Call], expected: Sequence[Sequence[Any]], place: int, lost: int
) -> str:
    """Return the message for calls that did not come in order."""
    lines = ["expected calls in this order:"]
    for index, wanted in enumerate(expected):
        mark = "+" if index < place else ("-" if index == place else " ")
        members = members_text(wanted[2]) if len(wanted) > 2 else ""
        lines.append(f"  {mark} {wanted[0]}.{wanted[1]}({members})")
    made = [f"    {call.service}: {call_text(call)}" for call in calls if call.attempt == 1]
    if made:
        lines.append("the one marked - didn't come in its place. The calls were:")
    lines += _last(made) or ["no call was made at all."]
    if lost:
        lines.append(_lost_text(lost))
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
