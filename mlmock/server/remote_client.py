"""`mlmock.client(url)`: the words of the handle, said to a server."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from http.client import HTTPConnection, HTTPException, HTTPResponse
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import mlmock.errors as errors
from mlmock.mock.handle import MockML
from mlmock.server import exposed_members as reach
from mlmock.server.json_values import read, written
from mlmock.simulation.object_store import MissingBucket, MissingObject, split_uri

_RAISED: dict[str, type[BaseException]] = {
    **{
        name: kind
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, errors.AuthorError)
    },
    "AssertionError": AssertionError,
    "IndexError": IndexError,
    "MissingBucket": MissingBucket,
    "MissingObject": MissingObject,
    "TypeError": TypeError,
    "ValueError": ValueError,
}


class Wire:
    """Requests to one server, each on a connection of its own: any thread may send."""

    def __init__(self, url: str, timeout: float) -> None:
        parts = urlsplit(url)
        if parts.scheme != "http" or not parts.hostname:
            raise ValueError(f"a server is at http://host:port, not at {url!r}")
        self.url = url.rstrip("/")
        self._host, self._port, self._timeout = parts.hostname, parts.port or 80, timeout

    def ask(self, method: str, path: str, said: Any = None) -> Any:
        """Return the JSON that the control API answers, or raise what it was refused with."""
        body = None if said is None else json.dumps(said).encode()
        found = self.send(method, path, body, "application/json")
        return json.loads(found) if found else None

    def send(self, method: str, path: str, body: bytes | None, content_type: str) -> bytes:
        """Return the bytes that the control API answers, or raise what it was refused with."""
        connection = HTTPConnection(self._host, self._port, timeout=self._timeout)
        try:
            headers = {"Content-Type": content_type} if body is not None else {}
            connection.request(method, f"/_mlmock/{path}", body, headers)
            answer = connection.getresponse()
            return _body(answer)
        except HTTPException as fault:
            raise ConnectionError(f"{self.url} doesn't answer as mlmock does: {fault!r}") from None
        finally:
            connection.close()


def _body(answer: HTTPResponse) -> bytes:
    body = answer.read()
    if answer.status >= 400:
        try:
            said = json.loads(body)
            name, message = said["error"], said["message"]
        except (ValueError, LookupError, TypeError):
            name, message = "RuntimeError", f"{answer.status} {body[:200]!r}"
        raise _RAISED.get(name, RuntimeError)(message)
    return body


class Remote:
    """A part of the handle at the other end: its methods and attributes are those of the handle."""

    _kind: type
    _wire: Wire
    _ref: str | None
    _text: str

    def __init__(self, wire: Wire, kind: type, ref: str | None, text: str) -> None:
        vars(self).update(_wire=wire, _kind=kind, _ref=ref, _text=text)

    def __repr__(self) -> str:
        return f"<remote {self._text} at {self._wire.url}>"

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *reach.names_of(self._kind)})

    def __getattr__(self, name: str) -> Any:
        """Return what an attribute of the handle is, or a method that asks."""
        if name not in reach.names_of(self._kind):
            raise AttributeError(f"{reach.title_of(self._kind)} has no {name} over HTTP")
        if not reach.is_method(self._kind, name):
            return self._do(name)
        return lambda *args, **kwargs: self._do(name, *args, **kwargs)

    def __setattr__(self, name: str, value: Any) -> None:
        """Set a policy: ``remote.progress = after(60)``."""
        if name != "progress":
            raise AttributeError(f"{name} can't be set over HTTP")
        self._do("progress").set(value)

    def __len__(self) -> int:
        return int(self._do("__len__")) if "__len__" in reach.names_of(self._kind) else 1

    def __iter__(self) -> Iterator[Any]:
        return iter(self._do("__iter__"))

    def __getitem__(self, place: Any) -> Any:
        return list(self)[place]

    def _do(self, name: str, *args: Any, **kwargs: Any) -> Any:
        named = {key: written(item) for key, item in kwargs.items()}
        step = {"do": name, "args": [written(item) for item in args], "kwargs": named}
        said = {"ref": self._ref, "place": _line(), "steps": [step]}
        return self._shown(self._wire.ask("POST", "do", said)["result"])

    def _shown(self, found: Any) -> Any:
        if isinstance(found, list):
            return [self._shown(item) for item in found]
        if isinstance(found, dict) and found.keys() == {"$handle"}:
            said = found["$handle"]
            kind = reach.class_named(said["kind"])
            made = RemoteML if kind is MockML else Remote
            return made(self._wire, kind, said["ref"], said["text"])
        return _data(found)


def _data(found: Any) -> Any:
    """Return a call, an event or a resource by its attributes, and any other value as it is."""
    if not isinstance(found, dict):
        return found
    if "outcome" in found:
        return RemoteCall(found)
    value = read(found)
    if "detail_type" in found:
        time, resources = datetime.fromisoformat(found["time"]), tuple(found["resources"])
        return SimpleNamespace(**{**value, "time": time, "resources": resources})
    return SimpleNamespace(**value) if "mermaid" in found else value


def _line() -> str:
    """Return ``file:line`` of whoever says the word."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__") == __name__:
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"


