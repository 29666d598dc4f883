"""What the operations share: the projects, client tokens, quotas, and how work begins and ends."""

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

PAGE = 100
PREVIEW = "2020-12-preview"
_TOKEN_SECONDS = 8 * 3600
_MOST_TAGS = 200


class Quotas:
    """What an account may have; None is no limit. Numbers without a public source are None."""

    def __init__(self, state: MockState) -> None:
        self.concurrent_trainings: int | None = 2
        self.projects: int | None = None
        self.models_per_project: int | None = None
        self.hosted_models: int | None = None
        self.inference_units: int | None = None
        self.train_images: int | None = None
        self.test_images: int | None = None


class State(Backend):
    """The state of one account and region, and what every operation needs."""

    service = "lookoutvision"

    def __init__(self, state: MockState, scope: Scope) -> None:
        super().__init__(state, scope)
        self.projects: dict[str, Project] = {}
        self.quotas = state.shared(Quotas)
        self.tags = Tags(state.undo_log, maximum=_MOST_TAGS)
        self._shelf = SortedKeys(state.undo_log)
        self._order = itertools.count()
        self._client_tokens = ClientTokens(state.undo_log, state.clock, lifetime=_TOKEN_SECONDS)
        self._paces: dict[tuple[str, ...], ProgressSetting] = {}
        self._pace = state.shared(ServiceProgress).of(self.service)

    # -- calls ------------------------------------------------------------------------------

    def once(self, call: Call, work: Callable[[dict[str, Any]], Result]) -> Result:
        """Do `work` under the lock; the same client token and input gets the first answer.

        A token belongs to one operation (judged); one with other input is refused (judged: as a
        conflict).
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

    def next_place(self) -> SortKey:
        """Return the place of something new: by its creation, then by the order of creation."""
        return (to_seconds(self.now()), next(self._order))

    # -- projects ---------------------------------------------------------------------------

    def project(self, name: str) -> Project:
        """Return a project; ServiceError if there is none of that name."""
        found = self.projects.get(name)
        if found is None:
            raise errors.not_found(errors.PROJECT, name)
        return found

    # -- work -------------------------------------------------------------------------------

    def pace(self, *key: str) -> ProgressSetting:
        """Return the policy of a resource: its own, its project's, or the service's."""
        found = self._paces.get(key)
        if found is None:
            parent = self.pace(key[0]) if len(key) > 1 else self._pace
            found = self._paces[key] = parent.child()
        return found

    def begin(
        self, thing: StatefulResource, pace: ProgressSetting, finish: Callable[[], object]
    ) -> None:
        """Let work on `thing` begin, which `finish` ends when the policy says so."""

        def end() -> None:
            with self.lock:
                self.undo_log.set(thing, work=None)
                finish()

        work = pace.begin(end)
        if not work.done:
            self.undo_log.set(thing, work=work)

    def look(self, thing: StatefulResource) -> None:
        """Count one look at `thing`; of two threads that look, one sees the work end."""
        if thing.work is not None:
            with self.lock:
                if thing.work is not None:
                    thing.work.poll()

    def move(
        self, thing: StatefulResource, machine: StateMachine, event: str, message: str
    ) -> None:
        """Let `event` of its `machine` happen to `thing`."""
        self.undo_log.set(thing, status=machine.after(thing.status, event), message=message)

    def check_quota(self, quota: str, present: int, kind: str, name: str) -> None:
        """Raise ServiceError if one more than `present` goes over a quota."""
        most = getattr(self.quotas, quota)
        if most is not None and present >= most:
            raise errors.over_quota(quota, most, kind, name)
