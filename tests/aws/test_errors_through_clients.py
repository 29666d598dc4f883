"""Malformed requests and modeled errors, sent and received by real clients."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from mlmock import mock_ml
from mlmock.aws.protocol.rest_json import Operation
from mlmock.interception.botocore.headers import modelled_headers
from tests.aws.malformed_requests import ODD_BODIES, ODD_TAILS
from tests.aws.minimal_values import minimal
from tests.aws.operations import EVERY

FLOW = "arn:aws:sagemaker:us-east-1:123456789012:flow-definition/review"
ODD_HEADERS = ("", " ", "ä", "\t", "1e999", "-1", "99999999999", "x" * 5000)
Change = Callable[[Any], None]
# The final revision is the default; the preview revision needs an option.
CALLABLE = [param for param in EVERY if "preview" not in str(param.id)]
every_call = pytest.mark.parametrize("operation", CALLABLE)


def client_of(service: str) -> Any:
    """Return a client without retries in us-east-1."""
    return boto3.client(
        service, region_name="us-east-1", config=Config(retries={"max_attempts": 0})
    )


@contextmanager
def changing_requests(client: Any, change: Change) -> Iterator[None]:
    """Change every request of `client` before it is signed."""
    name = f"before-sign.{client.meta.service_model.service_id.hyphenize()}"

    def handler(request: Any, **_: Any) -> None:
        change(request)

    client.meta.events.register_first(name, handler)
    try:
        yield
    finally:
        client.meta.events.unregister(name, handler)


class StoredState:
    """The state of a service, as its API and the handle report it."""

    def __init__(self, ml: Any, service: str) -> None:
        self._ml = ml
        self._client = client_of(service)
        self._listed: Callable[[], list[Any]] = {
            "sagemaker-a2i-runtime": self._loops,
            "lookoutvision": self._projects,
            "bedrock-runtime": self._invokes,
            "sagemaker-runtime": list,
        }[service]

    def __call__(self) -> list[Any]:
        """Return the current state."""
        objects = [[*self._ml.s3.list(f"s3://{bucket}/")] for bucket in ("bucket", "abc")]
        return [self._listed(), [*self._ml.events], objects]

    def _loops(self) -> list[Any]:
        found = self._client.list_human_loops(FlowDefinitionArn=FLOW)
        return list(found["HumanLoopSummaries"])

    def _projects(self) -> list[Any]:
        project = {"ProjectName": "circuits"}
        return [
            self._client.list_projects()["Projects"],
            self._client.list_models(**project)["Models"],
            self._client.describe_project(**project)["ProjectDescription"],
        ]

    def _invokes(self) -> list[Any]:
        return list(self._client.list_async_invokes()["asyncInvokeSummaries"])


def _seed() -> None:
    client_of("sagemaker-a2i-runtime").start_human_loop(
        HumanLoopName="a", FlowDefinitionArn=FLOW, HumanLoopInput={"InputContent": "{}"}
    )
    client_of("lookoutvision").create_project(ProjectName="circuits")


def _call(client: Any, operation: Operation) -> int:
    """Return the HTTP status of a call with minimal parameters."""
    try:
        found = getattr(client, operation.method)(**minimal(operation.model.input_shape))
    except ClientError as error:
        found = dict(error.response)
    return int(found["ResponseMetadata"]["HTTPStatusCode"])


def _put_body(body: bytes) -> Change:
    def change(request: Any) -> None:
        request.data = body

    return change


def _put_tail(tail: str) -> Change:
    def change(request: Any) -> None:
        request.url += tail

    return change


def _put_path(path: str) -> Change:
    def change(request: Any) -> None:
        request.url = "/".join(request.url.split("/", 3)[:3]) + path

    return change


def _put_header(name: str, value: str) -> Change:
    def change(request: Any) -> None:
        del request.headers[name]
        request.headers[name] = value

    return change


def _changes(operation: Operation) -> list[Change]:
    shape = operation.model.input_shape
    has_body = any("location" not in m.serialization for m in shape.members.values())
    bodies = ODD_BODIES if has_body else ODD_BODIES[-2:]
    paths = ["/", "/x", "//", "/%2F/%2F", "/%ff/%ff/%ff/%ff/%ff", "/?" + "a=b&" * 50]
    headers = [_put_header(n, v) for n in sorted(operation.header_names) for v in ODD_HEADERS]
    urls = [*map(_put_tail, ODD_TAILS), *map(_put_path, paths)]
    return [*map(_put_body, bodies), *urls, *headers]


@every_call
def test_malformed_request_gives_a_4xx_and_changes_nothing(operation: Operation) -> None:
    with mock_ml() as ml:
        _seed()
        client, stored = client_of(operation.service), StoredState(ml, operation.service)
        before = stored()
        for change in _changes(operation):
            with changing_requests(client, change):
                status = _call(client, operation)
            assert 200 <= status < 500
            found, before = before, stored()
            assert status < 400 or found == before


def test_bytes_in_a_header_are_decoded() -> None:
    given = {"Accept": b"\xff/\xc3\xa4", "X-Other": "left out", "Content-TYPE": "text/plain"}
    found = modelled_headers(given, frozenset({"accept", "content-type"}))
    assert found == {"accept": "\ufffd/ä", "content-type": "text/plain"}


@every_call
def test_rejected_call_is_in_the_journal(operation: Operation) -> None:
    with mock_ml() as ml:
        client = client_of(operation.service)
        with (
            changing_requests(client, _put_path("/")),
            changing_requests(client, _put_body(b"\xff")),
        ):
            status = _call(client, operation)
        assert len(ml.calls) == 1
        call = ml.calls.last
        assert (call.service, call.operation) == (operation.service, operation.name)
        assert (call.error is None) is (status < 400)
        assert isinstance(dict(call.params), dict)


def test_rejected_call_has_the_members_that_could_be_parsed() -> None:
    with mock_ml() as ml:
        client = client_of("lookoutvision")
        with changing_requests(client, _put_body(b"\xff")), pytest.raises(ClientError):
            client.create_dataset(ProjectName="p", DatasetType="train", ClientToken="t")
        assert ml.calls.last.params == {"ProjectName": "p", "ClientToken": "t"}


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"HumanLoopName": 1}'])
def test_malformed_json_raises_serialization_exception(body: bytes) -> None:
    with mock_ml():
        client = client_of("sagemaker-a2i-runtime")
        with changing_requests(client, _put_body(body)), pytest.raises(ClientError) as caught:
            client.stop_human_loop(HumanLoopName="a")
    response = caught.value.response
    assert response["Error"]["Code"] == "SerializationException"
    assert response["Error"]["Message"]
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_all_violations_are_reported_in_one_message() -> None:
    with mock_ml():
        client = client_of("sagemaker-a2i-runtime")
        with pytest.raises(client.exceptions.ValidationException) as caught:
            client.start_human_loop(
                HumanLoopName="No_Name",
                FlowDefinitionArn="x",
                HumanLoopInput={"InputContent": "{}"},
            )
    message = caught.value.response["Error"]["Message"]
    assert message.startswith("2 validation errors detected: Value 'No_Name' at 'humanLoopName' ")
    assert caught.value.response["Message"] == message


# -- idempotency tokens -----------------------------------------------------------------------


def _tokens() -> Iterator[Any]:
    for param in CALLABLE:
        operation = param.values[0]
        members = operation.model.input_shape.members.items() if operation is not None else ()
        for name, member in members:
            if member.metadata.get("idempotencyToken"):
                yield pytest.param(operation, name, id=str(operation))


@pytest.mark.parametrize(("operation", "name"), list(_tokens()))
def test_generated_token_is_the_same_in_every_attempt(operation: Operation, name: str) -> None:
    with mock_ml() as ml:
        ml.on(operation.service).fail("ThrottlingException", status=500, times=2)
        client = boto3.client(operation.service, region_name="us-east-1")
        for _ in range(2):
            _call(client, operation)
        tokens = [call.params[name] for call in ml.calls]
        attempts = [call.attempt for call in ml.calls]
    assert attempts == [1, 2, 3, 1]
    assert len({uuid.UUID(token) for token in tokens}) == 2
    assert len(set(tokens[:3])) == 1


# -- modeled errors ---------------------------------------------------------------------------

# Stream exceptions model no status; an operation rule sends 400.
_NO_STATUS = {"httpStatusCode": 400}


def _errors() -> Iterator[Any]:
    for param in CALLABLE:
        operation = param.values[0]
        for shape in operation.model.error_shapes if operation is not None else []:
            yield pytest.param(operation, shape, id=f"{operation}.{shape.name}")


@pytest.mark.parametrize(("operation", "shape"), list(_errors()))
def test_every_modeled_error_reaches_the_caller(operation: Operation, shape: Any) -> None:
    members = {name: minimal(member) for name, member in shape.members.items()}
    text = {name: "it broke" for name in members if name.lower() == "message"}
    others = {name: value for name, value in members.items() if name not in text}
    with mock_ml() as ml:
        ml.on(operation.service, operation.name).fail(shape.name, "it broke", **others)
        client = client_of(operation.service)
        with pytest.raises(getattr(client.exceptions, shape.name)) as caught:
            getattr(client, operation.method)(**minimal(operation.model.input_shape))
        response = caught.value.response
    assert response["Error"] == {"Code": shape.name, "Message": "it broke"}
    assert {name: response[name] for name in members} == {**others, **text}
    metadata = response["ResponseMetadata"]
    assert metadata["HTTPStatusCode"] == shape.metadata.get("error", _NO_STATUS)["httpStatusCode"]
    assert metadata["HTTPHeaders"]["x-amzn-errortype"] == shape.name
    assert metadata["HTTPHeaders"]["content-type"] == "application/json"
    assert str(uuid.UUID(metadata["RequestId"])) == metadata["HTTPHeaders"]["x-amzn-requestid"]


@every_call
def test_every_response_has_its_own_request_id(operation: Operation) -> None:
    with mock_ml():
        client = client_of(operation.service)
        responses = []
        name = f"after-call.{client.meta.service_model.service_id.hyphenize()}"
        client.meta.events.register(name, lambda parsed, **_: responses.append(parsed))
        _call(client, operation)
        _call(client, operation)
    ids = [parsed["ResponseMetadata"]["RequestId"] for parsed in responses]
    assert len({uuid.UUID(text) for text in ids}) == 2
