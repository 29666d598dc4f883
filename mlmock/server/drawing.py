"""A state machine as an SVG: states in layers from the start, the present one marked."""

from __future__ import annotations

from html import escape

from mlmock.lifecycle import Machine

_WIDE, _HIGH, _GAP, _DROP = 9, 30, 150, 78  # of a letter, of a box, between columns and rows


def drawing(machine: Machine, state: str) -> str:
    """Return the machine's SVG with `state` marked; its edges are told as a list beside it."""
    places = _places(machine)
    width = max(x + _box(name) for name, (x, _) in places.items()) + 16
    height = max(y for _, y in places.values()) + _HIGH + 16
    lines = "".join(_line(places, source, target) for source, _, target in machine.edges())
    boxes = "".join(_state(name, place, name == state) for name, place in places.items())
    label = escape(f"{machine.name}: now {state}; next {next_of(machine, state)}", quote=True)
    return (
        f'<svg role="img" aria-label="{label}" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}"><defs><marker id="tip" viewBox="0 0 8 8" refX="7" '
        f'refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse">'
        f'<path d="M0 0 8 4 0 8z"/></marker></defs>{lines}{boxes}</svg>'
        f"<figcaption>From here: {escape(next_of(machine, state))}</figcaption>"
    )


def next_of(machine: Machine, state: str) -> str:
    """Return what can happen in `state`, in words."""
    steps = [
        f"{event} → {'gone' if target == '[*]' else target}"
        for source, event, target in machine.edges()
        if source == state
    ]
    return ", ".join(steps) or "nothing more"


def _places(machine: Machine) -> dict[str, tuple[int, int]]:
    """Return where each state stands: its column is how many steps it is from the start."""
    layers = [[machine.start]]
    known = {machine.start}
    while layers[-1]:
        following = dict.fromkeys(
            target
            for source, _, target in machine.edges()
            if source in layers[-1] and target not in known and target != "[*]"
        )
        known.update(following)
        layers.append(list(following))
    rest = [state for state in machine.states if state not in known]
    return _spread([*layers[:-1], *([rest] if rest else [])])


def _spread(layers: list[list[str]]) -> dict[str, tuple[int, int]]:
    places, x = {}, 8
    for layer in layers:
        for row, name in enumerate(layer):
            places[name] = (x, 24 + row * _DROP)
        x += max(map(_box, layer)) + _GAP // 2
    return places


def _box(name: str) -> int:
    return len(name) * _WIDE + 20


def _state(name: str, place: tuple[int, int], present: bool) -> str:
    x, y = place
    mark = ' class="present"' if present else ""
    return (
        f'<g{mark}><rect x="{x}" y="{y}" width="{_box(name)}" height="{_HIGH}" rx="6"/>'
        f'<text x="{x + _box(name) / 2}" y="{y + 20}">{escape(name)}</text></g>'
    )


def _line(places: dict[str, tuple[int, int]], source: str, target: str) -> str:
    if target == "[*]" or source == target:
        return ""
    (x1, y1), (x2, y2) = places[source], places[target]
    half = _HIGH // 2
    if x1 < x2:
        start, end = (x1 + _box(source), y1 + half), (x2, y2 + half)
        return f'<path d="M{start[0]} {start[1]}L{end[0]} {end[1]}" marker-end="url(#tip)"/>'
    top = (x1 + _box(source) // 2, y1), (x2 + _box(target) // 2, y2)
    if x1 == x2:
        down = _HIGH if y2 > y1 else 0
        start, end = (top[0][0], y1 + down), (top[1][0] + 12, y2 + _HIGH - down)
        return f'<path d="M{start[0]} {start[1]}L{end[0]} {end[1]}" marker-end="url(#tip)"/>'
    peak = min(y1, y2) - 22
    return (
        f'<path d="M{top[0][0]} {top[0][1]}Q{(top[0][0] + top[1][0]) // 2} {peak} '
        f'{top[1][0]} {top[1][1]}" marker-end="url(#tip)"/>'
    )
