"""A before-send hook of the application runs, and a response that it returns is used."""

from tests.interception.isolated_process import KEYS, NAME, names, raises, start

# isort: split
import io
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from mlmock import mock_ml

traced: list[str] = []


def trace(request: Any, event_name: str, **kwargs: Any) -> None:
    """Record the request, as a tracer does."""
    traced.append(f"{event_name} {request.method}")


class Raw(io.BytesIO):
    """A raw body with the interface of urllib3's."""

    def stream(self, *args: Any, **kwargs: Any) -> Any:
        """Yield the whole body."""
        yield self.read()


def stub(request: Any, **kwargs: Any) -> AWSResponse:
    """Return a response instead of the service's."""
    body = Raw(b'{"HumanLoopSummaries": [], "NextToken": "mine"}')
    headers: Any = {"x-mine": "1"}
    return AWSResponse(request.url, 200, headers, body)


def change_request(request: Any, **kwargs: Any) -> None:
    """Change a request before it is signed."""
    request.data = request.data.replace(b"before", b"after")


before = boto3.client(NAME, "us-east-1", **KEYS)
with mock_ml() as ml:
    for client in (before, boto3.client(NAME, "us-east-1", **KEYS)):
        client.meta.events.register("before-send", trace)
        client.meta.events.register(f"before-sign.{NAME}.StartHumanLoop", change_request)
        client.meta.events.register(
            "before-sign.sagemaker-a2i-runtime.StartHumanLoop", change_request
        )
        start(client, f"before-{len(traced)}")
        assert traced[-1] == "before-send.sagemaker-a2i-runtime.StartHumanLoop POST"
        assert ml.calls.last.params["HumanLoopName"].startswith("after-")

        client.meta.events.register("before-send", stub, unique_id="stub")
        answer = client.list_human_loops(FlowDefinitionArn="arn:aws:sagemaker:us-east-1:1:x/y")
        assert answer["NextToken"] == "mine"
        assert not ml.calls.of(NAME, "ListHumanLoops")
        client.meta.events.unregister("before-send", unique_id="stub")
        assert names(client)
        ml.calls.clear()

    with Stubber(before) as stubber:  # botocore's Stubber takes precedence as well
        stubber.add_client_error("list_human_loops", "ThrottlingException")
        error = raises(ClientError, names, before)
        assert error.response["Error"]["Code"] == "ThrottlingException"
        assert len(ml.calls) == 0
