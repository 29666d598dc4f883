"""Random operations on human loops, compared with a model of five states."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from mlmock import MockML, manually, mock_ml
from mlmock.errors import InvalidRule
from mlmock.services.sagemaker_a2i_runtime.human_loops import HUMAN_LOOP
from mlmock.simulation.state_machine import InvalidTransition
from tests.helpers import FLOW, client_for, start
from tests.services.sagemaker_a2i_runtime.human_loop_helpers import describe, names

NAMES = st.sampled_from(["a", "b", "c"])
CONTENTS = st.sampled_from(['{"n": 1}', '{"n": 2}'])
NOW = datetime(2026, 1, 1, tzinfo=timezone.utc)
ENDED = {"Completed", "Failed", "Stopped"}


def code_of(operation: Any, **params: Any) -> str:
    """Return the error code of a call, or OK."""
    try:
        operation(**params)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return "OK"


class HumanLoopLifecycle(RuleBasedStateMachine):
    """Loops of one flow definition with two workers, which are stopped manually."""

    def __init__(self) -> None:
        super().__init__()
        self.mock = mock_ml(progress=manually(), now=NOW)
        self.ml: MockML = self.mock.start()
        self.ml.a2i.flow_definition("review", output="s3://bucket/out", workers=2)
        self.client = client_for()
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
        code = code_of(
            self.client.start_human_loop,
            HumanLoopName=name,
            FlowDefinitionArn=FLOW,
            HumanLoopInput={"InputContent": content},
        )
        if name not in self.states:
            assert code == "OK"
            self.states[name], self.inputs[name], self.votes[name] = "InProgress", content, 0
        else:
            assert code == ("OK" if self.inputs[name] == content else "ConflictException")

    @rule(name=NAMES)
    def answer(self, name: str) -> None:
        state = self.states.get(name)
        if state is None:
            return
        if state in ENDED:
            with pytest.raises(InvalidRule):
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
        code = code_of(self.client.stop_human_loop, HumanLoopName=name)
        state = self.states.get(name)
        if state is None:
            assert code == "ResourceNotFoundException"
        elif HUMAN_LOOP.allows(state, "StopHumanLoop"):
            assert code == "OK"
            self.states[name] = "Stopping"
        else:
            assert code == "ValidationException"

    @rule()
    def step(self) -> None:
        self.ml.progress.step()
        for name, state in self.states.items():
            if state == "Stopping":
                self.move(name, "Stopped")

    @rule(name=NAMES)
    def delete(self, name: str) -> None:
        code = code_of(self.client.delete_human_loop, HumanLoopName=name)
        state = self.states.get(name)
        if state is None:
            assert code == "ResourceNotFoundException"
        elif state in ENDED:
            assert code == "OK"
            del self.states[name]
        else:
            assert code == "ValidationException"

    @invariant()
    def responses_match_the_model(self) -> None:
        assert sorted(names(self.client)) == sorted(self.states)
        for name, state in self.states.items():
            loop = describe(self.client, name)
            assert loop["HumanLoopStatus"] == state
            assert ("FailureCode" in loop) == (state == "Failed")
            assert loop["HumanLoopOutput"]["OutputS3Uri"].endswith(f"/{name}/output.json")

    @invariant()
    def events_match_the_model(self) -> None:
        found = [(e.detail["humanLoopName"], e.detail["humanLoopStatus"]) for e in self.ml.events]
        assert sorted(found) == sorted(self.events)


TestHumanLoopLifecycle = HumanLoopLifecycle.TestCase
TestHumanLoopLifecycle.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)


def test_states_equal_the_enum_of_the_service_model() -> None:
    with mock_ml():
        client = client_for()
        start(client, "invoice-1")
        model = client.meta.service_model.shape_for("HumanLoopStatus")
    assert set(HUMAN_LOOP.states) == set(model.enum)


def test_invalid_transitions_raise() -> None:
    assert HUMAN_LOOP.after("InProgress", "complete") == "Completed"
    for state, event in (
        ("Completed", "complete"),
        ("Stopped", "fail"),
        ("Failed", "DeleteHumanLoop"),
    ):
        with pytest.raises(InvalidTransition):
            HUMAN_LOOP.after(state, event)


def test_diagram_in_the_docs_is_current() -> None:
    from pathlib import Path

    page = Path(__file__).parents[3] / "docs/reference/services/augmented-ai.md"
    assert f"```mermaid\n{HUMAN_LOOP.mermaid()}\n```" in page.read_text(encoding="utf-8")
