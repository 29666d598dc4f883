"""Messages for test authors: unmatched calls, unused rules, requests to AWS, assertions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from botocore import xform_name

from mlmock.call import Call
from mlmock.errors import UnusedRule
from mlmock.rules.matchers import abbreviate_repr, difference
from mlmock.rules.operation_rules import OPERATION_KEY
from mlmock.rules.rule import Rule, members_text, rule_text, target_expression

_NEAREST_RULES = 3
_LATEST_CALLS = 500  # The calls among which the nearest call to an unused rule is searched.
_MAX_LISTED_CALLS = 25
_MAX_SUGGESTED = 60  # The longest value or answer that a suggested rule repeats, in characters.


# -- calls as Python code ---------------------------------------------------------------------


def call_text(call: Call, max_length: int = 240) -> str:
    """Return a call as Python code, with abbreviated values.

    Args:
        call: The call.
        max_length: The maximum length of the text, in characters.
    """
    members = ", ".join(
        f"{name}={abbreviate_repr(value, 80)}" for name, value in call.params.items()
    )
    text = f"{xform_name(call.operation)}({members})"
    return text if len(text) <= max_length else f"{text[: max_length - 4]}...)"


# -- unmatched calls --------------------------------------------------------------------------


def format_unmatched_call(
    call: Call, rules: Sequence[Rule], resource: str, values: Mapping[str, Any]
) -> str:
    """Return the message for a call that no rule of a scripted resource matches.

    Args:
        call: The call.
        rules: The rules of the resource, at least one.
        resource: What the rules are for, as the message names it.
        values: The values of the call that the rules were compared with.
    """
    lines = [
        f"no rule for {resource} matches this call:",
        f"    {call_text(call)}",
        "The nearest rules:" if len(rules) > 1 else "The only rule:",
    ]
    nearest = sorted(rules, key=lambda rule: _distance(rule, call, values))[:_NEAREST_RULES]
    for rule in nearest:
        lines += [f"  - {rule_text(rule)}", f"      {_mismatch_reason(rule, call, values)}"]
    lines += ["To answer the call, add:", f"    {_suggested_rule(nearest[0], values)}"]
    return "\n".join(lines)


def _distance(rule: Rule, call: Call, values: Mapping[str, Any]) -> int:
    members = rule.match.members
    wrong = sum(_differs({name: value}, values) for name, value in members.items())
    near = min(len(members) - wrong, 9) + 10 * (rule.is_exhausted and not wrong)
    return wrong * 20 - near + (rule.match.where is not None)


def _differs(member: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
    try:
        return difference(member, values) is not None
    except Exception:
        # A predicate of the test author, which may be called for this call for the first time.
        return True


def _mismatch_reason(rule: Rule, call: Call, values: Mapping[str, Any]) -> str:
    calls = "1 call" if rule.expected == 1 else f"{rule.expected} calls"
    return _first_mismatch(rule, call, values) or f"it matches, but is exhausted after {calls}"


def _first_mismatch(rule: Rule, call: Call, values: Mapping[str, Any]) -> str | None:
    """Return the first difference that keeps a call from matching a rule, or None."""
    try:
        result = rule.match.explain_mismatch(call, values)
    except Exception as error:
        return f"its matcher raised {error!r}"
    if result is not None and result.path == "where":
        return "its where= returned a false value"
    return None if result is None else str(result)


def _suggested_rule(rule: Rule, values: Mapping[str, Any]) -> str:
    """Return a rule that matches the call: the nearest rule, with the values of the call."""
    members = {name: values[name] for name in rule.match.members if name in values}
    arguments = ", ".join(f"{name}={_suggested_value(value)}" for name, value in members.items())
    answer = repr(rule.answers[0]) if rule.answers else "..."
    if len(answer) > _MAX_SUGGESTED or "<" in answer:
        answer = "..."
    return f"{target_expression(rule, arguments)}.reply({answer})"


def _suggested_value(value: Any) -> str:
    """Return a match value for `value` as valid Python code, however long `value` is."""
    if len(repr(value)) <= _MAX_SUGGESTED:
        return repr(value)
    if isinstance(value, (str, bytes)):
        return f"contains({value[:40]!r})"
    return "ANY"


# -- unused rules -----------------------------------------------------------------------------


def unused_rules_error(rules: Sequence[Rule], calls: Iterable[Call] = ()) -> UnusedRule:
    """Return the error for rules that were not used as often as they require.

    Args:
        rules: The unused rules, at least one.
        calls: The calls of the mock. The message shows the nearest call to each operation rule.
    """
    only_one, all_calls = len(rules) == 1, list(calls)
    count = "1 rule was" if only_one else f"{len(rules)} rules were"
    lines = [f"{count} not used as often as expected:"]
    for rule in rules:
        lines += [f"  - {rule_text(rule)}", *_nearest_call(rule, all_calls)]
    lines.append(
        "Remove the rule, or mark it .optional()."
        if only_one
        else "Remove the rules, or mark them .optional()."
    )
    return UnusedRule("\n".join(lines))


def _nearest_call(rule: Rule, calls: Sequence[Call]) -> list[str]:
    """Return lines that describe the nearest call to an operation rule, if there was one."""
    key = rule.target.key
    if not isinstance(key, tuple) or key[0] != OPERATION_KEY:
        return []
    related = [c for c in calls if c.service == key[1] and key[2] in ("*", c.operation)]
    missed = [c for c in related[-_LATEST_CALLS:] if _first_mismatch(rule, c, c.params)]
    if not missed:
        return []
    nearest = min(missed, key=lambda call: _distance(rule, call, call.params))
    return [
        f"      the nearest call: {call_text(nearest)}",
        f"      {_mismatch_reason(rule, nearest, nearest.params)}",
    ]


# -- requests that are not mocked -------------------------------------------------------------


def format_not_mocked(
    service: str | None,
    operation: str | None,
    url: str,
    *,
    is_active: bool,
    is_mocked: bool,
    is_supported: bool = False,
    is_moto_active: bool = False,
) -> str:
    """Return the message for a request that would have been sent to AWS.

    Args:
        service: The service of the request, if it is known.
        operation: The operation of the request, if it is known.
        url: The URL of the request.
        is_active: Whether a mock is active.
        is_mocked: Whether the active mock mocks the service.
        is_supported: Whether mlmock can mock the service.
        is_moto_active: Whether moto's mock_aws is active.
    """
    what = f"{service}.{operation}" if service and operation else service
    host = url.split("?", 1)[0]
    if not is_active:
        return (
            f"{what or 'a request'} would have been sent to AWS ({host}): its client was created "
            "inside a mock_ml that has ended. Create the client where it is used, or make the "
            "call while the mock is active."
        )
    reason = "bypassed the mock" if is_mocked else "is not mocked"
    return (
        f"{what or 'this service'} {reason}, and the request would have been sent to AWS ({host}). "
        "To fix this, do one of the following:\n"
        f"  - {_way_to_mock(service, is_supported, is_moto_active)}\n"
        f'  - let it through to AWS: mock_ml(passthrough=["{service or "..."}"])'
    )


def _way_to_mock(service: str | None, is_supported: bool, is_moto_active: bool) -> str:
    if is_supported:
        return f'mock the service: mock_ml("{service}", ...), or mock_ml() for all services'
    if is_moto_active:
        return (
            "let moto answer it: mock_aws is active, but this client was created before moto was "
            "imported; create it inside mock_aws, or pass it to moto.core.patch_client"
        )
    return "let moto answer it: use mock_aws together with mock_ml"


def format_unknown_service(service: str, mocked: Iterable[str]) -> str:
    """Return the message for a rule for a service that is not mocked.

    Args:
        service: The name that the test author wrote.
        mocked: The names of the mocked services.
    """
    import difflib

    names = sorted(mocked)
    near = [name for name in names if service and service in name]
    near = near[:1] or difflib.get_close_matches(service, names, n=1, cutoff=0.4)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return f"this mock does not mock {service!r}, only {', '.join(names)}{hint}"


# -- assertions about calls -------------------------------------------------------------------


def format_call_mismatch(
    expectation: str,
    service: str,
    operation: str,
    members: Mapping[str, Any],
    *,
    calls: Sequence[Call],
    discarded: int,
) -> str:
    """Return the message for a failed assertion about calls.

    Args:
        expectation: What was expected of the operation, such as ``"to be called once"``.
        service: The name of the service.
        operation: The name of the operation, or ``"*"``.
        members: Match values of request members.
        calls: The calls in the journal, without retries.
        discarded: The number of calls that the journal no longer keeps.
    """
    related = [c for c in calls if c.service == service and operation in ("*", c.operation)]
    count = sum(difference(members, c.params) is None for c in related)
    target = _target_text(service, operation, members)
    lines = [f"expected {target} {expectation}; it was {_count_text(count)}."]
    if related:
        lines.append("The calls (those marked + match):")
        lines += _latest_lines([_marked_call(call, members) for call in related])
    else:
        lines.append(_other_calls(calls))
    if discarded:
        lines.append(_discarded_text(discarded))
    return "\n".join(lines)


def _target_text(service: str, operation: str, members: Mapping[str, Any]) -> str:
    if operation == "*" and not members:
        return f"any operation of {service}"
    return f"{service}.{operation}({members_text(members)})"


def _count_text(count: int) -> str:
    words = {0: "never called", 1: "called once", 2: "called twice"}
    return words.get(count, f"called {count} times")


def _discarded_text(count: int) -> str:
    calls = "1 earlier call is" if count == 1 else f"{count} earlier calls are"
    return (
        f"The result is uncertain: {calls} no longer in the journal. "
        "To keep more calls, use mock_ml(journal=...)."
    )


def _marked_call(call: Call, members: Mapping[str, Any]) -> str:
    mismatch = difference(members, call.params)
    if mismatch is None:
        return f"  + {call_text(call)}"
    return f"  - {call_text(call)}\n      {mismatch}"


def _latest_lines(lines: list[str]) -> list[str]:
    """Return the last lines, preceded by the number of those left out."""
    left_out = len(lines) - _MAX_LISTED_CALLS
    if left_out <= 0:
        return lines
    return [f"  ({left_out} earlier calls)", *lines[-_MAX_LISTED_CALLS:]]


def _other_calls(calls: Sequence[Call]) -> str:
    if not calls:
        return "No calls were made."
    others = ", ".join(dict.fromkeys(str(call.compiled_operation) for call in calls))
    return f"These operations were called: {others}."


def format_order_mismatch(
    calls: Sequence[Call], expected: Sequence[Sequence[Any]], position: int, discarded: int
) -> str:
    """Return the message for calls that were not made in the expected order.

    Args:
        calls: The calls in the journal.
        expected: The arguments of `Journal.assert_order`.
        position: The index of the first expected call that was not made in order.
        discarded: The number of calls that the journal no longer keeps.
    """
    lines = ["expected calls in this order:"]
    for index, (service, operation, *others) in enumerate(expected):
        mark = "+" if index < position else ("-" if index == position else " ")
        members = members_text(others[0]) if others else ""
        lines.append(f"  {mark} {service}.{operation}({members})")
    made = [f"    {call.service}: {call_text(call)}" for call in calls if call.attempt == 1]
    if made:
        lines.append("The call marked - was not made in this position. The calls were:")
    lines += _latest_lines(made) or ["No calls were made."]
    if discarded:
        lines.append(_discarded_text(discarded))
    return "\n".join(lines)


# -- the calls of a failed test ---------------------------------------------------------------


def journal_text(calls: Sequence[Call], newest: int = 30) -> str:
    """Return the latest calls, one a line: when, what, and the outcome.

    Args:
        calls: The calls, the newest last.
        newest: The maximum number of calls that are listed.
    """
    if not len(calls):
        return "no calls were made"
    latest = calls[-newest:]
    start = latest[0].started_at
    lines = [_journal_line(call, start) for call in latest]
    left_out = len(calls) - len(latest)
    return "\n".join(([f"({left_out} earlier calls)"] if left_out else []) + lines)


def _journal_line(call: Call, start: float) -> str:
    attempt = f" (attempt {call.attempt})" if call.attempt > 1 else ""
    return f"+{call.started_at - start:8.3f} s  {call_text(call)}{attempt} -> {outcome_text(call)}"


def outcome_text(call: Call) -> str:
    """Return the outcome of a call: its HTTP status, with the code if it is an error."""
    status = call.answer.status if call.answer is not None else None
    code = getattr(call.error, "code", None)
    if status is not None:
        return f"{status} {code}" if code else str(status)
    return type(call.error).__name__ if call.error is not None else "not answered"
