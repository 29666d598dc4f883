"""The fast parameter validation accepts nothing that botocore's validation rejects."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import boto3
import pytest
from botocore.exceptions import ParamValidationError
from botocore.validate import ParamValidator

from mlmock import mock_ml
from mlmock.interception.botocore.param_validation import ShapeValidators
from tests.aws.malformed_requests import ODD_VALUES
from tests.aws.minimal_values import minimal, positions, with_value_at
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


def is_rejected(shape: Any, params: Any) -> bool:
    """Return whether botocore's own validation rejects `params`."""
    return bool(ParamValidator().validate(params, shape).has_errors())


def invalid_parameters(shape: Any) -> Iterator[Any]:
    """Yield requests of `shape` with odd values at every position, and without each member."""
    for position in positions(shape):
        yield from (with_value_at(position, value) for value in ODD)
    least = minimal(shape)
    yield from ({k: v for k, v in least.items() if k != name} for name in least)
    yield {**least, "NoSuchMember": 1}


@every_operation
def test_everything_that_botocore_rejects_is_rejected(operation: Any) -> None:
    shape = operation.model.input_shape
    validators = ShapeValidators()
    if shape is None:
        return
    assert validators.is_valid(shape, minimal(shape))
    for params in invalid_parameters(shape):
        assert not (validators.is_valid(shape, params) and is_rejected(shape, params)), params


def test_rejection_has_botocores_message() -> None:
    with mock_ml() as ml, pytest.raises(ParamValidationError) as caught:
        boto3.client("sagemaker-a2i-runtime").list_human_loops(FlowDefinitionArn=7)
    assert "Invalid type for parameter FlowDefinitionArn, value: 7" in str(caught.value)
    assert len(ml.calls) == 0


def test_valid_calls_skip_botocores_validation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(ParamValidator, "_validate")
    with mock_ml():
        client = boto3.client("sagemaker-a2i-runtime")
        assert client.list_human_loops(FlowDefinitionArn=FLOW)["HumanLoopSummaries"] == []
    with mock_ml(cache=False), pytest.raises(AttributeError):
        client.list_human_loops(FlowDefinitionArn=FLOW)
