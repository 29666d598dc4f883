"""The five operations of Augmented AI Runtime."""

from __future__ import annotations

import itertools
import json
from typing import Any

from mlmock.calls import Call
from mlmock.clock import to_seconds
from mlmock.errors import ServiceError
from mlmock.services.a2i_runtime import flows
from mlmock.services.a2i_runtime.flows import Flow, Flows
from mlmock.services.a2i_runtime.loops import HUMAN_LOOP, Loop, loop_arn, output_uri
from mlmock.services.a2i_runtime.work import Workforce
from mlmock.services.arns import Arn
from mlmock.services.base import Backend, Result, Scope
from mlmock.services.paging import Shelf, Tokens, page
from mlmock.world import World

_DEFAULT_PAGE = 10


class HumanLoops(Backend):
    """The human loops of one account and region."""

    service = "sagemaker-a2i-runtime"

    def __init__(self, world: World, scope: Scope) -> None:
        super().__init__(world, scope)
        self.loops: dict[str, Loop] = {}
        self._shelves: dict[str, Shelf] = {}
        self._order = itertools.count()
        self._flows = world.part(Flows)
        self.workforce = Workforce(self)

    # -- operations -------------------------------------------------------------------------

    def start_human_loop(self, call: Call) -> Result:
        """Start a loop; the same name and input again is the same loop (judged)."""
        params = call.params
        name, arn = params["HumanLoopName"], params["FlowDefinitionArn"]
        content = params["HumanLoopInput"]["InputContent"]
        attributes = params.get("DataAttributes")
        classifiers = tuple(attributes["ContentClassifiers"]) if attributes else None
        with self.lock:
            found = self.loops.get(name)
            if found is None:
                flow_arn = self._flow_or_refusal(arn)
                _check_content(content)
                found = self._add(name, flow_arn, content, classifiers)
            elif not found.same_request(arn, content, classifiers):
                raise ServiceError(
                    "ConflictException", f"A human loop named {name} exists with other input data."
                )
        return {"HumanLoopArn": loop_arn(self.scope, name)}

    def describe_human_loop(self, call: Call) -> Result:
        """Show one loop."""
        loop = self._look(call.params["HumanLoopName"])
        return loop.description(self.scope)

    def list_human_loops(self, call: Call) -> Result:
        """Show the loops of a flow definition, the latest first (judged), ten a page (judged)."""
        params = call.params
        arn, order = params["FlowDefinitionArn"], params.get("SortOrder", "Descending")
        self._known_flow(arn)
        since, until = params.get("CreationTimeAfter"), params.get("CreationTimeBefore")
        tokens = Tokens(
            "ListHumanLoops", self.scope.region, self.scope.account_id, arn, order, since, until
        )
        places = self._shelf(arn).between(
            None if since is None else (to_seconds(since),),
            None if until is None else (to_seconds(until),),
            after=tokens.read(params.get("NextToken")),
            descending=order == "Descending",
        )
        found, token = page(places, params.get("MaxResults", _DEFAULT_PAGE), tokens.make)
        loops = [self._look(place[2]).summary() for place in found]
        return {"HumanLoopSummaries": loops} | ({"NextToken": token} if token else {})

    def stop_human_loop(self, call: Call) -> Result:
        """Stop a loop in progress; what has ended can't be stopped (judged)."""
        with self.lock:
            loop = self._loop(call.params["HumanLoopName"])
            if not HUMAN_LOOP.allows(loop.status, "StopHumanLoop"):
                raise ServiceError(
                    "ValidationException",
                    f"Human loop {loop.name} cannot be stopped in status {loop.status}.",
                )
            if loop.status != "Stopping":
                self.workforce.stop(loop)
        return {}

    def delete_human_loop(self, call: Call) -> Result:
        """Delete a loop that has ended; its answers stay in S3."""
        with self.lock:
            loop = self._loop(call.params["HumanLoopName"])
            if not HUMAN_LOOP.allows(loop.status, "DeleteHumanLoop"):
                raise ServiceError(
                    "ValidationException",
                    f"Human loop {loop.name} cannot be deleted in status {loop.status}. "
                    "Stop it first.",
                )
            self.ledger.drop(self.loops, loop.name)
            self._shelf(loop.flow_arn).remove((*loop.place, loop.name))
        return {}

    # -- loops ------------------------------------------------------------------------------

    def _loop(self, name: str) -> Loop:
        loop = self.loops.get(name)
        if loop is None:
            raise ServiceError("ResourceNotFoundException", f"Human loop {name} not found.")
        return loop

    def _look(self, name: str) -> Loop:
        loop = self._loop(name)
        if loop.stopping is not None:
            loop.stopping.look()
        return loop

    def _add(
        self, name: str, flow_arn: Arn, content: str, classifiers: tuple[str, ...] | None
    ) -> Loop:
        flow, created = self._flows.find(flow_arn.name, self.scope), self.now()
        prefix = flow.output_prefix(self.scope) if flow else flows.default_output(self.scope)
        loop = Loop(
            name=name,
            flow_arn=str(flow_arn),
            input_content=content,
            classifiers=classifiers,
            created=created,
            place=(to_seconds(created), next(self._order)),
            output_uri=output_uri(prefix, flow_arn.name, created, name),
            workers=flow.workers if flow else 1,
        )
        self.ledger.put(self.loops, name, loop)
        self._shelf(loop.flow_arn).add((*loop.place, name))
        self.workforce.offer(loop, flow_arn.name)
        return loop

    def _shelf(self, arn: str) -> Shelf:
        found = self._shelves.get(arn)
        if found is None:
            found = self._shelves[arn] = Shelf(self.ledger)
        return found

    # -- flow definitions -------------------------------------------------------------------

    def _flow_or_refusal(self, arn: str) -> Arn:
        """Return the flow definition's ARN; StartHumanLoop models no NotFound, so Validation."""
        found = flows.flow_of(arn, self.scope)
        if found is None or self._is_deleted(found.name):
            raise ServiceError(
                "ValidationException",
                f"The specified Flow Definition '{arn}' does not exist or you do not have access "
                "to it.",
            )
        return found

    def _known_flow(self, arn: str) -> None:
        found = flows.flow_of(arn, self.scope)
        if found is None or self._is_deleted(found.name):
            raise ServiceError("ResourceNotFoundException", f"Flow definition {arn} not found.")

    def _is_deleted(self, name: str) -> bool:
        flow: Flow | None = self._flows.find(name, self.scope)
        return flow is not None and flow.deleted


def _check_content(content: str) -> None:
    """Refuse InputContent that isn't a JSON object: templates read `task.input.<key>` (judged)."""
    try:
        value: Any = json.loads(content)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise ServiceError("ValidationException", "InputContent must be the text of a JSON object.")
