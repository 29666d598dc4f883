"""The client of a server: a handle with the same members as `ml`, used over HTTP."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from http.client import HTTPConnection, HTTPException, HTTPResponse
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import mlmock.errors as errors
from mlmock.mock.handle import MockML
from mlmock.server.exposed_members import (
    exposed_classes,
    exposed_name,
    exposed_names,
    is_method,
)
from mlmock.server.json_values import from_json, to_json
from mlmock.simulation.object_store import NoSuchBucket, NoSuchKey, parse_s3_uri

# The exceptions that an error of the control API becomes, by the error's name.
_EXCEPTIONS: dict[str, type[BaseException]] = {
    "AssertionError": AssertionError,
    "IndexError": IndexError,
    "NoSuchBucket": NoSuchBucket,
    "NoSuchKey": NoSuchKey,
    "TypeError": TypeError,
    "ValueError": ValueError,
    **{
        name: kind
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, errors.MlmockError)
    },
}


class ControlTransport:
    """Sends requests to one server, each on its own connection, from any thread."""

    def __init__(self, url: str, timeout: float) -> None:
        parts = urlsplit(url)
        if parts.scheme != "http" or not parts.hostname:
            raise ValueError(f"the URL of a server is http://host:port, not {url!r}")
        self.url = url.rstrip("/")
        self._host, self._port, self._timeout = parts.hostname, parts.port or 80, timeout

    def send_json(self, method: str, path: str, value: Any = None) -> Any:
        """Send a JSON value, and return the JSON value of the response; raise its error."""
        body = None if value is None else json.dumps(value).encode()
        found = self.send(method, path, body, "application/json")
        return json.loads(found) if found else None

    def send(self, method: str, path: str, body: bytes | None, content_type: str) -> bytes:
        """Send a body, and return the body of the response; raise its error."""
        connection = HTTPConnection(self._host, self._port, timeout=self._timeout)
        try:
            headers = {"Content-Type": content_type} if body is not None else {}
            connection.request(method, f"/_mlmock/{path}", body, headers)
            return _body(connection.getresponse())
        except HTTPException as error:
            raise ConnectionError(f"{self.url} is not an mlmock server: {error!r}") from None
        finally:
            connection.close()


def _body(response: HTTPResponse) -> bytes:
    body = response.read()
    if response.status >= 400:
        try:
            error = json.loads(body)
            name, message = error["error"], error["message"]
        except (ValueError, LookupError, TypeError):
            name, message = "RuntimeError", f"{response.status} {body[:200]!r}"
        raise _EXCEPTIONS.get(name, RuntimeError)(message)
    return body


class RemoteObject:
    """An object of the server's handle. It has the exposed members of that object."""

    _kind: type
    _transport: ControlTransport
    _ref: str | None
    _text: str

    def __init__(self, transport: ControlTransport, kind: type, ref: str | None, text: str) -> None:
        # `__setattr__` is for members of the server's object.
        vars(self).update(_transport=transport, _kind=kind, _ref=ref, _text=text)

    def __repr__(self) -> str:
        return f"<remote {self._text} at {self._transport.url}>"

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *exposed_names(self._kind)})

    def __getattr__(self, name: str) -> Any:
        """Return the value of an attribute, or a function that calls the method."""
        if name not in exposed_names(self._kind):
            raise AttributeError(f"{exposed_name(self._kind)} has no {name!r} over HTTP")
        method = self._method(name)
        return method if is_method(self._kind, name) else method()

    def __setattr__(self, name: str, value: Any) -> None:
        """Set a progress policy: ``remote.progress = after(60)``."""
        if name != "progress":
            raise AttributeError(f"{name!r} can't be set over HTTP")
        self._method("progress")().set(value)

    def __len__(self) -> int:
        return int(self._method("__len__")()) if "__len__" in exposed_names(self._kind) else 1

    def __iter__(self) -> Iterator[Any]:
        return iter(self._method("__iter__")())

    def __getitem__(self, index: Any) -> Any:
        return list(self)[index]

    def _method(self, name: str) -> Callable[..., Any]:
        """Return a function that invokes a member on the server."""

        def invoke(*args: Any, **kwargs: Any) -> Any:
            named = {key: to_json(item) for key, item in kwargs.items()}
            step = {"invoke": name, "args": [to_json(item) for item in args], "kwargs": named}
            steps = {"ref": self._ref, "location": _caller_location(), "steps": [step]}
            return self._decode(self._transport.send_json("POST", "do", steps)["result"])

        return invoke

    def _decode(self, result: Any) -> Any:
        if isinstance(result, list):
            return [self._decode(item) for item in result]
        if isinstance(result, dict) and result.keys() == {"$handle"}:
            handle = result["$handle"]
            kind = exposed_classes()[handle["kind"]]
            make = RemoteMock if kind is MockML else RemoteObject
            return make(self._transport, kind, handle["ref"], handle["text"])
        return _decode_data(result)


