"""The page at ``/``: what there is and what happens, for people to look at and to move on."""

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
from mlmock.rules.rule import Rule, rule_expression, short_location
from mlmock.server.exposed_members import access, exposed_names
from mlmock.server.state_diagram import drawing
from mlmock.simulation.clock import to_datetime
from mlmock.simulation.state_machine import StateMachine

_NEWEST = 100
_MOST = 500  # rows of a table; more are counted
_MOVES = ("complete", "fail", "expire", "finish", "system_update")
_ANSWER, _REASON, _CODES = "answer", "reason", ("ValidationError", "Expired", "InternalError")


def page(ml: MockML, rules: Sequence[Rule]) -> str:
    """Return the page, whole; only what moves things on needs its script."""
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>mlmock</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><link rel="icon" href="data:,">
<style>{_asset("dashboard.css")}</style></head><body>
<a class="skip" href="#resources">Skip to the resources</a>
<div class="bar"><header><h1>mlmock <small>{escape(__version__)}</small></h1>
{_clock(ml)}</header></div>
<p id="said" role="status" aria-live="polite"></p>
<main>{_sections(ml, rules)}</main>
<script>{_asset("dashboard.js")}</script></body></html>"""


def _asset(name: str) -> str:
    return files("mlmock.server").joinpath(name).read_text(encoding="utf-8")


def _sections(ml: MockML, rules: Sequence[Rule]) -> str:
    """Return what changes: what no rule took, resources, rules, and the journal."""
    found = ml.resources()
    started = f"<span id=started>{ml.calls.total}</span> calls"
    return (
        _unmatched(ml)
        + _section("resources", "Resources", str(len(found)), _resources(ml, found))
        + _section("rules", "Rules", str(len(rules)), _rules(rules))
        + _section("journal", "Journal", started, _journal(ml))
    )


def _section(name: str, title: str, count: str, body: str) -> str:
    """Return a part of the page; `count` and `body` are HTML."""
    return (
        f'<section id="{name}" aria-labelledby="h-{name}"><h2 id="h-{name}">{title} '
        f'<small>{count}</small></h2><div class="card">{body}</div></section>'
    )


def _clock(ml: MockML) -> str:
    now = ml.clock.now().strftime("%Y-%m-%d %H:%M:%S UTC")
    steps = (("1 min", 60), ("1 h", 3600), ("1 day", 86400))
    buttons = "".join(
        f'<button type="button" data-advance="{seconds}">+{text}</button>'
        for text, seconds in steps
    )
    return f"""<form id="clock"><output id="now">{now}</output>{buttons}
<label>+<input name="seconds" type="number" min="0" step="any" aria-label="seconds">
s</label><button>Advance</button>
<button type="button" data-post="progress/step">Step waiting work</button>
<button type="button" class="risk" data-post="reset" data-sure="Forget everything?">Reset</button>
</form>"""


# -- resources -------------------------------------------------------------------------------


def _resources(ml: MockML, found: Sequence[Resource]) -> str:
    if not found:
        return '<p class="none">There is nothing yet: start a human loop, create a project.</p>'
    shown = "".join(_resource(ml, resource) for resource in found[:_MOST])
    return shown + _more(len(found))


def _more(count: int) -> str:
    return f'<p class="none">and {count - _MOST} more</p>' if count > _MOST else ""


def _resource(ml: MockML, resource: Resource) -> str:
    where = f"{resource.scope.region} {resource.scope.account_id}"
    head = (
        f'<summary><span class="kind">{escape(resource.kind)}</span> '
        f"<code>{escape(resource.name)}</code> <small>{escape(where)}</small> "
        f"{_badge(resource)}</summary>"
    )
    name = escape(f"{resource.kind} {resource.name} {where}", quote=True)
    drawn = _machine(resource.machine, resource.state) if resource.machine else ""
    inside = f"{drawn}{_moves(ml, resource)}" or '<p class="none">It has no states.</p>'
    return f'<details data-key="{name}">{head}<div class="inside">{inside}</div></details>'


def _badge(resource: Resource) -> str:
    """Return the state, toned by whether it is a failure, an end, or goes on."""
    state, machine = resource.state, resource.machine
    if not state:
        return ""
    onwards = (
        (source for source, _, target in machine.edges() if target != "[*]") if machine else ()
    )
    ends = state not in onwards
    tone = "bad" if "fail" in state.lower() else "done" if ends else "now"
    return f'<b class="state {tone}">{escape(state)}</b>'


def _machine(machine: StateMachine, state: str) -> str:
    return f'<figure class="machine">{drawing(machine, state)}</figure>'


def _moves(ml: MockML, resource: Resource) -> str:
    """Return forms for what can be done with a resource; none for what can't be moved."""
    handle = _handle_of(ml, resource)
    if handle is None:
        return ""
    names = exposed_names(type(handle))
    steps = [
        _at(resource),
        *({"invoke": name, "args": list(args)} for name, args in resource.handle_path),
    ]
    forms = "".join(_form(name, type(handle)) for name in _MOVES if name in names)
    if not forms:
        return ""
    path = escape(dumps(steps), quote=True)
    return f'{_input_of(handle)}<div class="moves" data-steps="{path}">{forms}</div>'


