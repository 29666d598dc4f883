"""The dashboard at ``/``: resources, rules and calls, live, with forms that change them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files
from json import dumps
from typing import Any

from mlmock._version import __version__
from mlmock.call import Call
from mlmock.mock.handle import MockML
from mlmock.reporting.messages import call_text, outcome_text
from mlmock.reporting.resource import Resource
from mlmock.rules.locations import short_location
from mlmock.rules.rule import Rule, rule_expression
from mlmock.server.exposed_members import access, exposed_names
from mlmock.server.state_diagram import svg
from mlmock.simulation.clock import to_datetime
from mlmock.simulation.state_machine import StateMachine

_MAX_CALLS = 100
_MAX_UNMATCHED = 20
_MAX_ROWS = 500  # resources and rules, each; the page states how many resources more there are
_ACTIONS = ("complete", "fail", "expire", "finish", "system_update")
_FAILURE_CODES = ("ValidationError", "Expired", "InternalError")


def page(ml: MockML, rules: Sequence[Rule]) -> str:
    """Return the page as HTML. Without its script it shows the same, but can't change anything."""
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>mlmock</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><link rel="icon" href="data:,">
<style>{_asset("dashboard.css")}</style></head><body>
<a class="skip" href="#resources">Skip to the resources</a>
<div class="bar"><header><h1>mlmock <small>{escape(__version__)}</small></h1>
{_clock(ml)}</header></div>
<p id="status" role="status" aria-live="polite"></p>
<main>{_sections(ml, rules)}</main>
<script>{_asset("dashboard.js")}</script></body></html>"""


def _asset(name: str) -> str:
    return files("mlmock.server").joinpath(name).read_text(encoding="utf-8")


def _sections(ml: MockML, rules: Sequence[Rule]) -> str:
    """Return the sections that the script updates."""
    resources = ml.resources()
    total = f"<span id=total>{ml.calls.total}</span> calls"
    return (
        _unmatched(ml)
        + _section("resources", "Resources", str(len(resources)), _resources(ml, resources))
        + _section("rules", "Rules", str(len(rules)), _rules(rules))
        + _section("journal", "Journal", total, _journal(ml))
    )


def _section(name: str, title: str, count: str, body: str) -> str:
    """Return a section of the page. `count` and `body` are HTML."""
    return (
        f'<section id="{name}" aria-labelledby="h-{name}"><h2 id="h-{name}">{title} '
        f'<small>{count}</small></h2><div class="card">{body}</div></section>'
    )


def _clock(ml: MockML) -> str:
    now = ml.clock.now().strftime("%Y-%m-%d %H:%M:%S UTC")
    durations = (("1 min", 60), ("1 h", 3600), ("1 day", 86400))
    buttons = "".join(
        f'<button type="button" data-advance="{seconds}">+{text}</button>'
        for text, seconds in durations
    )
    return f"""<form id="clock"><output id="now">{now}</output>{buttons}
<label>+<input name="seconds" type="number" min="0" step="any" aria-label="seconds">
s</label><button>Advance</button>
<button type="button" data-post="progress/step">Complete waiting tasks</button>
<button type="button" class="risk" data-post="reset"
data-confirm="Forget everything?">Reset</button>
</form>"""


# -- resources -------------------------------------------------------------------------------


def _resources(ml: MockML, resources: Sequence[Resource]) -> str:
    if not resources:
        return '<p class="none">There are no resources yet.</p>'
    items = "".join(_resource(ml, resource) for resource in resources[:_MAX_ROWS])
    more = len(resources) - _MAX_ROWS
    return items + (f'<p class="none">and {more} more</p>' if more > 0 else "")


def _resource(ml: MockML, resource: Resource) -> str:
    scope = f"{resource.scope.region} {resource.scope.account_id}"
    summary = (
        f'<summary><span class="kind">{escape(resource.kind)}</span> '
        f"<code>{escape(resource.name)}</code> <small>{escape(scope)}</small> "
        f"{_badge(resource)}</summary>"
    )
    key = escape(f"{resource.kind} {resource.name} {scope}", quote=True)
    diagram = _diagram(resource.machine, resource.state) if resource.machine else ""
    content = f"{diagram}{_actions(ml, resource)}" or '<p class="none">It has no states.</p>'
    return f'<details data-key="{key}">{summary}<div class="content">{content}</div></details>'


def _badge(resource: Resource) -> str:
    """Return the state, in a color for running, ended or failed."""
    state = resource.state
    if not state:
        return ""
    color = "failed" if "fail" in state.lower() else "ended" if _has_ended(resource) else "running"
    return f'<b class="state {color}">{escape(state)}</b>'


def _has_ended(resource: Resource) -> bool:
    edges = resource.machine.edges() if resource.machine else ()
    return all(source != resource.state or target == "[*]" for source, _, target in edges)


def _diagram(machine: StateMachine, state: str) -> str:
    return f'<figure class="machine">{svg(machine, state)}</figure>'


def _actions(ml: MockML, resource: Resource) -> str:
    """Return the forms for the actions that a resource's handle has."""
    handle = _handle_of(ml, resource)
    if handle is None:
        return ""
    names = exposed_names(type(handle))
    steps = [
        _narrowing(resource),
        *({"invoke": name, "args": list(args)} for name, args in resource.handle_path),
    ]
    forms = "".join(_form(name, type(handle)) for name in _ACTIONS if name in names)
    if not forms:
        return ""
    path = escape(dumps(steps), quote=True)
    return f'{_input_of(handle)}<div class="actions" data-steps="{path}">{forms}</div>'


