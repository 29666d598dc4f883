"""The five operations of Augmented AI Runtime."""

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
from mlmock.services.sagemaker_a2i_runtime.flow_definitions import Flow, Flows, flow_of
from mlmock.services.sagemaker_a2i_runtime.human_loops import (
    HUMAN_LOOP,
    FlowSettings,
    HumanLoopRecord,
    loop_arn,
)
from mlmock.services.sagemaker_a2i_runtime.input_content import check_input
from mlmock.services.sagemaker_a2i_runtime.workers import Workers
from mlmock.simulation.clock import to_datetime, to_seconds, truncate_to_milliseconds

_DEFAULT_PAGE = 10  # judged: what SageMaker's other listings do
_MANY = 1024  # flow definitions' ARNs that are remembered as read


class HumanLoops(Backend):
    """The human loops of one account and region."""

    service = "sagemaker-a2i-runtime"

    def __init__(self, state: MockState, scope: Scope) -> None:
        super().__init__(state, scope)
        self.loops: dict[str, HumanLoopRecord] = {}
        self._shelves: dict[str, SortedKeys] = {}
        self._last_terms: dict[str, FlowSettings] = {}
        self._order = itertools.count()
        self._flows = state.shared(Flows)
        self.endings = LoopCompletion(state, scope)
        self._workers = Workers(state, self.endings)
        self._arns: dict[str, Arn | None] = {}
        self._undeclared: dict[str, FlowSettings] = {}

    # -- operations -------------------------------------------------------------------------

    def start_human_loop(self, call: Call) -> Result | Deferred:
        """Start a loop; the same name and input again is the same loop (judged)."""
        params = call.params
        name, arn = params["HumanLoopName"], params["FlowDefinitionArn"]
        content = params["HumanLoopInput"]["InputContent"]
        attributes = params.get("DataAttributes")
        classifiers = tuple(attributes["ContentClassifiers"]) if attributes else None
        result = {"HumanLoopArn": loop_arn(self.scope, name)}
        flow_arn = self._flow_or_refusal(arn)
        with self.lock:
            found = self.loops.get(name)
            if found is not None and found.same_request(arn, content, classifiers):
                return result
            check_input(content)
            if found is not None:
                raise errors.loop_conflict(name)
            loop = self._add(name, arn, flow_arn, content, classifiers)
        return _after(self._workers.offer(loop, call), result)

    def describe_human_loop(self, call: Call) -> Result:
        """Show one loop."""
        with self.lock:
            return self._look(call.params["HumanLoopName"]).description(self.scope)

    def list_human_loops(self, call: Call) -> Result:
        """Show the loops of a flow definition, the latest first (judged), ten a page (judged).

        CreationTimeAfter is taken in and CreationTimeBefore is not, as ListFlowDefinitions has it.
        """
        params = call.params
        arn, order = params["FlowDefinitionArn"], params.get("SortOrder", "Descending")
        self._check_known(arn)
        since, until = _place(params, "CreationTimeAfter"), _place(params, "CreationTimeBefore")
        scope = self.scope
        tokens = PageTokens(
            "ListHumanLoops", scope.region, scope.account_id, arn, order, since, until
        )
        after, size = tokens.read(params.get("NextToken")), params.get("MaxResults", _DEFAULT_PAGE)
        with self.lock:
            places = self._shelf(arn).between(
                since, until, after=after, descending=order == "Descending"
            )
            found, token = paginate(places, size, tokens.make)
            loops = [self._look(place[2]).summary() for place in found]
        return {"HumanLoopSummaries": loops} | ({"NextToken": token} if token else {})

    def stop_human_loop(self, call: Call) -> Result:
        """Stop a loop in progress; what has ended can't be stopped (judged)."""
        with self.lock:
            loop = self._loop(call.params["HumanLoopName"])
            if not HUMAN_LOOP.allows(loop.status, "StopHumanLoop"):
                raise errors.loop_not_stoppable(loop.name, loop.status)
            if loop.status != "Stopping":
                self.endings.stop(loop)
        return {}

    def delete_human_loop(self, call: Call) -> Result:
        """Delete a loop that has ended; its answers stay in S3."""
        with self.lock:
            loop = self._loop(call.params["HumanLoopName"])
            if not HUMAN_LOOP.allows(loop.status, "DeleteHumanLoop"):
                raise errors.loop_not_deletable(loop.name, loop.status)
            self._drop(loop)
        return {}

    # -- loops ------------------------------------------------------------------------------

    def delete_loops_of(self, flow: Flow) -> None:
        """Stop and delete the loops of a flow definition that is being deleted."""
        with self.lock:
            arn = self.scope.arn("sagemaker", f"flow-definition/{flow.name}")
            for loop in [loop for loop in self.loops.values() if loop.flow_arn == arn]:
                self.endings.stop_at_once(loop)
                self._drop(loop)

    def _loop(self, name: str) -> HumanLoopRecord:
        loop = self.loops.get(name)
        if loop is None:
            raise errors.loop_not_found(name)
        return loop

    def _look(self, name: str) -> HumanLoopRecord:
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
            terms=self._undeclared.get(arn) or self._terms(arn, flow_arn),
            input_content=content,
            classifiers=classifiers,
            created=to_datetime(instant),
            place=(instant, next(self._order), name),
        )
        self.undo_log.set_item(self.loops, name, loop)
        self._shelf(loop.flow_arn).add(loop.place)
        return loop

    def _terms(self, arn: str, flow_arn: Arn) -> FlowSettings:
        """Return what the flow definition asks now; loops that are asked the same share it."""
        flow = self._flows.find(flow_arn.name, self.scope)
        terms = FlowSettings(
            flow_arn=str(flow_arn),
            flow_name=flow_arn.name,
            output=self._flows.output_prefix(flow_arn.name, self.scope),
            workers=flow.workers if flow else None,
        )
        last = self._last_terms.get(terms.flow_arn)
        if last != terms:
            last = self._last_terms[terms.flow_arn] = terms
        if flow is None:
            self._undeclared[arn] = last
        return last

    def _drop(self, loop: HumanLoopRecord) -> None:
        self.undo_log.pop_item(self.loops, loop.name)
        self._shelf(loop.flow_arn).remove(loop.place)

    def _shelf(self, arn: str) -> SortedKeys:
        found = self._shelves.get(arn)
        if found is None:
            found = self._shelves[arn] = SortedKeys(self.undo_log)
        return found

    # -- flow definitions -------------------------------------------------------------------

    def _known_flow(self, arn: str) -> Arn | None:
        if arn not in self._arns:
            if len(self._arns) >= _MANY:
                self._arns.clear()
                self._undeclared.clear()
            self._arns[arn] = flow_of(arn, self.scope)
        found = self._arns[arn]
        if not len(self._flows.declared):
            return found
        self._undeclared.clear()  # somebody declares, and may have declared this one
        return None if found is None or self._flows.is_deleted(found.name, self.scope) else found

    def _flow_or_refusal(self, arn: str) -> Arn:
        """Return the flow definition's ARN; StartHumanLoop models no NotFound, so Validation."""
        found = self._known_flow(arn)
        if found is None:
            raise errors.flow_not_startable(arn)
        return found

    def _check_known(self, arn: str) -> None:
        if self._known_flow(arn) is None:
            raise errors.flow_not_found(arn)


def _place(params: dict[str, Any], name: str) -> tuple[float] | None:
    """Return the place on the shelf where the loops created from an instant on begin."""
    return (to_seconds(params[name]),) if name in params else None


def _after(later: Deferred | None, result: Result) -> Result | Deferred:
    """Return `result`, once user code has run if some has to."""
    if later is None:
        return result
    then = later.then
    return Deferred(later.work, lambda value: _after(then(value), result))
