"""Operations StartAsyncInvoke, GetAsyncInvoke and ListAsyncInvokes."""

from __future__ import annotations

import itertools
import logging
import math
import string
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mlmock.aws.arns import Arn
from mlmock.aws.protocol.messages import PreserializedResult
from mlmock.aws.scope import Scope
from mlmock.call import Call
from mlmock.engine.state import MockState
from mlmock.errors import ServiceError
from mlmock.services.bedrock_runtime.async_invoke import listing
from mlmock.services.bedrock_runtime.async_invoke.families import (
    Family,
    File,
    Invocation,
    family_of,
)
from mlmock.services.bedrock_runtime.async_invoke.families.base import manifest, validate_input
from mlmock.services.bedrock_runtime.async_invoke.jobs import (
    ASYNC_INVOKE,
    AsyncInvokeRecord,
    Completion,
    Failure,
    Outcome,
    SortKey,
)
from mlmock.services.bedrock_runtime.models.declarations import (
    ModelDeclaration,
    ModelDeclarations,
    ResolvedModel,
)
from mlmock.services.bedrock_runtime.models.identifiers import GEOGRAPHIES
from mlmock.services.common.backend import Result
from mlmock.services.common.handle import ServiceProgress
from mlmock.services.common.idempotency import ClientTokens
from mlmock.simulation.clock import to_seconds
from mlmock.simulation.object_store import NoSuchBucket, NoSuchKey, parse_s3_uri
from mlmock.simulation.progress import ProgressSetting

if TYPE_CHECKING:
    from mlmock.services.common.backend import Backend

_log = logging.getLogger("mlmock.bedrock")
_ALPHABET = string.ascii_lowercase + string.digits
_MAX_KEY_BYTES = 1024
_MAX_FILE_NAME_BYTES = len("/abcdefghijkl/segmented-embedding-result.json")
RULE_KEY = ("bedrock async invokes",)


class AsyncProgress:
    """The progress policy of the async invokes of a mock. Default: that of the service."""

    def __init__(self, state: MockState) -> None:
        self.progress: ProgressSetting = state.shared(ServiceProgress).of("bedrock-runtime").child()


