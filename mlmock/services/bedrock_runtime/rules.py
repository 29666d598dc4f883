"""Rules about models: which calls they take, and which of them an answer can serve."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlmock.answers import Default, Error, WireFault, check_error
from mlmock.book import Book
from mlmock.calls import Call
from mlmock.errors import BadAnswer
from mlmock.matching import MISSING, Contains, Difference, fits
from mlmock.rules import Match, Rule, Subject, is_callable_answer
from mlmock.services.bedrock_runtime.script import Raw, said_of
from mlmock.services.bedrock_runtime.speech import Conversation
from mlmock.wire.models import operation

if TYPE_CHECKING:
    from mlmock.services.bedrock_runtime.backend import BedrockRuntime
    from mlmock.services.bedrock_runtime.declared import Known

SERVICE = "bedrock-runtime"
OPERATIONS = ("Converse", "ConverseStream", "InvokeModel", "InvokeModelWithResponseStream")
WORDS, BODY, CHUNKS, VECTORS = "words", "body", "chunks", "vectors"
_EVERYTHING = frozenset({WORDS, BODY, CHUNKS, VECTORS})
_BY_CALLABLE = frozenset({WORDS, BODY, CHUNKS})


@dataclass(frozen=True, slots=True)
class Vectors:
    """An answer to embeddings: a function of each input, a mapping of inputs, or one vector."""

    source: Any


@dataclass(frozen=True, slots=True)
class ModelMatch(Match):
    """A match that also asks whether the rule's answers can serve the call."""

    serves: Callable[[frozenset[str]], bool] = lambda wanted: True

    def differs(self, call: Call, params: Mapping[str, Any]) -> Difference | None:
        """Return the first point in which the call isn't one of these."""
        wanted = params["answers"]
        if not self.serves(wanted):
            return Difference("answers", "/".join(sorted(wanted)), "something else")
        return super(ModelMatch, self).differs(call, params)


class ModelRule(Rule):
    """A rule about a model: `reply` for what it says, `embed` for what texts become."""

    def __init__(self, book: Book, subject: Subject, match: Match) -> None:
        serving = ModelMatch(
            match.members, match.where, match.region, match.account_id, self.serves
        )
        super().__init__(book, subject, serving)

    def embed(self, *vectors: Any) -> ModelRule:
        """Answer embeddings: with a function of each text (sync or async), or with vectors.

        A mapping gives the vectors of the texts it names, a list of numbers that of every text.
        BadAnswer for anything else.
        """
        if not vectors:
            raise BadAnswer("embed() needs a function of the text, or a vector")
        return self._answer(tuple(_vectors(each) for each in vectors))

    def serves(self, wanted: frozenset[str]) -> bool:
        """True when one of the answers is of a kind that is `wanted`."""
        return any(not wanted.isdisjoint(_kinds(answer)) for answer in self.answers)


def _vectors(source: Any) -> Any:
    if isinstance(source, (Error, WireFault, Default, BaseException)):
        return source
    numbers = isinstance(source, Sequence) and not isinstance(source, (str, bytes))
    if not (callable(source) or isinstance(source, Mapping) or numbers):
        raise BadAnswer(f"embed() takes a function, a dict or a vector, not {source!r}")
    return Vectors(source)


def _kinds(answer: Any) -> frozenset[str]:
    if isinstance(answer, Raw):
        return frozenset({CHUNKS} if answer.chunks is not None else {BODY, CHUNKS})
    if isinstance(answer, Vectors):
        return frozenset({VECTORS})
    if isinstance(answer, (Error, WireFault, Default, BaseException, type)):
        return _EVERYTHING
    return _BY_CALLABLE if is_callable_answer(answer) else frozenset({WORDS})


# -- writing them ----------------------------------------------------------------------------


