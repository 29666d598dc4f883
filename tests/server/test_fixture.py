"""The fixture `mlmock_server`, as a project's own tests use it."""

from __future__ import annotations

import pytest

HEAD = """
import json
from urllib.request import urlopen

import pytest

def loops(server):
    arn = "arn:aws:sagemaker:us-east-1:123456789012:flow-definition/x"
    with urlopen(f"{server.url}/human-loops?FlowDefinitionArn={arn}") as answer:
        return json.load(answer)
"""


def test_every_test_has_a_fresh_mock_on_the_same_port(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        HEAD
        + """
ports = []

@pytest.mark.parametrize("turn", [1, 2])
def test_a_turn(mlmock_server, turn):
    ports.append(mlmock_server.port)
    assert loops(mlmock_server) == {"HumanLoopSummaries": []}
    assert len(mlmock_server.ml.calls) == 1
    assert len(set(ports)) == 1

@pytest.mark.mlmock(region="eu-west-1")
def test_options(mlmock_server):
    urlopen(f"{mlmock_server.url}/2020-11-20/projects").close()
    assert mlmock_server.ml.calls.last.region == "eu-west-1"
"""
    )
    pytester.runpytest_inprocess("-p", "no:cacheprovider").assert_outcomes(passed=3)


def test_a_rule_that_is_left_fails_the_test_and_shows_the_calls(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        HEAD
        + """
def test_left(mlmock_server):
    mlmock_server.ml.on("lookoutvision").fail("InternalServerException")
    loops(mlmock_server)
"""
    )
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*UnusedRule*", "*mlmock: calls made by this test*", "*list_human_loops(*"])
