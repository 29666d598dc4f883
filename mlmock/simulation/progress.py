"""How asynchronous work moves on: at once, after so many looks or seconds, or by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mlmock.exposed import exposed
from mlmock.simulation.clock import Clock
from mlmock.simulation.undo_log import UndoLog


class Policy:
    """When work ends: after `polls` looks, after `seconds` of virtual time, or else by hand."""

    __slots__ = ("polls", "seconds")

    def __init__(self, polls: int | None = None, seconds: float | None = None) -> None:
        self.polls = polls
        self.seconds = seconds

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Policy):
            return NotImplemented
        return (self.polls, self.seconds) == (other.polls, other.seconds)

    def __hash__(self) -> int:
        return hash((self.polls, self.seconds))

    def __repr__(self) -> str:
        if self.polls is not None:
            return "immediately()" if self.polls == 0 else f"after_polls({self.polls})"
        return "manually()" if self.seconds is None else f"after({self.seconds})"


def immediately() -> Policy:
    """Work is over when the call that starts it returns; that call still shows it in progress."""
    return Policy(polls=0)


def after_polls(looks: int) -> Policy:
    """The next `looks` looks see the work in progress, the one after them sees it done."""
    if type(looks) is not int or looks < 0:
        raise ValueError(f"after_polls() takes a count of looks, not {looks!r}")
    return Policy(polls=looks)


def after(seconds: float) -> Policy:
    """Work is over when the virtual clock has moved on by `seconds`."""
    if not seconds >= 0:
        raise ValueError(f"after() takes seconds, not {seconds!r}")
    return Policy(seconds=float(seconds))


def manually() -> Policy:
    """Work is over when the test says so: `ml.progress.step()`, or the resource's own words."""
    return Policy()


@exposed("Progress", "policy set step")
class ProgressSetting:
    """The policy of a mock, a service, a kind of resource or one resource: its own or its parent's.

    `ml.lookoutvision.progress = after(60)` and `ml.lookoutvision.progress.set(after(60))` say the
    same.
    """

    def __init__(self, board: TaskRegistry, parent: ProgressSetting | None = None) -> None:
        self._board = board
        self._parent = parent
        self._own: Policy | None = None

    def __repr__(self) -> str:
        return f"<progress {self.policy!r}>"

    @property
    def policy(self) -> Policy:
        """The policy that holds here."""
        if self._own is not None:
            return self._own
        return self._parent.policy if self._parent is not None else self._board.default()

    @property
    def is_set(self) -> bool:
        """True when a policy was set here, and not only for what stands above."""
        return self._own is not None

    def set(self, policy: Policy | None) -> None:
        """Let work that starts from here on follow `policy`; None: the parent's again."""
        self._board.undo_log.set(self, _own=validate_policy(policy))

    def child(self) -> ProgressSetting:
        """Return a policy that is this one until it is set."""
        return ProgressSetting(self._board, self)

    def set_parent(self, parent: ProgressSetting) -> None:
        """Follow `parent` from here on wherever no policy is set here."""
        self._board.undo_log.set(self, _parent=parent)

    def step(self, count: int = 1) -> None:
        """End whatever work waits to be ended by hand, `count` times over (work starts work)."""
        for _ in range(count):
            self._board.step(self)

    def begin(self, finish: Callable[[], object]) -> Task:
        """Start work that `finish` ends, under the policy that holds now."""
        return self._board.begin(self, finish)

    def is_ancestor_of(self, other: ProgressSetting | None) -> bool:
        """True when `other` is this policy or one below it."""
        while other is not None and other is not self:
            other = other._parent
        return other is self