def _decode_data(result: Any) -> Any:
    """Return a call, an event or a resource with attributes, and any other value as it is."""
    if not isinstance(result, dict):
        return result
    if "outcome" in result:
        return RemoteCall(result)
    value = from_json(result)
    if "detail_type" in result:
        time, resources = datetime.fromisoformat(result["time"]), tuple(result["resources"])
        return SimpleNamespace(**{**value, "time": time, "resources": resources})
    return SimpleNamespace(**value) if "mermaid" in result else value


def _caller_location() -> str:
    """Return ``file:line`` of the code that uses the remote handle."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__") == __name__:
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"


class RemoteCall:
    """A call of the server's journal, as it was when it was read."""

    def __init__(self, call: dict[str, Any]) -> None:
        self.service: str = call["service"]
        self.operation: str = call["operation"]
        self.params: dict[str, Any] = from_json(call["params"])
        self.region: str = call["region"]
        self.account_id: str = call["account_id"]
        self.attempt: int = call["attempt"]
        self.started_at: float = call["started_at"]
        self.duration: float = call["duration"]
        self.response: dict[str, Any] | None = from_json(call["response"])
        self.error: SimpleNamespace | None = call["error"] and SimpleNamespace(**call["error"])
        self.request_id: str = call["request_id"]
        self.outcome: str = call["outcome"]
        self.body: bytes = from_json(call["body"])

    def __repr__(self) -> str:
        return f"<{self.service} {self.operation} -> {self.outcome}>"

    def text(self) -> str:
        """Return the payload as text."""
        return self.body.decode()

    def json(self) -> Any:
        """Return the payload's JSON value; ValueError if it is none."""
        return json.loads(self.body)


class Unmatched(list[str]):
    """The messages of the server's calls that no rule matched."""

    def __init__(self, transport: ControlTransport) -> None:
        super().__init__(transport.send_json("GET", "unmatched")["unmatched"])
        self._transport = transport

    def clear(self) -> None:
        """Forget the messages, on the server too: the calls were expected."""
        self._transport.send_json("DELETE", "unmatched")
        super().clear()


class RemoteStore:
    """`ml.s3` of a server. Bodies are sent as they are."""

    def __init__(self, transport: ControlTransport) -> None:
        self._transport = transport

    def put(self, uri: str, body: bytes | str, content_type: str = "binary/octet-stream") -> None:
        """Store `body` (text as UTF-8) at `uri`."""
        content = body.encode() if isinstance(body, str) else bytes(body)
        self._transport.send("PUT", _path(uri), content, content_type)

    def get(self, uri: str) -> bytes:
        """Return the bytes at `uri`; NoSuchKey if there is no object."""
        return self._transport.send("GET", _path(uri), None, "")

    def list(self, prefix: str) -> list[str]:
        """Return the URIs that begin with `prefix`, sorted."""
        found = self._transport.send_json("GET", f"objects?{urlencode({'prefix': prefix})}")
        return list(found["uris"])


def _path(uri: str) -> str:
    bucket, key = parse_s3_uri(uri)
    return f"objects/{quote(bucket, safe='')}/{quote(key)}"


class RemoteMock(RemoteObject):
    """The handle of a server, or of a region or account of it."""

    @property
    def url(self) -> str:
        """The URL of the server."""
        return self._transport.url

    @property
    def s3(self) -> RemoteStore:
        """The object store."""
        return RemoteStore(self._transport)

    @property
    def unmatched(self) -> Unmatched:
        """The messages of calls that no rule matched; `clear()` them if they were expected."""
        return Unmatched(self._transport)

    def reset(self) -> None:
        """Forget everything: resources, rules, journal, events, objects, advanced time."""
        self._transport.send_json("POST", "reset")

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Roll back what changes inside the `with` block when it ends."""
        name = self._transport.send_json("POST", "savepoints")["id"]
        try:
            yield
        finally:
            self._transport.send_json("POST", f"savepoints/{name}/rollback")


def connect(url: str, *, timeout: float = 30.0) -> RemoteMock:
    """Return the handle of the server at `url` (``http://host:port``).

    It has the members of `ml`. Values are sent over HTTP; functions can't be (TypeError).

    Args:
        url: The URL of the server.
        timeout: The seconds that one request may take.

    Raises:
        ValueError: `url` is malformed. Its members raise what they raise in the process, and
            ConnectionError if no mlmock server answers.
    """
    return RemoteMock(ControlTransport(url, timeout), MockML, None, "mlmock")
