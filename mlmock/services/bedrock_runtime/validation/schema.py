"""The check of a model's body against its schema, in the service's own words.

InvokeModel holds a body against a JSON schema of the model's provider before the model sees it.
It refuses with ``Malformed input request: <faults>, please reformat your input and try again.``,
the faults one after the other without anything between them, each with its place as a JSON pointer.
Their texts were seen on the wire for missing and extraneous keys, wrong types and too long texts;
those of numbers, lists and enumerations are the same validator's (judged).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeAlias

from mlmock.services.bedrock_runtime.errors import malformed_body_error

Faults: TypeAlias = list[str]
Schema: TypeAlias = Callable[[Any, str, Faults], None]


def check(schema: Schema, body: Any, *before: str) -> None:
    """Raise ValidationException with all faults of `body`, in the order of the schema.

    `before` are the faults of other schemas that were tried first, shown if this one has any.
    """
    faults: Faults = []
    schema(body, "#", faults)
    if faults:
        raise malformed_body_error(*before, *faults)


def kind_of(value: Any) -> str:
    """Return the name that the validator has for the type of a JSON value."""
    if value is None:
        return "Null"
    if isinstance(value, bool):
        return "Boolean"
    return _KINDS.get(type(value), "Object")


_KINDS: dict[type, str] = {
    str: "String",
    int: "Integer",
    float: "BigDecimal",
    Decimal: "BigDecimal",
    list: "JSONArray",
    dict: "JSONObject",
}


def _typed(value: Any, wanted: str, path: str, faults: Faults) -> bool:
    found = kind_of(value)
    if found == wanted or (wanted == "Number" and found in ("Integer", "BigDecimal")):
        return True
    faults.append(f"{path}: expected type: {wanted}, found: {found}")
    return False


@dataclass(frozen=True, slots=True)
class Anything:
    """Any JSON value."""

    def __call__(self, value: Any, path: str, faults: Faults) -> None:
        """Find no fault."""


@dataclass(frozen=True, slots=True)
class String:
    """A string: how many characters it has at least and at most, and what it may be."""

    least: int = 0
    most: int | None = None
    among: tuple[str, ...] = ()

    def __call__(self, value: Any, path: str, faults: Faults) -> None:
        """Add to `faults` what is wrong with `value` at `path`."""
        if not _typed(value, "String", path, faults):
            return
        if len(value) < self.least:
            faults.append(f"{path}: expected minLength: {self.least}, actual: {len(value)}")
        if self.most is not None and len(value) > self.most:
            faults.append(f"{path}: expected maxLength: {self.most}, actual: {len(value)}")
        if self.among and value not in self.among:
            faults.append(f"{path}: {value} is not a valid enum value")


@dataclass(frozen=True, slots=True)
class Number:
    """A number: its least and greatest value, and whether it is to be a whole one."""

    least: float | None = None
    most: float | None = None
    whole: bool = False
    among: tuple[int, ...] = ()

    def __call__(self, value: Any, path: str, faults: Faults) -> None:
        """Add to `faults` what is wrong with `value` at `path`."""
        if not _typed(value, "Integer" if self.whole else "Number", path, faults):
            return
        if self.least is not None and value < self.least:
            faults.append(f"{path}: {value} is not greater or equal to {self.least}")
        if self.most is not None and value > self.most:
            faults.append(f"{path}: {value} is not less or equal to {self.most}")
        if self.among and value not in self.among:
            faults.append(f"{path}: {value} is not a valid enum value")


def integer(
    least: float | None = None, most: float | None = None, among: tuple[int, ...] = ()
) -> Number:
    """Return the schema of a whole number."""
    return Number(least, most, True, among)


@dataclass(frozen=True, slots=True)
class Boolean:
    """True or false."""

    def __call__(self, value: Any, path: str, faults: Faults) -> None:
        """Add to `faults` what is wrong with `value` at `path`."""
        _typed(value, "Boolean", path, faults)


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list: the schema of its items, and how many there are at least and at most."""

    item: Schema = Anything()
    least: int = 0
    most: int | None = None

    def __call__(self, value: Any, path: str, faults: Faults) -> None:
        """Add to `faults` what is wrong with `value` and its items at `path`."""
        if not _typed(value, "JSONArray", path, faults):
            return
        count = len(value)
        if count < self.least:
            faults.append(f"{path}: expected minimum item count: {self.least}, found: {count}")
        if self.most is not None and count > self.most:
            faults.append(f"{path}: expected maximum item count: {self.most}, found: {count}")
        for place, item in enumerate(value):
            self.item(item, f"{path}/{place}", faults)


@dataclass(frozen=True, slots=True)
class ObjectOf:
    """An object: the members that it needs, those that it may have, and whether others may be.

    `one`: it has exactly one of those that it may have.
    """

    required: Mapping[str, Schema] = field(default_factory=dict)
    optional: Mapping[str, Schema] = field(default_factory=dict)
    others: bool = False
    one: bool = False

    def __call__(self, value: Any, path: str, faults: Faults) -> None:
        """Add to `faults` what is wrong with `value` and its members at `path`."""
        if not _typed(value, "JSONObject", path, faults):
            return
        known = {**self.required, **self.optional}
        if not self.others:
            extra = [name for name in value if name not in known]
            faults.extend(f"{path}: extraneous key [{name}] is not permitted" for name in extra)
        missing = [name for name in self.required if name not in value]
        faults.extend(f"{path}: required key [{name}] not found" for name in missing)
        given = [name for name in known if name in value]
        if self.one and len(given) != 1:
            faults.append(f"{path}: {len(given)} subschemas matched instead of one")
        for name in given:
            known[name](value[name], f"{path}/{name}", faults)


@dataclass(frozen=True, slots=True)
class OneOf:
    """A value that fits at least one of several schemas; null is one of them where it says so."""

    options: tuple[Schema, ...]

    def __call__(self, value: Any, path: str, faults: Faults) -> None:
        """Add a fault unless `value` fits one of the options."""
        for option in self.options:
            found: Faults = []
            option(value, path, found)
            if not found:
                return
        count = len(self.options)
        faults.append(f"{path}: no subschema matched out of the total {count} subschemas")


@dataclass(frozen=True, slots=True)
class TaggedUnion:
    """An object whose member `key` says what it is: the schema of each kind that is known.

    Other kinds may be, with any members, unless it is `strict`.
    """

    key: str
    known: Mapping[str, Schema]
    strict: bool = False

    def __call__(self, value: Any, path: str, faults: Faults) -> None:
        """Add to `faults` what is wrong with `value` at `path`."""
        found: Faults = []
        kinds = tuple(self.known) if self.strict else ()
        ObjectOf({self.key: String(1, among=kinds)}, others=True)(value, path, found)
        if not found and value[self.key] in self.known:
            self.known[value[self.key]](value, path, found)
        faults.extend(found)


@dataclass(frozen=True, slots=True)
class Null:
    """Null and nothing else."""

    def __call__(self, value: Any, path: str, faults: Faults) -> None:
        """Add a fault unless `value` is None."""
        _typed(value, "Null", path, faults)
