"""The base of all operations: projects, client tokens, quotas and work in progress."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from mlmock.aws.scope import Scope
from mlmock.call import Call
from mlmock.engine.state import MockState
from mlmock.errors import ServiceError
from mlmock.services.common.backend import Backend, Result
from mlmock.services.common.handle import ServiceProgress
from mlmock.services.common.idempotency import ClientTokens
from mlmock.services.common.pagination import SortedKeys, SortKey
from mlmock.services.common.tags import Tags
from mlmock.services.lookoutvision import errors
from mlmock.services.lookoutvision.resources import Project, StatefulResource
from mlmock.simulation.clock import to_seconds
from mlmock.simulation.progress import ProgressSetting
from mlmock.simulation.state_machine import StateMachine

PAGE_SIZE = 100
PREVIEW = "2020-12-preview"
_TOKEN_SECONDS = 8 * 3600
_MAX_TAGS = 200


class Quotas:
    """The quotas of an account; None is no limit, and the default without a public source."""

    def __init__(self, state: MockState) -> None:
        self.concurrent_trainings: int | None = 2
        self.projects: int | None = None
        self.models_per_project: int | None = None
        self.hosted_models: int | None = None
        self.inference_units: int | None = None
        self.train_images: int | None = None
        self.test_images: int | None = None


class State(Backend):
    """The state of one account and region."""

    service = "lookoutvision"

    def __init__(self, state: MockState, scope: Scope) -> None:
        super().__init__(state, scope)
        self.projects: dict[str, Project] = {}
        self.quotas = state.shared(Quotas)
        self.tags = Tags(state.undo_log, maximum=_MAX_TAGS)
        self._project_keys = SortedKeys(state.undo_log)
        self._order = itertools.count()
        self._client_tokens = ClientTokens(state.undo_log, state.clock, lifetime=_TOKEN_SECONDS)
        self._settings: dict[tuple[str, ...], ProgressSetting] = {}
        self._service_setting = state.shared(ServiceProgress).of(self.service)

    # -- calls ------------------------------------------------------------------------------

    def run_once(self, call: Call, work: Callable[[dict[str, Any]], Result]) -> Result:
        """Run `work` under the lock, unless the client token repeats an earlier call.

        A repeated token with the same parameters returns the first result. Assumption: a token is
        valid for one operation, and other parameters are a conflict.

        Args:
            call: The call.
            work: A function of the parameters that returns the result.

        Raises:
            ServiceError: The token was used with other parameters.
        """
        params = dict(call.params)
        token = params.pop("ClientToken", None)
        name = params.get("ProjectName", "")

        def conflict() -> ServiceError:
            return errors.conflict(
                errors.PROJECT,
                name,
                f"The ClientToken {token} was used with other parameters of {call.operation}.",
            )

        with self.lock:
            return self._client_tokens.run_once(
                call.operation, token, params, work=lambda: work(params), conflict=conflict
            )

    def next_sort_key(self) -> SortKey:
        """Return the sort key of a new resource: creation time, then order of creation."""
        return (to_seconds(self.now()), next(self._order))

    # -- projects ---------------------------------------------------------------------------

    def project(self, name: str) -> Project:
        """Return the project `name`.

        Raises:
            ServiceError: It does not exist.
        """
        found = self.projects.get(name)
        if found is None:
            raise errors.not_found(errors.PROJECT, name)
        return found

    # -- work -------------------------------------------------------------------------------

    def progress_of(self, *key: str) -> ProgressSetting:
        """Return the policy of a resource, which inherits from the project and the service."""
        found = self._settings.get(key)
        if found is None:
            parent = self.progress_of(key[0]) if len(key) > 1 else self._service_setting
            found = self._settings[key] = parent.child()
        return found

    def begin(
        self, resource: StatefulResource, setting: ProgressSetting, finish: Callable[[], object]
    ) -> None:
        """Start work on a resource.

        Args:
            resource: The resource.
            setting: The progress policy of the work.
            finish: A function that completes the work.
        """

        def end() -> None:
            with self.lock:
                self.undo_log.set(resource, work=None)
                finish()

        work = setting.begin(end)
        if not work.done:
            self.undo_log.set(resource, work=work)

    def poll_resource(self, resource: StatefulResource) -> None:
        """Count one poll of a resource."""
        if resource.work is not None:
            with self.lock:
                if resource.work is not None:
                    resource.work.poll()

    def move(
        self, resource: StatefulResource, machine: StateMachine, event: str, message: str
    ) -> None:
        """Change the status of a resource.

        Args:
            resource: The resource.
            machine: The state machine of the resource.
            event: The event that changes the status.
            message: The new StatusMessage.
        """
        self.undo_log.set(resource, status=machine.after(resource.status, event), message=message)

    def check_quota(self, quota: str, present: int, kind: str, name: str) -> None:
        """Check that one more resource does not exceed a quota.

        Args:
            quota: The name of the quota.
            present: The number of existing resources.
            kind: The ResourceType of the error.
            name: The ResourceId of the error.

        Raises:
            ServiceError: The quota is exhausted.
        """
        maximum = getattr(self.quotas, quota)
        if maximum is not None and present >= maximum:
            raise errors.over_quota(quota, maximum, kind, name)