class RemoteCall:
    """One call of the journal at the other end, as it was when it was asked for."""

    def __init__(self, said: dict[str, Any]) -> None:
        self.service: str = said["service"]
        self.operation: str = said["operation"]
        self.params: dict[str, Any] = read(said["params"])
        self.region: str = said["region"]
        self.account_id: str = said["account_id"]
        self.attempt: int = said["attempt"]
        self.started_at: float = said["started_at"]
        self.duration: float = said["duration"]
        self.response: dict[str, Any] | None = read(said["response"])
        self.error: SimpleNamespace | None = said["error"] and SimpleNamespace(**said["error"])
        self.request_id: str = said["request_id"]
        self.outcome: str = said["outcome"]
        self.body: bytes = read(said["body"])

    def __repr__(self) -> str:
        return f"<{self.service} {self.operation} -> {self.outcome}>"

    def text(self) -> str:
        """Return the payload as text."""
        return self.body.decode()

    def json(self) -> Any:
        """Return the payload's JSON value; ValueError if it is none."""
        return json.loads(self.body)


class Unmatched(list[str]):
    """What the server refused because no rule took it; `clear()` says: expected."""

    def __init__(self, wire: Wire) -> None:
        super().__init__(wire.ask("GET", "unmatched")["unmatched"])
        self._wire = wire

    def clear(self) -> None:
        """Forget it, here and there."""
        self._wire.ask("DELETE", "unmatched")
        super().clear()


class RemoteStore:
    """`ml.s3` of a server; bodies go as they are."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def put(self, uri: str, body: bytes | str, content_type: str = "binary/octet-stream") -> None:
        """Store `body` (text as UTF-8) at `uri`."""
        content = body.encode() if isinstance(body, str) else bytes(body)
        self._wire.send("PUT", _object(uri), content, content_type)

    def get(self, uri: str) -> bytes:
        """Return the bytes at `uri`; MissingObject."""
        return self._wire.send("GET", _object(uri), None, "")

    def list(self, prefix: str) -> list[str]:
        """Return the URIs that begin with `prefix`, sorted."""
        found = self._wire.ask("GET", f"objects?{urlencode({'prefix': prefix})}")
        return list(found["uris"])


def _object(uri: str) -> str:
    bucket, key = split_uri(uri)
    return f"objects/{quote(bucket, safe='')}/{quote(key)}"


class RemoteML(Remote):
    """The handle of a server, or a region or account of it."""

    @property
    def url(self) -> str:
        """Where the server listens."""
        return self._wire.url

    @property
    def s3(self) -> RemoteStore:
        """The object store."""
        return RemoteStore(self._wire)

    @property
    def unmatched(self) -> Unmatched:
        """What was refused because no rule took it."""
        return Unmatched(self._wire)

    def reset(self) -> None:
        """Forget everything."""
        self._wire.ask("POST", "reset")

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Roll back at the end what changes inside."""
        name = self._wire.ask("POST", "savepoints")["id"]
        try:
            yield
        finally:
            self._wire.ask("POST", f"savepoints/{name}/rollback")


def client(url: str, *, timeout: float = 30.0) -> RemoteML:
    """Return the handle of the server at `url` (``http://host:port``).

    Its words are those of `ml`; values go over HTTP, functions can't (TypeError). `timeout`: how
    many seconds one word may take. What the server refuses is raised here: BadAnswer,
    AssertionError of the journal's asserts, UnusedRule, ValueError; ConnectionError where nobody
    answers.
    """
    return RemoteML(Wire(url, timeout), MockML, None, "mlmock")
