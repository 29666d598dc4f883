"""The OpenAPI document of the control API, from its routes and the exposed members."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from typing import Any

from mlmock._version import __version__
from mlmock.server.control_routes import FAILURES, Route
from mlmock.server.exposed_members import exposed_classes, exposed_names, is_method
from mlmock.server.json_values import METHODS, PUBLIC_FUNCTIONS, TAGS, public_function

_STRING: dict[str, Any] = {"type": "string"}
_NUMBER: dict[str, Any] = {"type": "number"}
_INTEGER: dict[str, Any] = {"type": "integer", "minimum": 0}
_BOOLEAN: dict[str, Any] = {"type": "boolean"}
_OPTIONAL_STRING: dict[str, Any] = {"type": ["string", "null"]}
_STRINGS: dict[str, Any] = {"type": "array", "items": _STRING}


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def _object(required: Iterable[str] = (), **members: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": members,
        "required": sorted(required),
        "additionalProperties": False,
    }


def _all_required(**members: Any) -> dict[str, Any]:
    return _object(members, **members)


def _list(name: str) -> dict[str, Any]:
    return {"type": "array", "items": _ref(name)}


_VALUE = {
    "description": "JSON, in which an object with one key that begins with $ is a tag: "
    '{"$contains": "x"}, or with several arguments {"$tag": {"args": [], "kwargs": {}}}.'
}
_MEMBERS = {"type": "object", "additionalProperties": _ref("Value")}
_ERROR = {
    "anyOf": [
        _STRING,
        {
            "type": "object",
            "properties": {
                "code": _STRING,
                "message": _OPTIONAL_STRING,
                "status": {"type": "integer"},
            },
            "required": ["code"],
        },
    ]
}


def schemas() -> dict[str, Any]:
    """Return the schemas of requests and responses."""
    return {**_requests(), **_responses(), "Value": _VALUE}


def _requests() -> dict[str, Any]:
    return {
        "Steps": _object(
            ["steps"],
            ref=_OPTIONAL_STRING,
            location=_OPTIONAL_STRING,
            steps=_list("Step"),
        ),
        "Step": _object(["invoke"], invoke=_STRING, args=_list("Value"), kwargs=_MEMBERS),
        "NewRule": _object(
            ["service"],
            service=_STRING,
            operation=_STRING,
            members=_MEMBERS,
            region=_OPTIONAL_STRING,
            account_id=_OPTIONAL_STRING,
            reply=_ref("Value"),
            fail=_ERROR,
            delay=_NUMBER,
            times={"type": "integer", "minimum": 1},
            optional=_BOOLEAN,
            **{name: {"anyOf": [_BOOLEAN, _MEMBERS]} for name in FAILURES},
        ),
        "Advance": _object(seconds=_NUMBER, minutes=_NUMBER, hours=_NUMBER, days=_NUMBER),
        "Progress": _object(["policy"], policy=_ref("Value")),
        "Count": _object(count={"type": "integer", "minimum": 1, "maximum": 10_000}),
    }


def _responses() -> dict[str, Any]:
    return {
        "Error": _all_required(error=_STRING, message=_STRING),
        "Health": _all_required(version=_STRING, services=_STRINGS),
        "Document": {"type": "object"},
        "Result": _all_required(result=_ref("Value")),
        "Calls": _all_required(total=_INTEGER, discarded=_INTEGER, calls=_list("Call")),
        "Call": _call(),
        "Rules": _all_required(rules=_list("Rule")),
        "Rule": _rule(),
        "Resources": _all_required(resources=_list("Resource")),
        "Resource": _resource(),
        "Clock": _all_required(now={"type": "string", "format": "date-time"}),
        "Events": _all_required(events=_list("Event")),
        "Event": _event(),
        "Unmatched": _all_required(unmatched=_STRINGS),
        "Savepoints": _all_required(savepoints=_STRINGS),
        "Savepoint": _all_required(id=_STRING),
        "Objects": _all_required(uris=_STRINGS),
    }


def _call() -> dict[str, Any]:
    return _all_required(
        number=_INTEGER,
        service=_STRING,
        operation=_STRING,
        params=_MEMBERS,
        region=_STRING,
        account_id=_STRING,
        attempt=_INTEGER,
        started_at=_NUMBER,
        duration=_NUMBER,
        request_id=_STRING,
        outcome=_STRING,
        response=_ref("Value"),
        error={"anyOf": [{"type": "null"}, _all_required(code=_STRING, message=_STRING)]},
        body=_ref("Value"),
    )


def _rule() -> dict[str, Any]:
    return _all_required(
        title=_STRING,
        text=_STRING,
        number=_INTEGER,
        used=_INTEGER,
        expected=_INTEGER,
        remaining={"type": ["integer", "null"]},
        optional=_BOOLEAN,
        region=_OPTIONAL_STRING,
        account_id=_OPTIONAL_STRING,
        location=_STRING,
    )


def _resource() -> dict[str, Any]:
    return _all_required(
        kind=_STRING,
        name=_STRING,
        state=_STRING,
        region=_STRING,
        account_id=_STRING,
        states=_STRINGS,
        mermaid=_OPTIONAL_STRING,
        steps=_list("Step"),
    )


def _event() -> dict[str, Any]:
    return _all_required(
        source=_STRING,
        detail_type=_STRING,
        detail=_MEMBERS,
        resources=_STRINGS,
        time={"type": "string", "format": "date-time"},
        region=_STRING,
        account_id=_STRING,
        topic=_OPTIONAL_STRING,
        message=_OPTIONAL_STRING,
    )


# -- the document ----------------------------------------------------------------------------


def document(routes: Iterable[Route]) -> dict[str, Any]:
    """Return the OpenAPI document of `routes`.

    `x-mlmock-tags` describes the tags of JSON values, `x-mlmock-handle` the exposed members.
    """
    paths: dict[str, Any] = {}
    for route in routes:
        paths.setdefault(f"/_mlmock/{route.path}", {})[route.method.lower()] = _operation(route)
    classes = exposed_classes()
    return {
        "openapi": "3.1.0",
        "info": {"title": "mlmock's control API", "version": __version__},
        "paths": paths,
        "components": {"schemas": schemas()},
        "x-mlmock-tags": {f"${name}": _tag(name) for name in TAGS},
        "x-mlmock-handle": {name: _members(kind) for name, kind in classes.items()},
    }


def _operation(route: Route) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": route.handler.__name__,
        "summary": (route.handler.__doc__ or "").strip(),
        "responses": {
            str(route.status): _response(route),
            "default": {"description": "Error.", "content": _content("Error")},
        },
    }
    if route.request is not None:
        found["requestBody"] = {"content": _content(route.request)}
    parameters = [_parameter(name, "path", "") for name in _names_in(route.path)]
    parameters += [_parameter(name, "query", text) for name, text in route.query.items()]
    return {**found, "parameters": parameters} if parameters else found


def _response(route: Route) -> dict[str, Any]:
    if route.response is None:
        return {"description": "Done."}
    return {"description": "Done.", "content": _content(route.response)}


def _content(name: str) -> dict[str, Any]:
    if name == "Bytes":
        return {"*/*": {}}
    return {"application/json": {"schema": _ref(name)}}


def _parameter(name: str, location: str, description: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": location,
        "required": location == "path",
        "description": description,
        "schema": _STRING,
    }


def _names_in(path: str) -> list[str]:
    return [part[1:-1] for part in path.split("/") if part.startswith("{")]


# -- tags and members ------------------------------------------------------------------------


def _tag(name: str) -> dict[str, Any]:
    function = public_function(name) if name in PUBLIC_FUNCTIONS else None
    text = inspect.getdoc(function) if function is not None else _DESCRIPTIONS[name]
    return {
        "signature": _signature(function),
        "description": text,
        "then": list(METHODS.get(name, ())),
    }


_DESCRIPTIONS = {
    "any": "Matches every value that is present.",
    "bytes": "Bytes, encoded as base64.",
    "pattern": "A regular expression in Python's syntax, and its flags.",
    "time": "A time in ISO 8601.",
    "literal": "The object itself, although its only key begins with $.",
}


def _members(kind: type) -> dict[str, Any]:
    return {name: _member(kind, name) for name in sorted(exposed_names(kind))}


def _member(kind: type, name: str) -> dict[str, Any]:
    found = inspect.getattr_static(kind, name, None)
    target = found.fget if isinstance(found, property) else found
    text = inspect.getdoc(target) if callable(target) else None
    signature = _signature(target) if is_method(kind, name) else None
    return {"signature": signature, "description": text or ""}


def _signature(function: Any) -> str | None:
    if not callable(function):
        return None
    return str(inspect.signature(function)).replace("(self, ", "(").replace("(self)", "()")
