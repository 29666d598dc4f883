"""`ml.bedrock`: models and what they say, async invokes, guardrails."""

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
from mlmock.services.bedrock_runtime.scripting.model_rules import ModelRule, checked, members_of
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
    """Models, answers, async invokes, guardrails."""

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
        """Return the models that `pattern` covers, to script them or to say what they refuse.

        `pattern` is a glob, tried on the identifier as it is written and on the foundation model
        it resolves to. What it covers exists, unless it begins with a wildcard. `base` is the
        foundation model behind an ARN that doesn't tell.

        Refused, in the service's own words: ``exists=False``; ``access=False`` (or one of model,
        agreement, account, marketplace, use_case); ``on_demand=False`` without an inference
        profile; ``legacy=True``; ``end_of_life=True``; more than `input_tokens` in, or more than
        `max_tokens` asked for; and what `traits` says the model can't do: converse, streaming,
        tools, streaming_tools, system, images, documents, videos, audios, leading_assistant,
        prefill, counts_tokens, caches; ``alternating=True`` refuses two turns of one role in a row.
        InvalidRule for other words.
        """
        if not pattern:
            raise InvalidRule(f"a model is named by its id, an ARN or a glob, not by {pattern!r}")
        if isinstance(access, str) and access not in ACCESS_ERRORS:
            raise InvalidRule(f"access= is True, False, {', '.join(ACCESS_ERRORS)}, not {access!r}")
        _check_traits(traits)
        facts = ModelDeclaration(
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
        self.state.shared(ModelDeclarations).declare(pattern, self.at, facts)
        return ModelHandle(self, pattern)

    @property
    def async_invokes(self) -> AsyncInvokesHandle:
        """The async invokes that start from here on, and those that are there."""
        from mlmock.services.bedrock_runtime.async_invoke.handle import AsyncInvokesHandle

        return AsyncInvokesHandle(self)

    def async_invoke(self, arn: str) -> AsyncInvokeHandle:
        """Return one async invoke, to end it by hand."""
        from mlmock.services.bedrock_runtime.async_invoke.handle import AsyncInvokeHandle

        return AsyncInvokeHandle(self, arn)

    def guardrail(self, identifier: str, *, version: str | int | None = None) -> GuardrailHandle:
        """Return the guardrail of that id or ARN, declared if it is new.

        Without `version` (``"DRAFT"`` or a number) it is what every version holds that has not
        been declared by itself. InvalidRule for what can't be an id or a version.
        """
        from mlmock.services.bedrock_runtime.guardrails.handle import GuardrailHandle

        return GuardrailHandle(self, identifier, version=version)

    @property
    def guardrail_checks(self) -> GuardrailChecksHandle:
        """What InvokeGuardrailChecks finds, which needs no guardrail."""
        from mlmock.services.bedrock_runtime.guardrails.handle import GuardrailChecksHandle

        return GuardrailChecksHandle(self)


_TRAITS = (
    *("converse", "streaming", "tools", "streaming_tools", "system", "images", "documents"),
    *("videos", "audios", "leading_assistant", "prefill", "counts_tokens", "alternating"),
    "caches",
)


def _check_traits(traits: dict[str, bool]) -> None:
    for name, value in traits.items():
        if name not in _TRAITS:
            raise InvalidRule(f"a model is declared by {', '.join(_TRAITS)}, not by {name}")
        if not isinstance(value, bool):
            raise InvalidRule(f"{name}= is True or False, not {value!r}")


@exposed(
    "bedrock.ModelHandle",
    "pattern on reply embed fail timeout drop unreachable delay times optional",
)
class ModelHandle(ScriptedResource[ModelRule]):
    """The models that a pattern covers: their rules."""

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
        """Return a rule for some calls of these models; it exists once it has an answer.

        All values are match values. `last_user`: the text of the last user turn that has any;
        `system`: the system text; `turn`: the count of user turns; `has_tool_result`: whether the
        last turn carries one; `tool_result`: what one of its results says (its JSON, or its
        text); `tools`: the list of the names on offer, or one of them; `where`: a function of the
        Call.
        """
        members = members_of(
            last_user=last_user,
            system=system,
            turn=turn,
            has_tool_result=has_tool_result,
            tool_result=tool_result,
            tools=tools,
        )
        at = self._bedrock.at
        match = CallMatcher(members, where, at.region, at.account_id)
        subject = RuleTarget(rule_key(self.pattern), repr(self), checked, scripts_resource=True)
        return ModelRule(self._bedrock.state.rules, subject, match)

    def rule(self) -> ModelRule:
        """Return a new rule for every call of these models; it exists once it has an answer."""
        return self.on()

    def reply(self, *answers: Any) -> ModelRule:
        """Let the models say `answers`: one always, or several in order.

        An answer is a text, a block, ``message(...)``, ``stream(...)``, ``raw(...)``,
        ``error(...)``, an exception, or a function of the Call (sync or async) that returns one.
        """
        return self.on().reply(*answers)

    def embed(self, *vectors: Any) -> ModelRule:
        """Answer embeddings: with a function of each text, a dict of vectors, or one vector."""
        return self.on().embed(*vectors)
