"""StartAsyncInvoke, GetAsyncInvoke and ListAsyncInvokes."""

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
from mlmock.services.bedrock_runtime.async_invoke.families import Family, File, Work, family_of
from mlmock.services.bedrock_runtime.async_invoke.families.base import check_input, manifest
from mlmock.services.bedrock_runtime.async_invoke.jobs import (
    ASYNC_INVOKE,
    AsyncInvokeRecord,
    Completion,
    Failure,
    Outcome,
    Place,
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
_LONGEST_KEY = 1024
_LONGEST_NAME = len("/abcdefghijkl/segmented-embedding-result.json")
RULES = ("bedrock async invokes",)


class AsyncProgress:
    """The policy of the async invokes of a world: the service's, until it is set."""

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
        self._catalogue = listing.InvokeIndex(backend.undo_log)
        # How long a token is remembered is not documented; the listing shows it for ever (judged).
        self._tokens = ClientTokens(backend.undo_log, backend.clock, lifetime=math.inf)
        self._order = itertools.count()

    # -- operations -------------------------------------------------------------------------

    def start(self, call: Call) -> Result:
        """Start an invocation; the same token and input again is the same invocation (judged)."""
        params = call.params
        token = params.get("clientRequestToken")
        given = {name: params[name] for name in params if name != "clientRequestToken"}
        with self._backend.lock:
            arn = self._tokens.run_once(
                "StartAsyncInvoke",
                token,
                given,
                work=lambda: self._begin(call, token).arn,
                conflict=_conflict,
            )
        return {"invocationArn": arn}

    def get(self, call: Call) -> Result:
        """Show one invocation; ValidationException if there is none: NotFound isn't modelled."""
        arn = call.params["invocationArn"]
        with self._backend.lock:
            found = self.invokes.get(arn)
            if found is None:
                raise ServiceError(
                    "ValidationException", "The provided invocation ARN does not exist."
                )
            row = _looked_at(found).shown()
        return PreserializedResult(row.members, row.written)

    def list(self, call: Call) -> Result:
        """Show invocations, the latest first, a hundred a page (judged)."""
        query = listing.read(call.params, self.scope)
        with self._backend.lock:
            found, after = self._catalogue.page(query, self._look)
            rows = [invoke.shown() for invoke in found]
        members: Result = {"asyncInvokeSummaries": [row.members for row in rows]}
        end = b"]}"
        if after is not None:
            token = listing.tokens_of(call.params, self.scope).make(after)
            members["nextToken"], end = token, b'],"nextToken":"%s"}' % token.encode()
        body = b'{"asyncInvokeSummaries":[%s%s' % (b",".join([row.written for row in rows]), end)
        return PreserializedResult(members, body)

    # -- the life of an invocation ----------------------------------------------------------

    def end(self, invoke: AsyncInvokeRecord, outcome: Outcome) -> None:
        """End an invocation in progress: write its files, then show how it ended."""
        if invoke.progress is not None:
            invoke.progress.cancel()
        try:
            self._write(invoke, _files(invoke, outcome))
        except NoSuchBucket as missing:
            _log.warning("async invoke %s: there is no bucket %s", invoke.arn, missing)
            if isinstance(outcome, Completion):
                outcome = Failure(f"The bucket {missing} does not exist.")
        message = outcome.message if isinstance(outcome, Failure) else None
        self._move(invoke, "complete" if message is None else "fail", message)

    def _begin(self, call: Call, token: str | None) -> AsyncInvokeRecord:
        params = call.params
        model_id, family = _model(
            self._state.shared(ModelDeclarations).known(params["modelId"], self.scope)
        )
        check_input(family, model_id, params["modelInput"])
        _check_destination(params["outputDataConfig"]["s3OutputDataConfig"]["s3Uri"])
        invoke = self._new(params, token, model_id, family, self._outcome(call, model_id))
        self._write_manifest(invoke)
        self._undo_log.set_item(self.invokes, invoke.arn, invoke)
        self._catalogue.add(invoke)
        progress = self._state.shared(AsyncProgress).progress
        working = progress.begin(lambda: self.end(invoke, invoke.outcome))
        if not working.done:
            self._undo_log.set(invoke, progress=working)
        return invoke

    def _new(
        self,
        params: Mapping[str, Any],
        token: str | None,
        model_id: str,
        family: Family,
        outcome: Outcome,
    ) -> AsyncInvokeRecord:
        asked = params["outputDataConfig"]["s3OutputDataConfig"]
        name = "".join(self._state.context.random.choices(_ALPHABET, k=12))
        folder = f"{asked['s3Uri'].rstrip('/')}/{name}"
        arn = self.scope.arn("bedrock", f"async-invoke/{name}")
        submitted = self._backend.now()
        work = Work(arn, model_id, folder, params["modelInput"], None, self._read)
        return AsyncInvokeRecord(
            place=(to_seconds(submitted), next(self._order), arn),
            model_arn=self._model_arn(params["modelId"], model_id),
            token=token,
            destination={**asked, "s3Uri": folder},
            family=family,
            work=work,
            outcome=outcome,
            submitted=submitted,
            tags={tag["key"]: tag["value"] for tag in params.get("tags", ())},
        )

    def _model_arn(self, written: str, model_id: str) -> str:
        """Return a foundation or provisioned model's ARN; for a profile, its model's (judged)."""
        if ":foundation-model/" in written or ":provisioned-model/" in written:
            return written
        return str(
            Arn(
                self.scope.partition,
                "bedrock",
                self.scope.region,
                "",
                f"foundation-model/{model_id}",
            )
        )

    def _outcome(self, call: Call, model_id: str) -> Outcome:
        """Return how the invocation will end: as the newest rule that takes it says, or well."""
        index = self._state.rules
        if not index.has_rules_for(RULES):
            return Completion()
        found = index.find((RULES,), call, {**call.params, "modelId": model_id})
        return found[1] if found is not None else Completion()

    def _look(self, place: Place) -> AsyncInvokeRecord:
        found = self.invokes[place[2]]
        return found if found.progress is None else _looked_at(found)

    def _move(self, invoke: AsyncInvokeRecord, event: str, message: str | None) -> None:
        status, now = ASYNC_INVOKE.after(invoke.status, event), self._backend.now()
        self._catalogue.move(invoke.place, invoke.status, status)
        self._undo_log.set(
            invoke, status=status, ended=now, failure_message=message, progress=None, row=None
        )

    # -- files ------------------------------------------------------------------------------

    def _write_manifest(self, invoke: AsyncInvokeRecord) -> None:
        """Write what is there from the start; a bucket that isn't there is refused here.

        So is one that belongs to somebody else than the `bucketOwner` that the call names (judged).
        """
        try:
            self._check_owner(invoke)
            self._write(invoke, [manifest(invoke.work)])
        except NoSuchBucket:
            raise ServiceError("ValidationException", "Invalid S3 credentials") from None

    def _check_owner(self, invoke: AsyncInvokeRecord) -> None:
        account_id = invoke.destination.get("bucketOwner")
        if account_id is None:
            return
        ask = self._state.external_service(self._state, "s3", Scope(account_id, self.scope.region))
        bucket, _ = parse_s3_uri(invoke.work.folder)
        owned = None if ask is None else ask("list_buckets")
        if owned is not None and bucket not in [each["Name"] for each in owned["Buckets"]]:
            raise NoSuchBucket(bucket)

    def _write(self, invoke: AsyncInvokeRecord, files: Sequence[File]) -> None:
        account_id = invoke.destination.get("bucketOwner", self.scope.account_id)
        scope = Scope(account_id, self.scope.region)
        for file in files:
            uri = f"{invoke.work.folder}/{file.name}"
            self._state.store.put(uri, file.body, file.content_type, scope=scope)

    def _read(self, uri: str) -> bytes | None:
        try:
            parse_s3_uri(uri)
            return self._state.store.get(uri, scope=self.scope)
        except (NoSuchBucket, NoSuchKey, ValueError):
            return None


def _model(known: ResolvedModel) -> tuple[str, Family]:
    """Return the foundation model's id, and its family; a model has to be one that takes this.

    What is declared of a model (no access, legacy) is refused as in every other operation.
    """
    model = known.model
    names = (model.base, *map(_without_geography, model.names))
    found = next(((n, f) for n in names if (f := family_of(n)) is not None), None)
    if known.refused is not None and (found is None or known.facts != ModelDeclaration()):
        raise known.refused
    if found is None:
        raise ServiceError("ValidationException", "The provided request is not valid")
    return found


def _without_geography(name: str) -> str:
    return next((name[len(start) :] for start in GEOGRAPHIES if name.startswith(start)), name)


def _check_destination(uri: str) -> None:
    """Refuse an S3 URI whose objects could have no key: S3's are UTF-8, of 1024 bytes at most."""
    try:
        size = len(parse_s3_uri(uri)[1].encode())
    except UnicodeEncodeError:
        size = _LONGEST_KEY
    if size + _LONGEST_NAME > _LONGEST_KEY:
        raise ServiceError("ValidationException", "The provided S3 URI is invalid.")


def _conflict() -> ServiceError:
    return ServiceError(
        "ConflictException",
        "The client request token is already in use with different request parameters.",
    )


def _looked_at(invoke: AsyncInvokeRecord) -> AsyncInvokeRecord:
    if invoke.progress is not None:
        invoke.progress.poll()
    return invoke


def _files(invoke: AsyncInvokeRecord, outcome: Outcome) -> list[File]:
    if isinstance(outcome, Failure):
        return invoke.family.failed_outputs(invoke.work, outcome.message)
    return invoke.family.outputs(replace(invoke.work, body=outcome.body))
