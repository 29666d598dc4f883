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
    from mlmock.aws.scope import Owner
    from mlmock.call import Call
    from mlmock.errors import AuthorError
    from mlmock.reporting.journal import Journal
    from mlmock.rules.index import Book
    from mlmock.simulation.clock import Clock
    from mlmock.simulation.events import Event, Events
    from mlmock.simulation.object_store import Buckets, ObjectStore
    from mlmock.simulation.progress import Board, MockProgress, Policy
    from mlmock.simulation.undo_log import Ledger

    Part = TypeVar("Part")

# Asks a neighbour's service one question: `ask("describe_endpoint", EndpointName="x")` returns the
# members of the answer, or None where the neighbour refuses.
Ask = Callable[..., "dict[str, Any] | None"]


class _MadeOnce:
    """An attribute of the world that is made (and its room loaded) when it is first asked for."""

    def __init__(self, make: Callable[[Any], Any]) -> None:
        self._make = make
        self._name = make.__name__
        self.__doc__ = make.__doc__

    def __get__(self, world: Any, owner: type) -> Any:
        """Make it, and let the next look find it in the world's own attributes."""
        if world is None:
            return self
        with world.lock:
            made = vars(world)
            if self._name not in made:
                made[self._name] = self._make(world)
            return made[self._name]


if TYPE_CHECKING:
    from functools import cached_property as made_once  # what it is to a type checker
else:
    made_once = _MadeOnce


class Block:
    """One running block: its options, and the world it shares with the blocks around it."""

    handle: Any = None
    request_ids: Iterator[str] | None = None
    policy: Policy | None = None
    ahead = 0.0  # how far the clock had been advanced when it was told to stand
    _random: random.Random | None = None

    def __init__(
        self, options: Options, services: frozenset[str], outer: Block | None = None
    ) -> None:
        self.options = options
        self.services = services
        self.world: World = World(self) if outer is None else outer.world
        self._draws_of: Block = self
        self.policy_of: Block = self

    def take_after(self, outer: Block, own: Collection[str]) -> None:
        """Go on with what `outer` has of the options that its author didn't give: `own` are given.

        So no id comes twice, a policy that was set holds on, and a clock stands where it stood.
        """
        if "seed" not in own:
            self._draws_of = outer
        if "progress" not in own:
            self.policy_of = outer.policy_of
        self.ahead = self.world.clock.offset if "now" in own else outer.ahead

    @property
    def stands_at(self) -> float | None:
        """The instant at which the block lets the clock stand, but for what it is advanced."""
        now = self.options.now
        if now is None:
            return None
        from mlmock.simulation.clock import to_seconds

        return to_seconds(now) - self.ahead

    def count_requests(self) -> Iterator[str]:
        """Return (and keep) the ids of the block's requests: a seeded start, and a count."""
        with self.world.lock:  # threads that come at once would each begin with the same draw
            if self.request_ids is None:
                start = new_id(self.random)[:24]
                self.request_ids = map(f"{start}{{:012x}}".format, itertools.count(1))
            return self.request_ids

    def restart(self) -> None:
        """Draw from the seed again, and forget what was set and advanced."""
        self.world.ledger.change(self, _random=None, request_ids=None, ahead=0.0)
        self.world.ledger.change(self.policy_of, policy=None)
        if self._draws_of is not self:
            self._draws_of.restart()

    @property
    def random(self) -> random.Random:
        """The source of ids and draws; seeded, made on first use."""
        if self._draws_of is not self:
            return self._draws_of.random
        if self._random is None:
            with self.world.lock:
                if self._random is None:
                    self._random = random.Random(self.options.seed)
        return self._random


