"""Clients of an active moto's services, which are used through their public API.

Human loops and endpoints use S3, SNS, EventBridge and SageMaker.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from mlmock.aws.scope import Scope
from mlmock.simulation.events import Event
from mlmock.simulation.object_store import NoSuchBucket, NoSuchKey, StoredObject

# The object or its version does not exist, is archived, or is encrypted with a customer's key.
_UNREADABLE = frozenset(
    {"NoSuchKey", "NoSuchVersion", "404", "InvalidObjectState", "InvalidRequest", "InvalidArgument"}
)


class MotoClients:
    """The clients that call an active moto, one for each service, account and region."""

    def __init__(self, state: Any) -> None:
        self._clients: dict[tuple[str, str, str, int], Any] = {}

    def client(self, service: str, scope: Scope) -> Any:
        """Return a client whose calls moto answers.

        Args:
            service: The service, as boto3 names it.
            scope: The account and region of the calls.
        """
        from moto.core.models import botocore_stubber

        key = (service, scope.account_id, scope.region, id(botocore_stubber))
        client = self._clients.get(key)
        if client is None:
            client = self._clients[key] = _create_client(service, scope, botocore_stubber)
        return client


def external_service(state: Any, service: str, scope: Scope) -> Callable[..., Any]:
    """Return a function that calls a service of an active moto.

    See `coexistence.external_service` for the arguments and the function.
    """
    return partial(_call_method, state.shared(MotoClients).client(service, scope))


def _call_method(client: Any, method: str, **params: Any) -> Any:
    from botocore.exceptions import ClientError

    try:
        return getattr(client, method)(**params)
    except ClientError:
        return None


def _create_client(service: str, scope: Scope, stubber: Any) -> Any:
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
    client.meta.events.register("before-sign", _set_account(scope.account_id))
    # A session that is created after moto is imported has its handler already. With two handlers
    # moto would process the request twice, the second time with an empty body.
    client.meta.events.unregister("before-send", stubber)
    client.meta.events.register("before-send", stubber)
    return client


def _set_account(account_id: str) -> Callable[..., None]:
    def set_account(request: Any, **kwargs: Any) -> None:
        request.headers["x-moto-account-id"] = account_id

    return set_account


class MotoBuckets:
    """The S3 of an active moto as a bucket store. Only the buckets that it has exist."""

    def __init__(self, state: Any) -> None:
        self._clients = state.shared(MotoClients)

    def put(self, bucket: str, key: str, thing: StoredObject, scope: Scope) -> None:
        """Store an object.

        Raises:
            NoSuchBucket: The bucket does not exist, or belongs to another account.
        """
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
        """Return an object, or one version of it.

        Raises:
            NoSuchBucket: The bucket does not exist, or belongs to another account.
            NoSuchKey: The object or the version does not exist, or cannot be read.
        """
        more = {} if version is None else {"VersionId": version}
        answer = self._call("get_object", scope, Bucket=bucket, Key=key, **more)
        return StoredObject(answer["Body"].read(), answer["ContentType"], answer["Metadata"])

    def list(self, bucket: str, prefix: str, scope: Scope) -> list[str]:
        """Return the sorted keys that start with a prefix.

        Raises:
            NoSuchBucket: The bucket does not exist, or belongs to another account.
        """
        client = self._clients.client("s3", scope)
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        with _translated_errors(bucket, prefix):
            return [entry["Key"] for page in pages for entry in page.get("Contents", ())]

    def ensure(self, bucket: str, scope: Scope) -> None:
        """Create the bucket if it does not exist."""
        client = self._clients.client("s3", scope)
        if bucket not in [entry["Name"] for entry in client.list_buckets()["Buckets"]]:
            location = {"LocationConstraint": scope.region}
            more = {} if scope.region == "us-east-1" else {"CreateBucketConfiguration": location}
            client.create_bucket(Bucket=bucket, **more)

    def _call(self, method: str, scope: Scope, **params: Any) -> Any:
        client = self._clients.client("s3", scope)
        with _translated_errors(params["Bucket"], params["Key"]):
            return getattr(client, method)(**params)


@contextmanager
def _translated_errors(bucket: str, key: str) -> Iterator[None]:
    """Raise the errors of the object store in place of S3's for a missing bucket or object."""
    from botocore.exceptions import ClientError, ParamValidationError

    try:
        yield
    except ParamValidationError:  # the name is not a valid one for a bucket, or for an object
        raise (NoSuchBucket(bucket) if key else NoSuchKey(f"s3://{bucket}/")) from None
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in {"NoSuchBucket", "AccessDenied"}:
            raise NoSuchBucket(bucket) from None
        if code in _UNREADABLE:
            raise NoSuchKey(f"s3://{bucket}/{key}") from None
        raise


def forward_event(state: Any, event: Event) -> None:
    """Send an event to the EventBridge of an active moto, or a notification to its SNS topic."""
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
    except ClientError as error:
        if error.response["Error"]["Code"] not in {"NotFound", "NotFoundException"}:
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
