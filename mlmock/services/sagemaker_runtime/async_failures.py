"""Failures of asynchronous invocations: the reason in the notification and the object in S3."""

from __future__ import annotations

from dataclasses import dataclass

from mlmock.errors import ServiceError
from mlmock.services.sagemaker_runtime.model_answers import content_type_of

_LOGS = "See the SageMaker Endpoint logs in your account for more information."
_TEXT = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Failure:
    """A failure: the reason in the notification, and the body and type of the object in S3.

    `is_model_answer`: the body is the answer of the model, which a notification may repeat.
    """

    reason: str
    body: bytes
    content_type: str
    is_model_answer: bool = False


def failure_of(error: ServiceError) -> Failure:
    """Return the failure for an error of the model or of the service."""
    if error.code != "ModelError":
        text = error.message or error.code
        return Failure(f"{error.code}: {text}", text.encode(), _TEXT)
    status = error.members.get("OriginalStatusCode", 500)
    original = error.members.get("OriginalMessage") or error.message or ""
    body = original.encode()
    return Failure(_received(status), body, content_type_of(original, body), is_model_answer=True)


def no_answer(why: str) -> Failure:
    """Return the failure for a missing or incomplete answer of the model.

    Source: recorded notification (reason). Assumption: the object in S3 has the text `why`.
    """
    return Failure(_received(0), why.encode(), _TEXT)


def expired() -> Failure:
    """Return the failure for an invocation whose time to live is over. Assumption: the text."""
    text = "The request expired before the model took it."
    return Failure(f"ClientError: {text}", text.encode(), _TEXT)


def no_object(what: str, uri: str) -> Failure:
    """Return the failure for an input or output that S3 rejects. Assumption: the text."""
    text = f"Unable to {what} {uri}."
    return Failure(f"ClientError: {text}", text.encode(), _TEXT)


def _received(status: int) -> str:
    """Return the reason, which is a ClientError for every status. Source: recorded notification."""
    whose = "client" if 400 <= status < 500 else "server"
    return f"ClientError: Received {whose} error ({status}) from model. {_LOGS}"
