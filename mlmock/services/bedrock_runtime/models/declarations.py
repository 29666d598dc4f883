"""What a test declares of models: what the service refuses, what they can, what stands behind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from fnmatch import fnmatchcase
from typing import Any

from mlmock.aws.scope import Scope, ScopeFilter
from mlmock.engine.state import MockState
from mlmock.errors import ServiceError
from mlmock.services.bedrock_runtime.conversation.traits import Traits
from mlmock.services.bedrock_runtime.errors import ACCESS_ERRORS, invalid, unknown_model_error
from mlmock.services.bedrock_runtime.models.identifiers import Model, resolve

_MOST_KNOWN = 2048
_WILD = "*?["


@dataclass(frozen=True, slots=True)
class ModelDeclaration:
    """What is declared of models; None: nothing is.

    The first half is whom the service lets in, the second are `Traits` by their names.
    """

    base: str | None = None
    exists: bool | None = None
    access: bool | str | None = None
    on_demand: bool | None = None
    legacy: bool | None = None
    end_of_life: bool | None = None
    input_tokens: int | None = None
    converse: bool | None = None
    streaming: bool | None = None
    tools: bool | None = None
    streaming_tools: bool | None = None
    system: bool | None = None
    images: bool | None = None
    documents: bool | None = None
    videos: bool | None = None
    leading_assistant: bool | None = None
    prefill: bool | None = None
    counts_tokens: bool | None = None
    alternating: bool | None = None
    audios: bool | None = None
    caches: bool | None = None
    max_tokens: int | None = None

    def given(self) -> dict[str, Any]:
        """Return what is declared, by name."""
        pairs = ((f.name, getattr(self, f.name)) for f in fields(self))
        return {name: value for name, value in pairs if value is not None}


_TRAITS = {f.name for f in fields(Traits)} & {f.name for f in fields(ModelDeclaration)}


@dataclass(frozen=True)
class ResolvedModel:
    """An identifier with everything that is known of it in a place.

    `keys` are those of the rules that may be about it; `refused` what the service says to any call.
    """

    model: Model
    traits: Traits
    facts: ModelDeclaration
    keys: tuple[tuple[str, str], ...] = ()
    refused: ServiceError | None = None

    @property
    def written(self) -> str:
        """The identifier as the caller wrote it."""
        return self.model.written


@dataclass(frozen=True, slots=True)
class _Declaration:
    pattern: str
    at: ScopeFilter
    facts: ModelDeclaration


def rule_key(pattern: str) -> tuple[str, str]:
    """Return the key of the rules about the models that a pattern covers."""
    return ("model", pattern)


class ModelDeclarations:
    """The models of a world, as far as tests have spoken of them."""

    def __init__(self, state: MockState) -> None:
        self._undo_log = state.undo_log
        self._declarations: tuple[_Declaration, ...] = ()
        self._known: dict[Scope, dict[str, ResolvedModel]] = {}

    def declare(self, pattern: str, at: ScopeFilter, facts: ModelDeclaration) -> None:
        """Let `facts` hold of the models that `pattern` covers, where `at` says."""
        declaration = _Declaration(pattern, at, facts)
        if declaration not in self._declarations:
            together = (*self._declarations, declaration)
            self._undo_log.set(self, _declarations=together, _known={})

    def known(self, written: str, scope: Scope) -> ResolvedModel:
        """Return what is known of the identifier `written`; the model need not exist."""
        here = self.here(scope)
        found = here.get(written)
        if found is None:
            if len(here) >= _MOST_KNOWN:
                here.clear()
            found = here[written] = self._find(written, scope)
        return found

    def here(self, scope: Scope) -> dict[str, ResolvedModel]:
        """Return what is known in `scope` so far; a new dict once something is declared."""
        found = self._known.get(scope)
        if found is None:
            found = self._known[scope] = {}
        return found

    def _find(self, written: str, scope: Scope) -> ResolvedModel:
        model = resolve(written)
        facts = self._facts(model, scope)
        if facts.base is not None:
            model = _based(model, facts.base)
            facts = self._facts(model, scope)
        patterns = tuple(dict.fromkeys(d.pattern for d in self._covering(model)))
        if facts.exists is None and any(map(_names_something, patterns)):
            facts = replace(facts, exists=True)
        traits = replace(model.traits, **_only(facts.given(), _TRAITS))
        keys = tuple(map(rule_key, patterns))
        return ResolvedModel(model, traits, facts, keys, of_model(model, facts))

    def _covering(self, model: Model) -> Iterator[_Declaration]:
        for declaration in self._declarations:
            if any(pattern_matches(declaration.pattern, name) for name in model.names):
                yield declaration

    def _facts(self, model: Model, scope: Scope) -> ModelDeclaration:
        """Return what holds in `scope`: what was said last, point by point."""
        given: dict[str, Any] = {}
        for declaration in self._covering(model):
            if declaration.at.covers(scope):
                given |= declaration.facts.given()
        return ModelDeclaration(**given)


def pattern_matches(pattern: str, name: str) -> bool:
    """True when the glob `pattern` covers `name`, or is `name` letter by letter."""
    return pattern == name or fnmatchcase(name, pattern)


def _names_something(pattern: str) -> bool:
    """True for a pattern that begins with a name: what it covers exists. ``*`` names nothing."""
    return pattern[:1] not in _WILD


def _based(model: Model, base: str) -> Model:
    behind = resolve(base)
    names = tuple(dict.fromkeys((*model.names, *behind.names)))
    return Model(model.written, behind.base, model.form, names, behind.family, behind.traits)


def _only(given: Mapping[str, Any], names: set[str]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if name in names}


def of_model(model: Model, facts: ModelDeclaration) -> ServiceError | None:
    """Return what the service says to every call of the model, or None if it is let in."""
    if facts.exists is False or not (model.exists or facts.exists):
        return unknown_model_error()
    if facts.access is False or isinstance(facts.access, str):
        return ServiceError(*ACCESS_ERRORS[facts.access or "model"])
    if facts.end_of_life:
        return ServiceError("ResourceNotFoundException", _END_OF_LIFE)
    if facts.legacy:
        return ServiceError("ResourceNotFoundException", _LEGACY)
    if facts.on_demand is False and model.is_bare:
        return invalid(
            f"Invocation of model ID {model.written} with on-demand throughput isn\u2019t "
            "supported. Retry your request with the ID or ARN of an inference profile that "
            "contains this model."
        )
    return None


_END_OF_LIFE = (
    "This model version has reached the end of its life. Please refer to the AWS documentation "
    "for more details."
)
_LEGACY = (
    "Access denied. This Model is marked by provider as Legacy and you have not been actively "
    "using the model in the last 15 days. Please upgrade to an active model on Amazon Bedrock"
)


def check_converse(known: ResolvedModel) -> None:
    """Refuse models that don't talk: embeddings, pictures, videos, speech."""
    traits = known.traits
    if not traits.converse or traits.kind != "text":
        raise invalid(
            "This action doesn't support the model that you provided. Try again with a supported "
            "text or chat model."
        )


def check_streaming(known: ResolvedModel) -> None:
    """Refuse to stream a model that can't be."""
    if not known.traits.streaming:
        raise invalid("The model is unsupported for streaming.")