def _at(resource: Resource) -> dict[str, Any]:
    scope = resource.scope
    return {"invoke": "at", "kwargs": {"region": scope.region, "account_id": scope.account_id}}


def _handle_of(ml: MockML, resource: Resource) -> Any:
    """Return what holds a resource; None where nothing does, or it has just gone."""
    if not resource.handle_path:
        return None
    thing: Any = ml.at(region=resource.scope.region, account_id=resource.scope.account_id)
    try:
        for name, args in resource.handle_path:
            thing = access(thing, name, list(args), {})
    except (AssertionError, ValueError, LookupError):
        return None
    return thing


def _input_of(handle: Any) -> str:
    """Return what a worker is given, where the resource has an input."""
    if "input" not in exposed_names(type(handle)):
        return ""
    text = dumps(handle.input, indent=2, ensure_ascii=False, default=str)
    return f'<h3>Input</h3><pre tabindex="0">{escape(text)}</pre>'


def _form(name: str, kind: type) -> str:
    label = name.replace("_", " ")
    if name == "complete":
        example = '{"decision": "approve"}'
        return (
            f'<form data-do="complete"><label>Answer (JSON)<textarea name="{_ANSWER}" rows="3" '
            f"placeholder='{example}'></textarea></label>"
            '<button class="main">Complete</button></form>'
        )
    if name == "fail":
        codes = "".join(f"<option>{code}</option>" for code in _CODES)
        code = f'<select name="code" aria-label="code">{codes}</select>'
        first = code if "input" in exposed_names(kind) else ""
        return (
            f'<form data-do="fail">{first}<label>Message<input name="{_REASON}" required></label>'
            "<button>Fail</button></form>"
        )
    return f'<form data-do="{name}"><button>{label.capitalize()}</button></form>'


# -- rules and calls -------------------------------------------------------------------------


def _rules(found: Sequence[Rule]) -> str:
    if not found:
        return '<p class="none">No rule is written: everything gets the default answer.</p>'
    return _table(("rule", "used", "left", "place"), map(_rule, reversed(found[-_MOST:])))


def _rule(rule: Rule) -> tuple[str, ...]:
    left = "always" if rule.remaining is None else str(rule.remaining)
    return (
        rule_expression(rule),
        str(rule.used),
        left,
        short_location(rule.location) if rule.location else "",
    )


def _unmatched(ml: MockML) -> str:
    """Return the refusals, in a part of the page that is there but hidden without any."""
    rows = "".join(f"<li><pre>{escape(str(fault))}</pre></li>" for fault in ml.unmatched[-20:])
    hidden = "" if rows else " hidden"
    return (
        f'<section id="unmatched"{hidden} aria-labelledby="h-unmatched"><h2 id="h-unmatched">'
        f"No rule took <small>{len(ml.unmatched)}</small></h2><ol>{rows}</ol></section>"
    )


def _journal(ml: MockML) -> str:
    calls = ml.calls[-_NEWEST:]
    if not calls:
        return '<p class="none">Nobody has called yet.</p>'
    return _table(("at", "service", "call", "answer"), map(_call, reversed(calls)))


def _call(call: Call) -> tuple[str, ...]:
    at = to_datetime(call.started_at).strftime("%H:%M:%S.%f")[:-3]
    return at, call.service, call_text(call), outcome_text(call)


def _table(heads: Sequence[str], rows: Iterable[Iterable[str]]) -> str:
    head = "".join(f'<th scope="col" class="{name}">{name}</th>' for name in heads)
    body = "".join("<tr>" + "".join(map(_cell, heads, row)) + "</tr>" for row in rows)
    return (
        f'<div class="scroll" tabindex="0"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _cell(head: str, text: str) -> str:
    fault = " fault" if head == "answer" and not text.startswith("2") else ""
    return f'<td class="{head}{fault}">{escape(text)}</td>'
