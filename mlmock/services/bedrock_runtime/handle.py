"""The handle `ml.bedrock`: models and their answers, async invokes and guardrails."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from mlmock.call import Call
from mlmock.errors import InvalidRule
from mlmock.exposed import exposed
from mlmock.reporting.resource import Resource
from mlmock.rules.matchers import MISSING
from mlmock.rules.target import CallMatcher, RuleTarget
from mlmock.services.bedrock_runtime.async_invoke.jobs import ASYNC_INVOKE
from mlmock.services.bedrock_runtime.errors import ACCESS_ERRORS
from mlmock.services.bedrock_runtime.models.declarations import (
    ModelDeclaration,
    ModelDeclarations,
    rule_key,
)
from mlmock.services.bedrock_runtime.scripting.model_rules import (
    ModelRule,
    to_match_values,
    to_model_answer,
)
from mlmock.services.common.handle import ServiceHandle
from mlmock.services.common.scripted_resource import ScriptedResource

if TYPE_CHECKING:
    from mlmock.services.bedrock_runtime.async_invoke.handle import (
        AsyncInvokeHandle,
        AsyncInvokesHandle,
    )
    from mlmock.services.bedrock_runtime.guardrails.handle import (
        GuardrailChecksHandle,
        GuardrailHandle,
    )


@exposed(
    "bedrock.Bedrock",
    "model async_invokes async_invoke guardrail guardrail_checks progress resources",
    modules=(
        "mlmock.services.bedrock_runtime.async_invoke.handle",
        "mlmock.services.bedrock_runtime.guardrails.handle",
    ),
)
class Bedrock(ServiceHandle):
    """The handle of Bedrock Runtime: models, async invokes and guardrails."""

    service = "bedrock-runtime"

    def __repr__(self) -> str:
        return "<bedrock>"

    def resources(self) -> list[Resource]:
        """Return the async invokes with their states."""
        return [
            Resource(
                ASYNC_INVOKE.name,
                invoke.arn,
                invoke.status,
                backend.scope,
                ASYNC_INVOKE,
                (("bedrock", ()), ("async_invoke", (invoke.arn,))),
            )
            for backend in self.backends()
            for invoke in backend.async_invokes.invokes.values()
        ]

    def model(
        self,
        pattern: str,
        *,
        base: str | None = None,
        exists: bool | None = None,
        access: bool | str | None = None,
        on_demand: bool | None = None,
        legacy: bool | None = None,
        end_of_life: bool | None = None,
        input_tokens: int | None = None,
        max_tokens: int | None = None,
        **traits: bool,
    ) -> ModelHandle:
        """Return the handle of the models that `pattern` matches, and declare what is given.

        Calls that a declaration excludes get the service's error response. Such a response has
        precedence over rules.

        Args:
            pattern: A glob. It is compared with the model id in the call and with the id of the
                foundation model that the model id resolves to. The models that it matches exist,
                unless it starts with a wildcard.
            base: The id of the foundation model behind an ARN that does not contain it.
            exists: Whether the models exist.
            access: False, or the reason why the account has no access: ``"model"``,
                ``"agreement"``, ``"account"``, ``"marketplace"`` or ``"use_case"``.
            on_demand: Whether the models can be called without an inference profile.
            legacy: Whether the provider marks the models as legacy and the account has not used
                them recently.
            end_of_life: Whether the models have reached the end of their life.
            input_tokens: The maximum number of input tokens.
            max_tokens: The maximum value of ``maxTokens`` in a request.
            **traits: What the models support, as a bool each: ``converse``, ``streaming``,
                ``tools``, ``streaming_tools``, ``system``, ``images``, ``documents``, ``videos``,
                ``audios``, ``leading_assistant`` (the first message may be the assistant's),
                ``prefill`` (the last message may be the assistant's), ``counts_tokens``,
                ``caches`` (prompt caching). With ``alternating`` two messages of one role in a
                row are rejected.

        Raises:
            InvalidRule: If `pattern` is empty, or an argument is unknown or has an invalid value.
        """
        if not pattern:
            raise InvalidRule(f"model() requires a model id, an ARN or a glob, not {pattern!r}")
        _check_access(access)
        _check_traits(traits)
        declaration = ModelDeclaration(
            base=base,
            exists=exists,
            access=access,
            on_demand=on_demand,
            legacy=legacy,
            end_of_life=end_of_life,
            input_tokens=input_tokens,
            max_tokens=max_tokens,
            **traits,
        )
        self.state.shared(ModelDeclarations).declare(pattern, self.at, declaration)
        return ModelHandle(self, pattern)

    @property
    def async_invokes(self) -> AsyncInvokesHandle:
        """The async invokes: those that exist, and rules for those that are started afterwards."""
        from mlmock.services.bedrock_runtime.async_invoke.handle import AsyncInvokesHandle

        return AsyncInvokesHandle(self)

    def async_invoke(self, arn: str) -> AsyncInvokeHandle:
        """Return the handle of the async invoke with this ARN."""
        from mlmock.services.bedrock_runtime.async_invoke.handle import AsyncInvokeHandle

        return AsyncInvokeHandle(self, arn)

    def guardrail(self, identifier: str, *, version: str | int | None = None) -> GuardrailHandle:
        """Return the handle of a guardrail, which is declared if it does not exist.

        Args:
            identifier: The id or ARN of the guardrail.
            version: ``"DRAFT"`` or a number. Default: all versions that are not declared
                themselves.

        Raises:
            InvalidRule: If `identifier` or `version` is invalid.
        """
        from mlmock.services.bedrock_runtime.guardrails.handle import GuardrailHandle

        return GuardrailHandle(self, identifier, version=version)

    @property
    def guardrail_checks(self) -> GuardrailChecksHandle:
        """The results of InvokeGuardrailChecks, which needs no guardrail."""
        from mlmock.services.bedrock_runtime.guardrails.handle import GuardrailChecksHandle

        return GuardrailChecksHandle(self)


_TRAITS = (
    *("converse", "streaming", "tools", "streaming_tools", "system", "images", "documents"),
    *("videos", "audios", "leading_assistant", "prefill", "counts_tokens", "alternating"),
    "caches",
)


def _check_access(access: bool | str | None) -> None:
    if isinstance(access, str) and access not in ACCESS_ERRORS:
        reasons = ", ".join(ACCESS_ERRORS)
        raise InvalidRule(f"access must be True, False or one of {reasons}, not {access!r}")


def _check_traits(traits: dict[str, bool]) -> None:
    for name, value in traits.items():
        if name not in _TRAITS:
            raise InvalidRule(
                f"model() has no argument {name!r}; the traits of a model are {', '.join(_TRAITS)}"
            )
        if not isinstance(value, bool):
            raise InvalidRule(f"{name} must be True or False, not {value!r}")


@exposed(
    "bedrock.ModelHandle",
    "pattern on reply embed fail timeout drop unreachable delay times optional",
)
class ModelHandle(ScriptedResource[ModelRule]):
    """The models that a pattern matches, and their rules.

    Attributes:
        pattern: The pattern.
    """

    def __init__(self, bedrock: Bedrock, pattern: str) -> None:
        self._bedrock = bedrock
        self.pattern = pattern

    def __repr__(self) -> str:
        return f'ml.bedrock.model("{self.pattern}")'

    def on(
        self,
        *,
        last_user: Any = MISSING,
        system: Any = MISSING,
        turn: Any = MISSING,
        has_tool_result: Any = MISSING,
        tool_result: Any = MISSING,
        tools: Any = MISSING,
        where: Callable[[Call], Any] | None = None,
    ) -> ModelRule:
        """Return a rule for the calls of these models that match all arguments.

        The rule takes effect once it has an answer. Every argument but `where` is a match value.

        Args:
            last_user: The text of the last user message that contains text.
            system: The system text.
            turn: The number of user messages.
            has_tool_result: Whether the last message contains a tool result.
            tool_result: A tool result in the last message, or the list of all: its JSON document
                if it has no other content, otherwise its text.
            tools: The list of the names of the offered tools. A str matches if it is among them.
            where: A function of the Call that returns whether the rule matches.
        """
        members = to_match_values(
            last_user=last_user,
            system=system,
            turn=turn,
            has_tool_result=has_tool_result,
            tool_result=tool_result,
            tools=tools,
        )
        at = self._bedrock.at
        match = CallMatcher(members, where, at.region, at.account_id)
        key = rule_key(self.pattern)
        target = RuleTarget(key, repr(self), to_model_answer, scripts_resource=True)
        return ModelRule(self._bedrock.state.rules, target, match)

    def rule(self) -> ModelRule:
        """Return a rule for every call of these models. It takes effect once it has an answer."""
        return self.on()

    def reply(self, *answers: Any) -> ModelRule:
        """Script what these models answer to every call.

        Args:
            *answers: One answer for every call, or several in order. An answer is a text, a
                content block, ``message(...)``, ``stream(...)``, ``raw(...)``, ``error(...)``, an
                exception, or a function of the Call (synchronous or asynchronous) that returns
                one of these.

        Returns:
            The rule.

        Raises:
            InvalidRule: If there is no answer, or if an answer is invalid.
        """
        return self.on().reply(*answers)

    def embed(self, *vectors: Any) -> ModelRule:
        """Script the vectors that these models return for embedding requests.

        Args:
            *vectors: One answer for every call, or several in order. An answer is a function of
                each input (synchronous or asynchronous) that returns its vector, a dict from
                inputs to vectors, or one vector (a list of numbers) for every input.

        Returns:
            The rule.

        Raises:
            InvalidRule: If there is no answer, or if an answer has another type.
        """
        return self.on().embed(*vectors)
