"""What a test author holds: `ml`. The only room outside `services/` that names services."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from mlmock.engine.options import check_place
from mlmock.engine.state import Block, World

if TYPE_CHECKING:
    from mlmock.aws.scope import Narrowing
    from mlmock.call import Call
    from mlmock.errors import AuthorError
    from mlmock.reporting.journal import Journal
    from mlmock.reporting.resource import Resource
    from mlmock.rules.rule import Rule, Subject
    from mlmock.services.bedrock_runtime import Handle as Bedrock
    from mlmock.services.common.handle import ServiceHandle
    from mlmock.services.lookoutvision import Handle as LookoutVision
    from mlmock.services.sagemaker_a2i_runtime import Handle as A2I
    from mlmock.services.sagemaker_runtime import Handle as SageMaker
    from mlmock.simulation.clock import Clock
    from mlmock.simulation.events import Events
    from mlmock.simulation.object_store import ObjectStore
    from mlmock.simulation.progress import Policy, Progress


def __tracebackhide__(caught: Any) -> bool:  # noqa: N807 - pytest's name
    """Say to pytest whether to leave our lines out of a traceback."""
    from mlmock.errors import told

    return told(caught)


class ServiceSlot:
    """An attribute of the handle: one service, loaded when somebody first asks for it.

    Not generic: making a generic class takes a part of the first block's time.
    """

    def __init__(self, service: str, folder: str) -> None:
        self.service = service
        self.module = f"mlmock.services.{folder}"
        self._attribute = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self._attribute = name

    def __get__(self, handle: MockML | None, owner: type) -> Any:
        """Return the service's handle."""
        if handle is None:
            return self
        made, key = handle._world.part(Handles).made, (self._attribute, handle._at)
        found = made.get(key)
        if found is None:
            make = import_module(self.module).Handle
            found = made.setdefault(key, make(handle._world, handle._at))
        return found


def held(service: str, folder: str) -> Any:
    """Return the slot of a service: to a type checker it is what the slot gives."""
    return ServiceSlot(service, folder)


class Handles:
    """The services' handles of a world, for every block's own; forgotten by a reset."""

    def __init__(self, world: World) -> None:
        self.made: dict[tuple[str, Narrowing], ServiceHandle] = {}


class MockML:
    """A running mock, or (by `ml.at`) a region or account of it."""

    a2i: A2I = held("sagemaker-a2i-runtime", "sagemaker_a2i_runtime")
    sagemaker: SageMaker = held("sagemaker-runtime", "sagemaker_runtime")
    lookoutvision: LookoutVision = held("lookoutvision", "lookoutvision")
    bedrock: Bedrock = held("bedrock-runtime", "bedrock_runtime")

    def __init__(self, block: Block, at: Narrowing | None = None) -> None:
        self._block = block
        self._world: World = block.world
        self._narrowed = at

    @property
    def _at(self) -> Narrowing:
        if self._narrowed is None:
            from mlmock.aws.scope import Narrowing

            self._narrowed = Narrowing()
        return self._narrowed

    def __repr__(self) -> str:
        names = ", ".join(sorted(self._world.holds))
        return f"<mlmock holding {names}: {self.calls.started} calls>"

    def _repr_html_(self) -> str:
        from mlmock.reporting.html import calls_html, resources_html

        return resources_html(self.resources()) + calls_html(self.calls)

    def resources(self) -> list[Resource]:
        """Return what there is of all held services, for people to look at."""
        slots = [name for name, slot in vars(MockML).items() if isinstance(slot, ServiceSlot)]
        held = [n for n in slots if vars(MockML)[n].service in self._world.holds]
        return [resource for name in held for resource in getattr(self, name).resources()]

    @property
    def progress(self) -> Progress:
        """How asynchronous work moves on; set with a policy."""
        return self._world.progress

    @progress.setter
    def progress(self, policy: Policy | None) -> None:
        self._world.progress.set(policy)

    @property
    def calls(self) -> Journal:
        """The journal of calls."""
        return self._world.calls

    @property
    def clock(self) -> Clock:
        """Virtual time."""
        return self._world.clock

    @property
    def s3(self) -> ObjectStore:
        """The object store: memory, or the S3 of an active moto."""
        return self._world.store

    @property
    def events(self) -> Events:
        """What AWS would have sent to EventBridge and SNS."""
        return self._world.events

    @property
    def unmatched(self) -> list[AuthorError]:
        """The UnmatchedCall and NotMocked that have been raised; `clear()` says: expected."""
        return self._world.unmatched

    def at(self, *, region: str | None = None, account_id: str | None = None) -> MockML:
        """Return this handle, narrowed to a region, an account, or both; ValueError for neither's.

        `account_id` has 12 digits.
        """
        check_place(region, account_id)
        return MockML(self._block, self._at.narrowed(region, account_id))

    def on(
        self,
        service: str,
        operation: str = "*",
        /,
        *,
        where: Callable[[Call], Any] | None = None,
        **members: Any,
    ) -> Rule:
        """Return a rule at the door of a held service; it exists once it has an answer.

        `operation` as AWS spells it, or ``"*"`` (faults only); `members` are match values of
        request members, `where` a predicate of the Call. BadAnswer names what doesn't exist.
        """
        from mlmock.errors import BadAnswer

        if where is not None and not callable(where):
            raise BadAnswer(f"where= takes a function of the call, not {where!r}")
        from mlmock.rules.rule import Match, Rule

        subject = door_subject(self._world, service, operation, members)
        match = Match(members, where, self._at.region, self._at.account_id)
        return Rule(self._world.book, subject, match)

    def reset(self) -> None:
        """Forget everything: resources, rules, journal, events, objects, advanced time."""
        self._world.reset()

    def savepoint(self) -> AbstractContextManager[None]:
        """Roll back at the end what changes inside."""
        return self._world.savepoint()

    def assert_all_used(self) -> None:
        """Raise UnusedRule if a rule was not used as often as it says, or UnmatchedCall again."""
        from mlmock.reporting.messages import unused

        if self._world.unmatched:
            raise self._world.unmatched[0]
        rules = self._world.book.unused()
        if rules:
            raise unused(rules, self.calls)


SLOTS: dict[str, ServiceSlot] = {
    slot.service: slot for slot in vars(MockML).values() if isinstance(slot, ServiceSlot)
}
REGISTRY: dict[str, str] = {service: slot.module for service, slot in SLOTS.items()}
HELD = frozenset(REGISTRY)


def services_named(names: Iterable[str]) -> frozenset[str]:
    """Return the held services for what `mock_ml` was given; none means all. ValueError."""
    chosen = frozenset(names)
    if not chosen:
        return HELD
    unknown = sorted(map(str, chosen - set(REGISTRY)))
    if unknown:
        known = ", ".join(sorted(REGISTRY))
        raise ValueError(f"mlmock holds {known}; it doesn't know {', '.join(unknown)}")
    return chosen


def door_subject(world: World, service: str, operation: str, members: dict[str, Any]) -> Subject:
    """Return the subject of a rule at the door, after checking that it names what exists."""
    from mlmock.rules.operation_rules import check_members, door_check, plans_of
    from mlmock.rules.rule import Subject

    if service not in world.holds:
        from mlmock.errors import BadAnswer
        from mlmock.reporting.messages import no_such_service

        raise BadAnswer(no_such_service(service, world.holds))
    revision = world.block.options.revision_of(service)
    check_members(service, operation, members, revision)
    return Subject(
        key=("door", service, operation),
        title=f'ml.on("{service}", "{operation}")',
        check=cast(Any, partial(door_check, service, operation, revision)),
        plans=partial(plans_of, service, operation, revision),
    )
