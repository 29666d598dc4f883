"""The copy-on-write trie of event handlers behaves like botocore's trie."""

from __future__ import annotations

import copy
from typing import Any

import botocore.hooks
import botocore.session
from hypothesis import given, settings
from hypothesis import strategies as st

from mlmock import mock_ml
from mlmock.interception.botocore.event_hooks import CopyOnWriteTrie

PLAIN: Any = vars(botocore.hooks)["_PrefixTrie"]
KEYS = ["a", "a.b", "a.b.c", "a.*.c", "b", "a.x.c"]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["append", "remove", "copy"]),
        st.integers(0, 9),  # the index of the trie
        st.sampled_from(KEYS),
        st.integers(0, 2),  # the section; together with the key it identifies the handler
    ),
    max_size=30,
)


def outcome(trie: Any, step: tuple[str, int, str, int]) -> Any:
    """Apply a step; return the type of the exception that removing a missing handler raises."""
    what, _, key, section = step
    try:
        if what == "append":
            trie.append_item(key, (key, section), section=section)
        else:
            trie.remove_item(key, (key, section))
    except (ValueError, AttributeError) as error:  # upstream fails on a key without handlers
        return type(error)
    return None


def handlers_of(trie: Any) -> list[Any]:
    return [list(trie.prefix_search(key)) for key in KEYS]


@given(STEPS)
@settings(deadline=None)
def test_copies_are_independent_as_upstream(steps: list[Any]) -> None:
    upstream, copied = [PLAIN()], [CopyOnWriteTrie.of(PLAIN())]
    for step in steps:
        index = step[1] % len(upstream)
        if step[0] == "copy":
            upstream.append(copy.copy(upstream[index]))
            copied.append(copy.copy(copied[index]))
        else:
            assert outcome(copied[index], step) == outcome(upstream[index], step)
        assert list(map(handlers_of, copied)) == list(map(handlers_of, upstream))


def test_copy_of_a_botocore_trie_is_independent() -> None:
    plain = PLAIN()
    plain.append_item("a.b", 1)
    copied = CopyOnWriteTrie.of(plain)
    plain.append_item("a.b", 2)
    copied.append_item("a.b", 3)
    assert (list(plain.prefix_search("a.b")), list(copied.prefix_search("a.b"))) == ([1, 2], [1, 3])


def handler(**kwargs: Any) -> None:
    """Handle an event."""


def test_tries_of_a_mock_work_after_it_ends() -> None:
    with mock_ml():
        session = botocore.session.Session()
    emitter: Any = session.get_component("event_emitter")
    twin = copy.copy(emitter)
    twin.register("before-call", handler)
    assert handler in twin._emitter._handlers.prefix_search("before-call")
    assert handler not in emitter._emitter._handlers.prefix_search("before-call")
