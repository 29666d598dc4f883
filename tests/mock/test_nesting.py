"""A mock inside another mock: shared state, options and rules."""

from __future__ import annotations

import pytest

import mlmock
from mlmock import UnusedRule, mock_ml
from tests.helpers import A2I, FLOW, client, names, start


def test_rules_of_an_inner_mock_are_checked_and_removed_when_it_ends() -> None:
    with mock_ml() as outer:
        outer.on(A2I, "ListHumanLoops").reply({"HumanLoopSummaries": [], "NextToken": "outer"})
        with mock_ml() as inner:
            inner.on(A2I, "ListHumanLoops").reply({"HumanLoopSummaries": [], "NextToken": "inner"})
            a2i = client()
            listing = {"FlowDefinitionArn": FLOW}
            assert a2i.list_human_loops(**listing)["NextToken"] == "inner"
        assert a2i.list_human_loops(**listing)["NextToken"] == "outer"
        with pytest.raises(UnusedRule, match="StopHumanLoop"), mock_ml() as inner:
            inner.on(A2I, "StopHumanLoop").fail("ThrottlingException")


def test_inner_mock_shares_the_state_and_its_options_apply_until_it_ends() -> None:
    with mock_ml(progress=mlmock.after_polls(1)) as outer:
        a2i = client()
        start(a2i)
        with mock_ml(progress=mlmock.manually(), region="eu-west-1") as inner:
            assert names(a2i) == ["invoice-1"]
            a2i.stop_human_loop(HumanLoopName="invoice-1")
            for _ in range(3):
                a2i.describe_human_loop(HumanLoopName="invoice-1")
            assert inner.a2i.human_loop("invoice-1").status == "Stopping"
            inner.progress.step()
            assert inner.a2i.human_loop("invoice-1").status == "Stopped"
        assert repr(outer.progress) == "<progress after_polls(1)>"


def test_policy_of_an_inner_mock_overrides_the_outer_one() -> None:
    with mock_ml() as outer:
        outer.progress = mlmock.after_polls(1)
        with mock_ml(region="eu-west-1") as inner:
            assert inner.progress.policy == mlmock.after_polls(1)
            with mock_ml(progress=mlmock.manually()) as innermost:
                assert innermost.progress.policy == mlmock.manually()
                assert not innermost.progress.is_set
                innermost.progress = mlmock.after(5)
                assert outer.progress.policy == mlmock.after(5)  # one policy at a time
            assert outer.progress.policy == mlmock.after_polls(1)
            inner.progress = mlmock.immediately()
        assert outer.progress.policy == mlmock.immediately()
        with mock_ml(seed=3) as inner:
            inner.reset()
            assert not inner.progress.is_set
        outer.progress = mlmock.after(1)
        outer.progress.set(None)
        assert not outer.progress.is_set


def test_inner_mock_inherits_unset_options() -> None:
    with mock_ml(account_id="111122223333", strict=False), mock_ml(region="eu-west-1"):
        call = mlmock.current()
        assert call.a2i.flow_definition("x").arn == (
            "arn:aws:sagemaker:eu-west-1:111122223333:flow-definition/x"
        )