def _narrowing(resource: Resource) -> dict[str, Any]:
    """Return the step of the control API that leads to the resource's region and account."""
    scope = resource.scope
    return {"invoke": "at", "kwargs": {"region": scope.region, "account_id": scope.account_id}}


def _handle_of(ml: MockML, resource: Resource) -> Any:
    """Return the handle of a resource, or None if it has none or was just deleted."""
    if not resource.handle_path:
        return None
    handle: Any = ml.at(region=resource.scope.region, account_id=resource.scope.account_id)
    try:
        for name, args in resource.handle_path:
            handle = access(handle, name, list(args), {})
    except (AssertionError, ValueError, LookupError):
        return None
    return handle


def _input_of(handle: Any) -> str:
    """Return the input that a worker receives, if the resource has one."""
    if "input" not in exposed_names(type(handle)):
        return ""
    text = dumps(handle.input, indent=2, ensure_ascii=False, default=str)
    return f'<h3>Input</h3><pre tabindex="0">{escape(text)}</pre>'


def _form(name: str, kind: type) -> str:
    if name == "complete":
        return _complete_form()
    if name == "fail":
        return _fail_form(has_code="input" in exposed_names(kind))
    label = name.replace("_", " ").capitalize()
    return f'<form data-invoke="{name}"><button>{label}</button></form>'


def _complete_form() -> str:
    example = '{"decision": "approve"}'
    return (
        '<form data-invoke="complete"><label>Answer (JSON)<textarea name="answer" rows="3" '
        f"placeholder='{example}'></textarea></label>"
        '<button class="main">Complete</button></form>'
    )


def _fail_form(*, has_code: bool) -> str:
    options = "".join(f"<option>{code}</option>" for code in _FAILURE_CODES)
    select = f'<select name="code" aria-label="code">{options}</select>' if has_code else ""
    return (
        f'<form data-invoke="fail">{select}<label>Message<input name="reason" required></label>'
        "<button>Fail</button></form>"
    )


# -- rules and calls -------------------------------------------------------------------------


def _rules(rules: Sequence[Rule]) -> str:
    if not rules:
        return '<p class="none">There are no rules: every call has the default response.</p>'
    columns = ("rule", "used", "remaining", "location")
    return _table(columns, map(_rule, reversed(rules[-_MAX_ROWS:])))


def _rule(rule: Rule) -> tuple[str, ...]:
    remaining = "unlimited" if rule.remaining is None else str(rule.remaining)
    location = short_location(rule.location) if rule.location else ""
    return rule_expression(rule), str(rule.used), remaining, location


def _unmatched(ml: MockML) -> str:
    """Return the section of unmatched calls, hidden if there are none."""
    errors = ml.unmatched[-_MAX_UNMATCHED:]
    rows = "".join(f"<li><pre>{escape(str(error))}</pre></li>" for error in errors)
    hidden = "" if rows else " hidden"
    return (
        f'<section id="unmatched"{hidden} aria-labelledby="h-unmatched"><h2 id="h-unmatched">'
        f"Unmatched calls <small>{len(ml.unmatched)}</small></h2><ol>{rows}</ol></section>"
    )


def _journal(ml: MockML) -> str:
    calls = ml.calls[-_MAX_CALLS:]
    if not calls:
        return '<p class="none">No calls have been made.</p>'
    return _table(("time", "service", "call", "outcome"), map(_call, reversed(calls)))


def _call(call: Call) -> tuple[str, ...]:
    time = to_datetime(call.started_at).strftime("%H:%M:%S.%f")[:-3]
    return time, call.service, call_text(call), outcome_text(call)


def _table(columns: Sequence[str], rows: Iterable[Iterable[str]]) -> str:
    head = "".join(f'<th scope="col" class="{name}">{name}</th>' for name in columns)
    body = "".join("<tr>" + "".join(map(_cell, columns, row)) + "</tr>" for row in rows)
    return (
        f'<div class="scroll" tabindex="0"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _cell(column: str, text: str) -> str:
    error = " error" if column == "outcome" and not text.startswith("2") else ""
    return f'<td class="{column}{error}">{escape(text)}</td>'
