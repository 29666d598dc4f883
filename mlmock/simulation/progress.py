"""Progress of asynchronous tasks: at once, after polls, after seconds, or by the test."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mlmock.exposed import exposed
from mlmock.simulation.clock import Clock
from mlmock.simulation.undo_log import UndoLog


class Policy:
    """When a task completes: after `polls`, after `seconds` of virtual time, or by the test."""

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
    """Complete tasks when the call that starts them returns; its response shows progress."""
    return Policy(polls=0)


def after_polls(polls: int) -> Policy:
    """Show a task in progress to the next `polls` polls; the poll after them shows it completed.

    Raises:
        ValueError: `polls` is not an integer, or is negative.
    """
    if type(polls) is not int or polls < 0:
        raise ValueError(f"after_polls() takes a number of polls, not {polls!r}")
    return Policy(polls=polls)


def after(seconds: float) -> Policy:
    """Complete tasks when the virtual clock has advanced by `seconds`.

    Raises:
        ValueError: `seconds` is negative or not a number.
    """
    if not seconds >= 0:
        raise ValueError(f"after() takes a number of seconds, not {seconds!r}")
    return Policy(seconds=float(seconds))


def manually() -> Policy:
    """Complete tasks only when the test calls `ml.progress.step()` or a method of the resource."""
    return Policy()


@exposed("Progress", "policy set step")
class ProgressSetting:
    """The policy of a mock, a service, a kind of resource or one resource.

    It inherits the policy of its parent until it is set. `ml.lookoutvision.progress = after(60)`
    and `ml.lookoutvision.progress.set(after(60))` do the same.
    """

    def __init__(self, registry: TaskRegistry, parent: ProgressSetting | None = None) -> None:
        self._registry = registry
        self._parent = parent
        self._own: Policy | None = None

    def __repr__(self) -> str:
        return f"<progress {self.policy!r}>"

    @property
    def policy(self) -> Policy:
        """The policy in force."""
        if self._own is not None:
            return self._own
        return self._parent.policy if self._parent is not None else self._registry.default()

    @property
    def is_set(self) -> bool:
        """Whether a policy was set here and not inherited."""
        return self._own is not None

    def set(self, policy: Policy | None) -> None:
        """Set the policy of tasks that start from now on; None inherits from the parent again."""
        self._registry.undo_log.set(self, _own=validate_policy(policy))

    def child(self) -> ProgressSetting:
        """Return a setting that inherits from this one."""
        return ProgressSetting(self._registry, self)

    def set_parent(self, parent: ProgressSetting) -> None:
        """Inherit from `parent` from now on."""
        self._registry.undo_log.set(self, _parent=parent)

    def step(self, count: int = 1) -> None:
        """Complete the tasks that wait for the test, `count` times: a task may start another."""
        for _ in range(count):
            self._registry.step(self)

    def begin(self, finish: Callable[[], object]) -> Task:
        """Start a task under the current policy; `finish` completes it."""
        return self._registry.begin(self, finish)

    def is_ancestor_of(self, other: ProgressSetting | None) -> bool:
        """Return whether `other` is this setting or inherits from it."""
        while other is not None and other is not self:
            other = other._parent
        return other is self


class RootProgressSetting(ProgressSetting):
    """The policy of a mock: it replaces the option of a mock context, and ends with it.

    `holder` returns the mock context whose option is in force.
    """

    def __init__(self, registry: TaskRegistry, holder: Callable[[], Any]) -> None:
        super().__init__(registry)
        self._holder = holder

    @property
    def policy(self) -> Policy:
        """The policy in force."""
        own: Policy | None = self._holder().policy
        return self._registry.default() if own is None else own

    @property
    def is_set(self) -> bool:
        """Whether a policy was set here and not inherited."""
        return self._holder().policy is not None

    def set(self, policy: Policy | None) -> None:
        """Set the policy of tasks that start from now on; None restores the option."""
        self._registry.undo_log.set(self._holder(), policy=validate_policy(policy))


def validate_policy(policy: Policy | None) -> Policy | None:
    """Return `policy` if it is a policy or None; TypeError otherwise."""
    if policy is not None and not isinstance(policy, Policy):
        raise TypeError(
            "progress is immediately(), after_polls(n), after(seconds) or manually(), "
            f"not {policy!r}"
        )
    return policy


class Task:
    """An asynchronous task. Every operation that shows the resource calls `poll()`."""

    __slots__ = ("_cancel", "_finish", "_polls_left", "_registry", "done", "owner", "policy")

    def __init__(
        self, registry: TaskRegistry, owner: ProgressSetting, finish: Callable[[], object]
    ) -> None:
        self._registry = registry
        self._finish = finish
        self._cancel: Callable[[], None] | None = None
        self.owner = owner
        self.policy = owner.policy
        self._polls_left = self.policy.polls
        self.done = False

    @property
    def ends_on_next_poll(self) -> bool:
        """Whether the next poll completes the task."""
        return not self.done and self._polls_left == 0

    def poll(self) -> None:
        """Count a poll; complete the task if no polls are left."""
        if self.done or self._polls_left is None:
            return
        if self._polls_left == 0:
            self.finish()
        else:
            self._registry.undo_log.set(self, _polls_left=self._polls_left - 1)

    def finish(self) -> None:
        """Complete the task now, unless it is completed."""
        if not self.done:
            self.cancel()
            self._finish()

    def cancel(self) -> None:
        """Cancel the task: something else has completed it."""
        self._registry.remove(self)
        if self._cancel is not None:
            self._cancel()

    def start(self, clock: Clock) -> None:
        """Start the task; a task that completes immediately completes here."""
        if self.policy.seconds is not None:
            self._cancel = clock.call_at(clock.seconds() + self.policy.seconds, self.finish)
        elif self.policy.polls == 0:
            self.finish()


class TaskRegistry:
    """The unfinished tasks of a mock."""

    def __init__(self, clock: Clock, undo_log: UndoLog, default: Callable[[], Policy]) -> None:
        self.undo_log = undo_log
        self.default = default
        self._clock = clock
        self._open: dict[int, Task] = {}

    def begin(self, owner: ProgressSetting, finish: Callable[[], object]) -> Task:
        """Start a task under the policy of `owner`."""
        task = Task(self, owner, finish)
        self.undo_log.set_item(self._open, id(task), task)
        task.start(self._clock)
        return task

    def remove(self, task: Task) -> None:
        """Remove `task`, which is completed or canceled."""
        self.undo_log.set(task, done=True)
        if id(task) in self._open:
            self.undo_log.pop_item(self._open, id(task))

    def clear(self) -> None:
        """Remove all tasks."""
        self.undo_log.record_contents(self._open)
        self._open.clear()

    def step(self, owner: ProgressSetting) -> None:
        """Complete the manual tasks under `owner` that are open now."""
        for task in list(self._open.values()):
            if task.policy == Policy() and owner.is_ancestor_of(task.owner):
                task.finish()


class ProgressAttribute:
    """An attribute whose value is a ProgressSetting and that is set to a policy."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = f"_{name}"

    def __get__(self, thing: Any, owner: type | None = None) -> ProgressSetting:
        return thing.__dict__[self._name]  # type: ignore[no-any-return]

    def __set__(self, thing: Any, value: Policy | ProgressSetting | None) -> None:
        if isinstance(value, ProgressSetting):
            thing.__dict__[self._name] = value
        else:
            thing.__dict__[self._name].set(value)
