"""Active mock contexts, and the state that nested contexts share."""

from __future__ import annotations

import itertools
import random
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar, cast

from mlmock.engine.options import Options

if TYPE_CHECKING:
    from mlmock.aws.scope import Scope
    from mlmock.call import Call
    from mlmock.errors import MlmockError
    from mlmock.reporting.journal import Journal
    from mlmock.rules.index import RuleIndex
    from mlmock.simulation.clock import Clock
    from mlmock.simulation.events import Event, Events
    from mlmock.simulation.object_store import BucketStore, ObjectStore
    from mlmock.simulation.progress import Policy, RootProgressSetting, TaskRegistry
    from mlmock.simulation.undo_log import UndoLog

    Shared = TypeVar("Shared")

# Calls an operation of another mock's service: `call("describe_endpoint", EndpointName="x")`
# returns the members of the response, or None if the service responds with an error.
ExternalCall = Callable[..., "dict[str, Any] | None"]


class _LazyAttribute:
    """An attribute of the state that is created, and its module imported, on first use."""

    def __init__(self, create: Callable[[Any], Any]) -> None:
        self._create = create
        self._name = create.__name__
        self.__doc__ = create.__doc__

    def __get__(self, mock_state: Any, owner: type) -> Any:
        """Create the value and store it as an instance attribute, which takes precedence."""
        if mock_state is None:
            return self
        with mock_state.lock:
            attributes = vars(mock_state)
            if self._name not in attributes:
                attributes[self._name] = self._create(mock_state)
            return attributes[self._name]


if TYPE_CHECKING:
    from functools import cached_property as lazy_attribute
else:
    lazy_attribute = _LazyAttribute


class MockContext:
    """An active mock: its options, and the state that it shares with the mocks around it."""

    handle: Any = None
    request_ids: Iterator[str] | None = None
    policy: Policy | None = None
    offset_at_freeze = 0.0  # The offset of the clock, in seconds, when `now=` froze it.
    _random: random.Random | None = None

    def __init__(
        self, options: Options, services: frozenset[str], outer: MockContext | None = None
    ) -> None:
        self.options = options
        self.services = services
        self.state: MockState = MockState(self) if outer is None else outer.state
        self._random_owner: MockContext = self
        self.policy_owner: MockContext = self

    def inherit_from(self, outer: MockContext, own_options: Collection[str]) -> None:
        """Share the random source, the policy and the frozen clock of `outer`.

        Args:
            outer: The context that is active around this one.
            own_options: The names of the options that were passed for this context. What belongs
                to them is not shared.
        """
        if "seed" not in own_options:
            self._random_owner = outer
        if "progress" not in own_options:
            self.policy_owner = outer.policy_owner
        self.offset_at_freeze = (
            self.state.clock.offset if "now" in own_options else outer.offset_at_freeze
        )

    @property
    def frozen_at(self) -> float | None:
        """The frozen time in seconds since 1970, without advances; None for a running clock."""
        now = self.options.now
        if now is None:
            return None
        from mlmock.simulation.clock import to_seconds

        return to_seconds(now) - self.offset_at_freeze

    def request_id_sequence(self) -> Iterator[str]:
        """Return the request ids of this context: a seeded prefix and a counter."""
        with self.state.lock:  # Concurrent threads share one sequence.
            if self.request_ids is None:
                start = new_id(self.random)[:24]
                self.request_ids = map(f"{start}{{:012x}}".format, itertools.count(1))
            return self.request_ids

    def reset(self) -> None:
        """Restart the random source, and discard the policy and the advances of the clock."""
        self.state.undo_log.set(self, _random=None, request_ids=None, offset_at_freeze=0.0)
        self.state.undo_log.set(self.policy_owner, policy=None)
        if self._random_owner is not self:
            self._random_owner.reset()

    @property
    def random(self) -> random.Random:
        """The seeded source of ids and random choices, created on first use."""
        if self._random_owner is not self:
            return self._random_owner.random
        if self._random is None:
            with self.state.lock:
                if self._random is None:
                    self._random = random.Random(self.options.seed)
        return self._random


