"""Declarations of models: access, traits and the foundation model behind an ARN."""

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
from mlmock.services.bedrock_runtime.models.identifiers import ModelIdentifier, parse_model_id

_CACHE_SIZE = 2048
_WILDCARDS = "*?["


@dataclass(frozen=True, slots=True)
class ModelDeclaration:
    """What a test declares of models. A member is None if nothing is declared.

    The members up to `input_tokens` decide whether the service accepts a call. The others replace
    the `Traits` of the same name.
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

    def values(self) -> dict[str, Any]:
        """Return the members that are declared."""
        pairs = ((f.name, getattr(self, f.name)) for f in fields(self))
        return {name: value for name, value in pairs if value is not None}


_TRAITS = {f.name for f in fields(Traits)} & {f.name for f in fields(ModelDeclaration)}


@dataclass(frozen=True)
class ResolvedModel:
    """A model identifier with the declarations that apply to it in a scope.

    `keys` are the keys of the rules that may be for the model. `error` is the error response to
    every call of the model, or None.
    """

    identifier: ModelIdentifier
    traits: Traits
    declaration: ModelDeclaration
    keys: tuple[tuple[str, str], ...] = ()
    error: ServiceError | None = None

    @property
    def model_id(self) -> str:
        """The identifier as the caller passed it."""
        return self.identifier.model_id


@dataclass(frozen=True, slots=True)
class _ScopedDeclaration:
    pattern: str
    at: ScopeFilter
    declaration: ModelDeclaration


def rule_key(pattern: str) -> tuple[str, str]:
    """Return the key of the rules for the models that `pattern` matches."""
    return ("model", pattern)


class ModelDeclarations:
    """The declarations of models in a mock, and a cache of resolved models."""

    def __init__(self, state: MockState) -> None:
        self._undo_log = state.undo_log
        self._declarations: tuple[_ScopedDeclaration, ...] = ()
        self._resolved: dict[Scope, dict[str, ResolvedModel]] = {}

    def declare(self, pattern: str, at: ScopeFilter, declaration: ModelDeclaration) -> None:
        """Apply `declaration` to the models that `pattern` matches, in the scopes of `at`."""
        scoped = _ScopedDeclaration(pattern, at, declaration)
        if scoped not in self._declarations:
            declarations = (*self._declarations, scoped)
            self._undo_log.set(self, _declarations=declarations, _resolved={})

    def resolve(self, model_id: str, scope: Scope) -> ResolvedModel:
        """Return the model that `model_id` names in `scope`. The model need not exist."""
        cache = self.cache_of(scope)
        model = cache.get(model_id)
        if model is None:
            if len(cache) >= _CACHE_SIZE:
                cache.clear()
            model = cache[model_id] = self._resolve(model_id, scope)
        return model

    def cache_of(self, scope: Scope) -> dict[str, ResolvedModel]:
        """Return the resolved models of `scope`. A new declaration discards them."""
        cache = self._resolved.get(scope)
        if cache is None:
            cache = self._resolved[scope] = {}
        return cache

    def _resolve(self, model_id: str, scope: Scope) -> ResolvedModel:
        identifier = parse_model_id(model_id)
        declaration = self._combine(identifier, scope)
        if declaration.base is not None:
            identifier = _with_base(identifier, declaration.base)
            declaration = self._combine(identifier, scope)
        patterns = tuple(dict.fromkeys(d.pattern for d in self._matching(identifier)))
        if declaration.exists is None and any(map(_starts_with_name, patterns)):
            declaration = replace(declaration, exists=True)
        traits = replace(identifier.traits, **_select(declaration.values(), _TRAITS))
        keys = tuple(map(rule_key, patterns))
        error = find_access_error(identifier, declaration)
        return ResolvedModel(identifier, traits, declaration, keys, error)

    def _matching(self, identifier: ModelIdentifier) -> Iterator[_ScopedDeclaration]:
        for declaration in self._declarations:
            if any(pattern_matches(declaration.pattern, name) for name in identifier.names):
                yield declaration

    def _combine(self, identifier: ModelIdentifier, scope: Scope) -> ModelDeclaration:
        """Return the declarations that apply in `scope` as one; the latest value of each wins."""
        values: dict[str, Any] = {}
        for scoped in self._matching(identifier):
            if scoped.at.covers(scope):
                values |= scoped.declaration.values()
        return ModelDeclaration(**values)


def pattern_matches(pattern: str, name: str) -> bool:
    """Return whether the glob `pattern` matches `name` or is equal to it."""
    return pattern == name or fnmatchcase(name, pattern)


def _starts_with_name(pattern: str) -> bool:
    """Return whether the models that `pattern` matches are declared to exist.

    A pattern that starts with a wildcard, such as ``*``, names no model.
    """
    return pattern[:1] not in _WILDCARDS


def _with_base(identifier: ModelIdentifier, base: str) -> ModelIdentifier:
    model_id, form = identifier.model_id, identifier.form
    model = parse_model_id(base)
    names = tuple(dict.fromkeys((*identifier.names, *model.names)))
    return ModelIdentifier(model_id, model.base, form, names, model.family, model.traits)


def _select(values: Mapping[str, Any], names: set[str]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name in names}


def find_access_error(
    identifier: ModelIdentifier, declaration: ModelDeclaration
) -> ServiceError | None:
    """Return the error response to every call of the model, or None if calls are accepted."""
    if declaration.exists is False or not (identifier.exists or declaration.exists):
        return unknown_model_error()
    if declaration.access is False or isinstance(declaration.access, str):
        return ServiceError(*ACCESS_ERRORS[declaration.access or "model"])
    if declaration.end_of_life:
        return ServiceError("ResourceNotFoundException", _END_OF_LIFE)
    if declaration.legacy:
        return ServiceError("ResourceNotFoundException", _LEGACY)
    if declaration.on_demand is False and identifier.is_foundation_model:
        return invalid(
            f"Invocation of model ID {identifier.model_id} with on-demand throughput isn\u2019t "
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


def check_converse(model: ResolvedModel) -> None:
    """Raise ValidationException for a model that does not support Converse."""
    traits = model.traits
    if not traits.converse or traits.kind != "text":
        raise invalid(
            "This action doesn't support the model that you provided. Try again with a supported "
            "text or chat model."
        )


def check_streaming(model: ResolvedModel) -> None:
    """Raise ValidationException for a model that does not support streaming."""
    if not model.traits.streaming:
        raise invalid("The model is unsupported for streaming.")
