"""Rules: which calls they match, what they answer, and how often."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from mlmock.call import Call
from mlmock.errors import ConnectionFailure, InvalidRule, ServiceError, hide_traceback
from mlmock.exposed import exposed
from mlmock.rules.answers import ConnectionFailureAnswer, DefaultAnswer, Deferred, ErrorAnswer
from mlmock.rules.corruption import Corruption, stream_corruption, validate_corruption
from mlmock.rules.locations import short_location
from mlmock.rules.matchers import abbreviate_repr, compile_matcher
from mlmock.rules.target import CallMatcher, RuleTarget

if TYPE_CHECKING:
    from threading import RLock
    from typing import Protocol

    from typing_extensions import Self

    from mlmock.simulation.undo_log import UndoLog

    class Registry(Protocol):
        """An index in which a rule is registered once it has an answer."""

        lock: RLock
        undo_log: UndoLog

        def add(self, rule: Rule) -> None:
            """Register a rule."""


__tracebackhide__ = hide_traceback
EXHAUSTED = object()


@exposed(
    "Rule",
    "reply fail timeout drop unreachable delay times optional",
    "malformed truncated wrong_length break_stream",
    "used expected remaining is_exhausted is_unused",
)
class Rule:
    """A rule: it answers the calls that it matches.

    It takes effect once it has an answer; of two rules that match, the later one is used.
    `.times(n)`, `.optional()` and `.delay(seconds)` may precede or follow the answer.

    Attributes:
        used: The number of calls that the rule has answered.
        expected: The number of calls that it requires unless it is optional.
        remaining: The number of calls that it can still answer; None if there is no limit.
    """

    def __init__(self, registry: Registry, target: RuleTarget, match: CallMatcher) -> None:
        self._registry = registry
        self.target = target
        self.match = match
        self._matchers = [(name, compile_matcher(value)) for name, value in match.members.items()]
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
        """Answer matching calls, and return the rule.

        Args:
            answers: One answer for every matching call, or several that are used in order. An
                answer is the payload of the output if it has one, a list of events if it streams,
                otherwise its members; or a callable that takes the Call, an exception,
                `error(...)` or `output(...)`.

        Raises:
            InvalidRule: The service model does not allow an answer, or the rule already has one.
        """
        if not answers:
            raise InvalidRule(
                "reply() requires an answer, for example reply({...}), reply('text') or reply(a, b)"
            )
        return self._set_answers(tuple(self._validated(answer) for answer in answers))

    def fail(
        self,
        code: str,
        message: str | None = None,
        *,
        status: int | None = None,
        times: int | None = None,
        **members: Any,
    ) -> Self:
        """Answer matching calls with a service error, and return the rule.

        Args:
            code: The code of a modeled error or of an error common to all AWS services. Any other
                code requires `status`.
            message: The text of the error.
            status: The HTTP status, from 400 to 599.
            times: The number of calls that fail; by default all.
            members: Further modeled members of the error.

        Raises:
            InvalidRule: The operation cannot send the error, or the rule already has an answer.
        """
        self._set_answers((self._validated(ErrorAnswer(code, message, status, members)),))
        return self if times is None else self.times(times)

    def timeout(self, *, connect: bool = False) -> Self:
        """Fail matching calls with a read timeout, or a connect timeout if `connect` is set.

        Raises:
            InvalidRule: The rule already has an answer, or the target has no connection failures.
        """
        return self._fail_connection("connect_timeout" if connect else "read_timeout")

    def drop(self) -> Self:
        """Close the connection of matching calls without a response.

        Raises:
            InvalidRule: The rule already has an answer, or the target has no connection failures.
        """
        return self._fail_connection("drop")

    def unreachable(self) -> Self:
        """Refuse the connection of matching calls.

        Raises:
            InvalidRule: The rule already has an answer, or the target has no connection failures.
        """
        return self._fail_connection("unreachable")

    def delay(self, seconds: float) -> Self:
        """Delay the answer, or the default answer, by `seconds` of virtual time.

        Raises:
            InvalidRule: `seconds` is negative or not a finite number.
        """
        value: object = seconds
        if not (isinstance(value, (int, float)) and 0 <= value < float("inf")):
            raise InvalidRule(f"delay() requires a number of seconds, not {value!r}")
        self.latency = float(seconds)
        return self if self.answers else self._set_answers((DefaultAnswer(),))

    def malformed(self) -> Self:
        """Replace the body of the response with one that is not JSON.

        Raises:
            InvalidRule: The target has no connection failures.
        """
        return self._corrupt(Corruption("malformed"))

    def truncated(self) -> Self:
        """Send half of the response and close the connection.

        Raises:
            InvalidRule: The target has no connection failures.
        """
        return self._corrupt(Corruption("truncated"))

    def wrong_length(self, by: int = 1) -> Self:
        """Change Content-Length by a number of bytes, which may be negative.

        Raises:
            InvalidRule: `by` is 0 or not an integer, or the target has no connection failures.
        """
        if type(by) is not int or by == 0:
            raise InvalidRule(f"wrong_length() requires a number of bytes other than 0, not {by!r}")
        return self._corrupt(Corruption("wrong_length", by))

    def break_stream(self, how: Any = "drop", *, after: int = 0) -> Self:
        """Break the event stream of the response, and return the rule.

        Args:
            how: ``"cut"`` (half a message, then the end), ``"checksum"`` (a message with an invalid
                checksum), ``"stall"`` (nothing until the read timeout of the client), ``"drop"``
                (the connection closes) or ``error(...)`` (an exception event).
            after: The number of events that are sent intact.

        Raises:
            InvalidRule: The operation returns no event stream, or cannot break it in this way.
        """
        return self._corrupt(stream_corruption(how, after))

    def times(self, count: int) -> Self:
        """Limit the rule to the next `count` matching calls, after which it is exhausted.

        Raises:
            InvalidRule: `count` is not a positive integer.
        """
        if type(count) is not int or count < 1:
            raise InvalidRule(f"times() requires a positive number of calls, not {count!r}")
        self._times = count
        if self.answers:
            self._apply_count()
        return self

    def optional(self) -> Self:
        """Allow the rule to remain unused."""
        self.is_optional = True
        return self

    # -- use --------------------------------------------------------------------------------

    @property
    def is_exhausted(self) -> bool:
        """Whether every answer has been used."""
        return self.remaining == 0

    @property
    def is_scripted_answer(self) -> bool:
        """Whether the rule scripts a resource: at least one of its answers is not a failure."""
        return self.target.scripts_resource and not all(map(_is_failure, self.answers))

    @property
    def is_unused(self) -> bool:
        """Whether the rule was used less often than it requires."""
        return not self.is_optional and self.used < self.expected

    def matches(self, call: Call, values: Mapping[str, Any]) -> bool:
        """Return whether the rule matches `call`.

        Args:
            call: The call.
            values: The values of the call that the members of the rule are compared with.
        """
        match = self.match
        if type(match) is not CallMatcher:
            return match.explain_mismatch(call, values) is None
        for name, matcher in self._matchers:
            if name not in values or not matcher(values[name]):
                return False
        if match.region is None and match.account_id is None and match.where is None:
            return True
        return match.explain_mismatch(call, values) is None

    def next_answer(self) -> Any:
        """Return the next answer, or `EXHAUSTED` if none is left."""
        with self._registry.lock:
            if self.remaining == 0:
                return EXHAUSTED
            answer = self.answers[0]
            if self.remaining is not None:
                index = len(self.answers) - self.remaining
                answer = self.answers[max(index, 0)]
                self._registry.undo_log.set(self, remaining=self.remaining - 1)
            self.used += 1
            return answer

    def _validated(self, answer: Any) -> Any:
        if isinstance(answer, (DefaultAnswer, ConnectionFailureAnswer)) or _is_exception(answer):
            return answer
        return self.target.check(answer)

    def _corrupt(self, corruption: Corruption) -> Self:
        self._require_connection_failures()
        if self.target.operations is not None:
            validate_corruption(self.target.operations(), corruption)
        self.corruption = corruption
        return self if self.answers else self._set_answers((DefaultAnswer(),))

    def _require_connection_failures(self) -> None:
        if not self.target.allows_connection_failures:
            raise InvalidRule(
                f"{self.target.title} accepts answers and errors, not connection failures"
            )

    def _fail_connection(self, kind: str) -> Self:
        self._require_connection_failures()
        return self._set_answers((ConnectionFailureAnswer(kind),))

    def _set_answers(self, answers: tuple[Any, ...]) -> Self:
        if self.answers and not isinstance(self.answers[0], DefaultAnswer):
            raise InvalidRule(
                "this rule already has an answer. Add another rule, or pass several answers to "
                "one reply(): reply(a, b)"
            )
        is_registered = bool(self.answers)
        self.answers = answers
        self._apply_count()
        if not is_registered:
            self._registry.add(self)
        return self

    def _apply_count(self) -> None:
        times = self._times
        if len(self.answers) > 1:
            self.answers = self.answers * (times or 1)
            self.remaining = len(self.answers)
        elif times is not None:
            self.answers = self.answers[:1] * times
            self.remaining = times
        self.expected = self.remaining or 1


def is_callable(answer: Any) -> bool:
    """Return whether an answer is a user callable, which is run for each call."""
    return callable(answer) and not isinstance(answer, type)


def resolve_answer(answer: Any, call: Call, then: Callable[[Any], Any]) -> Any:
    """Return the result of `answer` for `call`.

    Args:
        call: The call to be answered.
        answer: An answer of a rule.
        then: Turns a value into a result. It also receives what a callable returns.

    Returns:
        What `then` returns, or a `Deferred` if a callable has to run first.

    Raises:
        ServiceError: The answer is an error.
        ConnectionFailure: The answer fails the connection.
        BaseException: The answer is this exception.
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
    failures = (ErrorAnswer, ConnectionFailureAnswer, DefaultAnswer)
    return isinstance(answer, failures) or _is_exception(answer)


