"""Rules for models: which calls they match, and which calls their answers can serve."""

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
from mlmock.services.bedrock_runtime.scripting.answers import to_scripted
from mlmock.services.bedrock_runtime.scripting.scripted_message import Raw
from mlmock.services.common.backend import Backend

if TYPE_CHECKING:
    from typing import Protocol

    from typing_extensions import Self

    class ScriptedModel(Protocol):
        """A model identifier of a call and the keys of the rules for it."""

        @property
        def keys(self) -> tuple[tuple[str, str], ...]:
            """The keys of the rules that may be for the model."""

        @property
        def model_id(self) -> str:
            """The identifier as the caller passed it."""


SERVICE = "bedrock-runtime"
OPERATIONS = ("Converse", "ConverseStream", "InvokeModel", "InvokeModelWithResponseStream")
MESSAGE, BODY, CHUNKS, VECTORS = "message", "body", "chunks", "vectors"
_ALL_KINDS = frozenset({MESSAGE, BODY, CHUNKS, VECTORS})
_KINDS_OF_CALLABLE = frozenset({MESSAGE, BODY, CHUNKS})


@dataclass(frozen=True, slots=True)
class Vectors:
    """A scripted answer to embedding requests.

    `source` is a function of each input, a mapping from inputs to vectors, or one vector.
    """

    source: Any


@exposed("bedrock.ModelRule", "embed")
class ModelRule(Rule):
    """A rule for models: `reply` scripts what they generate, `embed` the vectors of embeddings."""

    kinds: frozenset[str] = frozenset()
    """The kinds of answers that the rule has: MESSAGE, BODY, CHUNKS, VECTORS."""

    def matches(self, call: Call, values: Mapping[str, Any]) -> bool:
        """Return whether the rule is for `call` and has an answer of an accepted kind."""
        return not values["answers"].isdisjoint(self.kinds) and super().matches(call, values)

    def _set_answers(self, answers: tuple[Any, ...]) -> Self:
        self.kinds = frozenset().union(*map(_kinds, answers))
        return super()._set_answers(answers)

    def embed(self, *vectors: Any) -> ModelRule:
        """Answer embedding requests.

        Args:
            *vectors: One answer for every call, or several in order. An answer is a function of
                each input (synchronous or asynchronous) that returns its vector, a mapping from
                inputs to vectors, or one vector (a list of numbers) for every input.

        Raises:
            InvalidRule: If there is no answer, or if an answer has another type.
        """
        if not vectors:
            raise InvalidRule("embed() requires a function of the input, a dict or a vector")
        return self._set_answers(tuple(_to_vectors(each) for each in vectors))


def _to_vectors(source: Any) -> Any:
    if isinstance(source, (ErrorAnswer, ConnectionFailureAnswer, DefaultAnswer, BaseException)):
        return source
    is_vector = isinstance(source, Sequence) and not isinstance(source, (str, bytes))
    if not (callable(source) or isinstance(source, Mapping) or is_vector):
        raise InvalidRule(
            f"embed() requires a function of the input, a dict or a vector, not {source!r}"
        )
    return Vectors(source)


def _kinds(answer: Any) -> frozenset[str]:
    if isinstance(answer, Raw):
        return frozenset({CHUNKS} if answer.chunks is not None else {BODY, CHUNKS})
    if isinstance(answer, Vectors):
        return frozenset({VECTORS})
    if isinstance(
        answer, (ErrorAnswer, ConnectionFailureAnswer, DefaultAnswer, BaseException, type)
    ):
        return _ALL_KINDS
    return _KINDS_OF_CALLABLE if is_callable(answer) else frozenset({MESSAGE})


# -- validation ------------------------------------------------------------------------------


def to_model_answer(answer: Any) -> Any:
    """Return an answer in the form that rules keep; raise InvalidRule if it is invalid."""
    if isinstance(answer, ErrorAnswer):
        return _valid_error(answer)
    if isinstance(answer, Vectors) or is_callable(answer) or isinstance(answer, type):
        return answer
    scripted = to_scripted(answer)
    if not isinstance(scripted, Raw) and scripted.error is not None:
        _check_stream_error(scripted.error)
    return scripted


def _valid_error(answer: ErrorAnswer) -> ErrorAnswer:
    """Return `answer` if one of the operations has the error; raise InvalidRule if none has it."""
    last_error: InvalidRule | None = None
    for name in OPERATIONS:
        try:
            validate_error(operation(SERVICE, name), answer)
        except InvalidRule as error:
            last_error = error
        else:
            return answer
    raise last_error or InvalidRule(f"{SERVICE} has no error {answer.code!r}")