class AsyncInvokes:
    """The async invokes of one account and region."""

    def __init__(self, backend: Backend) -> None:
        self.scope = backend.scope
        self.invokes: dict[str, AsyncInvokeRecord] = {}
        self._backend = backend
        self._state = backend.state
        self._undo_log = backend.undo_log
        self._index = listing.InvokeIndex(backend.undo_log)
        # Assumption: client tokens never expire. Their lifetime is not documented.
        self._tokens = ClientTokens(backend.undo_log, backend.clock, lifetime=math.inf)
        self._order = itertools.count()

    # -- operations -------------------------------------------------------------------------

    def start(self, call: Call) -> Result:
        """Start an invocation.

        Assumption: a call with the token and the parameters of an earlier call returns the
        invocation of that call.
        """
        params = call.params
        token = params.get("clientRequestToken")
        others = {name: params[name] for name in params if name != "clientRequestToken"}
        with self._backend.lock:
            arn = self._tokens.run_once(
                "StartAsyncInvoke",
                token,
                others,
                work=lambda: self._start(call, token).arn,
                conflict=_conflict_error,
            )
        return {"invocationArn": arn}

    def get(self, call: Call) -> Result:
        """Return an invocation.

        Raises:
            ServiceError: ValidationException if the invocation does not exist. The operation has
                no ResourceNotFoundException.
        """
        arn = call.params["invocationArn"]
        with self._backend.lock:
            invoke = self.invokes.get(arn)
            if invoke is None:
                raise ServiceError(
                    "ValidationException", "The provided invocation ARN does not exist."
                )
            summary = _poll(invoke).summary()
        return PreserializedResult(summary.members, summary.json)

    def list(self, call: Call) -> Result:
        """Return a page of invocations. Assumption: the default order and page size."""
        query = listing.parse_query(call.params, self.scope)
        with self._backend.lock:
            invokes, after = self._index.page(query, self._poll_key)
            summaries = [invoke.summary() for invoke in invokes]
        members: Result = {"asyncInvokeSummaries": [summary.members for summary in summaries]}
        end = b"]}"
        if after is not None:
            token = listing.page_tokens(call.params, self.scope).make(after)
            members["nextToken"], end = token, b'],"nextToken":"%s"}' % token.encode()
        rows = b",".join([summary.json for summary in summaries])
        return PreserializedResult(members, b'{"asyncInvokeSummaries":[%s%s' % (rows, end))

    # -- states -----------------------------------------------------------------------------

    def end(self, invoke: AsyncInvokeRecord, outcome: Outcome) -> None:
        """End an invocation in progress: write its output files, then change its state."""
        if invoke.task is not None:
            invoke.task.cancel()
        try:
            self._write(invoke, _output_files(invoke, outcome))
        except NoSuchBucket as bucket:
            _log.warning(
                "async invoke %s: cannot write its output, because bucket %s does not exist",
                invoke.arn,
                bucket,
            )
            if isinstance(outcome, Completion):
                outcome = Failure(f"The bucket {bucket} does not exist.")
        message = outcome.message if isinstance(outcome, Failure) else None
        self._change_state(invoke, "complete" if message is None else "fail", message)

    def _start(self, call: Call, token: str | None) -> AsyncInvokeRecord:
        params = call.params
        model_id, family = _model_and_family(
            self._state.shared(ModelDeclarations).resolve(params["modelId"], self.scope)
        )
        validate_input(family, model_id, params["modelInput"])
        _check_destination(params["outputDataConfig"]["s3OutputDataConfig"]["s3Uri"])
        outcome = self._find_outcome(call, model_id)
        invoke = self._create_record(params, token, model_id, family, outcome)
        self._write_manifest(invoke)
        self._undo_log.set_item(self.invokes, invoke.arn, invoke)
        self._index.add(invoke)
        progress = self._state.shared(AsyncProgress).progress
        task = progress.begin(lambda: self.end(invoke, invoke.outcome))
        if not task.done:
            self._undo_log.set(invoke, task=task)
        return invoke

    def _create_record(
        self,
        params: Mapping[str, Any],
        token: str | None,
        model_id: str,
        family: Family,
        outcome: Outcome,
    ) -> AsyncInvokeRecord:
        destination = params["outputDataConfig"]["s3OutputDataConfig"]
        name = "".join(self._state.context.random.choices(_ALPHABET, k=12))
        folder = f"{destination['s3Uri'].rstrip('/')}/{name}"
        arn = self.scope.arn("bedrock", f"async-invoke/{name}")
        submit_time = self._backend.now()
        return AsyncInvokeRecord(
            sort_key=(to_seconds(submit_time), next(self._order), arn),
            model_arn=self._model_arn(params["modelId"], model_id),
            token=token,
            destination={**destination, "s3Uri": folder},
            family=family,
            invocation=Invocation(arn, model_id, folder, params["modelInput"], None, self._read),
            outcome=outcome,
            submit_time=submit_time,
            tags={tag["key"]: tag["value"] for tag in params.get("tags", ())},
        )

    def _model_arn(self, identifier: str, model_id: str) -> str:
        """Return the modelArn. Assumption: for a profile it is the ARN of the foundation model."""
        if ":foundation-model/" in identifier or ":provisioned-model/" in identifier:
            return identifier
        resource = f"foundation-model/{model_id}"
        return str(Arn(self.scope.partition, "bedrock", self.scope.region, "", resource))

    def _find_outcome(self, call: Call, model_id: str) -> Outcome:
        """Return the outcome that the newest matching rule sets, or a completion."""
        index = self._state.rules
        if not index.has_rules_for(RULE_KEY):
            return Completion()
        result = index.find((RULE_KEY,), call, {**call.params, "modelId": model_id})
        return result[1] if result is not None else Completion()

    def _poll_key(self, key: SortKey) -> AsyncInvokeRecord:
        invoke = self.invokes[key[2]]
        return invoke if invoke.task is None else _poll(invoke)

    def _change_state(self, invoke: AsyncInvokeRecord, event: str, message: str | None) -> None:
        status, now = ASYNC_INVOKE.after(invoke.status, event), self._backend.now()
        self._index.move(invoke.sort_key, invoke.status, status)
        self._undo_log.set(
            invoke,
            status=status,
            end_time=now,
            failure_message=message,
            task=None,
            cached_summary=None,
        )

    # -- files ------------------------------------------------------------------------------

    def _write_manifest(self, invoke: AsyncInvokeRecord) -> None:
        """Write the manifest, which exists from the start.

        Assumption: a bucket that does not exist, or that belongs to another account than the
        `bucketOwner` of the call, is rejected at the start.
        """
        try:
            self._check_bucket_owner(invoke)
            self._write(invoke, [manifest(invoke.invocation)])
        except NoSuchBucket:
            raise ServiceError("ValidationException", "Invalid S3 credentials") from None

    def _check_bucket_owner(self, invoke: AsyncInvokeRecord) -> None:
        account_id = invoke.destination.get("bucketOwner")
        if account_id is None:
            return
        s3 = self._state.external_service(self._state, "s3", Scope(account_id, self.scope.region))
        bucket, _ = parse_s3_uri(invoke.invocation.folder)
        listed = None if s3 is None else s3("list_buckets")
        if listed is not None and bucket not in [each["Name"] for each in listed["Buckets"]]:
            raise NoSuchBucket(bucket)

    def _write(self, invoke: AsyncInvokeRecord, files: Sequence[File]) -> None:
        account_id = invoke.destination.get("bucketOwner", self.scope.account_id)
        scope = Scope(account_id, self.scope.region)
        for file in files:
            uri = f"{invoke.invocation.folder}/{file.name}"
            self._state.store.put(uri, file.body, file.content_type, scope=scope)

    def _read(self, uri: str) -> bytes | None:
        try:
            parse_s3_uri(uri)
            return self._state.store.get(uri, scope=self.scope)
        except (NoSuchBucket, NoSuchKey, ValueError):
            return None