class MockState:
    """The state that nested contexts share: resources, rules, journal, clock."""

    # Set by `mlmock.mock.externals`.
    registry: Mapping[str, str]
    external_buckets: Callable[[MockState], BucketStore | None]
    forward_event: Callable[[MockState, Event], None] | None = None
    external_service: Callable[[MockState, str, Scope], ExternalCall | None]
    interception: Any = None
    clients: Any = None
    _date = (0, "")

    def __init__(self, first: MockContext) -> None:
        self.contexts: tuple[MockContext, ...] = (first,)
        self.first = first
        self.lock = threading.RLock()
        self.sentinel_id = object()
        self.unmatched: list[MlmockError] = []
        self.mocked_services: frozenset[str] = first.services
        self._failed_contexts: dict[int, MockContext] = {}
        self._backends: dict[tuple[str, str, str], Any] = {}
        self._shared: dict[type, Any] = {}

    # -- contexts ---------------------------------------------------------------------------

    @property
    def context(self) -> MockContext:
        """The context whose options apply: the one that was started last."""
        return self.contexts[-1] if self.contexts else self.first

    def push(self, context: MockContext) -> None:
        """Activate `context` and apply its options."""
        self.contexts = (*self.contexts, context)
        self._apply_options()

    def remove(self, context: MockContext) -> None:
        """Deactivate `context` and apply the options of those that remain."""
        self.contexts = tuple(other for other in self.contexts if other is not context)
        self._apply_options()

    def _apply_options(self) -> None:
        self.mocked_services = frozenset().union(*(context.services for context in self.contexts))
        self.clock.freeze(_frozen_time(self.contexts))

    # -- state ------------------------------------------------------------------------------

    @lazy_attribute
    def undo_log(self) -> UndoLog:
        """The log of changes, which savepoints roll back."""
        from mlmock.simulation.undo_log import UndoLog

        return UndoLog()

    @lazy_attribute
    def clock(self) -> Clock:
        """The virtual clock."""
        from mlmock.simulation.clock import Clock

        clock = Clock(self.undo_log, now=self.first.options.now, lock=self.lock)
        if self.interception is not None:
            clock.on_patch_time = self.interception.patch_time
        return clock

    @lazy_attribute
    def tasks(self) -> TaskRegistry:
        """The asynchronous tasks that are not complete."""
        from mlmock.simulation.progress import TaskRegistry, immediately

        return TaskRegistry(
            self.clock, self.undo_log, lambda: self.context.options.progress or immediately()
        )

    @lazy_attribute
    def progress(self) -> RootProgressSetting:
        """The policy for asynchronous work."""
        from mlmock.simulation.progress import RootProgressSetting

        return RootProgressSetting(self.tasks, lambda: self.context.policy_owner)

    @lazy_attribute
    def calls(self) -> Journal:
        """The journal of calls."""
        from mlmock.reporting.journal import Journal

        return Journal(self.first.options.journal)

    @lazy_attribute
    def rules(self) -> RuleIndex:
        """The index of rules."""
        from mlmock.rules.index import RuleIndex

        return RuleIndex(self.undo_log, lambda: self.context)

    @lazy_attribute
    def events(self) -> Events:
        """The events that AWS would have sent to EventBridge and SNS."""
        from mlmock.simulation.events import Events

        return Events(self.undo_log)

    @lazy_attribute
    def store(self) -> ObjectStore:
        """The object store."""
        from mlmock.simulation.object_store import ObjectStore

        return ObjectStore(self.undo_log, self._default_scope, lambda: self.external_buckets(self))

    def _default_scope(self) -> Scope:
        from mlmock.aws.scope import Scope

        options = self.context.options
        return Scope(options.account_id, options.region)

    def expire_rules(self, context: MockContext) -> list[Any]:
        """Remove the rules of a context that ends, and return the unused ones."""
        return self.rules.expire(context) if "rules" in vars(self) else []

    def backend(self, service: str, account_id: str, region: str) -> Any:
        """Return the backend of a service, which is created on first use.

        Args:
            service: The name of the service.
            account_id: The account of the backend.
            region: The region of the backend.
        """
        key = (service, account_id, region)
        backend = self._backends.get(key)
        if backend is None:
            with self.lock:
                backend = self._backends.get(key)
                if backend is None:
                    backend = self._create_backend(service, account_id, region)
                    self._backends[key] = backend
        return backend

    def _create_backend(self, service: str, account_id: str, region: str) -> Any:
        from mlmock.aws.scope import Scope

        backend = import_module(self.registry[service]).Backend
        return backend(self, Scope(account_id=account_id, region=region))

    def backends(self, service: str) -> Iterator[Any]:
        """Yield the backends of `service` that have been created."""
        backends = list(self._backends.items())
        yield from [backend for (name, _, _), backend in backends if name == service]

    def shared(self, kind: type[Shared]) -> Shared:
        """Return the only instance of `kind`, such as the declarations of a service."""
        instance = self._shared.get(kind)
        if instance is None:
            with self.lock:
                instance = self._shared.setdefault(kind, cast(Any, kind)(self))
        return cast("Shared", instance)

    def new_id(self) -> str:
        """Return a UUID (version 4) from the seeded source."""
        return new_id(self.context.random)

    def emit(self, event: Event) -> None:
        """Record an event, and forward it to an active external mock."""
        self.events.emit(event)
        if self.forward_event is not None:
            self.forward_event(self, event)

    def date_header(self, seconds: float) -> str:
        """Return a time, in seconds since 1970, as an HTTP date."""
        second = int(seconds)
        if second != self._date[0]:
            from mlmock.aws.spec.timestamps import http_date
            from mlmock.simulation.clock import to_datetime

            self._date = (second, http_date(to_datetime(second)))
        return self._date[1]

    def reset(self) -> None:
        """Discard everything: resources, rules, journal, events, objects, advances of the clock."""
        with self.lock:
            for instances in (self._backends, self._shared):
                self.undo_log.record_contents(instances)
                instances.clear()
            self.undo_log.set(self, clients=None)
            if "store" in vars(self):
                self.undo_log.pop_item(vars(self), "store")
            self.rules.clear()
            self.undo_log.record(self.calls.clear())
            self.events.clear()
            self.unmatched.clear()
            self.clock.restart()
            self.tasks.clear()
            for context in self.contexts:
                context.reset()
            self._apply_options()

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Roll back changes at the end, except counts of used rules and unmatched calls."""
        context, total, backends = self.context, self.calls.total, set(self._backends)
        source, request_ids = context.random, context.request_ids
        source_state = source.getstate()
        try:
            with self.undo_log.savepoint():
                yield
        finally:
            self.calls.truncate(total)
            source.setstate(source_state)
            context.request_ids = request_ids
            for key in set(self._backends) - backends:
                del self._backends[key]

    # -- failures ---------------------------------------------------------------------------

    def record_failure(self, error: MlmockError) -> MlmockError:
        """Record `error`, so that the current context fails with it even if it is suppressed."""
        self.unmatched.append(error)
        self._failed_contexts[id(error)] = self.context
        return error

    def take_failures(self, context: MockContext) -> list[MlmockError]:
        """Return the errors of `context` that the test has not cleared, and remove them."""
        if not self.unmatched:
            return []
        contexts = self._failed_contexts
        failures = [error for error in self.unmatched if contexts.get(id(error)) is context]
        self.unmatched[:] = [error for error in self.unmatched if error not in failures]
        return failures

    def simulate_latency(self, call: Call, seconds: float) -> None:
        """Advance the clock before an answer.

        Args:
            call: The call to be answered.
            seconds: The latency, in seconds of virtual time.

        Raises:
            ConnectionFailure: The latency exceeds the read timeout of the client.
        """
        if not seconds:
            return
        from mlmock.errors import ConnectionFailure

        if call.read_timeout is not None and seconds > call.read_timeout:
            raise ConnectionFailure("read_timeout")
        self.clock.advance(seconds=seconds)

    def raise_unmatched(self, call: Call, message: str) -> None:
        """Raise UnmatchedCall if the mock is strict. Otherwise the default answer is used.

        Args:
            call: The call.
            message: The message of the error.

        Raises:
            UnmatchedCall: The mock is strict.
        """
        if self.context.options.strict:
            from mlmock.errors import UnmatchedCall

            raise UnmatchedCall(message)


def new_id(source: random.Random) -> str:
    """Return a UUID (version 4) drawn from `source`."""
    digits = f"{source.getrandbits(128):032x}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def _frozen_time(contexts: tuple[MockContext, ...]) -> float | None:
    times = (context.frozen_at for context in reversed(contexts))
    return next((time for time in times if time is not None), None)
