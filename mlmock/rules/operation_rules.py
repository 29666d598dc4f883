"""Operation rules (`ml.on`): their keys, and validation of their names and answers."""

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
OPERATION_KEY = "operation"


def check_members(
    service: str, name: str, members: dict[str, Any], revision: str | None = None
) -> None:
    """Raise InvalidRule unless the operation exists and its request has the members.

    Args:
        service: The name of the service, as in ``boto3.client(name)``.
        name: The name of the operation, or ``"*"`` for any operation of the service.
        members: Match values by member name.
        revision: The revision of the service model, if there are several.

    Raises:
        InvalidRule: The service, the operation or a member does not exist.
    """
    operations = operations_named(service, name, revision)
    known = {member for operation in operations for member in _input_members(operation)}
    for member in members:
        if member not in known:
            what = service if name == "*" else f"{service}.{name}"
            hint = _did_you_mean(member, sorted(known))
            raise InvalidRule(f"{what} has no request member {member!r}{hint}")


def check_assertion_target(service: str, name: str, members: dict[str, Any]) -> None:
    """Raise InvalidRule unless an assertion about calls names what exists.

    Args:
        service: The name of the service, as in ``boto3.client(name)``.
        name: The name of the operation, or ``"*"`` for any operation of the service.
        members: Match values by member name.

    Raises:
        InvalidRule: The service, the operation or a member does not exist.
    """
    if name == "*" and not members:
        _model(service, None)
    else:
        check_members(service, name, members)


def operations_named(service: str, name: str, revision: str | None) -> list[Operation]:
    """Return the compiled operation of a service, or all of them for ``"*"``.

    Args:
        service: The name of the service, as in ``boto3.client(name)``.
        name: The name of the operation, or ``"*"``.
        revision: The revision of the service model, if there are several.

    Raises:
        InvalidRule: The service or the operation does not exist.
    """
    model = _model(service, revision)
    if name == "*":
        return [compiled(service, known, revision) for known in model.operation_names]
    try:
        return [compiled(service, name, revision)]
    except OperationNotFoundError:
        hint = _did_you_mean(name, list(model.operation_names))
        raise InvalidRule(f"{service} has no operation {name!r}{hint}") from None


def _model(service: str, revision: str | None) -> Any:
    try:
        return service_model(service, revision)
    except UnknownServiceError:
        raise InvalidRule(f"the installed botocore has no model of {service!r}") from None


def _input_members(operation: Operation) -> list[str]:
    shape = operation.model.input_shape
    return list(shape.members) if shape is not None else []


def _did_you_mean(name: str, known: list[str]) -> str:
    by_case = [other for other in known if other.lower() == name.lower().replace("_", "")]
    near = by_case or difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"; did you mean {near[0]!r}?" if near else f"; it has: {', '.join(known)}"


def check_operation_answer(service: str, name: str, revision: str | None, answer: Any) -> Any:
    """Return `answer` in the form that an operation rule stores.

    Args:
        service: The name of the service, as in ``boto3.client(name)``.
        name: The name of the operation, or ``"*"``.
        revision: The revision of the service model, if there are several.
        answer: What the test author wrote.

    Raises:
        InvalidRule: The service model does not allow the answer.
    """
    operations = operations_named(service, name, revision)
    if isinstance(answer, ErrorAnswer):
        _check_error(operations, answer)
        return answer
    if name == "*":
        raise InvalidRule(
            "a rule for every operation accepts failures only. To reply, name the operation: "
            f'ml.on("{service}", "...")'
        )
    if is_callable(answer):
        return answer
    return Result(to_result(operations[0], answer))


def _check_error(operations: list[Operation], answer: ErrorAnswer) -> None:
    """Raise InvalidRule unless one of `operations` can send the error."""
    first: InvalidRule | None = None
    for operation in operations:
        try:
            validate_error(operation, answer)
        except InvalidRule as error:
            first = first or error
        else:
            return
    if first is not None:
        raise first


@lru_cache(maxsize=256)
def operation_rule_keys(
    operation: Operation,
) -> tuple[tuple[str, str, str], tuple[str, str, str]]:
    """Return the keys under which the rules for an operation are registered."""
    service = operation.service
    return (OPERATION_KEY, service, operation.name), (OPERATION_KEY, service, "*")
