"""Errors of Augmented AI Runtime: which code and text each cause has."""

from __future__ import annotations

from mlmock.errors import ServiceError


def loop_not_found(name: str) -> ServiceError:
    """Return the error for a human loop that does not exist."""
    return ServiceError("ResourceNotFoundException", f"Human loop {name} not found.")


def loop_conflict(name: str) -> ServiceError:
    """Return the error for a start that repeats a name with other input."""
    return ServiceError(
        "ConflictException", f"A human loop named {name} exists with other input data."
    )


def loop_not_stoppable(name: str, status: str) -> ServiceError:
    """Return the error for a stop that the loop's status does not allow."""
    return _invalid(f"Human loop {name} cannot be stopped in status {status}.")


def loop_not_deletable(name: str, status: str) -> ServiceError:
    """Return the error for a deletion that the loop's status does not allow."""
    return _invalid(f"Human loop {name} cannot be deleted in status {status}. Stop it first.")


def input_not_json_object() -> ServiceError:
    """Return the error for input content that is not the text of a JSON object."""
    return _invalid("InputContent must be the text of a JSON object.")


def flow_not_startable(arn: str) -> ServiceError:
    """Return the error for a start with an unknown flow definition.

    StartHumanLoop has no ResourceNotFoundException in the service model.
    """
    return _invalid(
        f"The specified Flow Definition '{arn}' does not exist or you do not have access to it."
    )


def flow_not_found(arn: str) -> ServiceError:
    """Return the error for a list of the human loops of an unknown flow definition."""
    return ServiceError("ResourceNotFoundException", f"Flow definition {arn} not found.")


def _invalid(message: str) -> ServiceError:
    return ServiceError("ValidationException", message)
