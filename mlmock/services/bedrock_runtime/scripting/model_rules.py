"""Rules about models: which calls they take, and which of them an answer can serve."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlmock.aws.protocol.compiler import operation
from mlmock.call import Call
from mlmock.errors import InvalidRule
from mlmock.exposed import exposed
from mlmock.rules.answers import ConnectionFailureAnswer, DefaultAnswer, ErrorAnswer, validate_error
from mlmock.rules.matchers import MISSING, Contains, matches
from mlmock.rules.rule import Rule, is_callable
from mlmock.services.bedrock_runtime.conversation.requests import Conversation
from mlmock.services.bedrock_runtime.scripting.answers import Raw, to_scripted
from mlmock.services.common.backend import Backend

if TYPE_CHECKING:
    from typing import Protocol

    from typing_extensions import Self

    class ScriptedModel(Protocol):
        """A model as rules see it: as the caller wrote it, and the keys of rules about it."""

        @property
        def keys(self) -> tuple[tuple[str, str], ...]:
            """The keys of the rules that may be about it."""

        @property
        def written(self) -> str:
            """The identifier as the caller wrote it."""


SERVICE = "bedrock-runtime"
OPERATIONS = ("Converse", "ConverseStream", "InvokeModel", "InvokeModelWithResponseStream")
MESSAGE, BODY, CHUNKS, VECTORS = "words", "body", "chunks", "vectors"
_EVERYTHING = frozenset({MESSAGE, BODY, CHUNKS, VECTORS})
_BY_CALLABLE = frozenset({MESSAGE, BODY, CHUNKS})


@dataclass(frozen=True, slots=True)
class Vectors:
    """An answer to embeddings: a function of each input, a mapping of inputs, or one vector."""

    source: Any


@exposed("bedrock.ModelRule", "embed")
class ModelRule(Rule):
    """A rule about a model: `reply` for what it says, `embed` for what texts become."""

    kinds: frozenset[str] = frozenset()
    """What its answers can be to a call: WORDS, BODY, CHUNKS, VECTORS."""

    def matches(self, call: Call, seen: Mapping[str, Any]) -> bool:
        """True when the rule is about the call, and has an answer of a kind that is wanted."""
        return not seen["answers"].isdisjoint(self.kinds) and super().matches(call, seen)

    def _set_answers(self, answers: tuple[Any, ...]) -> Self:
        self.kinds = frozenset().union(*map(_kinds, answers))
        return super()._set_answers(answers)

    def embed(self, *vectors: Any) -> ModelRule:
        """Answer embeddings: with a function of each text (sync or async), or with vectors.

        A mapping gives the vectors of the texts it names, a list of numbers that of every text.
        InvalidRule for anything else.
        """
        if not vectors:
            raise InvalidRule("embed() needs a function of the text, or a vector")
        return self._set_answers(tuple(_vectors(each) for each in vectors))


def _vectors(source: Any) -> Any:
    if isinstance(source, (ErrorAnswer, ConnectionFailureAnswer, DefaultAnswer, BaseException)):
        return source
    numbers = isinstance(source, Sequence) and not isinstance(source, (str, bytes))
    if not (callable(source) or isinstance(source, Mapping) or numbers):
        raise InvalidRule(f"embed() takes a function, a dict or a vector, not {source!r}")
    return Vectors(source)


def _kinds(answer: Any) -> frozenset[str]:
    if isinstance(answer, Raw):
        return frozenset({CHUNKS} if answer.chunks is not None else {BODY, CHUNKS})
    if isinstance(answer, Vectors):
        return frozenset({VECTORS})
    if isinstance(
        answer, (ErrorAnswer, ConnectionFailureAnswer, DefaultAnswer, BaseException, type)
    ):
        return _EVERYTHING
    return _BY_CALLABLE if is_callable(answer) else frozenset({MESSAGE})


# -- writing them ----------------------------------------------------------------------------


def checked(answer: Any) -> Any:
    """Return what a rule keeps of an answer, or raise InvalidRule at the line that writes it."""
    if isinstance(answer, ErrorAnswer):
        return _checked_error(answer)
    if isinstance(answer, Vectors) or is_callable(answer) or isinstance(answer, type):
        return answer
    found = to_scripted(answer)
    if not isinstance(found, Raw) and found.fault is not None:
        _check_break(found.fault)
    return found


def _checked_error(answer: ErrorAnswer) -> ErrorAnswer:
    fault: InvalidRule | None = None
    for name in OPERATIONS:
        try:
            validate_error(operation(SERVICE, name), answer)
        except InvalidRule as found:
            fault = found
        else:
            return answer
    raise fault or InvalidRule(f"there is no error {answer.code}")


def _check_break(fault: ErrorAnswer) -> None:
    """Refuse to break a stream with what no stream sends; other codes need a status."""
    known = sorted({*_breaks("ConverseStream"), *_breaks("InvokeModelWithResponseStream")})
    if fault.code[:1].lower() + fault.code[1:] not in known and fault.status is None:
        raise InvalidRule(f"a stream breaks with {', '.join(known)}, not with {fault.code}")


def _breaks(name: str) -> Iterator[str]:
    plan = operation(SERVICE, name)
    stream = plan.model.output_shape.members[plan.output_payload]
    yield from (n for n, shape in stream.members.items() if shape.metadata.get("exception"))


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Fits a list of results if `expected` takes one of them, or all of them together."""

    expected: Any

    def __repr__(self) -> str:
        return repr(self.expected)

    def __call__(self, results: Any) -> bool:
        """True when it fits `results`."""
        return matches(self.expected, results) or any(matches(self.expected, r) for r in results)


