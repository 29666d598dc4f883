"""The control API's resources: what each method on each path does, and how it is described."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

from mlmock._version import __version__
from mlmock.errors import BadAnswer
from mlmock.server.json_values import keywords, read, written
from mlmock.server.remote_objects import (
    Desk,
    Unknown,
    call_json,
    event_json,
    resource_json,
    rule_json,
)
from mlmock.simulation.object_store import MissingBucket, MissingObject
from mlmock.simulation.progress import Policy

ENDINGS = (
    *("timeout", "drop", "unreachable", "malformed", "truncated"),
    *("wrong_length", "break_stream"),
)
_RULE = {
    *("service", "operation", "members", "region", "account_id", "reply", "fail", "delay"),
    *("times", "optional", *ENDINGS),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: names in the path, the query, the JSON or bytes of the body."""

    names: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes
    content_type: str
    said: Any = None

    def number(self, name: str, default: int) -> int:
        """Return a count of the query; BadAnswer for what is none."""
        text = self.query.get(name, str(default))
        if not text.isdecimal() or len(text) > 12:
            raise BadAnswer(f"{name} is a count, not {text!r}")
        return int(text)

    def members(self, *known: str) -> dict[str, Any]:
        """Return the body, an object with no other members than `known`; BadAnswer."""
        if not isinstance(self.said, dict):
            raise BadAnswer("the body is a JSON object")
        for name in self.said:
            if name not in known:
                raise BadAnswer(f"there is no member {name}; there are {', '.join(known)}")
        return self.said


@dataclass(frozen=True, slots=True)
class Raw:
    """An answer of bytes."""

    body: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class Route:
    """One method on one path. `takes` and `gives` are names of schemas; None: no body."""

    method: str
    path: str
    make: Callable[[Desk, Asked], Any]
    takes: str | None = None
    gives: str | None = None
    status: int = 200
    query: Mapping[str, str] = field(default_factory=dict)


# -- what they do ----------------------------------------------------------------------------


def health(desk: Desk, asked: Asked) -> Any:
    """Tell that the server answers, its version, and the services that it holds."""
    return {"version": __version__, "services": sorted(desk.world.holds)}


def do(desk: Desk, asked: Asked) -> Any:
    """Do what the handle does: a path of steps over declared words."""
    return {"result": desk.do(asked.members("ref", "steps", "place"))}


def calls(desk: Desk, asked: Asked) -> Any:
    """Return the journal, oldest first: all of it, or of a service, an operation, from a number."""
    journal = desk.ml.calls
    since, limit = asked.number("since", 0), asked.number("limit", 1000)
    kept = list(journal)
    first = journal.started - len(kept)
    service, operation = asked.query.get("service"), asked.query.get("operation")
    found = [
        (number, call)
        for number, call in enumerate(kept[max(0, since - first) :], max(first, since))
        if service in (None, call.service) and operation in (None, call.operation)
    ]
    latest = [call_json(call, number) for number, call in found[max(0, len(found) - limit) :]]
    return {"started": journal.started, "lost": journal.lost, "calls": latest}


def rules(desk: Desk, asked: Asked) -> Any:
    """Return the rules with their counts, in the order in which they were written."""
    return {"rules": [rule_json(rule) for rule in desk.world.book]}


def add_rule(desk: Desk, asked: Asked) -> Any:
    """Write a rule at the door of a service: a match, an answer or a fault, a count."""
    said = asked.members(*sorted(_RULE))
    service = said.get("service")
    if not isinstance(service, str):
        raise BadAnswer("service is the name of a service")
    operation = said.get("operation", "*")
    with desk.world.lock:
        ml = desk.ml.at(region=said.get("region"), account_id=said.get("account_id"))
        rule = ml.on(service, operation, **keywords({"kwargs": said.get("members")}))
        _write(rule, said)
    rule.place = "over HTTP"
    return rule_json(rule)


