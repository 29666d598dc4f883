"""Presigned URLs of every held operation, fetched by whatever fetches URLs, beside other mocks."""

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
# A new token for each call, and what fetchers send of their own accord.
FETCHERS_OWN = {"clienttoken", "clientrequesttoken", "accept", "contenttype"}
A2I = "sagemaker-a2i-runtime"
OTHER = "https://bucket.s3.amazonaws.com/key"


@every_fetcher
@pytest.mark.parametrize("operation", CALLABLE)
def test_every_operation_is_answered_as_it_answers_boto3(
    operation: Operation, fetch: Fetcher
) -> None:
    def status_of(act: Callable[[Any], int]) -> tuple[int, Any, Any]:
        with mock_ml(strict=False) as ml:
            status = act(boto3.client(operation.service, region_name="us-east-1"))
            last = ml.calls.last
            params = {k: v for k, v in last.params.items() if k.lower() not in FETCHERS_OWN}
            return status, last.operation, params

    def by_boto3(client: Any) -> int:
        try:
            found = getattr(client, operation.method)(**minimal(operation.model.input_shape))
        except ClientError as fault:
            found = fault.response
        return int(found["ResponseMetadata"]["HTTPStatusCode"])

    assert status_of(lambda client: fetch(fetch_of(operation, client))[0]) == status_of(by_boto3)


@every_fetcher
def test_beside_moto_either_way(fetch: Fetcher) -> None:
    with mock_aws(), mock_ml():
        assert fetch(plain(human_loops())) == EMPTY
    with mock_ml(), mock_aws():
        assert fetch(plain(human_loops())) == EMPTY


@every_fetcher
def test_beside_a_users_responses_either_way(fetch: Fetcher) -> None:
    with responses.RequestsMock() as mine, mock_ml():
        mine.add("GET", "https://example.com/", body="mine")
        assert fetch(plain(human_loops())) == EMPTY
        assert requests.get("https://example.com/", timeout=5).text == "mine"
    with mock_ml(), responses.RequestsMock() as mine:
        mine.add("GET", "https://example.com/", body="mine")
        assert fetch(plain(human_loops())) == EMPTY
        assert requests.get("https://example.com/", timeout=5).text == "mine"


def test_a_users_own_answers_come_first_each_in_its_turn() -> None:
    with mock_ml() as ml, responses.RequestsMock() as mine:
        url = human_loops()
        matcher = responses.matchers.query_param_matcher(
            {"FlowDefinitionArn": FLOW}, strict_match=False
        )
        for number in (1, 2, 3):
            mine.add("GET", url.partition("?")[0], json={"mine": number}, match=[matcher])
        assert [requests.get(url, timeout=5).json() for _ in range(3)] == [
            {"mine": 1},
            {"mine": 2},
            {"mine": 3},
        ]
        assert len(ml.calls) == 0


@every_fetcher
def test_another_service_is_refused_also_where_moto_would_not_be_asked(fetch: Fetcher) -> None:
    with mock_ml() as ml:
        with pytest.raises(NotMocked):
            fetch(plain(OTHER))
        ml.unmatched.clear()
        if fetch is by_requests:  # which moto answers
            return
        with mock_aws(), pytest.raises(NotMocked):
            fetch(plain(OTHER))
        ml.unmatched.clear()


def test_motos_objects_are_motos_however_a_bucket_is_called() -> None:
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
def test_the_name_of_a_refused_url_has_no_signature(fetch: Fetcher) -> None:
    s3 = boto3.client("s3", "us-east-1", aws_access_key_id="AKIAREAL", aws_secret_access_key="x")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "b", "Key": "k"})
    with mock_ml() as ml:
        with pytest.raises(NotMocked) as refused:
            fetch(plain(url))
        ml.unmatched.clear()
    assert "AKIAREAL" in url
    assert "AKIAREAL" not in str(refused.value)


def test_after_the_block_nothing_is_replaced() -> None:
    owners: list[tuple[Any, str]] = [
        (urllib3.connectionpool.HTTPConnectionPool, "urlopen"),
        (responses.RequestsMock, "_on_request"),
        (urllib.request.AbstractHTTPHandler, "do_open"),
    ]
    before = [vars(owner)[name] for owner, name in owners]
    with mock_ml():
        assert [vars(owner)[name] for owner, name in owners] != before
    assert [vars(owner)[name] for owner, name in owners] == before


