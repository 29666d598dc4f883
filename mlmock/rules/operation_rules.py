"""Rules at the door: that they name what exists, and answer what the model allows."""

from __future__ import annotations

import difflib
from functools import lru_cache
from typing import Any

from botocore.exceptions import UnknownServiceError
from botocore.model import OperationNotFoundError

from mlmock.aws.protocol.compiler import operation as compiled
from mlmock.aws.protocol.rest_json import Operation
from mlmock.aws.spec.loader import service_model
from mlmock.errors import InvalidRule, hide_traceback
from mlmock.rules.answers import ErrorAnswer, Result, to_result, validate_error
from mlmock.rules.rule import is_callable

__tracebackhide__ = hide_traceback


def check_members(
    service: str, name: str, members: dict[str, Any], revision: str | None = None
) -> None:
    """Raise InvalidRule unless the operation exists and has these members in its request."""
    plans = operations_named(service, name, revision)
    known = {member for plan in plans for member in _input_members(plan)}
    for member in members:
        if member not in known:
            raise InvalidRule(
                f"{_describe(service, name)} has no request member {member}"
                + _did_you_mean(member, sorted(known))
            )


def check_assertion_target(service: str, name: str, members: dict[str, Any]) -> None:
    """Raise InvalidRule unless the service has the operation, and the operation these members."""
    if name == "*" and not members:
        _model(service, None)
    else:
        check_members(service, name, members)


def _describe(service: str, name: str) -> str:
    return service if name == "*" else f"{service}.{name}"


def operations_named(service: str, name: str, revision: str | None) -> list[Operation]:
    """Return the compiled operation of a service, or for ``"*"`` all of them; InvalidRule."""
    model = _model(service, revision)
    if name == "*":
        return [compiled(service, known, revision) for known in model.operation_names]
    try:
        return [compiled(service, name, revision)]
    except OperationNotFoundError:
        hint = _did_you_mean(name, list(model.operation_names))
        raise InvalidRule(f"{service} has no operation {name}{hint}") from None


def _model(service: str, revision: str | None) -> Any:
    try:
        return service_model(service, revision)
    except UnknownServiceError:
        raise InvalidRule(f"the installed botocore has no model of {service}") from None


def _input_members(plan: Operation) -> list[str]:
    shape = plan.model.input_shape
    return list(shape.members) if shape is not None else []


def _did_you_mean(name: str, known: list[str]) -> str:
    by_case = [other for other in known if other.lower() == name.lower().replace("_", "")]
    near = by_case or difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"; did you mean {near[0]}?" if near else f"; there are {', '.join(known)}"


def check_operation_answer(service: str, name: str, revision: str | None, answer: Any) -> Any:
    """Return `answer` in the form that a rule at the door keeps, or raise InvalidRule."""
    plans = operations_named(service, name, revision)
    if isinstance(answer, ErrorAnswer):
        _check_error(plans, answer)
        return answer
    if name == "*":
        raise InvalidRule(
            f'a rule for every operation takes faults only; name one: ml.on("{service}", "…")'
        )
    if is_callable(answer):
        return answer
    return Result(to_result(plans[0], answer))


def _check_error(plans: list[Operation], answer: ErrorAnswer) -> None:
    """Accept an error that one of `plans` can send."""
    first: InvalidRule | None = None
    for plan in plans:
        try:
            validate_error(plan, answer)
        except InvalidRule as fault:
            first = first or fault
        else:
            return
    if first is not None:
        raise first


@lru_cache(maxsize=256)
def operation_rule_keys(plan: Operation) -> tuple[tuple[str, str, str], tuple[str, str, str]]:
    """Return the keys of the rules that stand at the door of an operation."""
    return ("door", plan.service, plan.name), ("door", plan.service, "*")
