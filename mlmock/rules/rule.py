"""Rules: a match, a list of answers, and a count."""

from __future__ import annotations

import sys
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlmock.aws.protocol.rest_json import Operation
from mlmock.call import Call
from mlmock.errors import ConnectionFailure, InvalidRule, ServiceError, hide_traceback
from mlmock.exposed import exposed
from mlmock.rules.answers import ConnectionFailureAnswer, DefaultAnswer, Deferred, ErrorAnswer
from mlmock.rules.corruption import Corruption, stream_corruption, validate_corruption
from mlmock.rules.matchers import Difference, compile_matcher, difference

if TYPE_CHECKING:
    from threading import RLock
    from typing import Protocol

    from typing_extensions import Self

    from mlmock.simulation.undo_log import UndoLog

    class Registry(Protocol):
        """Where a rule is put down once it has an answer; whatever index that is."""

        lock: RLock
        undo_log: UndoLog

        def add(self, rule: Rule) -> None:
            """Put a rule down."""


from mlmock.rules.matchers import abbreviate_repr

__tracebackhide__ = hide_traceback
EXHAUSTED = object()
_PACKAGE_DIR = str(Path(__file__).parents[1])
Check = Callable[[Any], Any]
Where = Callable[[Call], Any]


@dataclass(frozen=True, slots=True)
class CallMatcher:
    """Which calls a rule takes: members by value, a predicate, a region, an account."""

    members: Mapping[str, Any] = field(default_factory=dict)
    where: Where | None = None
    region: str | None = None
    account_id: str | None = None

    def applies_in(self, call: Call) -> bool:
        """True when the region and the account of `call` are those that are meant."""
        here = self.region in (None, call.region)
        return here and self.account_id in (None, call.account_id)

    def explain_mismatch(self, call: Call, params: Mapping[str, Any]) -> Difference | None:
        """Return the first point in which `call`, seen as `params`, isn't one of these calls."""
        if self.region is not None and call.region != self.region:
            return Difference("region", self.region, call.region)
        if self.account_id is not None and call.account_id != self.account_id:
            return Difference("account_id", self.account_id, call.account_id)
        found = difference(self.members, params) if self.members else None
        if found is None and self.where is not None and not self.where(call):
            return Difference("where", self.where, False)
        return found


@dataclass(frozen=True, slots=True)
class RuleTarget:
    """What a rule is about: the list it stands in, its title for messages, the check of answers.

    `check` takes an answer and returns it in the form that is kept, or raises InvalidRule; `plans`
    gives the operations that it is about, where that is known;
    `resource` is True where answers script a resource, whose every call then needs one.
    """

    key: Hashable
    title: str
    check: Check
    resource: bool = False
    allows_connection_failures: bool = True
    plans: Callable[[], Iterable[Operation]] | None = None