class RootProgressSetting(ProgressSetting):
    """The policy of a mock: what is set takes the place of a block's option, and goes with it.

    `holder` returns the block whose option holds.
    """

    def __init__(self, board: TaskRegistry, holder: Callable[[], Any]) -> None:
        super().__init__(board)
        self._holder = holder

    @property
    def policy(self) -> Policy:
        """The policy that holds here."""
        own: Policy | None = self._holder().policy
        return self._board.default() if own is None else own

    @property
    def is_set(self) -> bool:
        """True when a policy was set here, and not only for what stands above."""
        return self._holder().policy is not None

    def set(self, policy: Policy | None) -> None:
        """Let work that starts from here on follow `policy`; None: the block's option again."""
        self._board.undo_log.set(self._holder(), policy=validate_policy(policy))


def validate_policy(policy: Policy | None) -> Policy | None:
    """Return what is a policy, or None for the one above; TypeError for anything else."""
    if policy is not None and not isinstance(policy, Policy):
        raise TypeError(
            "progress is immediately(), after_polls(n), after(seconds) or manually(), "
            f"not {policy!r}"
        )
    return policy


class Task:
    """One piece of asynchronous work. `look()` at it from whatever shows the resource."""

    __slots__ = ("_board", "_cancel", "_finish", "_looks_left", "done", "owner", "policy")

    def __init__(
        self, board: TaskRegistry, owner: ProgressSetting, finish: Callable[[], object]
    ) -> None:
        self._board = board
        self._finish = finish
        self._cancel: Callable[[], None] | None = None
        self.owner = owner
        self.policy = owner.policy
        self._looks_left = self.policy.polls
        self.done = False

    @property
    def ends_on_next_poll(self) -> bool:
        """True when the next look ends the work."""
        return not self.done and self._looks_left == 0

    def poll(self) -> None:
        """Count one look; the one too many ends the work."""
        if self.done or self._looks_left is None:
            return
        if self._looks_left == 0:
            self.finish()
        else:
            self._board.undo_log.set(self, _looks_left=self._looks_left - 1)

    def finish(self) -> None:
        """End the work now, if it hasn't ended."""
        if not self.done:
            self.cancel()
            self._finish()

    def cancel(self) -> None:
        """Forget the work: something else has ended it."""
        self._board.remove(self)
        if self._cancel is not None:
            self._cancel()

    def start(self, clock: Clock) -> None:
        """Set the work going. Work that ends immediately ends here."""
        if self.policy.seconds is not None:
            self._cancel = clock.call_at(clock.seconds() + self.policy.seconds, self.finish)
        elif self.policy.polls == 0:
            self.finish()


class TaskRegistry:
    """All unfinished work of one mock."""

    def __init__(self, clock: Clock, undo_log: UndoLog, default: Callable[[], Policy]) -> None:
        self.undo_log = undo_log
        self.default = default
        self._clock = clock
        self._open: dict[int, Task] = {}

    def begin(self, owner: ProgressSetting, finish: Callable[[], object]) -> Task:
        """Start work for `owner`."""
        work = Task(self, owner, finish)
        self.undo_log.set_item(self._open, id(work), work)
        work.start(self._clock)
        return work

    def remove(self, work: Task) -> None:
        """Take `work` off the board."""
        self.undo_log.set(work, done=True)
        if id(work) in self._open:
            self.undo_log.pop_item(self._open, id(work))

    def clear(self) -> None:
        """Forget all work."""
        self.undo_log.record_contents(self._open)
        self._open.clear()

    def step(self, owner: ProgressSetting) -> None:
        """End the manual work under `owner` that is open now."""
        for work in list(self._open.values()):
            if work.policy == Policy() and owner.is_ancestor_of(work.owner):
                work.finish()


class ProgressAttribute:
    """An attribute that reads as a Progress and is set with a policy."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = f"_{name}"

    def __get__(self, thing: Any, owner: type | None = None) -> ProgressSetting:
        return thing.__dict__[self._name]  # type: ignore[no-any-return]

    def __set__(self, thing: Any, value: Policy | ProgressSetting | None) -> None:
        if isinstance(value, ProgressSetting):
            thing.__dict__[self._name] = value
        else:
            thing.__dict__[self._name].set(value)
