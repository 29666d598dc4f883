"""What a test author holds: `ml`. The only room outside `services/` that names services."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from mlmock.engine.options import validate_region_and_account
from mlmock.engine.state import MockContext, MockState

if TYPE_CHECKING:
    from mlmock.aws.scope import ScopeFilter
    from mlmock.call import Call
    from mlmock.errors import MlmockError
    from mlmock.reporting.journal import Journal
    from mlmock.reporting.resource import Resource
    from mlmock.rules.rule import Rule, RuleTarget
    from mlmock.services.bedrock_runtime import Handle as Bedrock
    from mlmock.services.common.handle import ServiceHandle
    from mlmock.services.lookoutvision import Handle as LookoutVision
    from mlmock.services.sagemaker_a2i_runtime import Handle as A2I
    from mlmock.services.sagemaker_runtime import Handle as SageMaker
    from mlmock.simulation.clock import Clock
    from mlmock.simulation.events import Events
    from mlmock.simulation.object_store import ObjectStore
    from mlmock.simulation.progress import Policy, ProgressSetting


def __tracebackhide__(caught: Any) -> bool:  # noqa: N807 - pytest's name
    """Say to pytest whether to leave our lines out of a traceback."""
    from mlmock.errors import hide_traceback

    return hide_traceback(caught)


class ServiceAttribute:
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
        made, key = handle._state.shared(HandleCache).made, (self._attribute, handle._at)
        found = made.get(key)
        if found is None:
            make = import_module(self.module).Handle
            found = made.setdefault(key, make(handle._state, handle._at))
        return found


def service_attribute(service: str, folder: str) -> Any:
    """Return the slot of a service: to a type checker it is what the slot gives."""
    return ServiceAttribute(service, folder)


class HandleCache:
    """The services' handles of a world, for every block's own; forgotten by a reset."""

    def __init__(self, state: MockState) -> None:
        self.made: dict[tuple[str, ScopeFilter], ServiceHandle] = {}


class MockML:
    """A running mock, or (by `ml.at`) a region or account of it."""

    # What the decorator `exposed` sets: its module isn't loaded at the start of a mock.
    __mlmock_exposed__ = (
        "MockML",
        (
            *("a2i", "sagemaker", "lookoutvision", "bedrock", "on", "at", "calls", "clock"),
            *("progress", "s3", "events", "resources", "assert_all_used"),
        ),
        (
            "mlmock.reporting.journal",
            "mlmock.rules.rule",
            "mlmock.simulation.clock",
            "mlmock.simulation.events",
            "mlmock.simulation.object_store",
            "mlmock.simulation.progress",
        ),
    )

    a2i: A2I = service_attribute("sagemaker-a2i-runtime", "sagemaker_a2i_runtime")
    sagemaker: SageMaker = service_attribute("sagemaker-runtime", "sagemaker_runtime")
    lookoutvision: LookoutVision = service_attribute("lookoutvision", "lookoutvision")
    bedrock: Bedrock = service_attribute("bedrock-runtime", "bedrock_runtime")

    def __init__(self, context: MockContext, at: ScopeFilter | None = None) -> None:
        self._context = context
        self._state: MockState = context.state
        self._narrowed = at

    @property
    def _at(self) -> ScopeFilter:
        if self._narrowed is None:
            from mlmock.aws.scope import ScopeFilter

            self._narrowed = ScopeFilter()
        return self._narrowed

    def __repr__(self) -> str:
        names = ", ".join(sorted(self._state.mocked_services))
        return f"<mlmock holding {names}: {self.calls.total} calls>"

    def _repr_html_(self) -> str:
        from mlmock.reporting.html import calls_html, resources_html

        return resources_html(self.resources()) + calls_html(self.calls)

    def resources(self) -> list[Resource]:
        """Return what there is of all held services, for people to look at."""
        slots = [name for name, slot in vars(MockML).items() if isinstance(slot, ServiceAttribute)]
        held = [n for n in slots if vars(MockML)[n].service in self._state.mocked_services]
        return [resource for name in held for resource in getattr(self, name).resources()]

    @property
    def progress(self) -> ProgressSetting:
        """How asynchronous work moves on; set with a policy."""
        return self._state.progress

    @progress.setter
    def progress(self, policy: Policy | None) -> None:
        self._state.progress.set(policy)

    @property
    def calls(self) -> Journal:
        """The journal of calls."""
        return self._state.calls

    @property
    def clock(self) -> Clock:
        """Virtual time."""
        return self._state.clock

    @property
    def s3(self) -> ObjectStore:
        """The object store: memory, or the S3 of an active moto."""
        return self._state.store

    @property
    def events(self) -> Events:
        """What AWS would have sent to EventBridge and SNS."""
        return self._state.events

    @property
    def unmatched(self) -> list[MlmockError]:
        """The UnmatchedCall and NotMocked that have been raised; `clear()` says: expected."""
        return self._state.unmatched

    def at(self, *, region: str | None = None, account_id: str | None = None) -> MockML:
        """Return this handle, narrowed to a region, an account, or both; ValueError for neither's.

        `account_id` has 12 digits.
        """
        validate_region_and_account(region, account_id)
        return MockML(self._context, self._at.narrow(region, account_id))

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
        request members, `where` a predicate of the Call. InvalidRule names what doesn't exist.
        """
        from mlmock.errors import InvalidRule

        if where is not None and not callable(where):
            raise InvalidRule(f"where= takes a function of the call, not {where!r}")
        from mlmock.rules.rule import CallMatcher, Rule

        subject = operation_target(self._state, service, operation, members)
        match = CallMatcher(members, where, self._at.region, self._at.account_id)
        return Rule(self._state.rules, subject, match)

    def reset(self) -> None:
        """Forget everything: resources, rules, journal, events, objects, advanced time."""
        self._state.reset()

    def savepoint(self) -> AbstractContextManager[None]:
        """Roll back at the end what changes inside."""
        return self._state.savepoint()

    def assert_all_used(self) -> None:
        """Raise UnusedRule if a rule was not used as often as it says, or UnmatchedCall again."""
        from mlmock.reporting.messages import unused_rules_error

        if self._state.unmatched:
            raise self._state.unmatched[0]
        rules = self._state.rules.unused()
        if rules:
            raise unused_rules_error(rules, self.calls)