@exposed(
    "Rule",
    "reply fail timeout drop unreachable delay times optional",
    "malformed truncated wrong_length break_stream",
    "used expected remaining is_exhausted is_unused",
)
class Rule:
    """One rule. It exists from the moment it has an answer; the later of two wins.

    `.times(n)`, `.optional()` and `.delay(seconds)` may stand before or after the answer.
    """

    def __init__(self, rules: Registry, subject: RuleTarget, match: CallMatcher) -> None:
        self._registry = rules
        self.subject = subject
        self.match = match
        self._tests = [(name, compile_matcher(value)) for name, value in match.members.items()]
        self.answers: tuple[Any, ...] = ()
        self.remaining: int | None = None
        self.used = 0
        self.expected = 1
        self.is_optional = False
        self.latency = 0.0
        self.corruption: Corruption | None = None
        self.context: object = None
        self.location = ""
        self.number = 0
        self._times: int | None = None

    def __repr__(self) -> str:

        return f"<rule {rule_text(self)}>"

    # -- answers ----------------------------------------------------------------------------

    def reply(self, *answers: Any) -> Self:
        """Answer with `answers`: one for every matching call, or several in order.

        An answer is the payload where the output has one, events where it streams, the members
        otherwise; or a callable that gets the Call, an exception, `error(...)`, `output(...)`.
        InvalidRule if the service's model doesn't allow it.
        """
        if not answers:
            raise InvalidRule("reply() needs an answer: reply({...}), reply('text'), reply(a, b)")
        return self._answer(tuple(self._checked(answer) for answer in answers))

    def fail(
        self,
        code: str,
        message: str | None = None,
        *,
        status: int | None = None,
        times: int | None = None,
        **members: Any,
    ) -> Self:
        """Fail with a modelled error, a common one, or with `status` any; `times`: so often."""
        self._answer((self._checked(ErrorAnswer(code, message, status, members)),))
        return self if times is None else self.times(times)

    def timeout(self, *, connect: bool = False) -> Self:
        """Let the client run into its read (or `connect`) timeout."""
        return self._fault("connect_timeout" if connect else "read_timeout")

    def drop(self) -> Self:
        """Close the connection without an answer."""
        return self._fault("drop")

    def unreachable(self) -> Self:
        """Refuse the connection."""
        return self._fault("unreachable")

    def delay(self, seconds: float) -> Self:
        """Answer (or let the default answer) only after `seconds` of virtual time."""
        given: object = seconds
        if not (isinstance(given, (int, float)) and 0 <= given < float("inf")):
            raise InvalidRule(f"delay() takes seconds, not {given!r}")
        self.latency = float(seconds)
        return self if self.answers else self._answer((DefaultAnswer(),))

    def malformed(self) -> Self:
        """Let the answer arrive as something that is no JSON."""
        return self._damage(Corruption("malformed"))

    def truncated(self) -> Self:
        """Let half of the answer arrive, and the connection close."""
        return self._damage(Corruption("truncated"))

    def wrong_length(self, by: int = 1) -> Self:
        """Let Content-Length be `by` bytes more (or, negative, less) than the answer has."""
        if type(by) is not int or by == 0:
            raise InvalidRule(f"wrong_length() takes a number of bytes, not {by!r}")
        return self._damage(Corruption("wrong_length", by))

    def break_stream(self, how: Any = "drop", *, after: int = 0) -> Self:
        """Break an event stream `after` so many events.

        `how`: "cut" (half a message, then nothing), "checksum" (a message that doesn't add up),
        "stall" (nothing until the caller's read timeout), "drop" (the connection closes), or
        ``error(...)``, an exception event.
        """
        return self._damage(stream_corruption(how, after))

    def times(self, count: int) -> Self:
        """Hold for the next `count` matching calls, and be spent then."""
        if type(count) is not int or count < 1:
            raise InvalidRule(f"times() takes a count of calls, not {count!r}")
        self._times = count
        if self.answers:
            self._count()
        return self

    def optional(self) -> Self:
        """Don't mind if no call comes."""
        self.is_optional = True
        return self

    # -- use --------------------------------------------------------------------------------

    @property
    def is_exhausted(self) -> bool:
        """True when every answer has been given."""
        return self.remaining == 0

    @property
    def is_scripted_answer(self) -> bool:
        """True when the rule scripts a resource: it has an answer there that is no fault."""
        return self.subject.resource and not all(map(_is_failure, self.answers))

    @property
    def is_unused(self) -> bool:
        """True when calls that the rule was written for did not come."""
        return not self.is_optional and self.used < self.expected

    def matches(self, call: Call, seen: Mapping[str, Any]) -> bool:
        """True when the rule is about `call`, whose members are seen as `seen`."""
        match = self.match
        if type(match) is not CallMatcher:
            return match.explain_mismatch(call, seen) is None
        for name, test in self._tests:
            if name not in seen or not test(seen[name]):
                return False
        if match.region is None and match.account_id is None and match.where is None:
            return True
        return match.explain_mismatch(call, seen) is None

    def next_answer(self) -> Any:
        """Return the next answer, or SPENT when there is none left."""
        with self._registry.lock:
            if self.remaining == 0:
                return EXHAUSTED
            answer = self.answers[0]
            if self.remaining is not None:
                place = len(self.answers) - self.remaining
                answer = self.answers[max(place, 0)]
                self._registry.undo_log.set(self, remaining=self.remaining - 1)
            self.used += 1
            return answer

    def _checked(self, answer: Any) -> Any:
        if isinstance(answer, (DefaultAnswer, ConnectionFailureAnswer)) or _is_exception(answer):
            return answer
        return self.subject.check(answer)

    def _damage(self, damage: Corruption) -> Self:
        self._check_takes_faults()
        if self.subject.plans is not None:
            validate_corruption(self.subject.plans(), damage)
        self.corruption = damage
        return self if self.answers else self._answer((DefaultAnswer(),))

    def _check_takes_faults(self) -> None:
        if not self.subject.allows_connection_failures:
            raise InvalidRule(f"{self.subject.title} takes answers, not connection faults")

    def _fault(self, kind: str) -> Self:
        self._check_takes_faults()
        return self._answer((ConnectionFailureAnswer(kind),))

    def _answer(self, answers: tuple[Any, ...]) -> Self:
        if self.answers and not isinstance(self.answers[0], DefaultAnswer):
            raise InvalidRule(
                "this rule has its answer; write another rule, or say them in order: reply(a, b)"
            )
        known = bool(self.answers)
        self.answers = answers
        self._count()
        if not known:
            self._registry.add(self)
        return self

    def _count(self) -> None:
        times = self._times
        if len(self.answers) > 1:
            self.answers = self.answers * (times or 1)
            self.remaining = len(self.answers)
        elif times is not None:
            self.answers = self.answers[:1] * times
            self.remaining = times
        self.expected = self.remaining or 1


