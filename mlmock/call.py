"""Calls: the requests of clients, with the responses and errors that mlmock gave."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlmock.aws.protocol.messages import HttpResponse, Params, Request
    from mlmock.aws.protocol.rest_json import Operation


class Call:
    """One attempt of a call. A callable of a rule receives it before it is answered.

    Attributes:
        params: The parameters that the caller passed.
        region: The region of the client.
        account_id: The account of the client.
        attempt: The number of the attempt; retries count from 2.
        request: The HTTP request.
        request_id: The id that the response has in ResponseMetadata.
        answer: The HTTP response; None before it is answered, or if the connection failed.
        error: The error that was raised, or None.
        started_at: The virtual time of the call, in seconds since 1970.
        duration: The duration of the call, in seconds of virtual time.
        read_timeout: The read timeout of the client, in seconds, if it has one.
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
        operation: Operation,
        region: str,
        account_id: str,
        attempt: int,
        read_timeout: float | None = None,
    ) -> None:
        self.compiled_operation = operation
        self.request: Request
        self.context: Any = None
        self.responder: Any = None
        self.corruption: Any = None
        self.region = region
        self.account_id = account_id
        self.attempt = attempt
        self.read_timeout = read_timeout
        self.started_at = 0.0
        self.duration = 0.0
        self.clock_offset = 0.0
        self.answer: HttpResponse | None = None
        self.error: Any = None
        self.request_id = ""
        self.params: Params

    def __repr__(self) -> str:
        attempt = f", attempt {self.attempt}" if self.attempt > 1 else ""
        outcome = f" -> {self.error!r}" if self.error is not None else ""
        return f"<{self.compiled_operation} in {self.region}{attempt}{outcome}>"

    @property
    def service(self) -> str:
        """The name of the service, as in ``boto3.client(name)``."""
        return self.compiled_operation.service

    @property
    def operation(self) -> str:
        """The name of the operation, as AWS spells it."""
        return self.compiled_operation.name

    def __getattr__(self, name: str) -> Any:
        """Parse `params` from the request on demand. During a dispatch the attribute is set.

        Members that the service could not parse are left out.
        """
        if name != "params":
            raise AttributeError(name)
        self.params = self.compiled_operation.parse_leniently(self.request)
        return self.params

    def release_params(self) -> None:
        """Delete the parsed parameters. They are parsed again from the request on demand."""
        try:  # noqa: SIM105 - suppress() is slower, and this runs for every call
            del self.params
        except AttributeError:
            pass

    @property
    def response(self) -> dict[str, Any] | None:
        """What boto3 returned, without ResponseMetadata; None for an error."""
        if self.answer is None or self.error is not None or self.answer.status >= 300:
            return None
        from mlmock.aws.protocol.response_parser import parse_response

        return parse_response(self.compiled_operation, self.answer)

    @property
    def body(self) -> bytes:
        """The body of the request in bytes: the payload, if the operation has one."""
        return self.request.body

    def text(self) -> str:
        """Return the body of the request as text."""
        return self.body.decode()

    def json(self) -> Any:
        """Return the JSON value in the body of the request.

        Raises:
            ValueError: The body is not JSON.
        """
        return json.loads(self.body)
