"""The call: one request of a client as the mock sees it, from its arrival to its answer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlmock.aws.protocol.messages import HttpResponse, Params, Request
    from mlmock.aws.protocol.rest_json import Operation


class Call:
    """One attempt of a call.

    `service` and `operation` are botocore's names, `params` the parameters as the caller gave them,
    `response` what boto3 returned (None for an error), `error` what was raised; `started_at` is
    virtual time in seconds since 1970, `duration` virtual seconds. Callables of a rule get the same
    object, not yet answered.
    """

    __slots__ = (
        "account_id",
        "answer",
        "attempt",
        "clock_offset",
        "compiled_operation",
        "context",
        "corruption",
        "duration",
        "error",
        "params",
        "read_timeout",
        "region",
        "request",
        "request_id",
        "responder",
        "started_at",
    )

    def __init__(
        self,
        plan: Operation,
        region: str,
        account_id: str,
        attempt: int,
        patience: float | None = None,
    ) -> None:
        self.compiled_operation = plan
        self.request: Request
        self.context: Any = None
        self.responder: Any = None
        self.corruption: Any = None
        self.region = region
        self.account_id = account_id
        self.attempt = attempt
        self.read_timeout = patience
        self.started_at = 0.0
        self.duration = 0.0
        self.clock_offset = 0.0
        self.answer: HttpResponse | None = None
        self.error: BaseException | None = None
        self.request_id = ""
        self.params: Params

    def __repr__(self) -> str:
        attempt = f", attempt {self.attempt}" if self.attempt > 1 else ""
        outcome = f" -> {self.error!r}" if self.error is not None else ""
        return f"<{self.compiled_operation} in {self.region}{attempt}{outcome}>"

    @property
    def service(self) -> str:
        """The service's name, as in ``boto3.client(name)``."""
        return self.compiled_operation.service

    @property
    def operation(self) -> str:
        """The operation's name, as AWS spells it."""
        return self.compiled_operation.name

    def __getattr__(self, name: str) -> Any:
        """Parse `params` from the wire when somebody looks; a running trip lends its own.

        What the service could not read is left out.
        """
        if name != "params":
            raise AttributeError(name)
        self.params = self.compiled_operation.parse_leniently(self.request)
        return self.params

    def release_params(self) -> None:
        """Let go of what was parsed: the wire stays, and is parsed again when somebody looks."""
        try:  # noqa: SIM105 - on every call's way, where suppress() costs more than all of it
            del self.params
        except AttributeError:
            pass

    @property
    def response(self) -> dict[str, Any] | None:
        """What boto3 made of the answer, without ResponseMetadata; None for errors."""
        if self.answer is None or self.error is not None or self.answer.status >= 300:
            return None
        from mlmock.aws.protocol.response_parser import parse_response

        return parse_response(self.compiled_operation, self.answer)

    @property
    def body(self) -> bytes:
        """The payload's bytes: the blob of an operation that has one, else the whole body."""
        return self.request.body

    def text(self) -> str:
        """Return the payload as text."""
        return self.body.decode()

    def json(self) -> Any:
        """Return the payload's JSON value; ValueError if it is none."""
        return json.loads(self.body)
