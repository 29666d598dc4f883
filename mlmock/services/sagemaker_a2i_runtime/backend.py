"""The operations of Augmented AI Runtime."""

from __future__ import annotations

import itertools
from typing import Any

from mlmock.aws.arns import Arn
from mlmock.aws.scope import Scope
from mlmock.call import Call
from mlmock.engine.state import MockState
from mlmock.rules.answers import Deferred
from mlmock.services.common.backend import Backend, Result
from mlmock.services.common.pagination import PageTokens, SortedKeys, paginate
from mlmock.services.sagemaker_a2i_runtime import errors
from mlmock.services.sagemaker_a2i_runtime.completion import LoopCompletion
from mlmock.services.sagemaker_a2i_runtime.flow_definitions import Flow, Flows, parse_flow_arn
from mlmock.services.sagemaker_a2i_runtime.human_loops import (
    HUMAN_LOOP,
    FlowSettings,
    HumanLoopRecord,
    loop_arn,
)
from mlmock.services.sagemaker_a2i_runtime.input_content import check_input
from mlmock.services.sagemaker_a2i_runtime.workers import Workers
from mlmock.simulation.clock import to_datetime, to_seconds, truncate_to_milliseconds

_DEFAULT_PAGE_SIZE = 10  # Assumption: as in SageMaker's other list operations.
_MAX_CACHED_ARNS = 1024  # Parsed ARNs of flow definitions in the cache.


