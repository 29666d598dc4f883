"""What the running blocks share, and the blocks themselves."""

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

    Part = TypeVar("Part")

# Asks a neighbour's service one question: `ask("describe_endpoint", EndpointName="x")` returns the
# members of the answer, or None where the neighbour refuses.
ExternalCall = Callable[..., "dict[str, Any] | None"]


class _LazyAttribute:
    """An attribute of the world that is made (and its room loaded) when it is first asked for."""

    def __init__(self, make: Callable[[Any], Any]) -> None:
        self._make = make
        self._name = make.__name__
        self.__doc__ = make.__doc__

    def __get__(self, mock_state: Any, owner: type) -> Any:
        """Make it, and let the next look find it in the world's own attributes."""
        if mock_state is None:
            return self
        with mock_state.lock:
            made = vars(mock_state)
            if self._name not in made:
                made[self._name] = self._make(mock_state)
            return made[self._name]


if TYPE_CHECKING:
    from functools import cached_property as made_once  # what it is to a type checker
else:
    made_once = _LazyAttribute


class MockContext:
    """One running block: its options, and the world it shares with the blocks around it."""

    handle: Any = None
    request_ids: Iterator[str] | None = None
    policy: Policy | None = None
    ahead = 0.0  # how far the clock had been advanced when it was told to stand
    _random: random.Random | None = None

    def __init__(
        self, options: Options, services: frozenset[str], outer: MockContext | None = None
    ) -> None:
        self.options = options
        self.services = services
        self.state: MockState = MockState(self) if outer is None else outer.state
        self._draws_of: MockContext = self
        self.policy_of: MockContext = self

    def inherit_from(self, outer: MockContext, own: Collection[str]) -> None:
        """Go on with what `outer` has of the options that its author didn't give: `own` are given.

        So no id comes twice, a policy that was set holds on, and a clock stands where it stood.
        """
        if "seed" not in own:
            self._draws_of = outer
        if "progress" not in own:
            self.policy_of = outer.policy_of
        self.ahead = self.state.clock.offset if "now" in own else outer.ahead

    @property
    def frozen_at(self) -> float | None:
        """The instant at which the block lets the clock stand, but for what it is advanced."""
        now = self.options.now
        if now is None:
            return None
        from mlmock.simulation.clock import to_seconds

        return to_seconds(now) - self.ahead

    def request_id_sequence(self) -> Iterator[str]:
        """Return (and keep) the ids of the block's requests: a seeded start, and a count."""
        with self.state.lock:  # threads that come at once would each begin with the same draw
            if self.request_ids is None:
                start = new_id(self.random)[:24]
                self.request_ids = map(f"{start}{{:012x}}".format, itertools.count(1))
            return self.request_ids

    def reset(self) -> None:
        """Draw from the seed again, and forget what was set and advanced."""
        self.state.undo_log.set(self, _random=None, request_ids=None, ahead=0.0)
        self.state.undo_log.set(self.policy_of, policy=None)
        if self._draws_of is not self:
            self._draws_of.reset()

    @property
    def random(self) -> random.Random:
        """The source of ids and draws; seeded, made on first use."""
        if self._draws_of is not self:
            return self._draws_of.random
        if self._random is None:
            with self.state.lock:
                if self._random is None:
                    self._random = random.Random(self.options.seed)
        return self._random


