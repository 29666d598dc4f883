"""The JSON control API, checked against its own OpenAPI document."""

from __future__ import annotations

import json
from http.client import IncompleteRead
from typing import Any
from urllib.parse import quote

import pytest

from mlmock import ServerThread
from mlmock.server.control_api import ALL_ROUTES
from tests.server.conftest import FLOW, Fetch, FetchedResponse

MODEL = "anthropic.claude-3-haiku-20240307-v1:0"
LOOPS = f"/human-loops?FlowDefinitionArn={FLOW}"


@pytest.fixture
def ask(fetch: Fetch) -> Fetch:
    """Send JSON to the control API; fail if the response does not fit the OpenAPI document."""
    document = fetch("GET", "/_mlmock/openapi.json").json

    def send(method: str, path: str, body: Any = None) -> FetchedResponse:
        answer = fetch(method, f"/_mlmock/{path}", None if body is None else json.dumps(body))
        described = _described(document, method, path.partition("?")[0])
        if described is not None:
            responses = described["responses"]
            declared = responses.get(str(answer.status), responses["default"])
            content = declared.get("content", {}).get("application/json")
            assert bool(content) == bool(answer.body)
            if content:
                _check_schema(document, content["schema"], answer.json, path)
        return answer

    return send


def _described(document: Any, method: str, path: str) -> Any:
    operations = document["paths"].get(f"/_mlmock/{path}", {})
    return operations.get(method.lower())


def _check_schema(document: Any, schema: Any, value: Any, path: str) -> None:
    """Fail unless a value is valid under a schema of the kinds that the document uses."""
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    kinds = schema.get("type", [])
    if kinds:
        names = [kinds] if isinstance(kinds, str) else kinds
        assert any(isinstance(value, _TYPES[name]) for name in names), (path, value)
    if isinstance(value, dict) and "properties" in schema:
        assert set(schema["required"]) <= set(value), path
        assert schema["additionalProperties"] or set(value) <= set(schema["properties"]), path
        for name, item in value.items():
            _check_schema(document, schema["properties"][name], item, f"{path}.{name}")
    if isinstance(value, list) and "items" in schema:
        for item in value:
            _check_schema(document, schema["items"], item, f"{path}[]")


_TYPES: dict[str, Any] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
}


def test_openapi_has_every_route_tag_and_handle(fetch: Fetch) -> None:
    document = fetch("GET", "/_mlmock/openapi.json").json
    described = {
        (method.upper(), path) for path, found in document["paths"].items() for method in found
    }
    assert described == {(route.method, f"/_mlmock/{route.path}") for route in ALL_ROUTES}
    assert "signature" in document["x-mlmock-tags"]["$contains"]
    assert document["x-mlmock-tags"]["$stream"]["then"] == ["then", "pause", "then_error"]
    reply = document["x-mlmock-handle"]["bedrock.ModelHandle"]["reply"]
    assert reply["signature"].startswith("(*answers")
    assert all(op.get("summary") for found in document["paths"].values() for op in found.values())


def test_rule_counts_and_journal(ask: Fetch, fetch: Fetch) -> None:
    rule = {
        "service": "sagemaker-a2i-runtime",
        "operation": "ListHumanLoops",
        "members": {"FlowDefinitionArn": {"$glob": "*/review"}},
        "fail": {"code": "ThrottlingException", "message": "slow down"},
        "times": 1,
    }
    written = ask("POST", "rules", rule)
    assert (written.status, written.json["remaining"], written.json["used"]) == (201, 1, 0)
    refused = fetch("GET", LOOPS)
    assert refused.headers["x-amzn-ErrorType"] == "ThrottlingException"
    assert refused.json == {"Message": "slow down"}
    assert fetch("GET", LOOPS).status == 200
    (counted,) = ask("GET", "rules").json["rules"]
    assert (counted["remaining"], counted["used"], counted["location"]) == (0, 1, "over HTTP")
    journal = ask("GET", "calls?service=sagemaker-a2i-runtime").json
    assert [call["outcome"] for call in journal["calls"]] == ["429 ThrottlingException", "200"]
    assert journal["calls"][0]["error"] == {"code": "ThrottlingException", "message": "slow down"}
    assert [c["number"] for c in ask("GET", "calls?since=1").json["calls"]] == [1]
    assert ask("GET", "calls?operation=StopHumanLoop").json["calls"] == []
    assert len(ask("GET", "calls?limit=1").json["calls"]) == 1
    assert ask("POST", "check").status == 204


