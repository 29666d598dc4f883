"""A trie of handlers whose copies share nodes behaves as botocore's, and as if they shared none."""

from __future__ import annotations

import copy
from typing import Any

import botocore.hooks
import botocore.session
from hypothesis import given, settings
from hypothesis import strategies as st

from mlmock import mock_ml
from mlmock.interception.botocore.event_hooks import Trie

PLAIN: Any = vars(botocore.hooks)["_PrefixTrie"]
KEYS = ["a", "a.b", "a.b.c", "a.*.c", "b", "a.x.c"]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["append", "remove", "copy"]),
        st.integers(0, 9),  # which of the tries there are
        st.sampled_from(KEYS),
        st.integers(0, 2),  # the section, and with the key the handler
    ),
    max_size=30,
)


def outcome(trie: Any, step: tuple[str, int, str, int]) -> Any:
    """Do a step; return what a remove of something that isn't there raises."""
    what, _, key, section = step
    try:
        if what == "append":
            trie.append_item(key, (key, section), section=section)
        else:
            trie.remove_item(key, (key, section))
    except (ValueError, AttributeError) as fault:  # upstream trips over a key without handlers
        return type(fault)
    return None


def found(trie: Any) -> list[Any]:
    return [list(trie.prefix_search(key)) for key in KEYS]


@given(STEPS)
@settings(deadline=None)
def test_copies_change_each_by_itself_as_upstream_s_do(steps: list[Any]) -> None:
    theirs, ours = [PLAIN()], [Trie.of(PLAIN())]
    for step in steps:
        place = step[1] % len(theirs)
        if step[0] == "copy":
            theirs.append(copy.copy(theirs[place]))
            ours.append(copy.copy(ours[place]))
        else:
            assert outcome(ours[place], step) == outcome(theirs[place], step)
        assert list(map(found, ours)) == list(map(found, theirs))


def test_a_copy_of_botocore_s_own_shares_nothing_with_it() -> None:
    plain = PLAIN()
    plain.append_item("a.b", 1)
    ours = Trie.of(plain)
    plain.append_item("a.b", 2)
    ours.append_item("a.b", 3)
    assert (list(plain.prefix_search("a.b")), list(ours.prefix_search("a.b"))) == ([1, 2], [1, 3])


def seen(**kwargs: Any) -> None:
    """Handle an event."""


def test_a_block_s_tries_go_on_after_it() -> None:
    with mock_ml():
        session = botocore.session.Session()
    emitter: Any = session.get_component("event_emitter")
    twin = copy.copy(emitter)
    twin.register("before-call", seen)
    assert seen in twin._emitter._handlers.prefix_search("before-call")
    assert seen not in emitter._emitter._handlers.prefix_search("before-call")