def _write(rule: Any, said: Mapping[str, Any]) -> None:
    if not any(name in said for name in ("reply", "fail", "delay", *ENDINGS)):
        raise BadAnswer(f"a rule needs one of reply, fail, delay, {', '.join(ENDINGS)}")
    if said.get("optional"):
        rule.optional()
    if "times" in said:
        rule.times(said["times"])
    if "delay" in said:
        rule.delay(said["delay"])
    for name in ENDINGS:
        if said.get(name):
            getattr(rule, name)(**_ending(name, said[name]))
    if "fail" in said:
        rule.fail(**_fault(said["fail"]))
    if "reply" in said:
        rule.reply(*_answers(said["reply"]))


def _ending(name: str, said: Any) -> dict[str, Any]:
    """Return what a fault of the connection is given by name: true is nothing."""
    if said is True:
        return {}
    if not isinstance(said, dict):
        raise BadAnswer(f"{name} is true, or an object of what it takes")
    return keywords({"kwargs": said})


def _fault(said: Any) -> dict[str, Any]:
    if isinstance(said, str):
        return {"code": said}
    if not isinstance(said, dict) or not isinstance(said.get("code"), str):
        raise BadAnswer("fail is a code, or {code, message, status, ...members}")
    return keywords({"kwargs": said})


def _answers(said: Any) -> list[Any]:
    """Return a rule's answers: a list is several in order, anything else is one."""
    found = read(said)
    return found if isinstance(found, list) else [found]


def resources(desk: Desk, asked: Asked) -> Any:
    """Return what there is, with the states of each."""
    return {"resources": [resource_json(resource) for resource in desk.ml.resources()]}


def clock(desk: Desk, asked: Asked) -> Any:
    """Return the present virtual instant."""
    return {"now": desk.ml.clock.now().isoformat()}


def advance(desk: Desk, asked: Asked) -> Any:
    """Advance the clock, and do on the way what is due."""
    steps = asked.members("seconds", "minutes", "hours", "days")
    for name, value in steps.items():
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise BadAnswer(f"{name} is a number, not {value!r}")
    desk.ml.clock.advance(**steps)
    return clock(desk, asked)


def progress(desk: Desk, asked: Asked) -> Any:
    """Return how asynchronous work moves on."""
    return {"policy": written(desk.ml.progress.policy)}


def set_progress(desk: Desk, asked: Asked) -> Any:
    """Let work that starts from here on follow a policy."""
    policy = read(asked.members("policy").get("policy"))
    if policy is not None and not isinstance(policy, Policy):
        raise BadAnswer('policy is {"$after_polls": 2}, {"$after": 60}, {"$manually": null} or so')
    desk.ml.progress.set(policy)
    return progress(desk, asked)


def step(desk: Desk, asked: Asked) -> Any:
    """End what waits to be ended by hand, so many times over."""
    count = asked.members("count").get("count", 1) if asked.said is not None else 1
    if type(count) is not int or not 1 <= count <= 10_000:
        raise BadAnswer(f"count is a number from 1 to 10000, not {count!r}")
    with desk.world.lock:
        desk.ml.progress.step(count)
    return None


def events(desk: Desk, asked: Asked) -> Any:
    """Return what AWS would have sent."""
    return {"events": [event_json(event) for event in desk.ml.events]}


def unmatched(desk: Desk, asked: Asked) -> Any:
    """Return the calls that were refused because no rule takes them."""
    return {"unmatched": [str(fault) for fault in desk.ml.unmatched]}


def clear_unmatched(desk: Desk, asked: Asked) -> Any:
    """Forget the calls that no rule took: they were expected."""
    desk.ml.unmatched.clear()


def check(desk: Desk, asked: Asked) -> Any:
    """Fail with 409 if a rule was not used as often as it says, or a call was not matched."""
    desk.ml.assert_all_used()


def reset(desk: Desk, asked: Asked) -> Any:
    """Forget everything: resources, rules, journal, events, objects, advanced time."""
    desk.reset()


def savepoints(desk: Desk, asked: Asked) -> Any:
    """Return the ids of the open savepoints."""
    return {"savepoints": desk.savepoints()}


def open_savepoint(desk: Desk, asked: Asked) -> Any:
    """Open a savepoint."""
    return {"id": desk.open_savepoint()}


