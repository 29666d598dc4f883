"""An active moto's services, asked through their public API: S3, SNS, EventBridge, SageMaker."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from mlmock.aws.scope import Scope
from mlmock.simulation.events import Event
from mlmock.simulation.object_store import NoSuchBucket, NoSuchKey, StoredObject

# Gone, a version that isn't, archived, or encrypted with a key of the caller's own.
_UNREADABLE = frozenset(
    {"NoSuchKey", "NoSuchVersion", "404", "InvalidObjectState", "InvalidRequest", "InvalidArgument"}
)


class MotoClients:
    """Clients that talk to an active moto: through its public API, one for each account."""

    def __init__(self, state: Any) -> None:
        self._clients: dict[tuple[str, str, str, int], Any] = {}

    def client(self, service: str, scope: Scope) -> Any:
        """Return a client of `service` whose calls moto answers for `scope`."""
        from moto.core.models import botocore_stubber

        key = (service, scope.account_id, scope.region, id(botocore_stubber))
        found = self._clients.get(key)
        if found is None:
            found = self._clients[key] = _client(service, scope, botocore_stubber)
        return found


def call_moto(state: Any, service: str, scope: Scope) -> Callable[..., Any] | None:
    """Return what asks an active moto's `service`; None where nobody has put anything there.

    It takes a method of boto3's client and its parameters, and returns the answer, or None for an
    error that moto answers with.
    """
    return partial(_ask, state.shared(MotoClients).client(service, scope))


def _ask(client: Any, method: str, **params: Any) -> Any:
    from botocore.exceptions import ClientError

    try:
        return getattr(client, method)(**params)
    except ClientError:
        return None


def _client(service: str, scope: Scope, stubber: Any) -> Any:
    import botocore.session
    from botocore.config import Config

    config = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
    client = botocore.session.Session().create_client(
        service,
        region_name=scope.region,
        aws_access_key_id="mlmock",
        aws_secret_access_key="mlmock",  # noqa: S106
        config=config,
    )
    client.meta.events.register("before-sign", _for_account(scope.account_id))
    # A session made since moto was imported has its handler already; two would send twice, and
    # the second time with the body read to its end.
    client.meta.events.unregister("before-send", stubber)
    client.meta.events.register("before-send", stubber)
    return client


def _for_account(account_id: str) -> Callable[..., None]:
    def mark(request: Any, **kwargs: Any) -> None:
        request.headers["x-moto-account-id"] = account_id

    return mark


class MotoBuckets:
    """moto's S3 as the object store. Only its own buckets exist."""

    def __init__(self, state: Any) -> None:
        self._neighbours = state.shared(MotoClients)

    def put(self, bucket: str, key: str, thing: StoredObject, scope: Scope) -> None:
        """Store an object; MissingBucket."""
        self._call(
            "put_object",
            scope,
            Bucket=bucket,
            Key=key,
            Body=thing.body,
            ContentType=thing.content_type,
            Metadata=dict(thing.metadata),
        )

    def get(self, bucket: str, key: str, scope: Scope, version: str | None = None) -> StoredObject:
        """Return an object, or one version of it; MissingBucket, MissingObject."""
        more = {} if version is None else {"VersionId": version}
        found = self._call("get_object", scope, Bucket=bucket, Key=key, **more)
        return StoredObject(found["Body"].read(), found["ContentType"], found["Metadata"])

    def list(self, bucket: str, prefix: str, scope: Scope) -> list[str]:
        """Return the keys under a prefix, sorted; MissingBucket."""
        client = self._neighbours.client("s3", scope)
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        with _missing(bucket, prefix):
            return [thing["Key"] for page in pages for thing in page.get("Contents", ())]

    def ensure(self, bucket: str, scope: Scope) -> None:
        """Make the bucket if it isn't there."""
        client = self._neighbours.client("s3", scope)
        if bucket not in [found["Name"] for found in client.list_buckets()["Buckets"]]:
            where = {"LocationConstraint": scope.region}
            extra = {} if scope.region == "us-east-1" else {"CreateBucketConfiguration": where}
            client.create_bucket(Bucket=bucket, **extra)

    def _call(self, method: str, scope: Scope, **params: Any) -> Any:
        client = self._neighbours.client("s3", scope)
        with _missing(params["Bucket"], params["Key"]):
            return getattr(client, method)(**params)


@contextmanager
def _missing(bucket: str, key: str) -> Iterator[None]:
    """Turn what S3 says of a bucket or object that isn't there, or isn't ours, into our words."""
    from botocore.exceptions import ClientError, ParamValidationError

    try:
        yield
    except ParamValidationError:  # a name that no bucket, or no object, can have
        raise (NoSuchBucket(bucket) if key else NoSuchKey(f"s3://{bucket}/")) from None
    except ClientError as fault:
        code = fault.response["Error"]["Code"]
        if code in {"NoSuchBucket", "AccessDenied"}:
            raise NoSuchBucket(bucket) from None
        if code in _UNREADABLE:
            raise NoSuchKey(f"s3://{bucket}/{key}") from None
        raise


def forward_event(state: Any, event: Event) -> None:
    """Send an event on to an active moto's EventBridge, or an SNS message to its topic."""
    scope = Scope(event.account_id, event.region)
    if event.topic is not None:
        _publish(state, scope, event)
    elif "moto.events" in sys.modules:
        _put_event(state, scope, event)


def _publish(state: Any, scope: Scope, event: Event) -> None:
    from botocore.exceptions import ClientError

    client = state.shared(MotoClients).client("sns", scope)
    try:
        client.publish(TopicArn=event.topic, Message=event.message or "")
    except ClientError as fault:
        if fault.response["Error"]["Code"] not in {"NotFound", "NotFoundException"}:
            raise


def _put_event(state: Any, scope: Scope, event: Event) -> None:
    import json

    entry = {
        "Source": event.source,
        "DetailType": event.detail_type,
        "Detail": json.dumps(event.detail),
        "Resources": list(event.resources),
        "Time": event.time,
    }
    state.shared(MotoClients).client("events", scope).put_events(Entries=[entry])
