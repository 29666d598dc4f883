"""The operation that a request is for is found by its method and path."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlmock.aws.protocol.compiler import operation as operation_of
from mlmock.aws.protocol.rest_json import Operation
from mlmock.aws.protocol.routing import find_operation
from mlmock.engine.options import Options
from tests.aws.botocore_codec import written
from tests.aws.hypothesis_profile import HARDLY_ANY
from tests.aws.operations import every_operation, known
from tests.aws.shape_strategies import structures

SERVICES = ("sagemaker-a2i-runtime", "sagemaker-runtime", "bedrock-runtime", "lookoutvision")
PREVIEW = "2020-12-preview"


@every_operation
@settings(HARDLY_ANY)
@given(data=st.data())
def test_what_botocore_writes_is_found(operation: Operation, data: st.DataObject) -> None:
    request = written(operation, data.draw(structures(operation.model.input_shape)))
    revision = operation.model.service_model.api_version
    asked = {operation.service: PREVIEW} if revision == PREVIEW else {}
    found = find_operation(SERVICES, request.method, request.url, revision_of=asked.get)
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
def test_other_requests_are_none_of_ours(method: str, path: str) -> None:
    assert find_operation(SERVICES, method, f"https://host{path}") is None


def test_words_of_a_path_come_before_its_labels() -> None:
    found = find_operation(SERVICES, "POST", "/human-loops/stop")
    assert found is not None
    assert found.name == "StopHumanLoop"


def test_of_two_services_with_a_path_the_host_and_then_the_signing_name_decide() -> None:
    for operation in known():
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


def test_a_revision_is_that_of_the_service_it_is_asked_for() -> None:
    """The preview has no tags, and the other services have no preview."""
    tags = ("GET", "/2020-11-20/tags/arn%3Aaws%3Alookoutvision")
    assert find_operation(SERVICES, *tags) is not None
    options = Options(lookoutvision_api=PREVIEW)
    assert find_operation(SERVICES, *tags, revision_of=options.revision_of) is None
    stop = find_operation(SERVICES, "POST", "/human-loops/stop", revision_of=options.revision_of)
    assert stop is not None


def test_an_operation_is_compiled_once() -> None:
    first = operation_of("sagemaker-a2i-runtime", "StopHumanLoop")
    assert operation_of("sagemaker-a2i-runtime", "StopHumanLoop") is first
    assert repr(first) == "sagemaker-a2i-runtime.StopHumanLoop"
