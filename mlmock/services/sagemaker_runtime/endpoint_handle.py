"""The handle of an endpoint, which scripts the answers of its model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from mlmock.aws.protocol.compiler import operation
from mlmock.call import Call
from mlmock.errors import InvalidRule
from mlmock.exposed import exposed
from mlmock.rules.target import CallMatcher, RuleTarget
from mlmock.services.common.handle import ServiceHandle
from mlmock.services.common.scripted_resource import ScriptedResource
from mlmock.services.sagemaker_runtime.endpoints import Endpoint, endpoint_key
from mlmock.services.sagemaker_runtime.model_answers import OPERATIONS, SERVICE, AnswerOptions
from mlmock.services.sagemaker_runtime.model_rules import Handler, ModelRule
from mlmock.simulation.progress import ProgressAttribute


@exposed(
    "sagemaker.EndpointHandle",
    "name arn progress delete finish on",
    "reply model_error stream fail timeout drop unreachable delay times optional",
)
class EndpointHandle(ScriptedResource[ModelRule]):
    """The handle of an endpoint, or with `.on` of some of its calls."""

    progress = ProgressAttribute()
    """The policy for asynchronous invocations. Assign a policy to replace it."""

    def __init__(
        self, sagemaker: ServiceHandle, endpoint: Endpoint, match: CallMatcher | None = None
    ) -> None:
        at = sagemaker.at
        self._sagemaker = sagemaker
        self._endpoint = endpoint
        self._match = match or CallMatcher({}, None, at.region, at.account_id)
        self.progress = endpoint.progress

    def __repr__(self) -> str:
        return f"<endpoint {self.name}>"

    @property
    def name(self) -> str:
        """The name."""
        return self._endpoint.name

    @property
    def arn(self) -> str:
        """The ARN, in lower case, in the scope of `ml.at`, else in that of the mock."""
        return self._sagemaker.default_scope().arn("sagemaker", f"endpoint/{self.name.lower()}")

    def delete(self) -> None:
        """Delete the endpoint, as DeleteEndpoint does."""
        self._sagemaker.state.undo_log.set(self._endpoint, deleted=True)

    def finish(self) -> None:
        """End all active asynchronous invocations of the endpoint with the answers of the model."""
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
    ) -> EndpointHandle:
        """Return the endpoint restricted to the calls that match.

        All arguments but `where` are match values; see `ml.on`.

        Args:
            variant: The production variant that is invoked.
            target_model: The TargetModel of the call.
            container: The TargetContainerHostname of the call.
            component: The InferenceComponentName of the call.
            where: A function of the `Call` that returns whether the call matches.
            **members: Request members by their AWS names. Body={"x": 1} matches any JSON object
                with this member.

        Raises:
            InvalidRule: No operation has such a member, or `where` is not callable.
        """
        known = {
            "InvokedProductionVariant": variant,
            "TargetModel": target_model,
            "TargetContainerHostname": container,
            "InferenceComponentName": component,
        }
        targets = {name: value for name, value in known.items() if value is not None}
        _check_members(members)
        if where is not None and not callable(where):
            raise InvalidRule(f"where= requires a function of the call, not {where!r}")
        match = replace(
            self._match,
            members={**self._match.members, **members, **targets},
            where=where or self._match.where,
        )
        return EndpointHandle(self._sagemaker, self._endpoint, match)

    # -- rules ------------------------------------------------------------------------------

    def rule(self) -> ModelRule:
        """Return a new rule for these calls. It takes effect once it has an answer."""
        target = RuleTarget(
            key=endpoint_key(self.name),
            title=f'ml.sagemaker.endpoint("{self.name}")',
            check=AnswerOptions(),
            scripts_resource=True,
        )
        return ModelRule(self._sagemaker.state.rules, target, self._match)

    def reply(
        self, *answers: Any, content_type: str | None = None, custom_attributes: str | None = None
    ) -> ModelRule:
        """Answer with `answers`; see `ModelRule.reply`.

        Args:
            *answers: One answer for all calls, or several answers in order.
            content_type: The content type; by default that of JSON, text or bytes.
            custom_attributes: The CustomAttributes of the response.

        Raises:
            InvalidRule: An endpoint can't send such an answer.
        """
        return self.rule().reply(
            *answers, content_type=content_type, custom_attributes=custom_attributes
        )

    def handler(self, function: Handler) -> Handler:
        """Answer with the values that `function` of the `Call` returns or yields. A decorator."""
        return self.rule().handler(function)

    def model_error(self, status: int, message: Any = "") -> ModelRule:
        """Answer with an error response of the container; see `ModelRule.model_error`.

        Args:
            status: The HTTP status of the container, 400 to 599.
            message: The body of the error response: text, bytes or a JSON value.

        Raises:
            InvalidRule: `status` is not valid, or `message` is none of these.
        """
        return self.rule().model_error(status, message)

    def stream(
        self,
        parts: Any,
        *,
        content_type: str | None = None,
        custom_attributes: str | None = None,
        pause: float = 0.0,
    ) -> ModelRule:
        """Answer with a stream of `parts`; see `ModelRule.stream`.

        Args:
            parts: A list of bytes, text or JSON values, or a function that returns or yields them.
            content_type: The content type; by default JSON.
            custom_attributes: The CustomAttributes of the response.
            pause: The virtual time between two parts, in seconds.

        Raises:
            InvalidRule: An endpoint can't send such a stream.
        """
        return self.rule().stream(
            parts, content_type=content_type, custom_attributes=custom_attributes, pause=pause
        )


def _check_members(members: Mapping[str, Any]) -> None:
    shapes = [operation(SERVICE, name).model.input_shape for name in OPERATIONS]
    known = {name for shape in shapes for name in shape.members} | {"InvokedProductionVariant"}
    for name in members:
        if name not in known:
            raise InvalidRule(
                f"invocations have no member {name!r}; use one of {', '.join(sorted(known))}"
            )