def test_rules_with_several_answers_and_with_failures(ask: Fetch, fetch: Fetch) -> None:
    operation = {
        "service": "sagemaker-runtime",
        "operation": "InvokeEndpoint",
        "region": "us-east-1",
    }
    target = "/endpoints/x/invocations"
    ask("POST", "rules", {**operation, "reply": [{"score": 1}, "two", {"$bytes": "AAE="}]})
    assert fetch("POST", target, "1").json == {"score": 1}
    assert fetch("POST", target, "1").body == b"two"
    assert fetch("POST", target, "1").body == b"\x00\x01"
    ask("POST", "rules", {**operation, "members": {"Body": {"$contains": "!"}}, "malformed": True})
    ask("POST", "rules", {**operation, "reply": "late", "delay": 30, "optional": True})
    assert fetch("POST", target, "1").body == b"late"
    ask("POST", "rules", {**operation, "fail": "InternalFailure"})
    assert fetch("POST", target, "1").headers["x-amzn-ErrorType"] == "InternalFailure"
    ask("POST", "rules", {**operation, "wrong_length": {"by": 2}, "optional": True})
    with pytest.raises(IncompleteRead, match="2 more expected"):
        fetch("POST", target, "1")
    operation = {"service": "sagemaker-runtime", "operation": "InvokeEndpointWithResponseStream"}
    assert ask("POST", "rules", {**operation, "break_stream": {"after": 1}}).status == 201
    assert ask("POST", "rules", {**operation, "timeout": {"connect": True}}).status == 201
    unused = ask("POST", "check")
    assert (unused.status, unused.json["error"]) == (409, "UnusedRule")
    assert ask("POST", "reset").status == 204
    assert ask("GET", "rules").json == {"rules": []}


def test_steps_reach_the_whole_handle(ask: Fetch, fetch: Fetch) -> None:
    steps = [
        {"invoke": "bedrock"},
        {"invoke": "model", "args": ["anthropic.*"]},
        {"invoke": "on", "kwargs": {"last_user": {"$contains": "weather"}}},
        {"invoke": "reply", "args": [{"$tool_use": {"args": ["weather", {"city": "Rome"}]}}]},
    ]
    made = ask("POST", "do", {"steps": steps}).json["result"]["$handle"]
    assert made["kind"] == "bedrock.ModelRule"
    body = json.dumps({"messages": [{"role": "user", "content": [{"text": "The weather?"}]}]})
    answer = fetch("POST", f"/model/{MODEL}/converse", body).json
    assert answer["output"]["message"]["content"][0]["toolUse"]["input"] == {"city": "Rome"}
    used = ask("POST", "do", {"ref": made["ref"], "steps": [{"invoke": "used"}]})
    assert used.json == {"result": 1}


def test_stream_with_pauses(ask: Fetch, fetch: Fetch) -> None:
    then = [{"invoke": "pause", "args": [5]}, {"invoke": "then", "args": ["ken"]}]
    stream = {"$stream": {"args": ["to"], "then": then}}
    model = [
        {"invoke": "bedrock"},
        {"invoke": "model", "args": ["*"]},
        {"invoke": "reply", "args": [stream]},
    ]
    assert ask("POST", "do", {"steps": model}).status == 200
    body = json.dumps({"messages": [{"role": "user", "content": [{"text": "Hi"}]}]})
    found = fetch("POST", f"/model/{MODEL}/converse-stream", body)
    assert found.body.index(b'"to"') < found.body.index(b'"ken"')
    assert ask("GET", "calls").json["calls"][0]["response"]["stream"][1]


