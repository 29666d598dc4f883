"""The state machine, walked at random: boto3's view against a model of five states."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from mlmock import MockML, manually, mock_ml
from mlmock.errors import BadAnswer
from mlmock.services.sagemaker_a2i_runtime.human_loops import HUMAN_LOOP
from mlmock.simulation.state_machine import NoTransition
from tests.services.sagemaker_a2i_runtime.helpers import FLOW, client_of, describe, names, start

NAMES = st.sampled_from(["a", "b", "c"])
CONTENTS = st.sampled_from(['{"n": 1}', '{"n": 2}'])
NOW = datetime(2026, 1, 1, tzinfo=timezone.utc)
ENDED = {"Completed", "Failed", "Stopped"}


def code_of(operation: Any, **params: Any) -> str:
    """Return the error code of a call, or OK."""
    try:
        operation(**params)
    except ClientError as fault:
        return str(fault.response["Error"]["Code"])
    return "OK"


class HumanLoopLife(RuleBasedStateMachine):
    """Loops of one flow definition with two workers; a stop takes until it is stepped."""

    def __init__(self) -> None:
        super().__init__()
        self.mock = mock_ml(progress=manually(), now=NOW)
        self.ml: MockML = self.mock.start()
        self.ml.a2i.flow_definition("review", output="s3://bucket/out", workers=2)
        self.client = client_of()
        self.states: dict[str, str] = {}
        self.inputs: dict[str, str] = {}
        self.votes: dict[str, int] = {}
        self.events: list[tuple[str, str]] = []

    def teardown(self) -> None:
        self.mock.stop()

    def move(self, name: str, state: str) -> None:
        self.states[name] = state
        if state in ENDED:
            self.events.append((name, state))

    @rule(name=NAMES, content=CONTENTS)
    def start(self, name: str, content: str) -> None:
        got = code_of(
            self.client.start_human_loop,
            HumanLoopName=name,
            FlowDefinitionArn=FLOW,
            HumanLoopInput={"InputContent": content},
        )
        if name not in self.states:
            assert got == "OK"
            self.states[name], self.inputs[name], self.votes[name] = "InProgress", content, 0
        else:
            assert got == ("OK" if self.inputs[name] == content else "ConflictException")

    @rule(name=NAMES)
    def answer(self, name: str) -> None:
        state = self.states.get(name)
        if state is None:
            return
        if state in ENDED:
            with pytest.raises(BadAnswer):
                self.ml.a2i.human_loop(name).complete({"vote": 1})
            return
        self.ml.a2i.human_loop(name).complete({"vote": 1})
        self.votes[name] += 1
        if state == "Stopping":
            self.move(name, "Stopped")
        elif self.votes[name] == 2:
            self.move(name, "Completed")

    @rule(name=NAMES)
    def fail(self, name: str) -> None:
        state = self.states.get(name)
        if state is not None and HUMAN_LOOP.allows(state, "fail"):
            self.ml.a2i.human_loop(name).fail("InternalError", "because")
            self.move(name, "Failed")

    @rule(name=NAMES)
    def stop(self, name: str) -> None:
        got = code_of(self.client.stop_human_loop, HumanLoopName=name)
        state = self.states.get(name)
        if state is None:
            assert got == "ResourceNotFoundException"
        elif HUMAN_LOOP.allows(state, "StopHumanLoop"):
            assert got == "OK"
            self.states[name] = "Stopping"
        else:
            assert got == "ValidationException"

    @rule()
    def step(self) -> None:
        self.ml.progress.step()
        for name, state in self.states.items():
            if state == "Stopping":
                self.move(name, "Stopped")

    @rule(name=NAMES)
    def delete(self, name: str) -> None:
        got = code_of(self.client.delete_human_loop, HumanLoopName=name)
        state = self.states.get(name)
        if state is None:
            assert got == "ResourceNotFoundException"
        elif state in ENDED:
            assert got == "OK"
            del self.states[name]
        else:
            assert got == "ValidationException"

    @invariant()
    def what_boto3_shows(self) -> None:
        assert sorted(names(self.client)) == sorted(self.states)
        for name, state in self.states.items():
            loop = describe(self.client, name)
            assert loop["HumanLoopStatus"] == state
            assert ("FailureCode" in loop) == (state == "Failed")
            assert loop["HumanLoopOutput"]["OutputS3Uri"].endswith(f"/{name}/output.json")

    @invariant()
    def what_events_say(self) -> None:
        found = [(e.detail["humanLoopName"], e.detail["humanLoopStatus"]) for e in self.ml.events]
        assert sorted(found) == sorted(self.events)


TestHumanLoopLife = HumanLoopLife.TestCase
TestHumanLoopLife.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)


def test_the_states_are_the_models() -> None:
    with mock_ml():
        client = client_of()
        start(client, "invoice-1")
        model = client.meta.service_model.shape_for("HumanLoopStatus")
    assert set(HUMAN_LOOP.states) == set(model.enum)


def test_the_machine_knows_what_it_refuses() -> None:
    assert HUMAN_LOOP.after("InProgress", "complete") == "Completed"
    for state, event in (
        ("Completed", "complete"),
        ("Stopped", "fail"),
        ("Failed", "DeleteHumanLoop"),
    ):
        with pytest.raises(NoTransition):
            HUMAN_LOOP.after(state, event)


def test_the_diagram_in_the_docs_is_drawn_from_the_machine() -> None:
    from pathlib import Path

    page = Path(__file__).parents[3] / "docs" / "augmented-ai.md"
    assert f"```mermaid\n{HUMAN_LOOP.mermaid()}\n```" in page.read_text(encoding="utf-8")
