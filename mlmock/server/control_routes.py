"""The routes of the control API: the function of each, and the schemas that describe it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

from mlmock._version import __version__
from mlmock.errors import InvalidRule
from mlmock.rules.rule import Rule
from mlmock.server.json_values import from_json, keywords, to_json
from mlmock.server.remote_objects import (
    RemoteObjects,
    call_to_json,
    event_to_json,
    resource_to_json,
    rule_to_json,
)
from mlmock.simulation.progress import Policy

# The methods of a rule that fail the connection or corrupt the response.
FAILURES = (
    *("timeout", "drop", "unreachable", "malformed", "truncated"),
    *("wrong_length", "break_stream"),
)
_RULE_MEMBERS = {
    *("service", "operation", "members", "region", "account_id", "reply", "fail", "delay"),
    *("times", "optional", *FAILURES),
}


@dataclass(frozen=True, slots=True)
class ControlRequest:
    """A request: names in the path, the query, the body, and the body's JSON value."""

    names: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes
    content_type: str
    value: Any = None

    def count(self, name: str, default: int) -> int:
        """Return an integer of the query; InvalidRule for what isn't one."""
        text = self.query.get(name, str(default))
        if not text.isdecimal() or len(text) > 12:
            raise InvalidRule(f"{name} must be a count, not {text!r}")
        return int(text)

    def members(self, *known: str) -> dict[str, Any]:
        """Return the body's object; InvalidRule if it has a member that is not `known`."""
        if not isinstance(self.value, dict):
            raise InvalidRule("the body must be a JSON object")
        for name in self.value:
            if name not in known:
                raise InvalidRule(f"unknown member {name!r}. Known members: {', '.join(known)}.")
        return self.value


@dataclass(frozen=True, slots=True)
class RawResponse:
    """A response whose body is bytes."""

    body: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class Route:
    """A method and a path, its handler, and the names of its schemas; None is no body."""

    method: str
    path: str
    handler: Callable[[RemoteObjects, ControlRequest], Any]
    request: str | None = None
    response: str | None = None
    status: int = 200
    query: Mapping[str, str] = field(default_factory=dict)


# -- handlers --------------------------------------------------------------------------------


def health(objects: RemoteObjects, request: ControlRequest) -> Any:
    """Return the server's version and the services that it mocks."""
    return {"version": __version__, "services": sorted(objects.state.mocked_services)}


def execute_steps(objects: RemoteObjects, request: ControlRequest) -> Any:
    """Access members of the handle, one step after another, and return the last result."""
    return {"result": objects.execute_steps(request.members("ref", "steps", "location"))}


def calls(objects: RemoteObjects, request: ControlRequest) -> Any:
    """Return the journal, oldest call first; the query selects calls."""
    journal = objects.ml.calls
    since, limit = request.count("since", 0), request.count("limit", 1000)
    kept = list(journal)
    first = journal.total - len(kept)
    service, operation = request.query.get("service"), request.query.get("operation")
    found = [
        (number, call)
        for number, call in enumerate(kept[max(0, since - first) :], max(first, since))
        if service in (None, call.service) and operation in (None, call.operation)
    ]
    latest = [call_to_json(call, number) for number, call in found[max(0, len(found) - limit) :]]
    return {"total": journal.total, "discarded": journal.discarded, "calls": latest}


def rules(objects: RemoteObjects, request: ControlRequest) -> Any:
    """Return the rules and how often each was used, oldest first."""
    return {"rules": [rule_to_json(rule) for rule in objects.state.rules]}


def add_rule(objects: RemoteObjects, request: ControlRequest) -> Any:
    """Add a rule for an operation of a service: what it matches, its answer, how often."""
    members = request.members(*sorted(_RULE_MEMBERS))
    service = members.get("service")
    if not isinstance(service, str):
        raise InvalidRule(f"service must be the name of a service, not {service!r}")
    operation = members.get("operation", "*")
    with objects.state.lock:
        ml = objects.ml.at(region=members.get("region"), account_id=members.get("account_id"))
        rule = ml.on(service, operation, **keywords({"kwargs": members.get("members")}))
        _complete_rule(rule, members)
    rule.location = "over HTTP"
    return rule_to_json(rule)


