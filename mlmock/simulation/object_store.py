"""The object store of the services: in memory, or the S3 of an active moto."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from mlmock.aws.scope import Scope
from mlmock.exposed import exposed
from mlmock.simulation.undo_log import UndoLog

_URI = re.compile(r"s3://([^/]+)/?(.*)", re.DOTALL)
_HTTPS = re.compile(r"https://(?:([^/.]+)\.s3|s3)[.a-z0-9-]*\.amazonaws\.com(?:\.cn)?/(.*)")


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object: its bytes, content type and metadata."""

    body: bytes
    content_type: str = "binary/octet-stream"
    metadata: Mapping[str, str] = field(default_factory=dict)


class NoSuchBucket(Exception):  # noqa: N818
    """The bucket does not exist in moto's S3. In memory every bucket exists."""


class NoSuchKey(Exception):  # noqa: N818
    """The object does not exist."""


class BucketStore(Protocol):
    """An implementation of S3, as far as the object store needs it."""

    def put(self, bucket: str, key: str, thing: StoredObject, scope: Scope) -> None:
        """Store an object; NoSuchBucket."""

    def get(self, bucket: str, key: str, scope: Scope, version: str | None = None) -> StoredObject:
        """Return an object or one version of it; NoSuchBucket, NoSuchKey."""

    def list(self, bucket: str, prefix: str, scope: Scope) -> list[str]:
        """Return the sorted keys with a prefix; NoSuchBucket."""

    def ensure(self, bucket: str, scope: Scope) -> None:
        """Create the bucket if it does not exist."""


class InMemoryBuckets:
    """Buckets in memory. Every bucket exists."""

    def __init__(self, undo_log: UndoLog) -> None:
        self._undo_log = undo_log
        self._objects: dict[tuple[str, str], StoredObject] = {}

    def put(self, bucket: str, key: str, thing: StoredObject, scope: Scope) -> None:
        """Store an object."""
        self._undo_log.set_item(self._objects, (bucket, key), thing)

    def get(self, bucket: str, key: str, scope: Scope, version: str | None = None) -> StoredObject:
        """Return the latest version of an object; NoSuchKey."""
        try:
            return self._objects[bucket, key]
        except KeyError:
            raise NoSuchKey(f"s3://{bucket}/{key}") from None

    def list(self, bucket: str, prefix: str, scope: Scope) -> list[str]:
        """Return the sorted keys with a prefix."""
        return sorted(k for b, k in self._objects if b == bucket and k.startswith(prefix))

    def ensure(self, bucket: str, scope: Scope) -> None:
        """Do nothing: every bucket exists."""


def parse_s3_uri(uri: str) -> tuple[str, str]:
    """Return bucket and key of ``s3://bucket/key`` or its https form; ValueError otherwise."""
    found = _URI.fullmatch(uri)
    if found:
        return found[1], found[2]
    web = _HTTPS.fullmatch(uri)
    if web is None:
        raise ValueError(f"an object URI has the form s3://bucket/key, not {uri!r}")
    bucket, rest = web.groups()
    if bucket:
        return bucket, rest
    bucket, _, key = rest.partition("/")
    return bucket, key


@exposed("ObjectStore", "put get list")
class ObjectStore:
    """`ml.s3`: objects by URI, for example ``s3://bucket/key``."""

    def __init__(
        self,
        undo_log: UndoLog,
        scope: Callable[[], Scope],
        external: Callable[[], BucketStore | None],
    ) -> None:
        self._memory = InMemoryBuckets(undo_log)
        self._default_scope = scope
        self._external = external

    def __repr__(self) -> str:
        return "<objects in moto's S3>" if self._external() else "<objects in memory>"

    @property
    def buckets(self) -> BucketStore:
        """The implementation in use: moto's S3 if moto is active, else memory."""
        return self._external() or self._memory

    def put(
        self,
        uri: str,
        body: bytes | str,
        content_type: str = "binary/octet-stream",
        *,
        metadata: Mapping[str, str] | None = None,
        scope: Scope | None = None,
    ) -> None:
        """Store an object.

        Args:
            uri: The URI, for example ``s3://bucket/key``.
            body: The content; a text is encoded as UTF-8.
            content_type: The content type.
            metadata: The user metadata.
            scope: The account and region; by default those of the mock.

        Raises:
            NoSuchBucket: moto's S3 does not have the bucket.
            TypeError: `body` is neither text nor bytes.
            ValueError: `uri` is not the URI of an object.
        """
        bucket, key = parse_s3_uri(uri)
        given: object = body
        if not isinstance(given, (str, bytes, bytearray, memoryview)):
            raise TypeError(f"the body of an object is bytes or text, not {given!r}")
        content = given.encode() if isinstance(given, str) else bytes(given)
        thing = StoredObject(content, content_type, dict(metadata or {}))
        self.buckets.put(bucket, key, thing, scope or self._default_scope())

    def get(self, uri: str, *, version: str | None = None, scope: Scope | None = None) -> bytes:
        """Return the content of an object.

        Args:
            uri: The URI, for example ``s3://bucket/key``.
            version: A VersionId of moto's S3; in memory only the latest version is kept.
            scope: The account and region; by default those of the mock.

        Raises:
            NoSuchBucket: moto's S3 does not have the bucket.
            NoSuchKey: There is no such object.
        """
        return self.object(uri, version=version, scope=scope).body

    def object(
        self, uri: str, *, version: str | None = None, scope: Scope | None = None
    ) -> StoredObject:
        """Return the object at `uri` with its content type; NoSuchBucket, NoSuchKey."""
        bucket, key = parse_s3_uri(uri)
        return self.buckets.get(bucket, key, scope or self._default_scope(), version)

    def list(self, prefix: str, *, scope: Scope | None = None) -> list[str]:
        """Return the sorted URIs that start with `prefix`."""
        bucket, key = parse_s3_uri(prefix)
        found = self.buckets.list(bucket, key, scope or self._default_scope())
        return [f"s3://{bucket}/{name}" for name in found]

    def ensure_bucket(self, bucket: str, scope: Scope) -> None:
        """Create a bucket of the service itself if it does not exist."""
        self.buckets.ensure(bucket, scope)


def json_bytes(value: Any) -> bytes:
    """Return `value` as the services write JSON objects: compact, with sorted keys.

    Half a surrogate pair, which UTF-8 cannot encode, becomes a question mark.
    """
    import json

    text = json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
    return text.encode(errors="replace")
