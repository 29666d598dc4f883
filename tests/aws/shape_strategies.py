"""Hypothesis strategies for values of botocore shapes that satisfy every constraint."""

import math
import re
import sys
from datetime import datetime, timezone
from typing import Any

from hypothesis import strategies as st

from mlmock.aws.spec.constraints import constraints_of, is_document, is_union
from mlmock.aws.spec.numbers import RANGES
from mlmock.aws.spec.patterns import compiled
from tests.aws.pattern_samples import SAMPLES

UTC = timezone.utc
_HEADER_SAFE = st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters='",\\')
_TEXT = st.characters(exclude_categories=["Cs"])
_LONG_PATTERN = 200

documents = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2)
    ),
    max_leaves=5,
)


def values(shape: Any, location: str | None = None, depth: int = 0) -> st.SearchStrategy[Any]:
    """Return valid values of a botocore `shape`, as passed to a boto3 client."""
    if is_document(shape):
        return documents.filter(lambda value: value is not None)
    kind = shape.type_name
    if kind == "structure":
        return structures(shape, depth)
    if kind in {"list", "map"}:
        return _containers(shape, location, depth)
    if kind == "string":
        return strings(shape, location)
    if kind == "blob":
        return _blobs(shape)
    return _simple(shape, location)


def structures(
    shape: Any, depth: int = 0, without: frozenset[str] = frozenset()
) -> st.SearchStrategy[Any]:
    """Return values of a structure or union; deep ones have only required members."""
    members = {n: m for n, m in shape.members.items() if n not in without}
    made = {n: _later(m, depth) for n, m in members.items()}
    if is_union(shape):
        return st.one_of([st.fixed_dictionaries({name: made[name]}) for name in made])
    required = {n: made[n] for n in members if n in shape.required_members}
    optional = {n: made[n] for n in members if n not in required and depth < 5}
    sparse: st.SearchStrategy[Any] = _sparsely(required, optional)
    return sparse


@st.composite
def _sparsely(draw: Any, required: dict[str, Any], optional: dict[str, Any]) -> dict[str, Any]:
    """Draw a few optional members at a time; drawing all of them is slow and finds no more."""
    chosen = draw(st.sets(st.sampled_from(sorted(optional)), max_size=3)) if optional else set()
    members = {**required, **{name: optional[name] for name in sorted(chosen)}}
    return {name: draw(strategy) for name, strategy in members.items()}


def _later(member: Any, depth: int) -> st.SearchStrategy[Any]:
    location = member.serialization.get("location")
    return st.deferred(lambda: values(member, location, depth + 1))


def _containers(shape: Any, location: str | None, depth: int) -> st.SearchStrategy[Any]:
    limits = constraints_of(shape)
    least = int(limits.least or 0)
    if location in {"querystring", "header"}:
        least = max(least, 1)  # an empty list cannot be serialized there
    most = min(int(limits.most) if limits.most is not None else least + 2, max(least, 2))
    if shape.type_name == "list":
        return st.lists(values(shape.member, location, depth + 1), min_size=least, max_size=most)
    keys = values(shape.key, location)
    inner = values(shape.value, location, depth + 1)
    return st.dictionaries(keys, inner, min_size=least, max_size=most)


def strings(shape: Any, location: str | None) -> st.SearchStrategy[str]:
    """Return strings that satisfy `shape`, and that a header can carry if it is one."""
    limits = constraints_of(shape)
    if limits.enum:
        return st.sampled_from(sorted(limits.enum))
    least = int(limits.least or 0)
    most = min(int(limits.most) if limits.most is not None else sys.maxsize, least + 12)
    if location in {"uri", "header"}:
        least = max(least, 1)
    if limits.fits is None:
        alphabet = _HEADER_SAFE if location in {"header", "headers"} else _TEXT
        return st.text(alphabet, min_size=least, max_size=max(most, 1))
    fitting = st.sampled_from([s for s in SAMPLES if is_valid_string(shape, s)])
    if len(shape.metadata["pattern"]) > _LONG_PATTERN or location in {"header", "headers"}:
        return fitting
    pattern: Any = compiled(shape.metadata["pattern"])
    if not isinstance(pattern, re.Pattern):  # Unicode classes, which hypothesis cannot parse
        letters = st.characters(categories=("L", "N", "Zs"))
        drawn: st.SearchStrategy[str] = st.text(letters, min_size=least, max_size=most)
    else:
        drawn = st.from_regex(re.compile(str(pattern.pattern), re.ASCII), fullmatch=True)
    return fitting | drawn.filter(lambda text: is_valid_string(shape, text) and len(text) >= least)


def is_valid_string(shape: Any, text: str) -> bool:
    """Return whether `text` satisfies every constraint of a string `shape`."""
    limits = constraints_of(shape)
    return (
        (limits.least or 0) <= len(text) <= (math.inf if limits.most is None else limits.most)
        and (not limits.enum or text in limits.enum)
        and (limits.fits is None or limits.fits(text) is not None)
    )


def _blobs(shape: Any) -> st.SearchStrategy[bytes]:
    least = int(constraints_of(shape).least or 0)
    return st.binary(min_size=least, max_size=least + 20)


def _simple(shape: Any, location: str | None) -> st.SearchStrategy[Any]:
    limits = constraints_of(shape)
    if shape.type_name == "boolean":
        return st.booleans()
    if shape.type_name == "timestamp":
        return moments
    if shape.type_name in RANGES:
        low, high = RANGES[shape.type_name]
        least = low if limits.least is None else int(limits.least)
        most = high if limits.most is None else int(limits.most)
        return st.integers(least, most)
    return st.floats(limits.least, limits.most, allow_nan=False, allow_infinity=not limits.any)


moments = st.datetimes(datetime(1970, 1, 2), datetime(2199, 1, 1), timezones=st.just(UTC)).map(
    lambda moment: moment.replace(microsecond=0)
)
