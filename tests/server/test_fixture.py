"""The fixture `mlmock_server`, as a project's own tests use it."""

from __future__ import annotations

import sys

import pytest

HEADER = """
import json
from urllib.request import urlopen

import pytest

def list_human_loops(server):
    arn = "arn:aws:sagemaker:us-east-1:123456789012:flow-definition/x"
    with urlopen(f"{server.url}/human-loops?FlowDefinitionArn={arn}") as response:
        return json.load(response)
"""


def test_every_test_has_a_fresh_mock_on_the_same_port(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        HEADER
        + """
ports = []

@pytest.mark.parametrize("number", [1, 2])
def test_one(mlmock_server, number):
    ports.append(mlmock_server.port)
    assert list_human_loops(mlmock_server) == {"HumanLoopSummaries": []}
    assert len(mlmock_server.ml.calls) == 1
    assert len(set(ports)) == 1

@pytest.mark.mlmock(region="eu-west-1")
def test_options(mlmock_server):
    urlopen(f"{mlmock_server.url}/2020-11-20/projects").close()
    assert mlmock_server.ml.calls.last.region == "eu-west-1"
"""
    )
    pytester.runpytest_inprocess("-p", "no:cacheprovider").assert_outcomes(passed=3)


def test_an_unused_rule_fails_the_test_and_shows_its_calls(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        HEADER
        + """
def test_unused(mlmock_server):
    mlmock_server.ml.on("lookoutvision").fail("InternalServerException")
    list_human_loops(mlmock_server)
"""
    )
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["*UnusedRule*", "*mlmock: calls made by this test*", "*list_human_loops(*"]
    )


def test_without_h11_the_extra_is_named(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "h11", None)
    pytester.makepyfile("def test_one(mlmock_server): ...")
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["mlmock_server: The server needs h11: pip install 'mlmock[[]server]'"]
    )