def test_clock_and_progress(ask: Fetch) -> None:
    before = ask("GET", "clock").json["now"]
    after = ask("POST", "clock/advance", {"days": 1, "minutes": 1.5}).json["now"]
    assert before[:10] < after[:10]
    assert ask("GET", "progress").json == {"policy": {"$after_polls": {"args": [0], "kwargs": {}}}}
    assert ask("PUT", "progress", {"policy": {"$manually": None}}).status == 200
    assert ask("GET", "progress").json == {"policy": {"$manually": {"args": [], "kwargs": {}}}}
    assert ask("POST", "progress/step", {"count": 2}).status == 204
    assert ask("POST", "progress/step").status == 204
    assert ask("PUT", "progress", {"policy": None}).json["policy"]["$after_polls"]["args"] == [0]


def test_objects_events_and_resources(
    mlmock_server: ServerThread, ask: Fetch, fetch: Fetch
) -> None:
    path = f"/_mlmock/objects/bucket/{quote('a folder/ä.json')}"
    assert fetch("PUT", path, b"{}", {"Content-Type": "application/json"}).status == 204
    found = fetch("GET", path)
    assert (found.body, found.headers["Content-Type"]) == (b"{}", "application/json")
    assert ask("GET", "objects?prefix=s3://bucket/a").json == {
        "uris": ["s3://bucket/a folder/ä.json"]
    }
    missing = ask("GET", "objects/bucket/none")
    assert (missing.status, missing.json["error"]) == (404, "NoSuchKey")
    start = {
        "HumanLoopName": "l",
        "FlowDefinitionArn": FLOW,
        "HumanLoopInput": {"InputContent": "{}"},
    }
    assert fetch("POST", "/human-loops", json.dumps(start)).status == 200
    (loop,) = ask("GET", "resources").json["resources"]
    assert (loop["kind"], loop["state"]) == ("human loop", "InProgress")
    assert "Stopping" in loop["states"]
    mlmock_server.ml.a2i.human_loop("l").complete({"ok": True})
    (event,) = ask("GET", "events").json["events"]
    assert event["detail"]["humanLoopStatus"] == "Completed"


def test_savepoints_by_id(ask: Fetch, fetch: Fetch) -> None:
    first = ask("POST", "savepoints").json["id"]
    fetch("PUT", "/_mlmock/objects/b/one", b"1")
    second = ask("POST", "savepoints").json["id"]
    fetch("PUT", "/_mlmock/objects/b/two", b"2")
    assert ask("GET", "savepoints").json == {"savepoints": [first, second]}
    assert ask("POST", f"savepoints/{second}/rollback").status == 204
    assert ask("GET", "objects?prefix=s3://b/").json == {"uris": ["s3://b/one"]}
    ask("POST", "savepoints")
    assert ask("POST", f"savepoints/{first}/rollback").status == 204
    assert ask("GET", "objects?prefix=s3://b/").json == {"uris": []}
    assert ask("GET", "savepoints").json == {"savepoints": []}
    assert ask("POST", f"savepoints/{first}/rollback").status == 404
    ask("POST", "savepoints")
    ask("POST", "reset")
    assert ask("GET", "savepoints").json == {"savepoints": []}


def test_unmatched_calls(ask: Fetch, fetch: Fetch) -> None:
    steps = [
        {"invoke": "sagemaker"},
        {"invoke": "endpoint", "args": ["x"]},
        {"invoke": "on", "kwargs": {"Body": {"a": 1}}},
        {"invoke": "reply", "args": [1]},
        {"invoke": "optional"},
    ]
    ask("POST", "do", {"steps": steps})
    assert fetch("POST", "/endpoints/x/invocations", '{"a": 2}').status == 400
    (text,) = ask("GET", "unmatched").json["unmatched"]
    assert "Body.a is 2; expected 1" in text
    assert ask("POST", "check").json["error"] == "UnmatchedCall"
    assert ask("DELETE", "unmatched").status == 204
    assert ask("POST", "check").status == 204


STEP = {"invoke": "clock"}


