"""Tags of resources: order, limit, removal, and savepoints."""

from __future__ import annotations

import pytest

from mlmock.errors import ServiceError
from mlmock.services.common.tags import Tags, repeated
from mlmock.simulation.undo_log import UndoLog


def tag(key: str, value: str = "v") -> dict[str, str]:
    return {"Key": key, "Value": value}


def too_many_error(most: int) -> ServiceError:
    return ServiceError("TooManyTags", f"at most {most}")


def test_tags_keep_their_order_when_values_change() -> None:
    tags = Tags(UndoLog(), maximum=3)
    tags.add("arn", [tag("b"), tag("a")], too_many_error)
    tags.add("arn", [tag("b", "w")], too_many_error)

    assert tags.of("arn") == [tag("b", "w"), tag("a")]
    assert tags.of("other") == []


def test_too_many_tags_raise_the_given_error_and_change_nothing() -> None:
    tags = Tags(UndoLog(), maximum=1)
    tags.add("arn", [tag("a")], too_many_error)

    with pytest.raises(ServiceError, match="at most 1"):
        tags.add("arn", [tag("a", "new"), tag("b")], too_many_error)
    assert tags.of("arn") == [tag("a")]


def test_removing_missing_tags_does_nothing() -> None:
    tags = Tags(UndoLog(), maximum=1)
    tags.remove("arn", ["a"])
    tags.remove_all("other")
    tags.add("arn", [], too_many_error)

    assert tags.of("arn") == []


def test_savepoint_restores_tags() -> None:
    undo_log = UndoLog()
    tags = Tags(undo_log, maximum=3)
    tags.add("arn", [tag("a")], too_many_error)
    with undo_log.savepoint():
        tags.add("arn", [tag("b")], too_many_error)
        tags.remove("arn", ["a"])
        tags.remove_all("arn")

    assert tags.of("arn") == [tag("a")]


def test_repeated_key_is_found() -> None:
    assert repeated([tag("a"), tag("b"), tag("a")]) == "a"
    assert repeated([tag("a"), tag("b")]) is None
