"""The handle `ml`: the interface of a mock for tests.

It is the only module outside `services/` that names services.
"""

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
    from mlmock.rules.rule import Rule
    from mlmock.rules.target import RuleTarget
    from mlmock.services.bedrock_runtime.handle import Bedrock
    from mlmock.services.common.handle import ServiceHandle
    from mlmock.services.lookoutvision.handle import LookoutVision
    from mlmock.services.sagemaker_a2i_runtime.handle import A2I
    from mlmock.services.sagemaker_runtime.handle import SageMaker
    from mlmock.simulation.clock import Clock
    from mlmock.simulation.events import Events
    from mlmock.simulation.object_store import ObjectStore
    from mlmock.simulation.progress import Policy, ProgressSetting


def __tracebackhide__(caught: Any) -> bool:  # noqa: N807 - pytest's name
    """Return whether pytest hides the frames of this module in a traceback."""
    from mlmock.errors import hide_traceback

    return hide_traceback(caught)


class ServiceAttribute:
    """An attribute of the handle: a service, which is imported on first use.

    The class is not generic, because creating a generic class would delay the first mock.
    """

    def __init__(self, service: str, folder: str) -> None:
        self.service = service
        self.module = f"mlmock.services.{folder}"
        self._attribute = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self._attribute = name

    def __get__(self, handle: MockML | None, owner: type) -> Any:
        """Return the handle of the service."""
        if handle is None:
            return self
        handles, key = handle._state.shared(HandleCache).handles, (self._attribute, handle._at)
        service_handle = handles.get(key)
        if service_handle is None:
            create = import_module(self.module).Handle
            service_handle = handles.setdefault(key, create(handle._state, handle._at))
        return service_handle


def service_attribute(service: str, folder: str) -> Any:
    """Return the attribute of a service, typed as the handle that it returns.

    Args:
        service: The name of the service, as in ``boto3.client(name)``.
        folder: The package of the service in `mlmock.services`.
    """
    return ServiceAttribute(service, folder)


class HandleCache:
    """The service handles of a mock, which nested mocks share. A reset discards them."""

    def __init__(self, state: MockState) -> None:
        self.handles: dict[tuple[str, ScopeFilter], ServiceHandle] = {}


