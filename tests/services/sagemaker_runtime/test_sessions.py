"""Stateful sessions: open, use, close and expire."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import boto3
import pytest

from mlmock import MockML, mock_ml, output


def invoke(client: Any, session: str, body: bytes = b"{}") -> Any:
    return client.invoke_endpoint(EndpointName="chat", Body=body, SessionId=session)


def test_session_is_opened_used_and_closed(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("chat", sessions=600)
    opened = invoke(client, "NEW_SESSION", b'{"requestType": "NEW_SESSION"}')
    session, expires = opened["NewSessionId"].split("; Expires=")
    assert expires.endswith("Z")
    used = invoke(client, session, b"not json")
    assert "NewSessionId" not in used
    assert "ClosedSessionId" not in used
    closed = invoke(client, session, b'{"requestType": "CLOSE"}')
    assert closed["ClosedSessionId"] == session
    with pytest.raises(client.exceptions.ModelError, match="not found"):
        invoke(client, session)


def test_session_expires_on_the_virtual_clock() -> None:
    with mock_ml(now=datetime(2026, 1, 1, tzinfo=timezone.utc)) as ml:
        client = boto3.client("sagemaker-runtime")
        ml.sagemaker.endpoint("chat", sessions=True)
        header = invoke(client, "NEW_SESSION")["NewSessionId"]
        session, expires = header.split("; Expires=")
        assert expires == "2026-01-01T00:20:00Z"
        ml.clock.advance(minutes=19)
        assert invoke(client, session)["Body"].read()
        ml.clock.advance(minutes=2)
        with pytest.raises(client.exceptions.ModelError) as caught:
            invoke(client, session)
        assert caught.value.response["OriginalStatusCode"] == 400


def test_model_manages_sessions_itself(ml: MockML, client: Any) -> None:
    endpoint = ml.sagemaker.endpoint("chat", sessions=True)
    endpoint.on(SessionId="NEW_SESSION").reply(
        output(Body="hi", NewSessionId="mine; Expires=2030-01-01T00:00:00Z")
    )
    endpoint.on(SessionId="mine").reply(output(Body="bye", ClosedSessionId="mine"))
    assert invoke(client, "NEW_SESSION")["NewSessionId"].startswith("mine;")
    assert invoke(client, "mine")["ClosedSessionId"] == "mine"
    with pytest.raises(client.exceptions.ModelError):
        invoke(client, "mine")


def test_session_expires_as_its_header_says() -> None:
    with mock_ml(now=datetime(2026, 1, 1, tzinfo=timezone.utc)) as ml:
        client = boto3.client("sagemaker-runtime")
        header = "mine; Expires=2026-01-02T00:00:00Z"
        endpoint = ml.sagemaker.endpoint("chat", sessions=600)
        endpoint.on(SessionId="NEW_SESSION").reply(output(Body="hi", NewSessionId=header))
        endpoint.on(SessionId="mine").reply("still open")
        invoke(client, "NEW_SESSION")
        ml.clock.advance(hours=23)
        assert invoke(client, "mine")["Body"].read() == b"still open"
        ml.clock.advance(hours=1)
        with pytest.raises(client.exceptions.ModelError, match="session mine not found"):
            invoke(client, "mine")


def test_session_stays_with_its_variant(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("chat", variants={"a": 1, "b": 1}, sessions=True)
    variants_used = set()
    for _ in range(20):
        opened = invoke(client, "NEW_SESSION")
        session, variant = opened["NewSessionId"].split(";")[0], opened["InvokedProductionVariant"]
        variants_used.add(variant)
        assert {invoke(client, session)["InvokedProductionVariant"] for _ in range(4)} == {variant}
        found = client.invoke_endpoint_with_response_stream(
            EndpointName="chat", Body=b"", SessionId=session
        )
        assert found["InvokedProductionVariant"] == variant
    assert variants_used == {"a", "b"}


def test_target_variant_overrides_the_variant_of_the_session(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("chat", variants={"a": 1, "b": 0}, sessions=True)
    session = invoke(client, "NEW_SESSION")["NewSessionId"].split(";")[0]
    found = client.invoke_endpoint(
        EndpointName="chat", Body=b"", SessionId=session, TargetVariant="b"
    )
    assert found["InvokedProductionVariant"] == "b"
    ml.sagemaker.endpoint("chat", variants=["b"])
    assert invoke(client, session)["InvokedProductionVariant"] == "b"


def test_session_members_of_a_model_are_returned(ml: MockML, client: Any) -> None:
    header = "mine; Expires=2030-01-01T00:00:00Z"
    ml.sagemaker.endpoint("chat").reply(
        output(Body="", NewSessionId=header), output(Body="", ClosedSessionId="mine")
    )
    responses = [client.invoke_endpoint(EndpointName="chat", Body=b"") for _ in range(2)]
    assert responses[0]["NewSessionId"] == header
    assert responses[1]["ClosedSessionId"] == "mine"


def test_model_may_close_an_unknown_session(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("chat", sessions=True).reply(output(Body="", ClosedSessionId="ghost"))
    assert invoke(client, "NEW_SESSION")["ClosedSessionId"] == "ghost"


def test_streams_use_open_sessions(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("chat", sessions=True)
    session = invoke(client, "NEW_SESSION", b"not json")["NewSessionId"].split(";")[0]
    found = client.invoke_endpoint_with_response_stream(
        EndpointName="chat", Body=b"x", SessionId=session
    )
    assert list(found["Body"])
    with pytest.raises(client.exceptions.ModelError):
        client.invoke_endpoint_with_response_stream(
            EndpointName="chat", Body=b"x", SessionId="unknown"
        )


def test_stream_cannot_open_a_session(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("chat", sessions=True)
    with pytest.raises(client.exceptions.ValidationError, match="sessionId"):
        client.invoke_endpoint_with_response_stream(
            EndpointName="chat", Body=b"", SessionId="NEW_SESSION"
        )


@pytest.mark.parametrize("sessions", [None, False])
def test_model_without_sessions_rejects_them_and_the_log_suggests_a_declaration(
    ml: MockML, client: Any, sessions: Any, caplog: pytest.LogCaptureFixture
) -> None:
    ml.sagemaker.endpoint("chat", sessions=sessions)
    with pytest.raises(client.exceptions.ModelError, match="stateful sessions not enabled"):
        invoke(client, "NEW_SESSION")
    assert 'ml.sagemaker.endpoint("chat", sessions=True)' in caplog.text


def test_savepoint_restores_sessions(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("chat", sessions=True)
    with ml.savepoint():
        session = invoke(client, "NEW_SESSION")["NewSessionId"].split(";")[0]
    with pytest.raises(client.exceptions.ModelError):
        invoke(client, session)