def roll_back(desk: Desk, asked: Asked) -> Any:
    """Roll back to a savepoint, which goes with those opened after it."""
    desk.roll_back(asked.names["id"])


def objects(desk: Desk, asked: Asked) -> Any:
    """Return the URIs of the objects that begin with a prefix."""
    return {"uris": desk.ml.s3.list(asked.query.get("prefix", ""))}


def get_object(desk: Desk, asked: Asked) -> Any:
    """Return an object's bytes, with its content type."""
    found = desk.ml.s3.object(_uri(asked))
    return Raw(found.body, found.content_type)


def put_object(desk: Desk, asked: Asked) -> Any:
    """Store the body's bytes as an object, with the request's content type."""
    desk.ml.s3.put(_uri(asked), asked.body, asked.content_type or "binary/octet-stream")


def _uri(asked: Asked) -> str:
    return f"s3://{unquote(asked.names['bucket'])}/{unquote(asked.names['key'])}"


def openapi(desk: Desk, asked: Asked) -> Any:
    """Return this description."""
    from mlmock.server.openapi import document

    return document(ROUTES)


_JOURNAL_QUERY = {
    "service": "boto3's name of a service",
    "operation": "an operation as AWS spells it",
    "since": "the number of the first call that is wanted",
    "limit": "how many of the latest are wanted (1000)",
}
ROUTES = (
    Route("GET", "health", health, gives="Health"),
    Route("GET", "openapi.json", openapi, gives="Document"),
    Route("POST", "do", do, "Steps", "Result"),
    Route("GET", "calls", calls, gives="Calls", query=_JOURNAL_QUERY),
    Route("GET", "rules", rules, gives="Rules"),
    Route("POST", "rules", add_rule, "NewRule", "Rule", 201),
    Route("GET", "resources", resources, gives="Resources"),
    Route("GET", "clock", clock, gives="Clock"),
    Route("POST", "clock/advance", advance, "Advance", "Clock"),
    Route("GET", "progress", progress, gives="Progress"),
    Route("PUT", "progress", set_progress, "Progress", "Progress"),
    Route("POST", "progress/step", step, "Count", None, 204),
    Route("GET", "events", events, gives="Events"),
    Route("GET", "unmatched", unmatched, gives="Unmatched"),
    Route("DELETE", "unmatched", clear_unmatched, status=204),
    Route("POST", "check", check, status=204),
    Route("POST", "reset", reset, status=204),
    Route("GET", "savepoints", savepoints, gives="Savepoints"),
    Route("POST", "savepoints", open_savepoint, None, "Savepoint", 201),
    Route("POST", "savepoints/{id}/rollback", roll_back, status=204),
    Route("GET", "objects", objects, gives="Objects", query={"prefix": "s3://bucket/prefix"}),
    Route("GET", "objects/{bucket}/{key}", get_object, gives="Bytes"),
    Route("PUT", "objects/{bucket}/{key}", put_object, "Bytes", None, 204),
)
GONE = (Unknown, MissingObject, MissingBucket)


def find(method: str, path: str) -> tuple[Route | None, dict[str, str], list[str]]:
    """Return the route of a request, the names in its path, and the methods that the path has."""
    allowed: list[str] = []
    for route in ROUTES:
        names = _fits(route.path, path)
        if names is not None:
            if route.method == method:
                return route, names, []
            allowed.append(route.method)
    return None, {}, allowed


def _fits(template: str, path: str) -> dict[str, str] | None:
    """Return the names that a path gives a template; ``{key}``, the last, may hold slashes."""
    parts = template.split("/")
    given = path.split("/", len(parts) - 1)
    if len(given) != len(parts):
        return None
    names: dict[str, str] = {}
    for part, text in zip(parts, given, strict=True):
        if part.startswith("{"):
            if not text:
                return None
            names[part[1:-1]] = text
        elif part != text:
            return None
    return names


def query_of(target: str) -> dict[str, str]:
    """Return the query of a target."""
    return dict(parse_qsl(target.partition("?")[2], keep_blank_values=True))
