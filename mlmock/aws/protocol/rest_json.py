"""The protocol rest-json: operations compiled from the service model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from typing import Any

from botocore import xform_name

from mlmock.aws.protocol import errors, json_body, uri
from mlmock.aws.protocol.deserializers import Deserializer, InvalidValue, deserializer_for
from mlmock.aws.protocol.event_stream import CONTENT_TYPE, EventStream
from mlmock.aws.protocol.http_bindings import (
    DEFAULT_FORMATS,
    Prefixed,
    TextMember,
    prefixed_member,
    text_member,
    text_of,
)
from mlmock.aws.protocol.messages import (
    HttpResponse,
    Params,
    PreserializedResult,
    Request,
    ResultWithHeaders,
)
from mlmock.aws.spec.validation import (
    NAMES,
    Violation,
    WrongType,
    find_violations,
    format_violations,
    lower_camel,
    missing,
)
from mlmock.errors import ServiceError

_JSON = "application/json"
# A value does not fit its shape or cannot be parsed, or the path has too few segments.
_PARSE_ERRORS = (InvalidValue, ValueError, IndexError)


def members_at(shape: Any, location: str | None) -> list[tuple[str, Any]]:
    """Return the names and shapes of the members of `shape` at `location`."""
    members = shape.members.items() if shape is not None else ()
    return [(n, m) for n, m in members if m.serialization.get("location") == location]


def body_members(shape: Any) -> list[tuple[str, Any]]:
    """Return the names and shapes of the members of `shape` in the body."""
    return members_at(shape, None)


class Operation:
    """A compiled operation: it parses requests and serializes results.

    It is compiled from a botocore OperationModel and has no behavior of the service.
    """

    def __init__(self, model: Any) -> None:
        self.model = model
        self.service: str = model.service_model.service_name
        self.name: str = model.name
        self.method: str = xform_name(model.name)
        self._compile_input(model.input_shape)
        self._compile_output(model.output_shape)

    def __repr__(self) -> str:
        return f"{self.service}.{self.name}"

    # -- requests ---------------------------------------------------------------------------

    def _compile_input(self, shape: Any) -> None:
        path = self.model.http["requestUri"].partition("?")[0]
        segments = path.split("/")
        self._labels = tuple(
            (index - len(segments), member)
            for index, segment in enumerate(segments)
            for member in _label_members(shape, segment)
        )
        query = [text_member(n, m, "querystring") for n, m in members_at(shape, "querystring")]
        self._query = tuple(query)
        headers = [text_member(n, m, "header") for n, m in members_at(shape, "header")]
        self._headers = tuple(headers)
        self._by_header = {member.wire_name: member for member in headers}
        self._prefixed = tuple(prefixed_member(n, m) for n, m in members_at(shape, "headers"))
        names = frozenset(member.wire_name for member in headers)
        prefixes = tuple(member.wire_name for member in self._prefixed)
        self.header_names = Prefixed(names, prefixes) if prefixes else names
        self._required = _required_outside_body(shape)
        self._payload = shape.serialization.get("payload") if shape is not None else None
        self._read_body = self._body_deserializer_of(shape)
        self._in_url = self._url_deserializer()

    def _body_deserializer_of(self, shape: Any) -> Callable[[bytes], Params] | None:
        if shape is None:
            return None
        if self._payload:
            return _payload_deserializer(self._payload, shape.members[self._payload])
        if not body_members(shape):
            return None
        read = _body_deserializer(shape)
        return lambda body: read(json_body.parse_json(body)) if body else read({})

    def parse(self, request: Request) -> Params:
        """Return the parameters of a request.

        Raises:
            ServiceError: The request is invalid; the message lists every violation.
        """
        try:
            return self._parse(request)
        except _PARSE_ERRORS:
            raise self._validation_error(request) from None

    def _parse(self, request: Request) -> Params:
        read_body = self._read_body
        params: Params = read_body(request.body) if read_body is not None else {}
        if self._in_url is not None:
            params.update(self._in_url(request.url))
        for wire_name, text in request.headers.items():
            member = self._by_header.get(wire_name)
            if member is not None:
                params[member.name] = member.read(text)
        for member in self._prefixed:
            found = member.raw(request.headers)
            if found:
                params[member.name] = member.read(found)
        for name in self._required:
            if name not in params:
                raise InvalidValue
        return params

    def _url_deserializer(self) -> Callable[[str], Params] | None:
        """Return the deserializer of the members in a URL, with a cache of the latest URLs."""
        if not self._labels and not self._query:
            return None
        if any(member.many for member in self._query):
            return self._read_url  # a cached list would be shared by callers
        return lru_cache(maxsize=512)(self._read_url)

    def _read_url(self, url: str) -> Params:
        path, query = uri.path_and_query(url)
        segments = path.split("/")
        found = {
            member.name: member.read(uri.label(segments[index])) for index, member in self._labels
        }
        given = uri.query_items(query) if query and self._query else {}
        for member in self._query:
            texts = given.get(member.wire_name)
            if texts is not None:
                found[member.name] = member.read(texts if member.many else texts[-1])
        return found

    def parse_leniently(self, request: Request) -> Params:
        """Return the parameters of a request; if it is invalid, those that can be parsed."""
        try:
            return self._parse(request)
        except _PARSE_ERRORS:
            pass
        found: Params = {}
        with suppress(WrongType, IndexError):
            for name, value in self._raw_texts(request):
                found[name] = value
        with suppress(WrongType):
            found.update(self._raw_body(request.body))
        return found

    # -- errors -----------------------------------------------------------------------------

    def _validation_error(self, request: Request) -> ServiceError:
        try:
            found = list(self._violations(request))
        except WrongType as error:
            return ServiceError("SerializationException", str(error), status=400)
        except IndexError:
            return ServiceError("UnknownOperationException", status=404)
        return ServiceError(errors.validation_error_code(self.model), format_violations(found))

    def _violations(self, request: Request) -> Iterator[Violation]:
        """Yield every violation of `request`; WrongType for a value that cannot be parsed."""
        given = {**dict(self._raw_texts(request)), **self._raw_body(request.body)}
        shape = self.model.input_shape
        for name, member in shape.members.items():
            value = given.get(name)
            if value is not None:
                yield from find_violations(
                    member, value, lower_camel(name), _default_format(member)
                )
            elif name in shape.required_members:
                yield missing(lower_camel(name))

    def _raw_body(self, body: bytes) -> dict[str, Any]:
        shape = self.model.input_shape
        if self._payload:
            return _raw_payload(self._payload, shape.members[self._payload], body)
        if self._read_body is None:
            return {}
        names = {m.serialization.get("name", n): n for n, m in body_members(shape)}
        found = _raw_json(body) if body else {}
        if type(found) is not dict:
            raise WrongType("Unexpected value at the start of the body: a structure was expected.")
        return {names[k]: v for k, v in found.items() if k in names}

    def _raw_texts(self, request: Request) -> Iterator[tuple[str, Any]]:
        path, query = uri.path_and_query(request.url)
        segments, given = path.split("/"), uri.query_items(query)
        for index, member in self._labels:
            yield member.name, _raw_text(member, uri.label(segments[index]))
        for member in self._query:
            texts = given.get(member.wire_name)
            if texts is not None:
                yield member.name, _raw_text(member, texts if member.many else texts[-1])
        for member in self._headers:
            if member.wire_name in request.headers:
                yield member.name, _raw_text(member, request.headers[member.wire_name])
        for member in self._prefixed:
            found = member.raw(request.headers)
            if found:
                yield member.name, found

    # -- responses --------------------------------------------------------------------------

    def _compile_output(self, shape: Any) -> None:
        self.status = int(self.model.http.get("responseCode", 200))
        self._out_headers = {
            n: (m.serialization.get("name", n), m) for n, m in members_at(shape, "header")
        }
        self._out_prefixed = tuple(
            (n, m.serialization.get("name", ""), m.value) for n, m in members_at(shape, "headers")
        )
        self._out_status = tuple(n for n, _ in members_at(shape, "statusCode"))
        self.output_payload: str | None = shape.serialization.get("payload") if shape else None
        self.event_stream: EventStream | None = None
        stream = _event_stream_member(shape)
        if stream is not None:
            self.output_payload, self.event_stream = stream[0], EventStream(stream[1])
        elsewhere = self._out_headers or self._out_prefixed or self._out_status
        self._body_only = not (elsewhere or self.output_payload)
        body = self._body_shape(shape)
        self._raw = getattr(body, "type_name", None) in {"blob", "string"}
        self._write = json_body.serializer_for(body) if shape is not None else None

    def _body_shape(self, shape: Any) -> Any:
        if self.output_payload and self.event_stream is None:
            return shape.members[self.output_payload]
        return shape

    def serialize(self, result: Params) -> HttpResponse:
        """Return the HTTP response of a result, whose members are named as in boto3."""
        if self._body_only:
            if type(result) is PreserializedResult:
                return HttpResponse(self.status, {"Content-Type": _JSON}, result.body)
            body = self._write(result) if self._write is not None else b"{}"
            return HttpResponse(self.status, {"Content-Type": _JSON}, body)
        headers = dict(result.headers) if type(result) is ResultWithHeaders else {}
        for name, value in result.items():
            header = self._out_headers.get(name)
            if header is not None and value is not None:
                headers[header[0]] = text_of(header[1], value, "header")
        for name, prefix, member in self._out_prefixed:
            for key, value in (result.get(name) or {}).items():
                headers[prefix + key] = text_of(member, value, "header")
        status = self.status
        for name in self._out_status:
            status = int(result.get(name, status))
        return HttpResponse(status, headers, self._serialize_body(result, headers))

    def _serialize_body(self, result: Params, headers: dict[str, str]) -> Any:
        if self.event_stream is not None:
            headers["Content-Type"] = CONTENT_TYPE
            return self.event_stream.encode(result[str(self.output_payload)])
        assert self._write is not None
        if self.output_payload is None:
            headers.setdefault("Content-Type", _JSON)
            prefixed = {n for n, _, _ in self._out_prefixed}
            names = prefixed.union(self._out_headers, self._out_status)
            return self._write({n: v for n, v in result.items() if n not in names})
        payload = result.get(self.output_payload)
        if self._raw and isinstance(payload, (str, bytes, bytearray, memoryview)):
            return payload.encode() if isinstance(payload, str) else bytes(payload)
        headers.setdefault("Content-Type", _JSON)
        return self._write(payload) if payload is not None else b""


def _label_members(shape: Any, segment: str) -> list[TextMember]:
    if not segment.startswith("{"):
        return []
    wire_name = segment.strip("{+}")
    return [
        text_member(name, member, "uri")
        for name, member in members_at(shape, "uri")
        if member.serialization.get("name", name) == wire_name
    ]


def _required_outside_body(shape: Any) -> tuple[str, ...]:
    if shape is None:
        return ()
    locations = {"querystring", "header", "uri"}
    payload = shape.serialization.get("payload")
    return tuple(
        name
        for name in shape.required_members
        if shape.members[name].serialization.get("location") in locations or name == payload
    )


class _BodyShape:
    """The members of an input shape that are in the body, as a structure shape."""

    type_name = "structure"
    is_tagged_union = False
    is_document_type = False

    def __init__(self, shape: Any) -> None:
        self.name = shape.name
        self.members = dict(body_members(shape))
        self.required_members = [n for n in shape.required_members if n in self.members]
        self.metadata: Mapping[str, Any] = {}
        self.serialization: Mapping[str, Any] = {}


def _body_deserializer(shape: Any) -> Deserializer:
    return deserializer_for(_BodyShape(shape))


def _payload_deserializer(name: str, shape: Any) -> Callable[[bytes], Params]:
    if shape.type_name == "blob":
        most, least = shape.metadata.get("max"), shape.metadata.get("min") or 0

        def blob(body: bytes) -> Params:
            if len(body) < least or (most is not None and len(body) > most):
                raise InvalidValue
            return {name: body}

        return blob
    read = deserializer_for(shape)
    if shape.type_name == "string":
        return lambda body: {name: read(body.decode())}

    def payload(body: bytes) -> Params:
        found = json_body.parse_json(body) if body else None
        return {name: read(found)} if found is not None else {}

    return payload


def _raw_payload(name: str, shape: Any, body: bytes) -> dict[str, Any]:
    if shape.type_name == "blob":
        return {name: body}
    if shape.type_name == "string":
        try:
            return {name: body.decode()}
        except ValueError:
            raise WrongType("Unable to read the request body as text.") from None
    return {name: _raw_json(body)} if body else {}


def _raw_json(body: bytes) -> Any:
    try:
        return json_body.parse_json(body)
    except ValueError:
        raise WrongType("Unable to parse the request body as JSON.") from None


def _raw_text(member: TextMember, text: Any) -> Any:
    try:
        return member.raw(text)
    except ValueError:
        shape = member.shape.member if member.shape.type_name == "list" else member.shape
        raise WrongType(f"STRING_VALUE can not be converted to {NAMES[shape.type_name]}") from None


def _default_format(shape: Any) -> str:
    return DEFAULT_FORMATS.get(str(shape.serialization.get("location")), "unixTimestamp")


def _event_stream_member(shape: Any) -> tuple[str, Any] | None:
    members = shape.members.items() if shape is not None else ()
    for name, member in members:
        if member.serialization.get("eventstream"):
            return name, member
    return None
