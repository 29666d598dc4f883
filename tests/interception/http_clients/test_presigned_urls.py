"""Presigned URLs of every operation, fetched by HTTP clients, also with other mocks active."""

from __future__ import annotations

import io
import json
import urllib.request
from collections.abc import Callable
from typing import Any
from urllib.error import URLError

import boto3
import botocore.session
import pytest
import requests
import responses
import urllib3
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import CredentialResolver
from botocore.exceptions import ClientError, HTTPClientError
from botocore.httpsession import URLLib3Session
from moto import mock_aws
from urllib3.util.retry import Retry

from mlmock import MockML, NotMocked, mock_ml
from mlmock.aws.protocol.rest_json import Operation
from tests.aws.minimal_values import minimal
from tests.interception.http_clients.presigned_requests import (
    CALLABLE,
    FLOW,
    Fetch,
    by_requests,
    by_urllib,
    by_urllib3,
    every_fetcher,
    fetch_of,
    human_loops,
    plain,
)

Fetcher = Callable[[Fetch], tuple[int, bytes]]
EMPTY: tuple[int, bytes] = (200, b'{"HumanLoopSummaries":[]}')
# Tokens differ in every call, and HTTP clients add headers.
IGNORED = {"clienttoken", "clientrequesttoken", "accept", "contenttype"}
A2I = "sagemaker-a2i-runtime"
OTHER = "https://bucket.s3.amazonaws.com/key"


@every_fetcher
@pytest.mark.parametrize("operation", CALLABLE)
def test_every_operation_is_answered_as_for_boto3(operation: Operation, fetch: Fetcher) -> None:
    def status_of(act: Callable[[Any], int]) -> tuple[int, Any, Any]:
        with mock_ml(strict=False) as ml:
            status = act(boto3.client(operation.service, region_name="us-east-1"))
            last = ml.calls.last
            params = {k: v for k, v in last.params.items() if k.lower() not in IGNORED}
            return status, last.operation, params

    def by_boto3(client: Any) -> int:
        try:
            found = getattr(client, operation.method)(**minimal(operation.model.input_shape))
        except ClientError as error:
            found = error.response
        return int(found["ResponseMetadata"]["HTTPStatusCode"])

    assert status_of(lambda client: fetch(fetch_of(operation, client))[0]) == status_of(by_boto3)


@every_fetcher
def test_moto_inside_and_outside(fetch: Fetcher) -> None:
    with mock_aws(), mock_ml():
        assert fetch(plain(human_loops())) == EMPTY
    with mock_ml(), mock_aws():
        assert fetch(plain(human_loops())) == EMPTY


@every_fetcher
def test_responses_of_the_user_inside_and_outside(fetch: Fetcher) -> None:
    with responses.RequestsMock() as users_mock, mock_ml():
        users_mock.add("GET", "https://example.com/", body="mine")
        assert fetch(plain(human_loops())) == EMPTY
        assert requests.get("https://example.com/", timeout=5).text == "mine"
    with mock_ml(), responses.RequestsMock() as users_mock:
        users_mock.add("GET", "https://example.com/", body="mine")
        assert fetch(plain(human_loops())) == EMPTY
        assert requests.get("https://example.com/", timeout=5).text == "mine"


def test_responses_of_the_user_come_first_and_in_order() -> None:
    with mock_ml() as ml, responses.RequestsMock() as users_mock:
        url = human_loops()
        matcher = responses.matchers.query_param_matcher(
            {"FlowDefinitionArn": FLOW}, strict_match=False
        )
        for number in (1, 2, 3):
            users_mock.add("GET", url.partition("?")[0], json={"mine": number}, match=[matcher])
        assert [requests.get(url, timeout=5).json() for _ in range(3)] == [
            {"mine": 1},
            {"mine": 2},
            {"mine": 3},
        ]
        assert len(ml.calls) == 0


@every_fetcher
def test_another_service_raises_not_mocked_even_with_moto(fetch: Fetcher) -> None:
    with mock_ml() as ml:
        with pytest.raises(NotMocked):
            fetch(plain(OTHER))
        ml.unmatched.clear()
        if fetch is by_requests:  # moto answers requests
            return
        with mock_aws(), pytest.raises(NotMocked):
            fetch(plain(OTHER))
        ml.unmatched.clear()


def test_moto_keeps_its_objects_whatever_the_bucket_name() -> None:
    with mock_aws(), mock_ml() as ml:
        s3 = boto3.client("s3", region_name="us-east-1")
        for bucket in ("lookoutvision-us-east-1-0123456789", "a2i-runtime"):
            s3.create_bucket(Bucket=bucket)
            params = {"Bucket": bucket, "Key": "a.json"}
            requests.put(s3.generate_presigned_url("put_object", Params=params), b"1", timeout=5)
            url = s3.generate_presigned_url("get_object", Params=params)
            assert requests.get(url, timeout=5).content == b"1"
        assert len(ml.calls) == 0


