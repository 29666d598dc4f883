"""One endpoint in the hands of the test's author: what its model answers."""

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
class ScriptedEndpoint(ScriptedResource[ModelRule]):
    """One endpoint, or (by `.on`) some of its calls: what its model answers."""

    progress = ProgressAttribute()

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
        """Its name."""
        return self._endpoint.name

    @property
    def arn(self) -> str:
        """Its ARN (lower case, as AWS has it) in the mock's own scope, or in that of `ml.at`."""
        return self._sagemaker.default_scope().arn("sagemaker", f"endpoint/{self.name.lower()}")

    def delete(self) -> None:
        """Let the endpoint be gone, as DeleteEndpoint leaves it."""
        self._sagemaker.state.undo_log.set(self._endpoint, deleted=True)

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
        InvalidRule for members that no call has.
        """
        known = {
            "InvokedProductionVariant": variant,
            "TargetModel": target_model,
            "TargetContainerHostname": container,
            "InferenceComponentName": component,
        }
        said = {name: value for name, value in known.items() if value is not None}
        _check_members(members)
        if where is not None and not callable(where):
            raise InvalidRule(f"where= takes a function of the call, not {where!r}")
        match = replace(
            self._match,
            members={**self._match.members, **members, **said},
            where=where or self._match.where,
        )
        return ScriptedEndpoint(self._sagemaker, self._endpoint, match)

    # -- rules ------------------------------------------------------------------------------

    def rule(self) -> ModelRule:
        """Return a new rule about these calls, which exists once it has an answer."""
        subject = RuleTarget(
            key=endpoint_key(self.name),
            title=f'ml.sagemaker.endpoint("{self.name}")',
            check=AnswerOptions(),
            scripts_resource=True,
        )
        return ModelRule(self._sagemaker.state.rules, subject, self._match)

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


def _check_members(members: Mapping[str, Any]) -> None:
    shapes = [operation(SERVICE, name).model.input_shape for name in OPERATIONS]
    known = {name for shape in shapes for name in shape.members} | {"InvokedProductionVariant"}
    for name in members:
        if name not in known:
            raise InvalidRule(
                f"no invocation has a member {name}; there are {', '.join(sorted(known))}"
            )