class World:
    """The state of a mock: resources, rules, journal, clock. Lives as long as a block runs."""

    # What its mock gives it.
    registry: Mapping[str, str]
    outside: Callable[[World], Buckets | None]
    deliver: Callable[[World, Event], None] | None = None
    neighbour: Callable[[World, str, Owner], Ask | None]
    interception: Any = None
    clients: Any = None
    _date = (0, "")

    def __init__(self, first: Block) -> None:
        self.blocks: tuple[Block, ...] = (first,)
        self.first = first
        self.lock = threading.RLock()
        self.mark = object()
        self.unmatched: list[AuthorError] = []
        self.holds: frozenset[str] = first.services
        self._blame: dict[int, Block] = {}
        self._backends: dict[tuple[str, str, str], Any] = {}
        self._parts: dict[type, Any] = {}

    # -- blocks -----------------------------------------------------------------------------

    @property
    def block(self) -> Block:
        """The block that decides: the one started last."""
        return self.blocks[-1] if self.blocks else self.first

    def enter(self, block: Block) -> None:
        """Let `block` decide from here on."""
        self.blocks = (*self.blocks, block)
        self._settle_options()

    def leave(self, block: Block) -> None:
        """Let `block` decide no longer."""
        self.blocks = tuple(other for other in self.blocks if other is not block)
        self._settle_options()

    def _settle_options(self) -> None:
        self.holds = frozenset().union(*(block.services for block in self.blocks))
        self.clock.stand_at(_standing(self.blocks))

    # -- state ------------------------------------------------------------------------------

    @made_once
    def ledger(self) -> Ledger:
        """What every change goes through."""
        from mlmock.simulation.undo_log import Ledger

        return Ledger()

    @made_once
    def clock(self) -> Clock:
        """Virtual time."""
        from mlmock.simulation.clock import Clock

        clock = Clock(self.ledger, now=self.first.options.now, lock=self.lock)
        if self.interception is not None:
            clock.on_patch_sleep = self.interception.patch_sleep
        return clock

    @made_once
    def board(self) -> Board:
        """All unfinished work."""
        from mlmock.simulation.progress import Board, immediately

        return Board(self.clock, self.ledger, lambda: self.block.options.progress or immediately())

    @made_once
    def progress(self) -> MockProgress:
        """How asynchronous work moves on."""
        from mlmock.simulation.progress import MockProgress

        return MockProgress(self.board, lambda: self.block.policy_of)

    @made_once
    def calls(self) -> Journal:
        """The journal of calls."""
        from mlmock.reporting.journal import Journal

        return Journal(self.first.options.journal)

    @made_once
    def book(self) -> Book:
        """The rules."""
        from mlmock.rules.index import Book

        return Book(self.ledger, lambda: self.block)

    @made_once
    def events(self) -> Events:
        """What AWS would have sent to EventBridge and SNS."""
        from mlmock.simulation.events import Events

        return Events(self.ledger)

    @made_once
    def store(self) -> ObjectStore:
        """The object store."""
        from mlmock.simulation.object_store import ObjectStore

        return ObjectStore(self.ledger, self._owner, lambda: self.outside(self))

    def _owner(self) -> Owner:
        from mlmock.aws.scope import Owner

        options = self.block.options
        return Owner(options.account_id, options.region)

    def end_rules(self, block: Block) -> list[Any]:
        """Take out the rules of a `block` that ends, and return those that were not used."""
        return self.book.end(block) if "book" in vars(self) else []

    def backend(self, service: str, account_id: str, region: str) -> Any:
        """Return the backend of `service` in an account and region; made on first use."""
        key = (service, account_id, region)
        found = self._backends.get(key)
        if found is None:
            with self.lock:
                found = self._backends.get(key)
                if found is None:
                    found = self._backends[key] = self._open(service, account_id, region)
        return found

    def _open(self, service: str, account_id: str, region: str) -> Any:
        from mlmock.aws.scope import Scope

        backend = import_module(self.registry[service]).Backend
        return backend(self, Scope(account_id=account_id, region=region))

    def backends(self, service: str) -> Iterator[Any]:
        """Yield the backends of `service` that have been used."""
        yield from [b for (name, _, _), b in list(self._backends.items()) if name == service]

    def part(self, kind: type[Part]) -> Part:
        """Return the one `kind` of this world: what a service declares for all its backends."""
        found = self._parts.get(kind)
        if found is None:
            with self.lock:
                found = self._parts.setdefault(kind, cast(Any, kind)(self))
        return cast("Part", found)

    def new_id(self) -> str:
        """Return a UUID (version 4) of the seeded source."""
        return new_id(self.block.random)

    def emit(self, event: Event) -> None:
        """Put down an event, and send it to where an active neighbour listens."""
        self.events.emit(event)
        if self.deliver is not None:
            self.deliver(self, event)

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
                self.ledger.keep(made)
                made.clear()
            self.ledger.change(self, clients=None)
            if "store" in vars(self):
                self.ledger.drop(vars(self), "store")
            self.book.clear()
            self.ledger.note(self.calls.clear())
            self.events.clear()
            self.unmatched.clear()
            self.clock.restart()
            self.board.clear()
            for block in self.blocks:
                block.restart()
            self._settle_options()

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Roll back at the end what changes inside; uses and unmatched calls stay known."""
        block, started, backends = self.block, self.calls.started, set(self._backends)
        source, ids = block.random, block.request_ids
        state = source.getstate()
        try:
            with self.ledger.savepoint():
                yield
        finally:
            self.calls.rewind(started)
            source.setstate(state)
            block.request_ids = ids
            for key in set(self._backends) - backends:
                del self._backends[key]

    # -- what a test author has to know -----------------------------------------------------

    def blame(self, fault: AuthorError) -> AuthorError:
        """Remember `fault`, so that the block that runs fails with it even if it is swallowed."""
        self.unmatched.append(fault)
        self._blame[id(fault)] = self.block
        return fault

    def blamed(self, block: Block) -> list[AuthorError]:
        """Return the faults of `block` that nobody has cleared, and forget them."""
        if not self.unmatched:
            return []
        mine = [fault for fault in self.unmatched if self._blame.get(id(fault)) is block]
        self.unmatched[:] = [fault for fault in self.unmatched if fault not in mine]
        return mine

    def wait(self, call: Call, seconds: float) -> None:
        """Let virtual time pass before an answer; the caller's read timeout ends it."""
        if not seconds:
            return
        from mlmock.errors import ConnectionFault

        if call.patience is not None and seconds > call.patience:
            raise ConnectionFault("read_timeout")
        self.clock.advance(seconds=seconds)

    def unmatched_call(self, call: Call, text: str) -> None:
        """Raise UnmatchedCall, or let the default answer where the block isn't strict."""
        if self.block.options.strict:
            from mlmock.errors import UnmatchedCall

            raise UnmatchedCall(text)


def new_id(source: random.Random) -> str:
    """Return a UUID (version 4) drawn from `source`."""
    digits = f"{source.getrandbits(128):032x}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def _standing(blocks: tuple[Block, ...]) -> float | None:
    return next((b.stands_at for b in reversed(blocks) if b.stands_at is not None), None)