def members_of(**given: Any) -> dict[str, Any]:
    """Return the match values that `on(...)` was given, in the form that rules keep."""
    members = {name: value for name, value in given.items() if value is not MISSING}
    if "tool_result" in members:
        members["tool_result"] = AnyOf(members["tool_result"])
    if isinstance(members.get("tools"), str):
        members["tools"] = Contains(members["tools"])
    return members


# -- asking them -----------------------------------------------------------------------------


class MatchableRequest(Mapping[str, Any]):
    """What rules of a model are held against; worked out as far as a rule asks."""

    __slots__ = ("_conversation", "_wanted")

    def __init__(self, wanted: frozenset[str], conversation: Conversation | None) -> None:
        self._wanted = wanted
        self._conversation = conversation

    def __getitem__(self, name: str) -> Any:
        if name == "answers":
            return self._wanted
        if self._conversation is None or name not in _LOOKS:
            raise KeyError(name)
        return _LOOKS[name](self._conversation)

    def __contains__(self, name: object) -> bool:
        return name == "answers" or (self._conversation is not None and name in _LOOKS)

    def __iter__(self) -> Iterator[str]:
        return iter(name for name in ("answers", *_LOOKS) if name in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)


_LOOKS: dict[str, Callable[[Conversation], Any]] = {
    "last_user": lambda said: said.last_user,
    "system": lambda said: said.system,
    "turn": lambda said: said.turn,
    "has_tool_result": lambda said: said.has_tool_result,
    "tool_result": lambda said: said.tool_results,
    "tools": lambda said: said.tool_names,
}


def find_model_rule(
    backend: Backend,
    call: Call,
    model: ScriptedModel,
    wanted: frozenset[str],
    conversation: Conversation | None = None,
) -> tuple[Rule, Any] | None:
    """Return the newest rule that takes the call, with its answer; None: nobody scripts it.

    UnmatchedCall if answers that could serve the call are there and none takes it (if strict).
    """
    if not model.keys:
        return None
    seen = MatchableRequest(wanted, conversation)
    found = backend.state.rules.find(model.keys, call, seen)
    if found is None:
        _check_unscripted(backend, call, model, seen)
    return found


def _check_unscripted(
    backend: Backend, call: Call, model: ScriptedModel, seen: MatchableRequest
) -> None:
    rules = [
        rule
        for key in model.keys
        for rule in backend.state.rules.rules_for(key)
        if rule.is_scripted_answer
        and rule.match.applies_in(call)
        and _can_serve(rule, seen["answers"])
    ]
    if rules:
        from mlmock.reporting.messages import format_unmatched_call

        what = f"model {model.written!r}"
        backend.state.raise_unmatched(call, format_unmatched_call(call, rules, what, seen))


def _can_serve(rule: Rule, wanted: frozenset[str]) -> bool:
    return isinstance(rule, ModelRule) and not wanted.isdisjoint(rule.kinds)
