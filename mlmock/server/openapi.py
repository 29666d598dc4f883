"""The OpenAPI document of the control API: drawn from its routes and from what the words reach."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from typing import Any

from mlmock._version import __version__
from mlmock.server import exposed_members as reach
from mlmock.server.control_routes import ENDINGS, Route
from mlmock.server.json_values import CHAINS, PUBLIC, WORDS, public

_TEXT: dict[str, Any] = {"type": "string"}
_NUMBER: dict[str, Any] = {"type": "number"}
_COUNT: dict[str, Any] = {"type": "integer", "minimum": 0}
_FLAG: dict[str, Any] = {"type": "boolean"}
_MAYBE: dict[str, Any] = {"type": ["string", "null"]}
_TEXTS: dict[str, Any] = {"type": "array", "items": _TEXT}


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def _object(required: Iterable[str] = (), **members: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": members,
        "required": sorted(required),
        "additionalProperties": False,
    }


def _whole(**members: Any) -> dict[str, Any]:
    return _object(members, **members)


def _list(name: str) -> dict[str, Any]:
    return {"type": "array", "items": _ref(name)}


_VALUE = {
    "description": "JSON, in which an object with one key that begins with $ is a word: "
    '{"$contains": "x"}, or with several arguments {"$word": {"args": [], "kwargs": {}}}.'
}
_MEMBERS = {"type": "object", "additionalProperties": _ref("Value")}
_FAULT = {
    "anyOf": [
        _TEXT,
        {
            "type": "object",
            "properties": {"code": _TEXT, "message": _MAYBE, "status": {"type": "integer"}},
            "required": ["code"],
        },
    ]
}


def schemas() -> dict[str, Any]:
    """Return the schemas of what is sent and answered."""
    return {**_sent(), **_answered(), "Value": _VALUE}


def _sent() -> dict[str, Any]:
    return {
        "Steps": _object(
            ["steps"], ref=_MAYBE, place=_MAYBE, steps={"type": "array", "items": _ref("Step")}
        ),
        "Step": _object(
            ["do"], do=_TEXT, args={"type": "array", "items": _ref("Value")}, kwargs=_MEMBERS
        ),
        "NewRule": _object(
            ["service"],
            service=_TEXT,
            operation=_TEXT,
            members=_MEMBERS,
            region=_MAYBE,
            account_id=_MAYBE,
            reply=_ref("Value"),
            fail=_FAULT,
            delay=_NUMBER,
            times={"type": "integer", "minimum": 1},
            optional=_FLAG,
            **{name: {"anyOf": [_FLAG, _MEMBERS]} for name in ENDINGS},
        ),
        "Advance": _object(seconds=_NUMBER, minutes=_NUMBER, hours=_NUMBER, days=_NUMBER),
        "Progress": _object(["policy"], policy=_ref("Value")),
        "Count": _object(count={"type": "integer", "minimum": 1, "maximum": 10_000}),
    }


def _answered() -> dict[str, Any]:
    return {
        "Error": _whole(error=_TEXT, message=_TEXT),
        "Health": _whole(version=_TEXT, services=_TEXTS),
        "Document": {"type": "object"},
        "Result": _whole(result=_ref("Value")),
        "Calls": _whole(started=_COUNT, lost=_COUNT, calls=_list("Call")),
        "Call": _call(),
        "Rules": _whole(rules=_list("Rule")),
        "Rule": _rule(),
        "Resources": _whole(resources=_list("Resource")),
        "Resource": _resource(),
        "Clock": _whole(now={"type": "string", "format": "date-time"}),
        "Events": _whole(events=_list("Event")),
        "Event": _event(),
        "Unmatched": _whole(unmatched=_TEXTS),
        "Savepoints": _whole(savepoints=_TEXTS),
        "Savepoint": _whole(id=_TEXT),
        "Objects": _whole(uris=_TEXTS),
    }


def _call() -> dict[str, Any]:
    return _whole(
        number=_COUNT,
        service=_TEXT,
        operation=_TEXT,
        params=_MEMBERS,
        region=_TEXT,
        account_id=_TEXT,
        attempt=_COUNT,
        started_at=_NUMBER,
        duration=_NUMBER,
        request_id=_TEXT,
        outcome=_TEXT,
        response=_ref("Value"),
        error={"anyOf": [{"type": "null"}, _whole(code=_TEXT, message=_TEXT)]},
        body=_ref("Value"),
    )


def _rule() -> dict[str, Any]:
    return _whole(
        title=_TEXT,
        text=_TEXT,
        number=_COUNT,
        used=_COUNT,
        wanted=_COUNT,
        left={"type": ["integer", "null"]},
        optional=_FLAG,
        region=_MAYBE,
        account_id=_MAYBE,
        place=_TEXT,
    )


def _resource() -> dict[str, Any]:
    return _whole(
        kind=_TEXT,
        name=_TEXT,
        state=_TEXT,
        region=_TEXT,
        account_id=_TEXT,
        states=_TEXTS,
        mermaid=_MAYBE,
        steps={"type": "array", "items": _ref("Step")},
    )


def _event() -> dict[str, Any]:
    return _whole(
        source=_TEXT,
        detail_type=_TEXT,
        detail=_MEMBERS,
        resources=_TEXTS,
        time={"type": "string", "format": "date-time"},
        region=_TEXT,
        account_id=_TEXT,
        topic=_MAYBE,
        message=_MAYBE,
    )


# -- the document ----------------------------------------------------------------------------


def document(routes: Iterable[Route]) -> dict[str, Any]:
    """Return the description of `routes`; `x-mlmock-words` and `x-mlmock-handle` tell the rest."""
    paths: dict[str, Any] = {}
    for route in routes:
        paths.setdefault(f"/_mlmock/{route.path}", {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {"title": "mlmock's control API", "version": __version__},
        "paths": paths,
        "components": {"schemas": schemas()},
        "x-mlmock-words": {f"${name}": _word(name) for name in WORDS},
        "x-mlmock-handle": {reach.title_of(kind): _names(kind) for kind in reach.classes()},
    }


def _operation(route: Route) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": route.make.__name__,
        "summary": (route.make.__doc__ or "").strip(),
        "responses": {
            str(route.status): _response(route),
            "default": {"description": "Refused.", "content": _content("Error")},
        },
    }
    if route.takes is not None:
        found["requestBody"] = {"content": _content(route.takes)}
    places = [_parameter(n, "path", "") for n in _names_in(route.path)]
    places += [_parameter(name, "query", text) for name, text in route.query.items()]
    return {**found, "parameters": places} if places else found


def _response(route: Route) -> dict[str, Any]:
    if route.gives is None:
        return {"description": "Done."}
    return {"description": "Done.", "content": _content(route.gives)}


def _content(name: str) -> dict[str, Any]:
    if name == "Bytes":
        return {"*/*": {}}
    return {"application/json": {"schema": _ref(name)}}


def _parameter(name: str, place: str, text: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": place,
        "required": place == "path",
        "description": text,
        "schema": _TEXT,
    }


def _names_in(path: str) -> list[str]:
    return [part[1:-1] for part in path.split("/") if part.startswith("{")]


def _word(name: str) -> dict[str, Any]:
    made = public(name) if name in PUBLIC else None
    text = inspect.getdoc(made) if made is not None else _OWN_WORDS[name]
    return {"takes": _signature(made), "is": text, "then": list(CHAINS.get(name, ()))}


_OWN_WORDS = {
    "any": "Fits every value that is given.",
    "bytes": "Bytes, written as base64.",
    "pattern": "A regular expression, as Python's re has it, with its flags.",
    "time": "An instant, as ISO 8601 has it.",
    "literal": "The object itself, although its one key begins with $.",
}


def _names(kind: type) -> dict[str, Any]:
    return {name: _described(kind, name) for name in sorted(reach.names_of(kind))}


def _described(kind: type, name: str) -> dict[str, Any]:
    found = inspect.getattr_static(kind, name, None)
    target = found.fget if isinstance(found, property) else found
    text = inspect.getdoc(target) if callable(target) else None
    takes = _signature(target) if reach.is_method(kind, name) else None
    return {"takes": takes, "is": text or ""}


def _signature(made: Any) -> str | None:
    if not callable(made):
        return None
    return str(inspect.signature(made)).replace("(self, ", "(").replace("(self)", "()")