class HumanLoops(Backend):
    """The human loops of one account and region."""

    service = "sagemaker-a2i-runtime"

    def __init__(self, state: MockState, scope: Scope) -> None:
        super().__init__(state, scope)
        self.loops: dict[str, HumanLoopRecord] = {}
        self._sorted_keys: dict[str, SortedKeys] = {}
        self._last_settings: dict[str, FlowSettings] = {}
        self._order = itertools.count()
        self._flows = state.shared(Flows)
        self.completion = LoopCompletion(state, scope)
        self._workers = Workers(state, self.completion)
        self._arns: dict[str, Arn | None] = {}
        self._undeclared: dict[str, FlowSettings] = {}

    # -- operations -------------------------------------------------------------------------

    def start_human_loop(self, call: Call) -> Result | Deferred:
        """Start a human loop.

        Assumption: a repeated call with the same name and input returns the same human loop.
        """
        params = call.params
        name, arn = params["HumanLoopName"], params["FlowDefinitionArn"]
        content = params["HumanLoopInput"]["InputContent"]
        attributes = params.get("DataAttributes")
        classifiers = tuple(attributes["ContentClassifiers"]) if attributes else None
        result = {"HumanLoopArn": loop_arn(self.scope, name)}
        flow_arn = self._startable_flow(arn)
        with self.lock:
            found = self.loops.get(name)
            if found is not None and found.same_request(arn, content, classifiers):
                return result
            check_input(content)
            if found is not None:
                raise errors.loop_conflict(name)
            loop = self._add(name, arn, flow_arn, content, classifiers)
        return _result_after(self._workers.offer(loop, call), result)

    def describe_human_loop(self, call: Call) -> Result:
        """Describe a human loop, and count one poll."""
        with self.lock:
            return self._polled_loop(call.params["HumanLoopName"]).description(self.scope)

    def list_human_loops(self, call: Call) -> Result:
        """List the human loops of a flow definition.

        CreationTimeAfter is inclusive and CreationTimeBefore is exclusive, as in
        ListFlowDefinitions. Assumption: the newest come first, ten per page.
        """
        params = call.params
        arn, order = params["FlowDefinitionArn"], params.get("SortOrder", "Descending")
        self._check_known(arn)
        since, until = (
            _created_key(params, "CreationTimeAfter"),
            _created_key(params, "CreationTimeBefore"),
        )
        scope = self.scope
        tokens = PageTokens(
            "ListHumanLoops", scope.region, scope.account_id, arn, order, since, until
        )
        after, size = (
            tokens.read(params.get("NextToken")),
            params.get("MaxResults", _DEFAULT_PAGE_SIZE),
        )
        with self.lock:
            keys = self._keys_of(arn).between(
                since, until, after=after, descending=order == "Descending"
            )
            found, token = paginate(keys, size, tokens.make)
            loops = [self._polled_loop(key[2]).summary() for key in found]
        return {"HumanLoopSummaries": loops} | ({"NextToken": token} if token else {})

    def stop_human_loop(self, call: Call) -> Result:
        """Stop a human loop in progress.

        Assumption: a human loop that has ended can't be stopped.
        """
        with self.lock:
            loop = self._loop(call.params["HumanLoopName"])
            if not HUMAN_LOOP.allows(loop.status, "StopHumanLoop"):
                raise errors.loop_not_stoppable(loop.name, loop.status)
            if loop.status != "Stopping":
                self.completion.stop(loop)
        return {}

    def delete_human_loop(self, call: Call) -> Result:
        """Delete a human loop that has ended. Its output stays in S3."""
        with self.lock:
            loop = self._loop(call.params["HumanLoopName"])
            if not HUMAN_LOOP.allows(loop.status, "DeleteHumanLoop"):
                raise errors.loop_not_deletable(loop.name, loop.status)
            self._remove(loop)
        return {}

    # -- loops ------------------------------------------------------------------------------

    def delete_loops_of(self, flow: Flow) -> None:
        """Stop and delete the human loops of `flow`, which is being deleted."""
        with self.lock:
            arn = self.scope.arn("sagemaker", f"flow-definition/{flow.name}")
            for loop in [loop for loop in self.loops.values() if loop.flow_arn == arn]:
                self.completion.stop_at_once(loop)
                self._remove(loop)

    def _loop(self, name: str) -> HumanLoopRecord:
        loop = self.loops.get(name)
        if loop is None:
            raise errors.loop_not_found(name)
        return loop

    def _polled_loop(self, name: str) -> HumanLoopRecord:
        loop = self._loop(name)
        if loop.stopping is not None:
            loop.stopping.poll()
        return loop

    def _add(
        self,
        name: str,
        arn: str,
        flow_arn: Arn,
        content: str,
        classifiers: tuple[str, ...] | None,
    ) -> HumanLoopRecord:
        instant = truncate_to_milliseconds(self.clock.seconds())
        loop = HumanLoopRecord(
            name=name,
            settings=self._undeclared.get(arn) or self._settings_of(arn, flow_arn),
            input_content=content,
            classifiers=classifiers,
            created=to_datetime(instant),
            sort_key=(instant, next(self._order), name),
        )
        self.undo_log.set_item(self.loops, name, loop)
        self._keys_of(loop.flow_arn).add(loop.sort_key)
        return loop

    def _settings_of(self, arn: str, flow_arn: Arn) -> FlowSettings:
        """Return the current settings of a flow definition. Equal settings are one object."""
        flow = self._flows.find(flow_arn.name, self.scope)
        settings = FlowSettings(
            flow_arn=str(flow_arn),
            flow_name=flow_arn.name,
            output=self._flows.output_prefix(flow_arn.name, self.scope),
            workers=flow.workers if flow else None,
        )
        last = self._last_settings.get(settings.flow_arn)
        if last != settings:
            last = self._last_settings[settings.flow_arn] = settings
        if flow is None:
            self._undeclared[arn] = last
        return last

    def _remove(self, loop: HumanLoopRecord) -> None:
        self.undo_log.pop_item(self.loops, loop.name)
        self._keys_of(loop.flow_arn).remove(loop.sort_key)

    def _keys_of(self, arn: str) -> SortedKeys:
        found = self._sorted_keys.get(arn)
        if found is None:
            found = self._sorted_keys[arn] = SortedKeys(self.undo_log)
        return found

    # -- flow definitions -------------------------------------------------------------------

    def _known_flow(self, arn: str) -> Arn | None:
        if arn not in self._arns:
            if len(self._arns) >= _MAX_CACHED_ARNS:
                self._arns.clear()
                self._undeclared.clear()
            self._arns[arn] = parse_flow_arn(arn, self.scope)
        found = self._arns[arn]
        if not len(self._flows.declared):
            return found
        self._undeclared.clear()  # A declaration may have been added for one of them.
        return None if found is None or self._flows.is_deleted(found.name, self.scope) else found

    def _startable_flow(self, arn: str) -> Arn:
        """Return the ARN of a flow definition; raise ValidationException if there is none."""
        found = self._known_flow(arn)
        if found is None:
            raise errors.flow_not_startable(arn)
        return found

    def _check_known(self, arn: str) -> None:
        if self._known_flow(arn) is None:
            raise errors.flow_not_found(arn)


def _created_key(params: dict[str, Any], name: str) -> tuple[float] | None:
    """Return the sort key where loops created at or after the parameter `name` begin."""
    return (to_seconds(params[name]),) if name in params else None


def _result_after(deferred: Deferred | None, result: Result) -> Result | Deferred:
    """Return `result`, after the user code of `deferred` if there is any."""
    if deferred is None:
        return result
    then = deferred.then
    return Deferred(deferred.work, lambda value: _result_after(then(value), result))