def caller_location() -> str:
    """Return ``file:line`` of the nearest caller outside this package."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_PACKAGE_DIR):
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"


def is_callable(answer: Any) -> bool:
    """True for an answer that user code makes when the call comes."""
    return callable(answer) and not isinstance(answer, type)


def resolve_answer(answer: Any, call: Call, then: Callable[[Any], Any]) -> Any:
    """Return what `answer` comes to for `call`: `then` of its value, or Later, or it is raised.

    `then` turns a value into a result, and is tried again on what a callable returns.
    """
    if isinstance(answer, ErrorAnswer):
        raise ServiceError(answer.code, answer.message, status=answer.status, **answer.members)
    if _is_exception(answer):
        raise answer
    if isinstance(answer, ConnectionFailureAnswer):
        raise ConnectionFailure(answer.kind)
    if is_callable(answer):
        return Deferred(lambda: answer(call), lambda value: resolve_answer(value, call, then))
    return then(answer)


def _is_failure(answer: Any) -> bool:
    return isinstance(
        answer, (ErrorAnswer, ConnectionFailureAnswer, DefaultAnswer)
    ) or _is_exception(answer)


def _is_exception(answer: Any) -> bool:
    """True for an exception, or a class of exceptions."""
    return isinstance(answer, BaseException) or (
        isinstance(answer, type) and issubclass(answer, BaseException)
    )


def members_text(members: Mapping[str, Any]) -> str:
    """Return match values as keyword arguments."""
    return ", ".join(f"{name}={abbreviate_repr(value, 60)}" for name, value in members.items())


def rule_text(rule: Rule) -> str:
    """Return a rule as its author wrote it, as far as that can be told."""
    place = f"  ({short_place(rule.location)})" if rule.location else ""
    return f"{rule_expression(rule)}{_count_text(rule)}{place}"


def rule_expression(rule: Rule) -> str:
    """Return a rule's match as its author wrote it, as far as that can be told."""
    extra = members_text(rule.match.members)
    if rule.match.where is not None:
        extra = ", ".join(filter(None, [extra, f"where={abbreviate_repr(rule.match.where, 40)}"]))
    return _titled(rule, extra)


def _titled(rule: Rule, members: str) -> str:
    """Return the start of a rule's line: its title, with its match values."""
    title = rule.subject.title
    if not members:
        return title
    if title.startswith("ml.on(") and title.endswith(")"):
        return f"{title[:-1]}, {members})"
    return f"{title}.on({members})"


def _count_text(rule: Rule) -> str:
    if rule.remaining is None:
        return f" used {rule.used} times" if rule.used != 1 else " used once"
    total = rule.remaining + min(rule.used, rule.expected)
    return f" used {rule.used} of {max(total, rule.expected)} times"


def short_place(place: str) -> str:
    """Return ``file:line`` relative to the working directory where that is shorter."""
    name, _, line = place.rpartition(":")
    try:
        return f"{Path(name).relative_to(Path.cwd())}:{line}"
    except (ValueError, OSError, TypeError):  # a directory that is gone, or patched by the test
        return place
