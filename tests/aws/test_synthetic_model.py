"""Protocol features that the mocked services do not use, tested with a synthetic model."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlmock.aws.protocol.rest_json import Operation
from tests.aws.botocore_codec import parse_response, serialize_request
from tests.aws.constraint_violations import incomplete_requests, invalid_requests
from tests.aws.expected_errors import expected_message, validation_error
from tests.aws.hypothesis_profile import SOME
from tests.aws.malformed_requests import corrupted_requests
from tests.aws.minimal_values import positions
from tests.aws.request_checks import checked_outcome
from tests.aws.shape_strategies import structures
from tests.aws.synthetic_model import ALL
from tests.aws.synthetic_values import same

WITH_INPUT = [name for name, found in ALL.items() if found.model.input_shape is not None]


WITH_OUTPUT = [name for name, found in ALL.items() if found.model.output_shape is not None]


@pytest.mark.newer_botocore
@pytest.mark.parametrize("name", WITH_INPUT)
@settings(SOME)
@given(data=st.data())
def test_serialized_parameters_are_parsed_unchanged(name: str, data: st.DataObject) -> None:
    operation = ALL[name]
    params = data.draw(structures(operation.model.input_shape))
    assert same(
        operation.parse(serialize_request(operation, params)), as_received(operation, params)
    )


@pytest.mark.newer_botocore
@pytest.mark.parametrize("name", WITH_OUTPUT)
@settings(SOME)
@given(data=st.data())
def test_botocore_parses_serialized_results_unchanged(name: str, data: st.DataObject) -> None:
    operation = ALL[name]
    result = data.draw(structures(operation.model.output_shape))
    if "Code" in result:
        result["Code"] = 200 + result["Code"] % 100
    found = parse_response(operation, operation.serialize(result))
    assert same(without_default_members(found, result), with_lowercase_headers(result))


@pytest.mark.newer_botocore
@pytest.mark.parametrize("name", WITH_INPUT)
@settings(SOME)
@given(data=st.data())
def test_corrupted_request_is_parsed_or_rejected(name: str, data: st.DataObject) -> None:
    checked_outcome(ALL[name], data.draw(corrupted_requests(ALL[name])))


@pytest.mark.newer_botocore
@pytest.mark.parametrize("name", WITH_INPUT)
def test_every_violated_constraint_has_its_message(name: str) -> None:
    operation = ALL[name]
    for position in positions(operation.model.input_shape):
        cases = [*invalid_requests(position), *incomplete_requests(position)]
        for params, messages in cases:
            assert validation_error(operation, params).message == expected_message(messages)


def as_received(operation: Operation, params: dict[str, Any]) -> dict[str, Any]:
    """Return `params` as a service receives them: lowercase headers, and a text payload."""
    found = with_lowercase_headers(params)
    if not found.get("Meta", True):
        del found["Meta"]
    if operation.name == "PutText":
        found.setdefault("Body", "")
    return found


def with_lowercase_headers(members: dict[str, Any]) -> dict[str, Any]:
    """Return `members` with lowercase header names; HTTP does not preserve their case."""
    meta = {key.lower(): text for key, text in members.get("Meta", {}).items()}
    return {**members, "Meta": meta} if "Meta" in members else dict(members)


def without_default_members(found: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """Return `found` without the members that botocore adds if a response lacks them."""
    always = ("Code", "Meta", "Body")
    return {key: item for key, item in found.items() if key not in always or key in given}