def _model_and_family(model: ResolvedModel) -> tuple[str, Family]:
    """Return the id of the foundation model and its family.

    Raises:
        ServiceError: If the model does not support async invokes, or if a declaration makes the
            service reject every call of the model.
    """
    identifier = model.identifier
    names = (identifier.base, *map(_without_geography, identifier.names))
    result = next(((n, f) for n in names if (f := family_of(n)) is not None), None)
    if model.error is not None and (result is None or model.declaration != ModelDeclaration()):
        raise model.error
    if result is None:
        raise ServiceError("ValidationException", "The provided request is not valid")
    return result


def _without_geography(name: str) -> str:
    return next((name[len(start) :] for start in GEOGRAPHIES if name.startswith(start)), name)


def _check_destination(uri: str) -> None:
    """Raise ValidationException if the keys of the output files would exceed 1024 bytes."""
    try:
        size = len(parse_s3_uri(uri)[1].encode())
    except UnicodeEncodeError:
        size = _MAX_KEY_BYTES
    if size + _MAX_FILE_NAME_BYTES > _MAX_KEY_BYTES:
        raise ServiceError("ValidationException", "The provided S3 URI is invalid.")


def _conflict_error() -> ServiceError:
    return ServiceError(
        "ConflictException",
        "The client request token is already in use with different request parameters.",
    )


def _poll(invoke: AsyncInvokeRecord) -> AsyncInvokeRecord:
    if invoke.task is not None:
        invoke.task.poll()
    return invoke


def _output_files(invoke: AsyncInvokeRecord, outcome: Outcome) -> list[File]:
    if isinstance(outcome, Failure):
        return invoke.family.failed_outputs(invoke.invocation, outcome.message)
    return invoke.family.outputs(replace(invoke.invocation, body=outcome.body))
