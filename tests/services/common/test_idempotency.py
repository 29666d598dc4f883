"""The same client token and input again gets the first answer; nothing is done twice."""

from __future__ import annotations

from datetime import datetime, timezone
from itertools import count
from typing import Any

import pytest

from mlmock.errors import ServiceError
from mlmock.services.common.idempotency import ClientTokens, digest_of
from mlmock.simulation.clock import Clock
from mlmock.simulation.undo_log import Ledger


class Service:
    """Makes numbered things; a token makes one thing only, for an hour."""

    def __init__(self) -> None:
        self.ledger = Ledger()
        self.clock = Clock(self.ledger, now=datetime(2024, 5, 1, tzinfo=timezone.utc))
        self.tokens = ClientTokens(self.ledger, self.clock, lifetime=3600)
        self.numbers = count(1)

    def make(self, token: str | None, *, scope: str = "Make", **given: Any) -> int:
        return self.tokens.once(
            scope,
            token,
            given,
            work=lambda: next(self.numbers),
            conflict=lambda: ServiceError("ConflictException", f"{token} was used before."),
        )


@pytest.fixture
def service() -> Service:
    return Service()


def test_the_same_token_and_input_gets_the_first_answer(service: Service) -> None:
    assert [service.make("t", size=1), service.make("t", size=1)] == [1, 1]


def test_another_token_is_another_call(service: Service) -> None:
    assert [service.make("t", size=1), service.make("u", size=1)] == [1, 2]


def test_a_token_with_other_input_is_refused_in_the_callers_words(service: Service) -> None:
    service.make("t", size=1)

    with pytest.raises(ServiceError) as refused:
        service.make("t", size=2)

    assert (refused.value.code, refused.value.message) == (
        "ConflictException",
        "t was used before.",
    )
    assert service.make("t", size=1) == 1


def test_a_token_belongs_to_its_scope(service: Service) -> None:
    assert [service.make("t", scope="Start"), service.make("t", scope="Stop")] == [1, 2]


def test_without_a_token_every_call_counts(service: Service) -> None:
    assert [service.make(None), service.make(None)] == [1, 2]
    assert len(service.tokens) == 0


def test_a_token_lives_as_long_as_virtual_time_says(service: Service) -> None:
    assert service.make("t") == 1
    service.clock.advance(seconds=3599)
    assert service.make("t") == 1
    service.clock.advance(seconds=1)
    assert service.make("t") == 2
    assert service.make("t") == 2


def test_what_has_expired_is_forgotten(service: Service) -> None:
    for number in range(100):
        service.make(f"old-{number}")
    service.clock.advance(hours=2)
    service.make("new")

    assert len(service.tokens) == 1


def test_what_fails_does_not_use_the_token_up(service: Service) -> None:
    def fail() -> int:
        raise ServiceError("ThrottlingException", "Slow down.")

    def conflict() -> ServiceError:
        raise AssertionError("the token is free")

    with pytest.raises(ServiceError):
        service.tokens.once("Make", "t", {}, work=fail, conflict=conflict)

    assert service.tokens.once("Make", "t", {"size": 2}, work=lambda: 7, conflict=conflict) == 7


def test_a_savepoint_takes_tokens_back(service: Service) -> None:
    service.make("before")
    with service.ledger.savepoint():
        service.make("inside")
        service.clock.advance(hours=2)
        service.make("before")

    assert [service.make("before"), service.make("inside")] == [1, 4]


def test_inputs_are_compared_by_value() -> None:
    moment = datetime(2024, 5, 1, tzinfo=timezone.utc)

    assert digest_of({"a": 1, "b": [2]}) == digest_of({"b": [2], "a": 1})
    assert digest_of({"body": b"x"}) == digest_of({"body": bytearray(b"x")})
    assert digest_of({"body": b"x"}) != digest_of({"body": b"y"})
    assert digest_of({"at": moment}) != digest_of({"at": moment.replace(year=2023)})


def test_a_token_that_has_expired_is_free_wherever_it_stands(service: Service) -> None:
    service.make("old", size=1)
    service.clock.advance(minutes=30)
    service.make("young")
    with service.ledger.savepoint():  # what is swept inside comes back behind the younger one
        service.clock.advance(minutes=40)
        service.make("new")
    service.clock.advance(minutes=40)

    assert service.make("old", size=2) == 4
    assert service.make("young") == 2