class MockML:
    """The handle of an active mock, or of one region or account of it (see `at`)."""

    # What the decorator `exposed` would set, whose module is not imported when a mock starts.
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
    """Augmented AI Runtime: flow definitions and human loops."""
    sagemaker: SageMaker = service_attribute("sagemaker-runtime", "sagemaker_runtime")
    """SageMaker Runtime: endpoints."""
    lookoutvision: LookoutVision = service_attribute("lookoutvision", "lookoutvision")
    """Lookout for Vision: projects, datasets, models and detections."""
    bedrock: Bedrock = service_attribute("bedrock-runtime", "bedrock_runtime")
    """Bedrock Runtime: models, async invokes and guardrails."""

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
        count = self.calls.total
        return f"<mlmock for {names}: {count} {'call' if count == 1 else 'calls'}>"

    def _repr_html_(self) -> str:
        from mlmock.reporting.html import calls_html, resources_html

        return resources_html(self.resources()) + calls_html(self.calls)

    def resources(self) -> list[Resource]:
        """Return the resources of the mocked services, with their states."""
        mocked = self._state.mocked_services
        names = [
            name
            for name, attribute in vars(MockML).items()
            if isinstance(attribute, ServiceAttribute) and attribute.service in mocked
        ]
        return [resource for name in names for resource in getattr(self, name).resources()]

    @property
    def progress(self) -> ProgressSetting:
        """The policy for asynchronous work, and `step()` to advance it.

        Assign a policy such as `manually()` to replace it.
        """
        return self._state.progress

    @progress.setter
    def progress(self, policy: Policy | None) -> None:
        self._state.progress.set(policy)

    @property
    def calls(self) -> Journal:
        """The journal of calls, with assertions about them."""
        return self._state.calls

    @property
    def clock(self) -> Clock:
        """The virtual clock."""
        return self._state.clock

    @property
    def s3(self) -> ObjectStore:
        """The object store: in memory, or the S3 of an active moto."""
        return self._state.store

    @property
    def events(self) -> Events:
        """The events that AWS would have sent to EventBridge and SNS."""
        return self._state.events

    @property
    def unmatched(self) -> list[MlmockError]:
        """The errors that mlmock has raised: UnmatchedCall, NotMocked and InvalidRule.

        The first one is raised again when the mock ends, unless the test calls
        `ml.unmatched.clear()`.
        """
        return self._state.unmatched

    def at(self, *, region: str | None = None, account_id: str | None = None) -> MockML:
        """Return this handle, restricted to a region, an account, or both.

        Args:
            region: The name of a region; by default all regions.
            account_id: An account id of 12 digits; by default all accounts.

        Returns:
            A handle whose rules, declarations and lookups apply to that region and account.

        Raises:
            ValueError: The region is not a name, or the account id does not have 12 digits.
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
        """Return a new operation rule, which takes effect once it has an answer.

        Args:
            service: The name of a mocked service, as in ``boto3.client(name)``.
            operation: The name of the operation as AWS spells it, or ``"*"`` for all operations of
                the service. A rule for all operations can only fail.
            where: A predicate that takes the Call.
            members: Match values of request members, by the names that AWS uses.

        Returns:
            The rule. Add an answer with `reply`, `fail`, `timeout`, `drop`, `unreachable` or
            `delay`.

        Raises:
            InvalidRule: The service is not mocked, or the operation or a member does not exist.
        """
        from mlmock.errors import InvalidRule

        if where is not None and not callable(where):
            raise InvalidRule(f"where= must be a callable that takes the Call, not {where!r}")
        from mlmock.rules.rule import Rule
        from mlmock.rules.target import CallMatcher

        target = operation_target(self._state, service, operation, members)
        match = CallMatcher(members, where, self._at.region, self._at.account_id)
        return Rule(self._state.rules, target, match)

    def reset(self) -> None:
        """Discard everything: resources, rules, journal, events, objects, advances of the clock."""
        self._state.reset()

    def savepoint(self) -> AbstractContextManager[None]:
        """Return a context manager that rolls back, at its end, what changed inside."""
        return self._state.savepoint()

    def assert_all_used(self) -> None:
        """Raise the first error in `unmatched` again, or UnusedRule if a rule is unused.

        Raises:
            UnmatchedCall: A call was not matched.
            NotMocked: A request would have been sent to AWS.
            InvalidRule: A callable of a rule returned an invalid answer.
            UnusedRule: A rule was not used as often as it requires.
        """
        from mlmock.reporting.messages import unused_rules_error

        if self._state.unmatched:
            raise self._state.unmatched[0]
        rules = self._state.rules.unused()
        if rules:
            raise unused_rules_error(rules, self.calls)


SERVICE_ATTRIBUTES: dict[str, ServiceAttribute] = {
    attribute.service: attribute
    for attribute in vars(MockML).values()
    if isinstance(attribute, ServiceAttribute)
}
REGISTRY: dict[str, str] = {
    service: attribute.module for service, attribute in SERVICE_ATTRIBUTES.items()
}
MOCKED_SERVICES = frozenset(REGISTRY)


def resolve_services(names: Iterable[str]) -> frozenset[str]:
    """Return the services that a mock with these arguments mocks; by default all.

    Raises:
        ValueError: A service is not supported.
    """
    selected = frozenset(names)
    if not selected:
        return MOCKED_SERVICES
    unknown = sorted(map(repr, selected - set(REGISTRY)))
    if unknown:
        supported = ", ".join(sorted(REGISTRY))
        raise ValueError(f"mlmock does not mock {', '.join(unknown)}, only {supported}")
    return selected


def operation_target(
    state: MockState, service: str, operation: str, members: dict[str, Any]
) -> RuleTarget:
    """Return the target of an operation rule.

    Args:
        state: The state of the mock.
        service: The name of the service.
        operation: The name of the operation, or ``"*"``.
        members: Match values of request members.

    Raises:
        InvalidRule: The service is not mocked, or the operation or a member does not exist.
    """
    from mlmock.rules.operation_rules import (
        OPERATION_KEY,
        check_members,
        check_operation_answer,
        operations_named,
    )
    from mlmock.rules.target import RuleTarget

    if service not in state.mocked_services:
        from mlmock.errors import InvalidRule
        from mlmock.reporting.messages import format_unknown_service

        raise InvalidRule(format_unknown_service(service, state.mocked_services))
    revision = state.context.options.revision_of(service)
    check_members(service, operation, members, revision)
    return RuleTarget(
        key=(OPERATION_KEY, service, operation),
        title=f'ml.on("{service}", "{operation}")',
        check=cast(Any, partial(check_operation_answer, service, operation, revision)),
        operations=partial(operations_named, service, operation, revision),
    )
