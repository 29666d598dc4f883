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

Violations: TypeAlias = list[str]
Schema: TypeAlias = Callable[[Any, str, Violations], None]


def validate(schema: Schema, body: Any, *previous: str) -> None:
    """Raise ValidationException with all faults of `body`, in the order of the schema.

    `before` are the faults of other schemas that were tried first, shown if this one has any.
    """
    violations: Violations = []
    schema(body, "#", violations)
    if violations:
        raise malformed_body_error(*previous, *violations)


def type_name(value: Any) -> str:
    """Return the name that the validator has for the type of a JSON value."""
    if value is None:
        return "Null"
    if isinstance(value, bool):
        return "Boolean"
    return _TYPE_NAMES.get(type(value), "Object")


_TYPE_NAMES: dict[type, str] = {
    str: "String",
    int: "Integer",
    float: "BigDecimal",
    Decimal: "BigDecimal",
    list: "JSONArray",
    dict: "JSONObject",
}


def _has_type(value: Any, expected: str, path: str, violations: Violations) -> bool:
    actual = type_name(value)
    if actual == expected or (expected == "Number" and actual in ("Integer", "BigDecimal")):
        return True
    violations.append(f"{path}: expected type: {expected}, found: {actual}")
    return False


@dataclass(frozen=True, slots=True)
class Anything:
    """Any JSON value."""

    def __call__(self, value: Any, path: str, violations: Violations) -> None:
        """Find no fault."""


@dataclass(frozen=True, slots=True)
class String:
    """A string: how many characters it has at least and at most, and what it may be."""

    min_length: int = 0
    max_length: int | None = None
    enum: tuple[str, ...] = ()

    def __call__(self, value: Any, path: str, violations: Violations) -> None:
        """Add to `faults` what is wrong with `value` at `path`."""
        if not _has_type(value, "String", path, violations):
            return
        if len(value) < self.min_length:
            violations.append(
                f"{path}: expected minLength: {self.min_length}, actual: {len(value)}"
            )
        if self.max_length is not None and len(value) > self.max_length:
            violations.append(
                f"{path}: expected maxLength: {self.max_length}, actual: {len(value)}"
            )
        if self.enum and value not in self.enum:
            violations.append(f"{path}: {value} is not a valid enum value")


@dataclass(frozen=True, slots=True)
class Number:
    """A number: its least and greatest value, and whether it is to be a whole one."""

    minimum: float | None = None
    maximum: float | None = None
    is_integer: bool = False
    enum: tuple[int, ...] = ()

    def __call__(self, value: Any, path: str, violations: Violations) -> None:
        """Add to `faults` what is wrong with `value` at `path`."""
        if not _has_type(value, "Integer" if self.is_integer else "Number", path, violations):
            return
        if self.minimum is not None and value < self.minimum:
            violations.append(f"{path}: {value} is not greater or equal to {self.minimum}")
        if self.maximum is not None and value > self.maximum:
            violations.append(f"{path}: {value} is not less or equal to {self.maximum}")
        if self.enum and value not in self.enum:
            violations.append(f"{path}: {value} is not a valid enum value")


def integer(
    minimum: float | None = None, maximum: float | None = None, enum: tuple[int, ...] = ()
) -> Number:
    """Return the schema of a whole number."""
    return Number(minimum, maximum, True, enum)


@dataclass(frozen=True, slots=True)
class Boolean:
    """True or false."""

    def __call__(self, value: Any, path: str, violations: Violations) -> None:
        """Add to `faults` what is wrong with `value` at `path`."""
        _has_type(value, "Boolean", path, violations)


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list: the schema of its items, and how many there are at least and at most."""

    item: Schema = Anything()
    min_items: int = 0
    max_items: int | None = None

    def __call__(self, value: Any, path: str, violations: Violations) -> None:
        """Add to `faults` what is wrong with `value` and its items at `path`."""
        if not _has_type(value, "JSONArray", path, violations):
            return
        count = len(value)
        if count < self.min_items:
            violations.append(
                f"{path}: expected minimum item count: {self.min_items}, found: {count}"
            )
        if self.max_items is not None and count > self.max_items:
            violations.append(
                f"{path}: expected maximum item count: {self.max_items}, found: {count}"
            )
        for index, item in enumerate(value):
            self.item(item, f"{path}/{index}", violations)


@dataclass(frozen=True, slots=True)
class ObjectOf:
    """An object: the members that it needs, those that it may have, and whether others may be.

    `one`: it has exactly one of those that it may have.
    """

    required: Mapping[str, Schema] = field(default_factory=dict)
    optional: Mapping[str, Schema] = field(default_factory=dict)
    additional: bool = False
    exactly_one: bool = False

    def __call__(self, value: Any, path: str, violations: Violations) -> None:
        """Add to `faults` what is wrong with `value` and its members at `path`."""
        if not _has_type(value, "JSONObject", path, violations):
            return
        known = {**self.required, **self.optional}
        if not self.additional:
            extra = [name for name in value if name not in known]
            violations.extend(f"{path}: extraneous key [{name}] is not permitted" for name in extra)
        missing = [name for name in self.required if name not in value]
        violations.extend(f"{path}: required key [{name}] not found" for name in missing)
        present = [name for name in known if name in value]
        if self.exactly_one and len(present) != 1:
            violations.append(f"{path}: {len(present)} subschemas matched instead of one")
        for name in present:
            known[name](value[name], f"{path}/{name}", violations)


@dataclass(frozen=True, slots=True)
class OneOf:
    """A value that fits at least one of several schemas; null is one of them where it says so."""

    options: tuple[Schema, ...]

    def __call__(self, value: Any, path: str, violations: Violations) -> None:
        """Add a fault unless `value` fits one of the options."""
        for option in self.options:
            option_violations: Violations = []
            option(value, path, option_violations)
            if not option_violations:
                return
        count = len(self.options)
        violations.append(f"{path}: no subschema matched out of the total {count} subschemas")


@dataclass(frozen=True, slots=True)
class TaggedUnion:
    """An object whose member `key` says what it is: the schema of each kind that is known.

    Other kinds may be, with any members, unless it is `strict`.
    """

    tag: str
    variants: Mapping[str, Schema]
    strict: bool = False

    def __call__(self, value: Any, path: str, violations: Violations) -> None:
        """Add to `faults` what is wrong with `value` at `path`."""
        own: Violations = []
        tags = tuple(self.variants) if self.strict else ()
        ObjectOf({self.tag: String(1, enum=tags)}, additional=True)(value, path, own)
        if not own and value[self.tag] in self.variants:
            self.variants[value[self.tag]](value, path, own)
        violations.extend(own)


@dataclass(frozen=True, slots=True)
class Null:
    """Null and nothing else."""

    def __call__(self, value: Any, path: str, violations: Violations) -> None:
        """Add a fault unless `value` is None."""
        _has_type(value, "Null", path, violations)
