"""Requests are routed to operations by method and path."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlmock.aws.protocol.compiler import operation as operation_of
from mlmock.aws.protocol.rest_json import Operation
from mlmock.aws.protocol.routing import find_operation
from mlmock.engine.options import Options
from tests.aws.botocore_codec import serialize_request
from tests.aws.hypothesis_profile import VERY_FEW
from tests.aws.operations import available_operations, every_operation
from tests.aws.shape_strategies import structures

SERVICES = ("sagemaker-a2i-runtime", "sagemaker-runtime", "bedrock-runtime", "lookoutvision")
PREVIEW = "2020-12-preview"


@every_operation
@settings(VERY_FEW)
@given(data=st.data())
def test_serialized_request_is_routed_to_its_operation(
    operation: Operation, data: st.DataObject
) -> None:
    request = serialize_request(operation, data.draw(structures(operation.model.input_shape)))
    revision = operation.model.service_model.api_version
    revisions = {operation.service: PREVIEW} if revision == PREVIEW else {}
    found = find_operation(SERVICES, request.method, request.url, revision_of=revisions.get)
    assert found is not None
    assert (found.service, found.name) == (operation.service, operation.name)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/human-loop"),
        ("PUT", "/human-loops/a"),
        ("GET", "/human-loops/"),
        ("GET", "/human-loops/a/b"),
        ("POST", "/model//converse"),
        ("POST", "/model/a%2Fconverse"),
        ("POST", "/model/amazon.nova-sonic-v1%3A0/invoke-with-bidirectional-stream"),
    ],
)
def test_unknown_request_is_not_routed(method: str, path: str) -> None:
    assert find_operation(SERVICES, method, f"https://host{path}") is None


def test_literal_path_segments_precede_labels() -> None:
    found = find_operation(SERVICES, "POST", "/human-loops/stop")
    assert found is not None
    assert found.name == "StopHumanLoop"


def test_host_and_signing_name_decide_between_services_with_the_same_path() -> None:
    for operation in available_operations():
        model = operation.model.service_model
        host = f"{model.endpoint_prefix}.us-east-1.amazonaws.com"
        url = f"https://{host}{operation.model.http['requestUri']}".replace("{", "x").replace(
            "}", ""
        )
        for hints in ({"host": host}, {"signing_name": model.signing_name}):
            found = find_operation(
                [operation.service], operation.model.http["method"], url, **hints
            )
            assert found is None or found.service == operation.service


def test_revision_applies_to_its_service_only() -> None:
    """The preview revision of lookoutvision has no tags; other services have no preview."""
    tags = ("GET", "/2020-11-20/tags/arn%3Aaws%3Alookoutvision")
    assert find_operation(SERVICES, *tags) is not None
    options = Options(lookoutvision_api=PREVIEW)
    assert find_operation(SERVICES, *tags, revision_of=options.revision_of) is None
    stop = find_operation(SERVICES, "POST", "/human-loops/stop", revision_of=options.revision_of)
    assert stop is not None


def test_operation_is_compiled_once() -> None:
    first = operation_of("sagemaker-a2i-runtime", "StopHumanLoop")
    assert operation_of("sagemaker-a2i-runtime", "StopHumanLoop") is first
    assert repr(first) == "sagemaker-a2i-runtime.StopHumanLoop"
