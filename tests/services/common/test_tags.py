"""Tags: by resource, in order, at most so many, taken back by a savepoint."""

from __future__ import annotations

import pytest

from mlmock.errors import ServiceError
from mlmock.services.common.tags import Tags, repeated
from mlmock.simulation.undo_log import Ledger


def tag(key: str, value: str = "v") -> dict[str, str]:
    return {"Key": key, "Value": value}


def over(most: int) -> ServiceError:
    return ServiceError("TooManyTags", f"at most {most}")


def test_tags_keep_their_order_and_take_new_values() -> None:
    tags = Tags(Ledger(), most=3)
    tags.add("arn", [tag("b"), tag("a")], over)
    tags.add("arn", [tag("b", "w")], over)

    assert tags.of("arn") == [tag("b", "w"), tag("a")]
    assert tags.of("other") == []


def test_too_many_are_refused_in_the_callers_words_and_change_nothing() -> None:
    tags = Tags(Ledger(), most=1)
    tags.add("arn", [tag("a")], over)

    with pytest.raises(ServiceError, match="at most 1"):
        tags.add("arn", [tag("a", "new"), tag("b")], over)
    assert tags.of("arn") == [tag("a")]


def test_what_is_not_there_is_not_missed() -> None:
    tags = Tags(Ledger(), most=1)
    tags.remove("arn", ["a"])
    tags.forget("other")
    tags.add("arn", [], over)

    assert tags.of("arn") == []


def test_a_savepoint_takes_tags_back() -> None:
    ledger = Ledger()
    tags = Tags(ledger, most=3)
    tags.add("arn", [tag("a")], over)
    with ledger.savepoint():
        tags.add("arn", [tag("b")], over)
        tags.remove("arn", ["a"])
        tags.forget("arn")

    assert tags.of("arn") == [tag("a")]


def test_a_key_that_is_given_twice_is_found() -> None:
    assert repeated([tag("a"), tag("b"), tag("a")]) == "a"
    assert repeated([tag("a"), tag("b")]) is None
