"""Values that violate one constraint of a shape, and AWS's message for each."""

from collections.abc import Iterable, Iterator
from typing import Any

from mlmock.aws.spec.constraints import constraints_of, is_document, is_union
from tests.aws.minimal_values import Position, key_of, minimal, with_value_at
from tests.aws.pattern_samples import SAMPLES

_FILL = ("a", "7", "A", "/", " ")
_ODD = ("!", "ÄÖ", "a b", "-", "\t", "#no", "::", "a|b", "x" * 12, "é!" * 3, "a,b;c", "0", "@ @ @")
MAX_SHOWN = 1024


def invalid_requests(position: Position) -> Iterator[tuple[Any, list[str]]]:
    """Yield parameters that violate the constraints at `position`, with the messages for each."""
    for value in violating_values(position.shape):
        yield with_value_at(position, value), violation_messages(position, value)
    if position.shape.type_name == "map":
        for key in violating_values(position.shape.key):
            value = {key: minimal(position.shape.value)}
            rules = ", ".join(all_rules(position.shape.key))
            message = f"Map keys must satisfy constraint: [{rules}]"
            yield with_value_at(position, value), [violation_message(position, value, message)]


def violating_values(shape: Any) -> Iterator[Any]:
    """Yield values of `shape` that each violate as few of its constraints as possible."""
    if is_document(shape):
        return
    limits, kind = constraints_of(shape), shape.type_name
    if kind == "string":
        yield from _violating_strings(shape)
    elif kind in {"blob", "list", "map"}:
        if limits.least:
            yield _sized(shape, int(limits.least) - 1)
        if limits.most is not None:
            yield _sized(shape, int(limits.most) + 1)
    else:
        if limits.least is not None:
            yield limits.least - 1
        if limits.most is not None:
            yield limits.most + 1


def _sized(shape: Any, size: int) -> Any:
    if shape.type_name == "blob":
        return b"x" * size
    if shape.type_name == "list":
        return [minimal(shape.member) for _ in range(size)]
    return {f"{key_of(shape)}{number}": minimal(shape.value) for number in range(size)}


def _violating_strings(shape: Any) -> Iterator[str]:
    limits = constraints_of(shape)
    least, most = int(limits.least or 0), limits.most
    if limits.enum:
        yield "no such value"
    if most is not None:
        size = int(most) + 1
        yield _best(shape, (text.ljust(size, fill) for text in SAMPLES for fill in _FILL))
    if least:
        yield _best(shape, (fill * (least - 1) for fill in _FILL))
    if limits.fits is not None:
        fit = [t for t in _ODD if least <= len(t) <= (most or 99) and limits.fits(t) is None]
        if fit:  # empty if the pattern matches everything
            yield fit[0]


def _best(shape: Any, candidates: Iterable[str]) -> str:
    """Return the first candidate that violates one rule, or one that violates the fewest."""
    found = [""] * 9
    for text in candidates:
        found = min(found, [text, *violated_rules(shape, text)], key=len)
        if len(found) == 2:
            break
    return found[0]


# -- messages ---------------------------------------------------------------------------------


def violation_messages(position: Position, value: Any) -> list[str]:
    """Return AWS's messages for the violations of `value` at `position`."""
    rules = violated_rules(position.shape, value)
    if position.owner.type_name == "structure":
        return [violation_message(position, value, rule) for rule in rules]
    element = "Member" if position.owner.type_name == "list" else "Map value"
    container = Position(position.steps[:-1], position.shapes[:-1])
    message = f"{element} must satisfy constraint: [{', '.join(all_rules(position.shape))}]"
    return [
        violation_message(
            container,
            with_value_at(Position(position.steps[-1:], position.shapes[-2:]), value),
            message,
        )
    ]


def violation_message(position: Position, value: Any, rule: str) -> str:
    """Return one message, without values of sensitive shapes, blobs and structures."""
    shapes = [*position.shapes, *_elements(position.shape)]
    hidden = any(shape.metadata.get("sensitive") for shape in shapes)
    if hidden or {"blob", "structure"} & {
        shape.type_name for shape in shapes[len(position.steps) :]
    }:
        return f"Value at '{position.path()}' failed to satisfy constraint: {rule}"
    shown = text(value)
    shown = shown if len(shown) <= MAX_SHOWN else shown[:MAX_SHOWN] + "..."
    return f"Value '{shown}' at '{position.path()}' failed to satisfy constraint: {rule}"


def _elements(shape: Any) -> list[Any]:
    if shape.type_name == "list":
        return [shape.member, *_elements(shape.member)]
    if shape.type_name == "map":
        return [shape.key, shape.value, *_elements(shape.value)]
    return []


def text(value: Any) -> str:
    """Return a value as Java formats it."""
    if isinstance(value, list):
        return f"[{', '.join(map(text, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}={text(item)}" for key, item in value.items()) + "}"
    return str(value)


def violated_rules(shape: Any, value: Any) -> list[str]:
    """Return the rules of `shape` that `value` violates, the minimum last."""
    most, least, enum, pattern = _rules(shape)
    limits = constraints_of(shape)
    size = value if isinstance(value, (int, float)) else len(value)
    found = [most] if limits.most is not None and size > limits.most else []
    found += [enum] if limits.enum and value not in limits.enum else []
    found += [pattern] if limits.fits is not None and limits.fits(value) is None else []
    return [*found, least] if limits.least is not None and size < limits.least else found


def all_rules(shape: Any) -> list[str]:
    """Return every rule of `shape`."""
    return [rule for rule in _rules(shape) if rule]


def _rules(shape: Any) -> tuple[str, str, str, str]:
    facts = shape.metadata
    kind = "length" if shape.type_name in {"string", "blob", "list", "map"} else "value"
    most = f"Member must have {kind} less than or equal to {facts.get('max')}"
    least = f"Member must have {kind} greater than or equal to {facts.get('min')}"
    pattern = f"Member must satisfy regular expression pattern: {facts.get('pattern')}"
    enum = f"Member must satisfy enum value set: [{', '.join(facts.get('enum', []))}]"
    limits = constraints_of(shape)
    return (
        most if limits.most is not None else "",
        least if limits.least is not None else "",
        enum if limits.enum else "",
        pattern if limits.fits is not None else "",
    )


def incomplete_requests(position: Position) -> Iterator[tuple[Any, list[str]]]:
    """Yield parameters whose structure at `position` lacks a required member, with the message.

    For a union, yield values with none and with two of its members.
    """
    shape = position.shape
    if shape.type_name != "structure" or is_document(shape):
        return
    whole = minimal(shape)
    for name in shape.required_members:
        path = position.then(name, shape.members[name]).path()
        rest = {key: item for key, item in whole.items() if key != name}
        message = f"Value null at '{path}' failed to satisfy constraint: Member must not be null"
        yield with_value_at(position, rest), [message]
    if is_union(shape):
        choices = ", ".join(name[:1].lower() + name[1:] for name in shape.members)
        rule = f"Member must have exactly one of its members set: [{choices}]"
        two = {name: minimal(shape.members[name]) for name in list(shape.members)[:2]}
        for value in [{}, two] if len(two) == 2 else [{}]:
            message = f"Value at '{position.path()}' failed to satisfy constraint: {rule}"
            yield with_value_at(position, value), [message]
