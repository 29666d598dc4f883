"""A repeated call with the same client token and parameters returns the first result."""

from __future__ import annotations

from datetime import datetime, timezone
from itertools import count
from typing import Any

import pytest

from mlmock.errors import ServiceError
from mlmock.services.common.idempotency import ClientTokens, params_digest
from mlmock.simulation.clock import Clock
from mlmock.simulation.undo_log import UndoLog


class Service:
    """A service that returns increasing numbers, with client tokens valid for an hour."""

    def __init__(self) -> None:
        self.undo_log = UndoLog()
        self.clock = Clock(self.undo_log, now=datetime(2024, 5, 1, tzinfo=timezone.utc))
        self.tokens = ClientTokens(self.undo_log, self.clock, lifetime=3600)
        self.numbers = count(1)

    def create(self, token: str | None, *, scope: str = "Create", **given: Any) -> int:
        return self.tokens.run_once(
            scope,
            token,
            given,
            work=lambda: next(self.numbers),
            conflict=lambda: ServiceError("ConflictException", f"{token} was used before."),
        )


@pytest.fixture
def service() -> Service:
    return Service()


def test_same_token_and_parameters_return_the_first_result(service: Service) -> None:
    assert [service.create("t", size=1), service.create("t", size=1)] == [1, 1]


def test_another_token_is_a_new_call(service: Service) -> None:
    assert [service.create("t", size=1), service.create("u", size=1)] == [1, 2]


def test_same_token_with_other_parameters_raises_the_given_error(service: Service) -> None:
    service.create("t", size=1)

    with pytest.raises(ServiceError) as caught:
        service.create("t", size=2)

    assert (caught.value.code, caught.value.message) == (
        "ConflictException",
        "t was used before.",
    )
    assert service.create("t", size=1) == 1


def test_token_is_valid_within_its_scope(service: Service) -> None:
    assert [service.create("t", scope="Start"), service.create("t", scope="Stop")] == [1, 2]


def test_calls_without_a_token_are_not_deduplicated(service: Service) -> None:
    assert [service.create(None), service.create(None)] == [1, 2]
    assert len(service.tokens) == 0


def test_token_expires_by_the_virtual_clock(service: Service) -> None:
    assert service.create("t") == 1
    service.clock.advance(seconds=3599)
    assert service.create("t") == 1
    service.clock.advance(seconds=1)
    assert service.create("t") == 2
    assert service.create("t") == 2


def test_expired_tokens_are_removed(service: Service) -> None:
    for number in range(100):
        service.create(f"old-{number}")
    service.clock.advance(hours=2)
    service.create("new")

    assert len(service.tokens) == 1


def test_failed_call_does_not_use_the_token(service: Service) -> None:
    def fail() -> int:
        raise ServiceError("ThrottlingException", "Slow down.")

    def conflict() -> ServiceError:
        raise AssertionError("the token is unused")

    with pytest.raises(ServiceError):
        service.tokens.run_once("Create", "t", {}, work=fail, conflict=conflict)

    assert (
        service.tokens.run_once("Create", "t", {"size": 2}, work=lambda: 7, conflict=conflict) == 7
    )


def test_savepoint_restores_tokens(service: Service) -> None:
    service.create("before")
    with service.undo_log.savepoint():
        service.create("inside")
        service.clock.advance(hours=2)
        service.create("before")

    assert [service.create("before"), service.create("inside")] == [1, 4]


def test_digest_depends_on_values() -> None:
    moment = datetime(2024, 5, 1, tzinfo=timezone.utc)

    assert params_digest({"a": 1, "b": [2]}) == params_digest({"b": [2], "a": 1})
    assert params_digest({"body": b"x"}) == params_digest({"body": bytearray(b"x")})
    assert params_digest({"body": b"x"}) != params_digest({"body": b"y"})
    assert params_digest({"at": moment}) != params_digest({"at": moment.replace(year=2023)})


def test_expired_token_can_be_reused_after_a_savepoint(service: Service) -> None:
    service.create("old", size=1)
    service.clock.advance(minutes=30)
    service.create("young")
    with service.undo_log.savepoint():  # removed tokens are restored behind younger ones
        service.clock.advance(minutes=40)
        service.create("new")
    service.clock.advance(minutes=40)

    assert service.create("old", size=2) == 4
    assert service.create("young") == 2