@every_fetcher
def test_not_mocked_message_has_no_signature(fetch: Fetcher) -> None:
    s3 = boto3.client("s3", "us-east-1", aws_access_key_id="AKIAREAL", aws_secret_access_key="x")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "b", "Key": "k"})
    with mock_ml() as ml:
        with pytest.raises(NotMocked) as caught:
            fetch(plain(url))
        ml.unmatched.clear()
    assert "AKIAREAL" in url
    assert "AKIAREAL" not in str(caught.value)


def test_everything_is_restored_when_the_mock_ends() -> None:
    owners: list[tuple[Any, str]] = [
        (urllib3.connectionpool.HTTPConnectionPool, "urlopen"),
        (responses.RequestsMock, "_on_request"),
        (urllib.request.AbstractHTTPHandler, "do_open"),
    ]
    before = [vars(owner)[name] for owner, name in owners]
    with mock_ml():
        assert [vars(owner)[name] for owner, name in owners] != before
    assert [vars(owner)[name] for owner, name in owners] == before


def test_rules_and_the_journal_apply_to_urls() -> None:
    with mock_ml() as ml:
        ml.on(A2I, "ListHumanLoops").fail("ThrottlingException", times=1)
        assert by_urllib3(plain(human_loops()))[0] == 429
        assert by_urllib3(plain(human_loops())) == EMPTY
        assert [call.operation for call in ml.calls] == ["ListHumanLoops"] * 2
        assert "Signature" not in repr(ml.calls.last)


# -- keys -------------------------------------------------------------------------------------


@pytest.mark.parametrize("keys", [{}, {"aws_access_key_id": "AKIAREAL"}], ids=["none", "real"])
def test_existing_client_needs_no_keys_and_exposes_none(keys: dict[str, str]) -> None:
    more: Any = {**keys, "aws_secret_access_key": "secret"} if keys else {}
    session = botocore.session.Session()
    session.register_component("credential_provider", CredentialResolver([]))
    client: Any = session.create_client(A2I, "us-east-1", **more)
    with mock_ml(account_id="111122223333") as ml:
        arn = FLOW.replace("123456789012", "111122223333")
        url = client.generate_presigned_url("list_human_loops", Params={"FlowDefinitionArn": arn})
        assert by_requests(plain(url)) == EMPTY
        assert ml.calls.last.account_id == "111122223333"
    assert "AKIAREAL" not in url


def test_account_and_region_are_those_of_the_client() -> None:
    keys: Any = {"aws_access_key_id": "444455556666", "aws_secret_access_key": "x"}
    with mock_ml() as ml:
        client: Any = boto3.client("lookoutvision", "eu-west-1", **keys)
        url = client.generate_presigned_url("list_projects")
        assert by_urllib3(plain(url))[0] == 200
        assert (ml.calls.last.account_id, ml.calls.last.region) == ("444455556666", "eu-west-1")


# -- passthrough ------------------------------------------------------------------------------


@every_fetcher
def test_passthrough_applies_to_the_named_services_only(fetch: Fetcher) -> None:
    keys: Any = {"aws_access_key_id": "AKIAREAL", "aws_secret_access_key": "x"}
    no_retries = Config(retries={"total_max_attempts": 1})
    network_error = "opened a socket|resol|Errno|onnect"  # conftest.py forbids sockets
    with mock_ml(passthrough=["s3", A2I]) as ml:
        a2i = boto3.client(A2I, "us-east-1", **keys)
        url = a2i.generate_presigned_url("list_human_loops", Params={"FlowDefinitionArn": FLOW})
        assert "AKIAREAL" in url  # real keys, because the URL is to work
        for let_through in (OTHER, url):
            with pytest.raises(Exception, match=network_error) as caught:
                fetch(plain(let_through))
            assert not isinstance(caught.value, NotMocked)
        with pytest.raises(Exception, match=network_error):
            boto3.client("s3", "us-east-1", config=no_retries, **keys).list_buckets()
        # other services are still rejected after a call that passed through
        for other in ("https://sqs.us-east-1.amazonaws.com/", "https://s3-control.amazonaws.com/"):
            with pytest.raises(NotMocked):
                fetch(plain(other))
        lookoutvision = boto3.client("lookoutvision", region_name="us-east-1")
        mocked_url = lookoutvision.generate_presigned_url("list_projects")
        assert fetch(plain(mocked_url)) == (200, b'{"Projects":[]}')
        ml.unmatched.clear()


# -- bodies of every kind, retries, and connections that fail --------------------------------