def _complete_rule(rule: Rule, members: Mapping[str, Any]) -> None:
    if not any(name in members for name in ("reply", "fail", "delay", *FAILURES)):
        raise InvalidRule(f"a rule needs one of reply, fail, delay, {', '.join(FAILURES)}")
    if members.get("optional"):
        rule.optional()
    if "times" in members:
        rule.times(members["times"])
    if "delay" in members:
        rule.delay(members["delay"])
    for name in FAILURES:
        if members.get(name):
            getattr(rule, name)(**_failure_arguments(name, members[name]))
    if "fail" in members:
        rule.fail(**_error_arguments(members["fail"]))
    if "reply" in members:
        rule.reply(*_answers(members["reply"]))


def _failure_arguments(name: str, value: Any) -> dict[str, Any]:
    """Return the keyword arguments of a rule's method: `true` stands for none."""
    if value is True:
        return {}
    if not isinstance(value, dict):
        raise InvalidRule(f"{name} must be true or an object of arguments, not {value!r}")
    return keywords({"kwargs": value})


def _error_arguments(value: Any) -> dict[str, Any]:
    if isinstance(value, str):
        return {"code": value}
    if not isinstance(value, dict) or not isinstance(value.get("code"), str):
        raise InvalidRule("fail must be an error code, or {code, message, status, ...members}")
    return keywords({"kwargs": value})


def _answers(value: Any) -> list[Any]:
    """Return the answers of a rule: a list is several answers in order."""
    found = from_json(value)
    return found if isinstance(found, list) else [found]


def resources(objects: RemoteObjects, request: ControlRequest) -> Any:
    """Return the resources of all mocked services, with the states of each."""
    return {"resources": [resource_to_json(resource) for resource in objects.ml.resources()]}


def clock(objects: RemoteObjects, request: ControlRequest) -> Any:
    """Return the current virtual time."""
    return {"now": objects.ml.clock.now().isoformat()}


def advance(objects: RemoteObjects, request: ControlRequest) -> Any:
    """Advance the clock and run what becomes due."""
    durations = request.members("seconds", "minutes", "hours", "days")
    for name, value in durations.items():
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise InvalidRule(f"{name} must be a number, not {value!r}")
    objects.ml.clock.advance(**durations)
    return clock(objects, request)


def progress(objects: RemoteObjects, request: ControlRequest) -> Any:
    """Return the policy by which asynchronous tasks progress."""
    return {"policy": to_json(objects.ml.progress.policy)}


def set_progress(objects: RemoteObjects, request: ControlRequest) -> Any:
    """Set the policy of asynchronous tasks that start from now on."""
    policy = from_json(request.members("policy").get("policy"))
    if policy is not None and not isinstance(policy, Policy):
        raise InvalidRule(
            'policy must be null or a tag like {"$after_polls": 2}, {"$after": 60}, '
            f'{{"$manually": null}}, not {policy!r}'
        )
    objects.ml.progress.set(policy)
    return progress(objects, request)


def step(objects: RemoteObjects, request: ControlRequest) -> Any:
    """Complete the tasks that progress manually; `count` times, for tasks of several stages."""
    count = request.members("count").get("count", 1) if request.value is not None else 1
    if type(count) is not int or not 1 <= count <= 10_000:
        raise InvalidRule(f"count must be an integer from 1 to 10000, not {count!r}")
    with objects.state.lock:
        objects.ml.progress.step(count)
    return None


def events(objects: RemoteObjects, request: ControlRequest) -> Any:
    """Return the events that AWS would have sent to EventBridge and SNS."""
    return {"events": [event_to_json(event) for event in objects.ml.events]}


def unmatched(objects: RemoteObjects, request: ControlRequest) -> Any:
    """Return the messages of calls that failed because no rule matched them."""
    return {"unmatched": [str(error) for error in objects.ml.unmatched]}


def clear_unmatched(objects: RemoteObjects, request: ControlRequest) -> Any:
    """Forget the calls that no rule matched: they were expected."""
    objects.ml.unmatched.clear()


def check(objects: RemoteObjects, request: ControlRequest) -> Any:
    """Fail with 409 if a rule was used too rarely, or a call was not matched."""
    objects.ml.assert_all_used()


def reset(objects: RemoteObjects, request: ControlRequest) -> Any:
    """Forget everything: resources, rules, journal, events, objects, advanced time."""
    objects.reset()