def test_rules_and_the_journal_see_it() -> None:
    with mock_ml() as ml:
        ml.on(A2I, "ListHumanLoops").fail("ThrottlingException", times=1)
        assert by_urllib3(plain(human_loops()))[0] == 429
        assert by_urllib3(plain(human_loops())) == EMPTY
        assert [call.operation for call in ml.calls] == ["ListHumanLoops"] * 2
        assert "Signature" not in repr(ml.calls.last)


# -- keys -------------------------------------------------------------------------------------


@pytest.mark.parametrize("keys", [{}, {"aws_access_key_id": "AKIAREAL"}], ids=["none", "real"])
def test_a_client_of_before_needs_no_keys_and_gives_none_away(keys: dict[str, str]) -> None:
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


def test_the_account_and_region_are_those_of_the_client() -> None:
    keys: Any = {"aws_access_key_id": "444455556666", "aws_secret_access_key": "x"}
    with mock_ml() as ml:
        client: Any = boto3.client("lookoutvision", "eu-west-1", **keys)
        url = client.generate_presigned_url("list_projects")
        assert by_urllib3(plain(url))[0] == 200
        assert (ml.calls.last.account_id, ml.calls.last.region) == ("444455556666", "eu-west-1")


# -- passthrough ------------------------------------------------------------------------------


@every_fetcher
def test_passthrough_lets_out_what_it_names_and_nothing_else(fetch: Fetcher) -> None:
    keys: Any = {"aws_access_key_id": "AKIAREAL", "aws_secret_access_key": "x"}
    once = Config(retries={"total_max_attempts": 1})
    shut = "opened a socket|resol|Errno|onnect"  # what is let out meets the shut door
    with mock_ml(passthrough=["s3", A2I]) as ml:
        a2i = boto3.client(A2I, "us-east-1", **keys)
        url = a2i.generate_presigned_url("list_human_loops", Params={"FlowDefinitionArn": FLOW})
        assert "AKIAREAL" in url  # which is to work
        for passing in (OTHER, url):
            with pytest.raises(Exception, match=shut) as out:
                fetch(plain(passing))
            assert not isinstance(out.value, NotMocked)
        with pytest.raises(Exception, match=shut):
            boto3.client("s3", "us-east-1", config=once, **keys).list_buckets()
        # also after a call that was let out, nothing else is
        for other in ("https://sqs.us-east-1.amazonaws.com/", "https://s3-control.amazonaws.com/"):
            with pytest.raises(NotMocked):
                fetch(plain(other))
        lookoutvision = boto3.client("lookoutvision", region_name="us-east-1")
        held = lookoutvision.generate_presigned_url("list_projects")
        assert fetch(plain(held)) == (200, b'{"Projects":[]}')
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
    """A presigned URL of an endpoint that answers with what it gets."""
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
        asked = urllib.request.Request(endpoint, BODIES[kind](), method="POST")  # noqa: S310
        with urllib.request.urlopen(asked) as answer:  # noqa: S310
            assert json.load(answer) == {"x": 1}


def test_a_signed_request_of_ones_own(endpoint: str, mlmock: MockML) -> None:
    request = AWSRequest("POST", endpoint, {"Content-Type": "application/json"}, b'{"x":1}')
    found = URLLib3Session().send(request.prepare())
    assert found.content == b'{"x":1}'
    with pytest.raises(HTTPClientError, match="about to leave for AWS"):  # botocore's wrapping
        URLLib3Session().send(AWSRequest("GET", OTHER).prepare())
    assert [type(each) for each in mlmock.unmatched] == [NotMocked]
    mlmock.unmatched.clear()


def test_retries_are_the_fetchers_own() -> None:
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


FAULTS: Any = [
    ("timeout", requests.exceptions.ReadTimeout, urllib3.exceptions.ReadTimeoutError, TimeoutError),
    ("drop", requests.exceptions.ConnectionError, urllib3.exceptions.ProtocolError, OSError),
    (
        "unreachable",
        requests.exceptions.ConnectionError,
        urllib3.exceptions.NewConnectionError,
        URLError,
    ),
]


@pytest.mark.parametrize(("kind", "of_requests", "of_urllib3", "of_urllib"), FAULTS)
def test_a_connection_that_fails_does_so_in_the_fetchers_own_words(
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
def test_a_stream_that_breaks(fetch: Fetcher, mlmock: MockML) -> None:
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
