"""The app's own before-send hook runs; a response that it returns wins over ours."""

from tests.interception.isolated_process import KEYS, NAME, names, raises, start

# isort: split
import io
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from mlmock import mock_ml

seen: list[str] = []


def looking(request: Any, event_name: str, **kwargs: Any) -> None:
    """Look at the request, as a tracer does."""
    seen.append(f"{event_name} {request.method}")


class Raw(io.BytesIO):
    """A raw body as urllib3 has it."""

    def stream(self, *args: Any, **kwargs: Any) -> Any:
        """Yield all of it."""
        yield self.read()


def stub(request: Any, **kwargs: Any) -> AWSResponse:
    """Answer in place of everybody."""
    body = Raw(b'{"HumanLoopSummaries": [], "NextToken": "mine"}')
    headers: Any = {"x-mine": "1"}
    return AWSResponse(request.url, 200, headers, body)


def changing(request: Any, **kwargs: Any) -> None:
    """Change a request before it is signed: what arrives is what was sent."""
    request.data = request.data.replace(b"before", b"after")


before = boto3.client(NAME, "us-east-1", **KEYS)
with mock_ml() as ml:
    for client in (before, boto3.client(NAME, "us-east-1", **KEYS)):
        client.meta.events.register("before-send", looking)
        client.meta.events.register(f"before-sign.{NAME}.StartHumanLoop", changing)
        client.meta.events.register("before-sign.sagemaker-a2i-runtime.StartHumanLoop", changing)
        start(client, f"before-{len(seen)}")
        assert seen[-1] == "before-send.sagemaker-a2i-runtime.StartHumanLoop POST"
        assert ml.calls.last.params["HumanLoopName"].startswith("after-")

        client.meta.events.register("before-send", stub, unique_id="stub")
        answer = client.list_human_loops(FlowDefinitionArn="arn:aws:sagemaker:us-east-1:1:x/y")
        assert answer["NextToken"] == "mine"
        assert not ml.calls.of(NAME, "ListHumanLoops")
        client.meta.events.unregister("before-send", unique_id="stub")
        assert names(client)
        ml.calls.clear()

    with Stubber(before) as stubber:  # botocore's own stubber wins too
        stubber.add_client_error("list_human_loops", "ThrottlingException")
        fault = raises(ClientError, names, before)
        assert fault.response["Error"]["Code"] == "ThrottlingException"
        assert len(ml.calls) == 0