def checked(answer: Any) -> Any:
    """Return what a rule keeps of an answer, or raise BadAnswer at the line that writes it."""
    if isinstance(answer, Error):
        return _checked_error(answer)
    if isinstance(answer, Vectors) or is_callable_answer(answer) or isinstance(answer, type):
        return answer
    found = said_of(answer)
    if not isinstance(found, Raw) and found.fault is not None:
        _check_break(found.fault)
    return found


def _checked_error(answer: Error) -> Error:
    fault: BadAnswer | None = None
    for name in OPERATIONS:
        try:
            check_error(operation(SERVICE, name), answer)
        except BadAnswer as found:
            fault = found
        else:
            return answer
    raise fault or BadAnswer(f"there is no error {answer.code}")


def _check_break(fault: Error) -> None:
    """Refuse to break a stream with what no stream sends; other codes need a status."""
    known = sorted({*_breaks("ConverseStream"), *_breaks("InvokeModelWithResponseStream")})
    if fault.code[:1].lower() + fault.code[1:] not in known and fault.status is None:
        raise BadAnswer(f"a stream breaks with {', '.join(known)}, not with {fault.code}")


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
        return fits(self.expected, results) or any(fits(self.expected, r) for r in results)


def members_of(**given: Any) -> dict[str, Any]:
    """Return the match values that `on(...)` was given, in the form that rules keep."""
    members = {name: value for name, value in given.items() if value is not MISSING}
    if "tool_result" in members:
        members["tool_result"] = AnyOf(members["tool_result"])
    if isinstance(members.get("tools"), str):
        members["tools"] = Contains(members["tools"])
    return members


# -- asking them -----------------------------------------------------------------------------


class Seen(Mapping[str, Any]):
    """What rules of a model are held against; worked out as far as a rule asks."""

    def __init__(self, wanted: frozenset[str], conversation: Conversation | None) -> None:
        self._wanted = wanted
        self._conversation = conversation

    def __getitem__(self, name: str) -> Any:
        if name == "answers":
            return self._wanted
        if self._conversation is None or name not in _LOOKS:
            raise KeyError(name)
        return _LOOKS[name](self._conversation)

    def __iter__(self) -> Iterator[str]:
        return iter(("answers", *_LOOKS))

    def __len__(self) -> int:
        return 1 + len(_LOOKS)


_LOOKS: dict[str, Callable[[Conversation], Any]] = {
    "last_user": lambda said: said.last_user,
    "system": lambda said: said.system,
    "turn": lambda said: said.turn,
    "has_tool_result": lambda said: said.has_tool_result,
    "tool_result": lambda said: said.tool_results,
    "tools": lambda said: said.tool_names,
}


def rule_key(pattern: str) -> tuple[str, str]:
    """Return the key of the rules about the models that a pattern covers."""
    return ("model", pattern)


def taken(
    backend: BedrockRuntime,
    call: Call,
    known: Known,
    wanted: frozenset[str],
    conversation: Conversation | None = None,
) -> tuple[Rule, Any] | None:
    """Return the newest rule that takes the call, with its answer; None: nobody scripts it.

    UnmatchedCall if answers that could serve the call are there and none takes it (if strict).
    """
    if not known.patterns:
        return None
    book = backend.world.book
    keys = tuple(rule_key(pattern) for pattern in known.patterns)
    seen = Seen(wanted, conversation)
    found = book.find(keys, call, seen)
    if found is None:
        _check_unscripted(backend, call, known, seen)
    return found


def _check_unscripted(backend: BedrockRuntime, call: Call, known: Known, seen: Seen) -> None:
    rules = [
        rule
        for pattern in known.patterns
        for rule in backend.world.book.about(rule_key(pattern))
        if rule.scripts and rule.match.holds_at(call) and _can_serve(rule, seen["answers"])
    ]
    if rules:
        from mlmock.explain import unmatched

        what = f"the model {known.model.written}"
        backend.world.unmatched_call(call, unmatched(call, rules, what, seen))


def _can_serve(rule: Rule, wanted: frozenset[str]) -> bool:
    return isinstance(rule, ModelRule) and rule.serves(wanted)
