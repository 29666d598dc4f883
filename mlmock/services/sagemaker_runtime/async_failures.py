"""How an asynchronous invocation fails: what its notification says, and what lies in S3."""

from __future__ import annotations

from dataclasses import dataclass

from mlmock.errors import ServiceError
from mlmock.services.sagemaker_runtime.model_answers import type_of

_LOGS = "See the SageMaker Endpoint logs in your account for more information."
_TEXT = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Failure:
    """How an invocation failed: the reason in the notification, the object's body and type.

    `is_models`: the body is the model's own answer, which a notification may repeat.
    """

    reason: str
    body: bytes
    content_type: str
    is_models: bool = False


def failure_of(fault: ServiceError) -> Failure:
    """Return what a model's (or the service's) `fault` leaves behind."""
    if fault.code != "ModelError":
        text = fault.message or fault.code
        return Failure(f"{fault.code}: {text}", text.encode(), _TEXT)
    status = fault.members.get("OriginalStatusCode", 500)
    original = fault.members.get("OriginalMessage") or fault.message or ""
    body = original.encode()
    return Failure(_received(status), body, type_of(original, body), is_models=True)


def no_answer(why: str) -> Failure:
    """Return the failure of an invocation that the model gave no (whole) answer to.

    The notification has the words seen on the wire; `why` is what lies in S3 (judged).
    """
    return Failure(_received(0), why.encode(), _TEXT)


def expired() -> Failure:
    """Return the failure of an invocation that waited longer than it lives (judged)."""
    text = "The request expired before the model took it."
    return Failure(f"ClientError: {text}", text.encode(), _TEXT)


def no_object(what: str, uri: str) -> Failure:
    """Return the failure of an invocation whose input or output S3 won't give or take (judged)."""
    text = f"Unable to {what} {uri}."
    return Failure(f"ClientError: {text}", text.encode(), _TEXT)


def _received(status: int) -> str:
    """Return the reason in a notification, as seen: ClientError, whoever's the error was."""
    whose = "client" if 400 <= status < 500 else "server"
    return f"ClientError: Received {whose} error ({status}) from model. {_LOGS}"
