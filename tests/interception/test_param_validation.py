"""Our quick look at parameters accepts nothing that botocore's validation refuses."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import boto3
import pytest
from botocore.exceptions import ParamValidationError
from botocore.validate import ParamValidator

from mlmock import mock_ml
from mlmock.interception.botocore.param_validation import Models
from tests.aws.malformed_requests import ODD_VALUES
from tests.aws.minimal_values import minimal, places, put
from tests.aws.operations import every_operation

FLOW = "arn:aws:sagemaker:us-east-1:123456789012:flow-definition/x"
ODD: tuple[Any, ...] = (
    *ODD_VALUES,
    b"bytes",
    bytearray(b"bytes"),
    Decimal("0.5"),
    float("nan"),
    ("a", "tuple"),
    {1: "a number for a key"},
    {"a": {"b": [object()]}},
    object(),
)


def refuses(shape: Any, params: Any) -> bool:
    """Say what botocore's own validation says."""
    return bool(ParamValidator().validate(params, shape).has_errors())


def put_everywhere(shape: Any) -> Iterator[Any]:
    """Yield requests of `shape` with something odd at every place, and without each member."""
    for place in places(shape):
        yield from (put(place, value) for value in ODD)
    least = minimal(shape)
    yield from ({k: v for k, v in least.items() if k != name} for name in least)
    yield {**least, "NoSuchMember": 1}


@every_operation
def test_nothing_is_accepted_that_botocore_refuses(operation: Any) -> None:
    shape = operation.model.input_shape
    models = Models()
    if shape is None:
        return
    assert models.accept(shape, minimal(shape))
    for params in put_everywhere(shape):
        assert not (models.accept(shape, params) and refuses(shape, params)), params


def test_a_refusal_is_worded_by_botocore() -> None:
    with mock_ml() as ml, pytest.raises(ParamValidationError) as caught:
        boto3.client("sagemaker-a2i-runtime").list_human_loops(FlowDefinitionArn=7)
    assert "Invalid type for parameter FlowDefinitionArn, value: 7" in str(caught.value)
    assert len(ml.calls) == 0


def test_usual_calls_go_past_botocore_s_validation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(ParamValidator, "_validate")
    with mock_ml():
        client = boto3.client("sagemaker-a2i-runtime")
        assert client.list_human_loops(FlowDefinitionArn=FLOW)["HumanLoopSummaries"] == []
    with mock_ml(memos=False), pytest.raises(AttributeError):
        client.list_human_loops(FlowDefinitionArn=FLOW)
