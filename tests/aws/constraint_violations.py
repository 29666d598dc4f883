"""Values that break one constraint of a shape, and the message that AWS has for each."""

from collections.abc import Iterable, Iterator
from typing import Any

from mlmock.aws.spec.constraints import is_document, is_union, limits_of
from tests.aws.minimal_values import Place, key_of, minimal, put
from tests.aws.pattern_samples import SAMPLES

_FILL = ("a", "7", "A", "/", " ")
_ODD = ("!", "ÄÖ", "a b", "-", "\t", "#no", "::", "a|b", "x" * 12, "é!" * 3, "a,b;c", "0", "@ @ @")
SHOWN = 1024


def broken_requests(place: Place) -> Iterator[tuple[Any, list[str]]]:
    """Yield parameters that break the constraints at `place`, with what is said of each."""
    for value in breaking(place.shape):
        yield put(place, value), messages(place, value)
    if place.shape.type_name == "map":
        for key in breaking(place.shape.key):
            value = {key: minimal(place.shape.value)}
            rules = ", ".join(all_rules(place.shape.key))
            said = f"Map keys must satisfy constraint: [{rules}]"
            yield put(place, value), [fault(place, value, said)]


def breaking(shape: Any) -> Iterator[Any]:
    """Yield values of `shape`, each of which breaks as few of its constraints as can be."""
    if is_document(shape):
        return
    limits, kind = limits_of(shape), shape.type_name
    if kind == "string":
        yield from _breaking_strings(shape)
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


def _breaking_strings(shape: Any) -> Iterator[str]:
    limits = limits_of(shape)
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
        if fit:  # none, where the pattern lets everything pass
            yield fit[0]


def _best(shape: Any, candidates: Iterable[str]) -> str:
    """Return the first that breaks one rule alone, or else any that breaks the fewest."""
    found = [""] * 9
    for text in candidates:
        found = min(found, [text, *broken_rules(shape, text)], key=len)
        if len(found) == 2:
            break
    return found[0]


# -- what is said of them ---------------------------------------------------------------------


def messages(place: Place, value: Any) -> list[str]:
    """Return the faults of `value` at `place` as AWS words them."""
    rules = broken_rules(place.shape, value)
    if place.owner.type_name == "structure":
        return [fault(place, value, rule) for rule in rules]
    who = "Member" if place.owner.type_name == "list" else "Map value"
    whole = Place(place.steps[:-1], place.shapes[:-1])
    said = f"{who} must satisfy constraint: [{', '.join(all_rules(place.shape))}]"
    return [fault(whole, put(Place(place.steps[-1:], place.shapes[-2:]), value), said)]


def fault(place: Place, value: Any, rule: str) -> str:
    """Return one fault's text; values of sensitive shapes, blobs and structures are left out."""
    shapes = [*place.shapes, *_elements(place.shape)]
    hidden = any(shape.metadata.get("sensitive") for shape in shapes)
    if hidden or {"blob", "structure"} & {shape.type_name for shape in shapes[len(place.steps) :]}:
        return f"Value at '{place.path()}' failed to satisfy constraint: {rule}"
    shown = text(value)
    shown = shown if len(shown) <= SHOWN else shown[:SHOWN] + "..."
    return f"Value '{shown}' at '{place.path()}' failed to satisfy constraint: {rule}"


def _elements(shape: Any) -> list[Any]:
    if shape.type_name == "list":
        return [shape.member, *_elements(shape.member)]
    if shape.type_name == "map":
        return [shape.key, shape.value, *_elements(shape.value)]
    return []


def text(value: Any) -> str:
    """Return a value as Java writes it."""
    if isinstance(value, list):
        return f"[{', '.join(map(text, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}={text(item)}" for key, item in value.items()) + "}"
    return str(value)


def broken_rules(shape: Any, value: Any) -> list[str]:
    """Return the rules of `shape` that `value` breaks: the least one last."""
    most, least, enum, pattern = _rules(shape)
    limits = limits_of(shape)
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
    limits = limits_of(shape)
    return (
        most if limits.most is not None else "",
        least if limits.least is not None else "",
        enum if limits.enum else "",
        pattern if limits.fits is not None else "",
    )


def incomplete(place: Place) -> Iterator[tuple[Any, list[str]]]:
    """Yield parameters in which a structure at `place` lacks one required member, with the fault.

    Of a union: none of its members, and two of them.
    """
    shape = place.shape
    if shape.type_name != "structure" or is_document(shape):
        return
    whole = minimal(shape)
    for name in shape.required_members:
        path = place.then(name, shape.members[name]).path()
        rest = {key: item for key, item in whole.items() if key != name}
        said = f"Value null at '{path}' failed to satisfy constraint: Member must not be null"
        yield put(place, rest), [said]
    if is_union(shape):
        choices = ", ".join(name[:1].lower() + name[1:] for name in shape.members)
        rule = f"Member must have exactly one of its members set: [{choices}]"
        two = {name: minimal(shape.members[name]) for name in list(shape.members)[:2]}
        for value in [{}, two] if len(two) == 2 else [{}]:
            said = f"Value at '{place.path()}' failed to satisfy constraint: {rule}"
            yield put(place, value), [said]