BODIES: dict[str, Callable[[], Any]] = {
    "bytes": lambda: b'{"x":1}',
    "text": lambda: '{"x":1}',
    "file": lambda: io.BytesIO(b'{"x":1}'),
    "parts": lambda: iter([b'{"x"', b":1}"]),
}


@pytest.fixture
def endpoint(mlmock: MockML) -> str:
    """Return a presigned URL of an endpoint that echoes the request body."""
    mlmock.sagemaker.endpoint("echo").reply(lambda call: call.body)
    client = boto3.client("sagemaker-runtime", region_name="us-east-1")
    params = {"EndpointName": "echo", "Body": b""}
    return str(client.generate_presigned_url("invoke_endpoint", Params=params))


@pytest.mark.parametrize("kind", BODIES)
def test_bodies_of_every_kind(endpoint: str, kind: str) -> None:
    assert requests.post(endpoint, data=BODIES[kind](), timeout=5).json() == {"x": 1}
    found = urllib3.PoolManager().request("POST", endpoint, body=BODIES[kind]())
    assert found.json() == {"x": 1}
    if kind != "text":
        request = urllib.request.Request(endpoint, BODIES[kind](), method="POST")  # noqa: S310
        with urllib.request.urlopen(request) as answer:  # noqa: S310
            assert json.load(answer) == {"x": 1}


def test_manually_signed_request(endpoint: str, mlmock: MockML) -> None:
    request = AWSRequest("POST", endpoint, {"Content-Type": "application/json"}, b'{"x":1}')
    found = URLLib3Session().send(request.prepare())
    assert found.content == b'{"x":1}'
    # botocore wraps NotMocked.
    with pytest.raises(HTTPClientError, match="would have been sent to AWS"):
        URLLib3Session().send(AWSRequest("GET", OTHER).prepare())
    assert [type(each) for each in mlmock.unmatched] == [NotMocked]
    mlmock.unmatched.clear()


def test_retries_are_made_by_the_http_client() -> None:
    retry = Retry(total=3, status_forcelist=[429], backoff_factor=0)
    with mock_ml() as ml:
        ml.on(A2I).fail("ThrottlingException", times=2)
        session = requests.Session()
        session.mount("https://", requests.adapters.HTTPAdapter(max_retries=retry))
        assert session.get(human_loops(), timeout=5).json() == {"HumanLoopSummaries": []}
        assert len(ml.calls) == 3
        ml.on(A2I).fail("ThrottlingException")
        with pytest.raises(requests.exceptions.RetryError):
            session.get(human_loops(), timeout=5)
        assert urllib3.request("GET", human_loops(), retries=False).status == 429
        lenient = retry.new(raise_on_status=False, total=1)
        assert urllib3.request("GET", human_loops(), retries=lenient).status == 429


FAILURES: Any = [
    ("timeout", requests.exceptions.ReadTimeout, urllib3.exceptions.ReadTimeoutError, TimeoutError),
    ("drop", requests.exceptions.ConnectionError, urllib3.exceptions.ProtocolError, OSError),
    (
        "unreachable",
        requests.exceptions.ConnectionError,
        urllib3.exceptions.NewConnectionError,
        URLError,
    ),
]


@pytest.mark.parametrize(("kind", "of_requests", "of_urllib3", "of_urllib"), FAILURES)
def test_connection_failure_raises_the_exception_of_the_http_client(
    kind: str, of_requests: Any, of_urllib3: Any, of_urllib: Any
) -> None:
    with mock_ml() as ml:
        getattr(ml.on(A2I), kind)()
        with pytest.raises(of_requests):
            requests.get(human_loops(), timeout=5)
        with pytest.raises(of_urllib3):
            urllib3.request("GET", human_loops(), retries=False)
        with pytest.raises(of_urllib):
            by_urllib(plain(human_loops()))


@every_fetcher
def test_broken_stream_raises(fetch: Fetcher, mlmock: MockML) -> None:
    mlmock.sagemaker.endpoint("llm").stream([b"to", b"ken"])
    client = boto3.client("sagemaker-runtime", region_name="us-east-1")
    params = {"EndpointName": "llm", "Body": b"{}"}
    name = "invoke_endpoint_with_response_stream"
    url = client.generate_presigned_url(name, Params=params)
    status, body = fetch(Fetch("POST", url, {}, b"{}"))
    assert (status, b"to" in body, b"ken" in body) == (200, True, True)
    mlmock.on("sagemaker-runtime").break_stream("drop", after=1)
    with pytest.raises(
        (requests.exceptions.RequestException, urllib3.exceptions.HTTPError, OSError)
    ):
        fetch(Fetch("POST", url, {}, b"{}"))