@pytest.mark.parametrize(
    ("method", "path", "body", "text"),
    [
        ("POST", "do", [], "the body must be a JSON object"),
        ("POST", "do", {"steps": 1}, "steps must be a list"),
        ("POST", "do", {"steps": [1]}, "a step must be"),
        ("POST", "do", {"step": []}, "unknown member 'step'"),
        ("POST", "do", {"steps": [{"invoke": "_block"}]}, "has no exposed member '_block'"),
        ("POST", "do", {"steps": [{"invoke": "__class__"}]}, "has no exposed member '__class__'"),
        (
            "POST",
            "do",
            {"steps": [STEP, {"invoke": "_ledger"}]},
            "Clock has no exposed member '_ledger'",
        ),
        ("POST", "do", {"steps": [STEP, {"invoke": "advance", "args": 5}]}, "args must be a list"),
        (
            "POST",
            "do",
            {"steps": [STEP, {"invoke": "advance", "kwargs": [5]}]},
            "kwargs must be an object",
        ),
        ("POST", "do", {"steps": [STEP, {"invoke": "advance", "kwargs": {"x": 5}}]}, "unexpected"),
        (
            "POST",
            "do",
            {"steps": [STEP, {"invoke": "advance", "kwargs": {"days": -1}}]},
            "cannot go back",
        ),
        ("POST", "do", {"steps": [{"invoke": "on", "args": ["no"]}]}, "no"),
        ("POST", "rules", {"service": "nothing", "reply": 1}, "nothing"),
        ("POST", "rules", {"service": 5}, "service must be the name"),
        ("POST", "rules", {"service": "sagemaker-runtime"}, "a rule needs one of reply"),
        ("POST", "rules", {"service": "sagemaker-runtime", "drop": "yes"}, "drop must be true or"),
        (
            "POST",
            "rules",
            {"service": "sagemaker-runtime", "fail": 5},
            "fail must be an error code",
        ),
        ("POST", "rules", {"service": "sagemaker-runtime", "fail": "Nope"}, "Nope"),
        ("POST", "rules", {"service": "sagemaker-runtime", "delay": "x"}, ""),
        ("POST", "clock/advance", {"days": "x"}, "days must be a number"),
        ("POST", "clock/advance", {"days": True}, "days must be a number"),
        ("POST", "clock/advance", {"days": 1e300}, "the year 9999"),
        ("PUT", "progress", {"policy": 5}, "policy must be"),
        ("POST", "progress/step", {"count": 0}, "count must be an integer"),
        ("GET", "calls?since=x", None, "since must be a count"),
        ("GET", "objects?prefix=x", None, "an object URI has the form s3://"),
        (
            "POST",
            "rules",
            {"service": "sagemaker-runtime", "reply": {"$eval": "1"}},
            "unknown tag $eval",
        ),
        ("POST", "rules", {"service": "sagemaker-runtime", "reply": {"$regex": "("}}, "$regex"),
        ("POST", "rules", {"service": "sagemaker-runtime", "reply": {"$bytes": "?"}}, "base64"),
        ("POST", "rules", {"service": "sagemaker-runtime", "reply": {"$time": 1}}, ""),
        (
            "POST",
            "rules",
            {
                "service": "sagemaker-runtime",
                "reply": {"$stream": {"then": [{"invoke": "__init__"}]}},
            },
            "$stream has no method '__init__'",
        ),
        (
            "POST",
            "rules",
            {"service": "sagemaker-runtime", "reply": {"$raw": {"args": [1], "then": [5]}}},
            "$raw has no method ''",
        ),
    ],
)
def test_invalid_requests(ask: Fetch, method: str, path: str, body: Any, text: str) -> None:
    refused = ask(method, path, body)
    assert refused.status == 400, refused
    assert text in refused.json["message"]
    assert ask("GET", "rules").json == {"rules": []}
    assert ask("GET", "clock").status == 200


def test_unknown_resources(ask: Fetch, fetch: Fetch) -> None:
    assert ask("GET", "nothing").status == 404
    gone = ask("POST", "do", {"ref": "h999999", "steps": []})
    assert (gone.status, gone.json["error"]) == (404, "UnknownReference")
    wrong = ask("DELETE", "rules")
    assert (wrong.status, wrong.headers["Allow"]) == (405, "GET, POST")
    assert fetch("POST", "/_mlmock/do", b"{").json["message"] == "the body is not JSON"
    assert fetch("POST", "/_mlmock/do", b"[" * 200_000).json["message"] == "the body is not JSON"
    assert fetch("PUT", "/_mlmock/objects/bucket/", b"x").status == 404
    assert fetch("POST", "/").status == 405
    assert fetch("HEAD", "/_mlmock/health").status == 200