def _check_stream_error(error: ErrorAnswer) -> None:
    """Raise InvalidRule unless `error` is an exception event of a stream or has a status."""
    names = ("ConverseStream", "InvokeModelWithResponseStream")
    known = sorted({exception for name in names for exception in _stream_exceptions(name)})
    if error.code[:1].lower() + error.code[1:] not in known and error.status is None:
        raise InvalidRule(
            f"a stream has no exception {error.code!r}; it has {', '.join(known)}. "
            "Other codes require status=..."
        )


def _stream_exceptions(name: str) -> Iterator[str]:
    compiled_operation = operation(SERVICE, name)
    output = compiled_operation.model.output_shape
    stream = output.members[compiled_operation.output_payload]
    yield from (n for n, shape in stream.members.items() if shape.metadata.get("exception"))


@dataclass(frozen=True, slots=True)
class AnyOf:
    """A predicate of a list that `expected` matches one item of, or the list as a whole."""

    expected: Any

    def __repr__(self) -> str:
        return repr(self.expected)

    def __call__(self, results: Any) -> bool:
        """Return whether `expected` matches `results` or one of them."""
        return matches(self.expected, results) or any(matches(self.expected, r) for r in results)


def to_match_values(**arguments: Any) -> dict[str, Any]:
    """Return the match values passed to `on(...)` in the form that rules keep."""
    values = {name: value for name, value in arguments.items() if value is not MISSING}
    if "tool_result" in values:
        values["tool_result"] = AnyOf(values["tool_result"])
    if isinstance(values.get("tools"), str):
        values["tools"] = Contains(values["tools"])
    return values


# -- matching --------------------------------------------------------------------------------


class MatchableRequest(Mapping[str, Any]):
    """The values of a request that rules match, each computed when a rule needs it.

    The value of ``answers`` is the set of answer kinds that the operation accepts.
    """

    __slots__ = ("_accepted", "_conversation")

    def __init__(self, accepted: frozenset[str], conversation: Conversation | None) -> None:
        self._accepted = accepted
        self._conversation = conversation

    def __getitem__(self, name: str) -> Any:
        if name == "answers":
            return self._accepted
        if self._conversation is None or name not in _VALUES:
            raise KeyError(name)
        return _VALUES[name](self._conversation)

    def __contains__(self, name: object) -> bool:
        return name == "answers" or (self._conversation is not None and name in _VALUES)

    def __iter__(self) -> Iterator[str]:
        return iter(name for name in ("answers", *_VALUES) if name in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)


_VALUES: dict[str, Callable[[Conversation], Any]] = {
    "last_user": lambda conversation: conversation.last_user,
    "system": lambda conversation: conversation.system,
    "turn": lambda conversation: conversation.turn,
    "has_tool_result": lambda conversation: conversation.has_tool_result,
    "tool_result": lambda conversation: conversation.tool_results,
    "tools": lambda conversation: conversation.tool_names,
}


def find_model_rule(
    backend: Backend,
    call: Call,
    model: ScriptedModel,
    accepted: frozenset[str],
    conversation: Conversation | None = None,
) -> tuple[Rule, Any] | None:
    """Return the newest rule that matches the call, and its next answer, or None.

    Args:
        backend: The backend that received the call.
        call: The call.
        model: The model of the call.
        accepted: The kinds of answers that the operation can send.
        conversation: The request, unless it is for embeddings, images or a ranking.

    Raises:
        UnmatchedCall: If the mock is strict and the model is scripted with answers that the
            operation can send, but no rule matches the call.
    """
    if not model.keys:
        return None
    request = MatchableRequest(accepted, conversation)
    result = backend.state.rules.find(model.keys, call, request)
    if result is None:
        _check_unscripted(backend, call, model, request)
    return result


def _check_unscripted(
    backend: Backend, call: Call, model: ScriptedModel, request: MatchableRequest
) -> None:
    rules = [
        rule
        for key in model.keys
        for rule in backend.state.rules.rules_for(key)
        if rule.is_scripted_answer
        and rule.match.applies_in(call)
        and _can_serve(rule, request["answers"])
    ]
    if rules:
        from mlmock.reporting.messages import format_unmatched_call

        what = f"model {model.model_id!r}"
        backend.state.raise_unmatched(call, format_unmatched_call(call, rules, what, request))


def _can_serve(rule: Rule, accepted: frozenset[str]) -> bool:
    return isinstance(rule, ModelRule) and not accepted.isdisjoint(rule.kinds)
