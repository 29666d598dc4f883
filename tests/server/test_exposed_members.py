"""Which members of the handle a client of the control API can use."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import mlmock
from mlmock.mock.handle import SERVICE_ATTRIBUTES, MockML
from mlmock.server.exposed_members import exposed_names
from mlmock.server.remote_client import RemoteMock
from tests.server.conftest import Fetch

DECLARATION = re.compile(r'^@exposed\(\s*"([\w.]+)"', re.MULTILINE)


def test_every_class_that_declares_members_is_described(fetch: Fetch) -> None:
    sources = Path(mlmock.__file__).parent.rglob("*.py")
    declared = [n for path in sources for n in DECLARATION.findall(path.read_text("utf-8"))]
    described = fetch("GET", "/_mlmock/openapi.json").json["x-mlmock-handle"]
    assert sorted(described) == sorted(["MockML", *declared])


def test_every_service_can_be_used() -> None:
    names = {name for name, value in vars(MockML).items() if value in SERVICE_ATTRIBUTES.values()}
    assert names
    assert names <= exposed_names(MockML)


def test_a_subclass_inherits_exposed_members(remote: RemoteMock) -> None:
    rule = remote.bedrock.model("anthropic.*").reply("Hello.").times(2).optional()
    assert (rule.used, rule.expected, rule.remaining) == (0, 2, 2)
    job = remote.lookoutvision.project("p", model="TRAINED").packaging_job("job")
    assert {"status", "finish", "fail"} <= set(dir(job))


def test_other_members_stay_in_the_process(remote: RemoteMock, fetch: Fetch) -> None:
    with pytest.raises(AttributeError, match="MockML has no 'unknown' over HTTP"):
        _ = remote.unknown
    refused = fetch("POST", "/_mlmock/do", '{"steps": [{"invoke": "reset"}]}')
    assert (refused.status, refused.json["error"]) == (400, "InvalidRule")
    assert refused.json["message"].startswith("MockML has no exposed member 'reset'. Exposed: a2i,")
