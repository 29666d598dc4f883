"""The rule index: the same rule answers, however many are registered."""

from __future__ import annotations

import boto3
import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from mlmock import glob, mock_ml
from tests.helpers import A2I

NAMES = [f"loop-{number}" for number in range(12)]
VALUES = st.one_of(
    st.sampled_from(NAMES), st.sampled_from(NAMES).map(lambda name: glob(f"{name}*"))
)


@settings(max_examples=25, deadline=None)
@given(st.lists(VALUES, min_size=1, max_size=40), st.sampled_from(NAMES))
def test_latest_matching_rule_answers(values: list[object], name: str) -> None:
    expected = [
        number
        for number, value in enumerate(values)
        if value == name or (callable(value) and value(name))
    ]
    with mock_ml() as ml:
        for number, value in enumerate(values):
            rule = ml.on(A2I, "StopHumanLoop", HumanLoopName=value)
            rule.fail("ValidationException", f"rule {number}").optional()
        client = boto3.client(A2I)
        message = f"rule {expected[-1]}" if expected else f"Human loop {name} not found."
        with pytest.raises(ClientError) as caught:
            client.stop_human_loop(HumanLoopName=name)
        assert caught.value.response["Error"]["Message"] == message


def test_rules_with_other_conditions_still_match_among_many() -> None:
    with mock_ml() as ml:
        ml.on(A2I, "StopHumanLoop", where=lambda call: True).fail("ThrottlingException").optional()
        for name in NAMES:
            ml.on(A2I, "StopHumanLoop", HumanLoopName=name).reply({}).optional()
        client = boto3.client(A2I)
        assert client.stop_human_loop(HumanLoopName="loop-3")
        with pytest.raises(client.exceptions.ThrottlingException):
            client.stop_human_loop(HumanLoopName="other")