def _is_exception(answer: Any) -> bool:
    """Return whether an answer is an exception or an exception class."""
    kind = answer if isinstance(answer, type) else type(answer)
    return issubclass(kind, BaseException)


def members_text(members: Mapping[str, Any]) -> str:
    """Return match values as keyword arguments."""
    return ", ".join(f"{name}={abbreviate_repr(value, 60)}" for name, value in members.items())


def rule_text(rule: Rule) -> str:
    """Return a rule as Python code, with its count of uses and its location."""
    location = f"  ({short_location(rule.location)})" if rule.location else ""
    return f"{rule_expression(rule)}{_count_text(rule)}{location}"


def rule_expression(rule: Rule) -> str:
    """Return the target and the match values of a rule as Python code, without its answers."""
    arguments = members_text(rule.match.members)
    if rule.match.where is not None:
        where = f"where={abbreviate_repr(rule.match.where, 40)}"
        arguments = f"{arguments}, {where}" if arguments else where
    return target_expression(rule, arguments)


def target_expression(rule: Rule, arguments: str) -> str:
    """Return the target of a rule as Python code, with the match values `arguments`."""
    title = rule.target.title
    if not arguments:
        return title
    if title.startswith("ml.on(") and title.endswith(")"):
        return f"{title[:-1]}, {arguments})"
    return f"{title}.on({arguments})"


def _count_text(rule: Rule) -> str:
    if rule.remaining is None:
        return f" used {rule.used} times" if rule.used != 1 else " used once"
    total = rule.remaining + min(rule.used, rule.expected)
    return f" used {rule.used} of {max(total, rule.expected)} times"