SERVICE_ATTRIBUTES: dict[str, ServiceAttribute] = {
    slot.service: slot for slot in vars(MockML).values() if isinstance(slot, ServiceAttribute)
}
REGISTRY: dict[str, str] = {service: slot.module for service, slot in SERVICE_ATTRIBUTES.items()}
MOCKED_SERVICES = frozenset(REGISTRY)


def resolve_services(names: Iterable[str]) -> frozenset[str]:
    """Return the held services for what `mock_ml` was given; none means all. ValueError."""
    chosen = frozenset(names)
    if not chosen:
        return MOCKED_SERVICES
    unknown = sorted(map(str, chosen - set(REGISTRY)))
    if unknown:
        known = ", ".join(sorted(REGISTRY))
        raise ValueError(f"mlmock holds {known}; it doesn't know {', '.join(unknown)}")
    return chosen


def operation_target(
    state: MockState, service: str, operation: str, members: dict[str, Any]
) -> RuleTarget:
    """Return the subject of a rule at the door, after checking that it names what exists."""
    from mlmock.rules.operation_rules import check_members, check_operation_answer, operations_named
    from mlmock.rules.rule import RuleTarget

    if service not in state.mocked_services:
        from mlmock.errors import InvalidRule
        from mlmock.reporting.messages import format_unknown_service

        raise InvalidRule(format_unknown_service(service, state.mocked_services))
    revision = state.context.options.revision_of(service)
    check_members(service, operation, members, revision)
    return RuleTarget(
        key=("door", service, operation),
        title=f'ml.on("{service}", "{operation}")',
        check=cast(Any, partial(check_operation_answer, service, operation, revision)),
        plans=partial(operations_named, service, operation, revision),
    )
