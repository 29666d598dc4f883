"""The public API: the exported names, and the signatures in public_api.txt."""

from __future__ import annotations

import difflib

import mlmock
from tests.packaging.public_api import INTERNAL, SNAPSHOT, classes, snapshot

EXPORTED = """
    mock_ml current
    ANY contains regex glob
    error output message tool_use stream reasoning json_output raw
    immediately after_polls after manually
    MlmockError InvalidRule NotMocked UnmatchedCall UnusedRule UnusedRuleWarning
    Call Event MockML Rule Journal ServiceHandle ModelHandle EndpointHandle Policy
    ServerThread ServerLimits connect
    __version__
"""


def test_exported_names() -> None:
    assert EXPORTED.split() == mlmock.__all__


def test_signatures_are_those_of_the_snapshot() -> None:
    committed, current = SNAPSHOT.read_text(encoding="utf-8"), snapshot()
    changes = "\n".join(difflib.ndiff(committed.splitlines(), current.splitlines()))
    assert committed == current, (
        "The public API changed. If this is intended, run `python -m tests.packaging.public_api`, "
        f"and describe the change in CHANGELOG.md.\n{changes}"
    )


def test_internal_members_exist() -> None:
    """A name that no class has any more would hide a public member that is added later."""
    owners = {classes().get(base, base.__name__): base for k in classes() for base in k.__mro__}
    for name, members in INTERNAL.items():
        assert [member for member in members.split() if not hasattr(owners[name], member)] == []