def savepoints(objects: RemoteObjects, request: ControlRequest) -> Any:
    """Return the ids of the open savepoints, oldest first."""
    return {"savepoints": objects.savepoints()}


def open_savepoint(objects: RemoteObjects, request: ControlRequest) -> Any:
    """Open a savepoint."""
    return {"id": objects.open_savepoint()}


def roll_back(objects: RemoteObjects, request: ControlRequest) -> Any:
    """Roll back to a savepoint, and close it and those opened after it."""
    objects.roll_back(request.names["id"])


def list_objects(objects: RemoteObjects, request: ControlRequest) -> Any:
    """Return the URIs of the objects that begin with a prefix."""
    return {"uris": objects.ml.s3.list(request.query.get("prefix", ""))}


def get_object(objects: RemoteObjects, request: ControlRequest) -> Any:
    """Return the bytes of an object, with its content type."""
    found = objects.ml.s3.object(_uri(request))
    return RawResponse(found.body, found.content_type)


def put_object(objects: RemoteObjects, request: ControlRequest) -> Any:
    """Store the body of the request as an object, with the content type of the request."""
    content_type = request.content_type or "binary/octet-stream"
    objects.ml.s3.put(_uri(request), request.body, content_type)


def _uri(request: ControlRequest) -> str:
    return f"s3://{unquote(request.names['bucket'])}/{unquote(request.names['key'])}"


_CALLS_QUERY = {
    "service": "the name of a service, as boto3 spells it",
    "operation": "the name of an operation, as AWS spells it",
    "since": "the number of the first call to return",
    "limit": "how many of the latest calls to return; 1000 if omitted",
}
ROUTES = (
    Route("GET", "health", health, response="Health"),
    Route("POST", "do", execute_steps, "Steps", "Result"),
    Route("GET", "calls", calls, response="Calls", query=_CALLS_QUERY),
    Route("GET", "rules", rules, response="Rules"),
    Route("POST", "rules", add_rule, "NewRule", "Rule", 201),
    Route("GET", "resources", resources, response="Resources"),
    Route("GET", "clock", clock, response="Clock"),
    Route("POST", "clock/advance", advance, "Advance", "Clock"),
    Route("GET", "progress", progress, response="Progress"),
    Route("PUT", "progress", set_progress, "Progress", "Progress"),
    Route("POST", "progress/step", step, "Count", None, 204),
    Route("GET", "events", events, response="Events"),
    Route("GET", "unmatched", unmatched, response="Unmatched"),
    Route("DELETE", "unmatched", clear_unmatched, status=204),
    Route("POST", "check", check, status=204),
    Route("POST", "reset", reset, status=204),
    Route("GET", "savepoints", savepoints, response="Savepoints"),
    Route("POST", "savepoints", open_savepoint, None, "Savepoint", 201),
    Route("POST", "savepoints/{id}/rollback", roll_back, status=204),
    Route(
        "GET", "objects", list_objects, response="Objects", query={"prefix": "s3://bucket/prefix"}
    ),
    Route("GET", "objects/{bucket}/{key}", get_object, response="Bytes"),
    Route("PUT", "objects/{bucket}/{key}", put_object, "Bytes", None, 204),
)


# -- routing ---------------------------------------------------------------------------------


def find_route(
    routes: Iterable[Route], method: str, path: str
) -> tuple[Route | None, dict[str, str], list[str]]:
    """Return the route of a request, the names in its path, and the methods of that path.

    The route is None if no route has both the method and the path.
    """
    allowed: list[str] = []
    for route in routes:
        names = _match_path(route.path, path)
        if names is not None:
            if route.method == method:
                return route, names, []
            allowed.append(route.method)
    return None, {}, allowed


def _match_path(template: str, path: str) -> dict[str, str] | None:
    """Return the values of a template's names; the last one may contain slashes."""
    parts = template.split("/")
    segments = path.split("/", len(parts) - 1)
    if len(segments) != len(parts):
        return None
    names: dict[str, str] = {}
    for part, segment in zip(parts, segments, strict=True):
        if part.startswith("{"):
            if not segment:
                return None
            names[part[1:-1]] = segment
        elif part != segment:
            return None
    return names


def query_of(target: str) -> dict[str, str]:
    """Return the query of a request target."""
    return dict(parse_qsl(target.partition("?")[2], keep_blank_values=True))
