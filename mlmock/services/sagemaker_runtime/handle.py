"""`ml.sagemaker`: endpoints, what their models answer, and their asynchronous work."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from mlmock.calls import Call
from mlmock.errors import BadAnswer
from mlmock.progress import ProgressSlot
from mlmock.rules import Match, Subject
from mlmock.services.base import ServiceHandle
from mlmock.services.sagemaker_runtime.endpoints import Endpoint, Endpoints, endpoint_key
from mlmock.services.sagemaker_runtime.jobs import Invocation
from mlmock.services.sagemaker_runtime.replies import Form
from mlmock.services.sagemaker_runtime.scripts import Handler, ModelRule
from mlmock.services.sagemaker_runtime.setup import config_said

_NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")


class SageMaker(ServiceHandle):
    """Endpoints: declare them, and say what their models answer."""

    service = "sagemaker-runtime"

    def __repr__(self) -> str:
        return f"<sagemaker: {len(self.world.part(Endpoints))} endpoints declared>"

    def endpoint(
        self,
        name: str,
        *,
        variants: Mapping[str, float] | Iterable[str] | None = None,
        shadow: str | Iterable[str] | None = None,
        multi_model: bool | Iterable[str] | None = None,
        containers: Iterable[str] | None = None,
        components: Iterable[str] | None = None,
        async_output: str | None = None,
        async_failure: str | None = None,
        success_topic: str | None = None,
        error_topic: str | None = None,
        include_response_in: Iterable[str] | None = None,
        sessions: bool | float | None = None,
        data_capture: str | Mapping[str, Any] | None = None,
        serverless: bool | None = None,
        status: str | None = None,
    ) -> ScriptedEndpoint:
        """Return the endpoint `name`, declared if it is new; what is said changes it.

        `variants`: production variants by name, with weights or of equal weight (AllTraffic);
        `shadow`: names of shadow variants; `multi_model`: True for any target model, or those that
        exist; `containers`: host names invoked directly; `components`: inference components;
        `async_output`, `async_failure`: S3 prefixes, and `success_topic`, `error_topic`: ARNs of
        SNS topics, each of which makes it asynchronous; `include_response_in`: as AWS names them;
        `sessions`: True (for 1200 seconds) or seconds that a session lives; `data_capture`: an S3
        prefix or a DataCaptureConfig; `serverless`: True for 4 MiB; `status`: as DescribeEndpoint
        shows it. ValueError for what no endpoint is.
        """
        if not _NAME.fullmatch(name) or len(name) > 63:
            raise ValueError(f"an endpoint's name is letters, digits and hyphens, not {name!r}")
        said = {k: v for k, v in locals().items() if k not in ("self", "name") and v is not None}
        endpoints = self.world.part(Endpoints)
        endpoint = endpoints.declare(name, self.at, {})
        if said or endpoint.deleted:
            endpoint = endpoints.declare(name, self.at, config_said(endpoint.config, said))
        return ScriptedEndpoint(self, endpoint)

    def invocation(self, inference_id: str) -> Invocation:
        """Return the asynchronous invocation under way with `inference_id`; BadAnswer if none is.

        `.finish()` ends it as the model answered, `.complete(answer)` and `.fail(...)` otherwise.
        """
        for backend in self.backends():
            for job in reversed(list(backend.jobs.values())):
                if job.inference_id == inference_id:
                    return Invocation(job)
        raise BadAnswer(f"no asynchronous invocation {inference_id} is under way")


class ScriptedEndpoint:
    """One endpoint, or (by `.on`) some of its calls: what its model answers."""

    progress = ProgressSlot()

    def __init__(
        self, sagemaker: SageMaker, endpoint: Endpoint, match: Match | None = None
    ) -> None:
        at = sagemaker.at
        self._sagemaker = sagemaker
        self._endpoint = endpoint
        self._match = match or Match({}, None, at.region, at.account_id)
        self.progress = endpoint.progress

    def __repr__(self) -> str:
        return f"<endpoint {self.name}>"

    @property
    def name(self) -> str:
        """Its name."""
        return self._endpoint.name

    @property
    def arn(self) -> str:
        """Its ARN (lower case, as AWS has it) in the mock's own scope, or in that of `ml.at`."""
        return self._sagemaker.here().arn("sagemaker", f"endpoint/{self.name.lower()}")

    def delete(self) -> None:
        """Let the endpoint be gone, as DeleteEndpoint leaves it."""
        self._sagemaker.world.ledger.change(self._endpoint, deleted=True)

    def finish(self) -> None:
        """End all its asynchronous invocations that are under way, as the model answered."""
        for backend in self._sagemaker.backends():
            for job in list(backend.jobs.values()):
                if job.endpoint.name == self.name:
                    job.end()

    def on(
        self,
        *,
        variant: Any = None,
        target_model: Any = None,
        container: Any = None,
        component: Any = None,
        where: Callable[[Call], Any] | None = None,
        **members: Any,
    ) -> ScriptedEndpoint:
        """Return the endpoint for those calls only that fit.

        All are match values: `variant` is the one invoked, the next three are the target of the
        call, `members` are request members as AWS spells them (Body={"x": 1} matches by part).
        BadAnswer for members that no call has.
        """
        known = {
            "InvokedProductionVariant": variant,
            "TargetModel": target_model,
            "TargetContainerHostname": container,
            "InferenceComponentName": component,
        }
        said = {name: value for name, value in known.items() if value is not None}
        _check_members(members)
        match = replace(
            self._match,
            members={**self._match.members, **members, **said},
            where=where or self._match.where,
        )
        return ScriptedEndpoint(self._sagemaker, self._endpoint, match)

    # -- rules ------------------------------------------------------------------------------

    def rule(self) -> ModelRule:
        """Return a new rule about these calls, which exists once it has an answer."""
        subject = Subject(
            key=endpoint_key(self.name),
            title=f'ml.sagemaker.endpoint("{self.name}")',
            check=Form(),
            resource=True,
        )
        return ModelRule(self._sagemaker.world.book, subject, self._match)

    def reply(
        self, *answers: Any, content_type: str | None = None, custom_attributes: str | None = None
    ) -> ModelRule:
        """Answer with `answers`: see `ModelRule.reply`."""
        return self.rule().reply(
            *answers, content_type=content_type, custom_attributes=custom_attributes
        )

    def handler(self, function: Handler) -> Handler:
        """Answer with what `function` of the Call returns or yields; as a decorator."""
        return self.rule().handler(function)

    def model_error(self, status: int, message: Any = "") -> ModelRule:
        """Let the container answer `status`: see `ModelRule.model_error`."""
        return self.rule().model_error(status, message)

    def stream(
        self,
        parts: Any,
        *,
        content_type: str | None = None,
        custom_attributes: str | None = None,
        pause: float = 0.0,
    ) -> ModelRule:
        """Answer in `parts`: see `ModelRule.stream`."""
        return self.rule().stream(
            parts, content_type=content_type, custom_attributes=custom_attributes, pause=pause
        )

    def fail(
        self,
        code: str,
        message: str | None = None,
        *,
        status: int | None = None,
        times: int | None = None,
        **members: Any,
    ) -> ModelRule:
        """Fail with an error of one of the operations: see `Rule.fail`."""
        return self.rule().fail(code, message, status=status, times=times, **members)

    def timeout(self, *, connect: bool = False) -> ModelRule:
        """Let the client run into its read (or `connect`) timeout."""
        return self.rule().timeout(connect=connect)

    def drop(self) -> ModelRule:
        """Close the connection without an answer."""
        return self.rule().drop()

    def unreachable(self) -> ModelRule:
        """Refuse the connection."""
        return self.rule().unreachable()

    def delay(self, seconds: float) -> ModelRule:
        """Let the model take `seconds` of virtual time; after 60 the service gives up."""
        return self.rule().delay(seconds)

    def times(self, count: int) -> ModelRule:
        """Return a new rule for the next `count` calls."""
        return self.rule().times(count)

    def optional(self) -> ModelRule:
        """Return a new rule that need not be used."""
        return self.rule().optional()


def _check_members(members: Mapping[str, Any]) -> None:
    from mlmock.services.sagemaker_runtime.replies import OPERATIONS, SERVICE
    from mlmock.wire.models import operation

    shapes = [operation(SERVICE, name).model.input_shape for name in OPERATIONS]
    known = {name for shape in shapes for name in shape.members}
    for name in members:
        if name not in known:
            raise BadAnswer(
                f"no invocation has a member {name}; there are {', '.join(sorted(known))}"
            )