class MockState:
    """The state of a mock: resources, rules, journal, clock. Lives as long as a block runs."""

    # What its mock gives it.
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
        self._blame: dict[int, MockContext] = {}
        self._backends: dict[tuple[str, str, str], Any] = {}
        self._parts: dict[type, Any] = {}

    # -- blocks -----------------------------------------------------------------------------

    @property
    def context(self) -> MockContext:
        """The block that decides: the one started last."""
        return self.contexts[-1] if self.contexts else self.first

    def push(self, context: MockContext) -> None:
        """Let `context` decide from here on."""
        self.contexts = (*self.contexts, context)
        self._settle_options()

    def remove(self, context: MockContext) -> None:
        """Let `context` decide no longer."""
        self.contexts = tuple(other for other in self.contexts if other is not context)
        self._settle_options()

    def _settle_options(self) -> None:
        self.mocked_services = frozenset().union(*(context.services for context in self.contexts))
        self.clock.freeze(_frozen_time(self.contexts))

    # -- state ------------------------------------------------------------------------------

    @made_once
    def undo_log(self) -> UndoLog:
        """What every change goes through."""
        from mlmock.simulation.undo_log import UndoLog

        return UndoLog()

    @made_once
    def clock(self) -> Clock:
        """Virtual time."""
        from mlmock.simulation.clock import Clock

        clock = Clock(self.undo_log, now=self.first.options.now, lock=self.lock)
        if self.interception is not None:
            clock.on_patch_time = self.interception.patch_time
        return clock

    @made_once
    def board(self) -> TaskRegistry:
        """All unfinished work."""
        from mlmock.simulation.progress import TaskRegistry, immediately

        return TaskRegistry(
            self.clock, self.undo_log, lambda: self.context.options.progress or immediately()
        )

    @made_once
    def progress(self) -> RootProgressSetting:
        """How asynchronous work moves on."""
        from mlmock.simulation.progress import RootProgressSetting

        return RootProgressSetting(self.board, lambda: self.context.policy_of)

    @made_once
    def calls(self) -> Journal:
        """The journal of calls."""
        from mlmock.reporting.journal import Journal

        return Journal(self.first.options.journal)

    @made_once
    def rules(self) -> RuleIndex:
        """The rules."""
        from mlmock.rules.index import RuleIndex

        return RuleIndex(self.undo_log, lambda: self.context)

    @made_once
    def events(self) -> Events:
        """What AWS would have sent to EventBridge and SNS."""
        from mlmock.simulation.events import Events

        return Events(self.undo_log)

    @made_once
    def store(self) -> ObjectStore:
        """The object store."""
        from mlmock.simulation.object_store import ObjectStore

        return ObjectStore(self.undo_log, self._default_scope, lambda: self.external_buckets(self))

    def _default_scope(self) -> Scope:
        from mlmock.aws.scope import Scope

        options = self.context.options
        return Scope(options.account_id, options.region)

    def expire_rules(self, context: MockContext) -> list[Any]:
        """Take out the rules of a `context` that ends, and return those that were not used."""
        return self.rules.expire(context) if "rules" in vars(self) else []

    def backend(self, service: str, account_id: str, region: str) -> Any:
        """Return the backend of `service` in an account and region; made on first use."""
        key = (service, account_id, region)
        found = self._backends.get(key)
        if found is None:
            with self.lock:
                found = self._backends.get(key)
                if found is None:
                    found = self._backends[key] = self._create_backend(service, account_id, region)
        return found

    def _create_backend(self, service: str, account_id: str, region: str) -> Any:
        from mlmock.aws.scope import Scope

        backend = import_module(self.registry[service]).Backend
        return backend(self, Scope(account_id=account_id, region=region))

    def backends(self, service: str) -> Iterator[Any]:
        """Yield the backends of `service` that have been used."""
        yield from [b for (name, _, _), b in list(self._backends.items()) if name == service]

    def shared(self, kind: type[Part]) -> Part:
        """Return the one `kind` of this world: what a service declares for all its backends."""
        found = self._parts.get(kind)
        if found is None:
            with self.lock:
                found = self._parts.setdefault(kind, cast(Any, kind)(self))
        return cast("Part", found)

    def new_id(self) -> str:
        """Return a UUID (version 4) of the seeded source."""
        return new_id(self.context.random)

    def emit(self, event: Event) -> None:
        """Put down an event, and send it to where an active neighbour listens."""
        self.events.emit(event)
        if self.forward_event is not None:
            self.forward_event(self, event)

    def date_header(self, seconds: float) -> str:
        """Return an instant, in seconds since 1970, as an HTTP date."""
        second = int(seconds)
        if second != self._date[0]:
            from mlmock.aws.spec.timestamps import http_date
            from mlmock.simulation.clock import to_datetime

            self._date = (second, http_date(to_datetime(second)))
        return self._date[1]

    def reset(self) -> None:
        """Forget everything: resources, rules, journal, events, objects, what was advanced."""
        with self.lock:
            for made in (self._backends, self._parts):
                self.undo_log.record_contents(made)
                made.clear()
            self.undo_log.set(self, clients=None)
            if "store" in vars(self):
                self.undo_log.pop_item(vars(self), "store")
            self.rules.clear()
            self.undo_log.record(self.calls.clear())
            self.events.clear()
            self.unmatched.clear()
            self.clock.restart()
            self.board.clear()
            for context in self.contexts:
                context.reset()
            self._settle_options()

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Roll back at the end what changes inside; uses and unmatched calls stay known."""
        context, started, backends = self.context, self.calls.total, set(self._backends)
        source, ids = context.random, context.request_ids
        state = source.getstate()
        try:
            with self.undo_log.savepoint():
                yield
        finally:
            self.calls.truncate(started)
            source.setstate(state)
            context.request_ids = ids
            for key in set(self._backends) - backends:
                del self._backends[key]

    # -- what a test author has to know -----------------------------------------------------

    def record_failure(self, fault: MlmockError) -> MlmockError:
        """Remember `fault`, so that the block that runs fails with it even if it is swallowed."""
        self.unmatched.append(fault)
        self._blame[id(fault)] = self.context
        return fault

    def take_failures(self, context: MockContext) -> list[MlmockError]:
        """Return the faults of `context` that nobody has cleared, and forget them."""
        if not self.unmatched:
            return []
        mine = [fault for fault in self.unmatched if self._blame.get(id(fault)) is context]
        self.unmatched[:] = [fault for fault in self.unmatched if fault not in mine]
        return mine

    def simulate_latency(self, call: Call, seconds: float) -> None:
        """Let virtual time pass before an answer; the caller's read timeout ends it."""
        if not seconds:
            return
        from mlmock.errors import ConnectionFailure

        if call.read_timeout is not None and seconds > call.read_timeout:
            raise ConnectionFailure("read_timeout")
        self.clock.advance(seconds=seconds)

    def raise_unmatched(self, call: Call, text: str) -> None:
        """Raise UnmatchedCall, or let the default answer where the block isn't strict."""
        if self.context.options.strict:
            from mlmock.errors import UnmatchedCall

            raise UnmatchedCall(text)


def new_id(source: random.Random) -> str:
    """Return a UUID (version 4) drawn from `source`."""
    digits = f"{source.getrandbits(128):032x}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def _frozen_time(contexts: tuple[MockContext, ...]) -> float | None:
    return next((b.frozen_at for b in reversed(contexts) if b.frozen_at is not None), None)
