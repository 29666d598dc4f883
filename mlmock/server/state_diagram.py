"""A state machine as an SVG: states in layers from the start, the present one marked."""

from __future__ import annotations

from html import escape

from mlmock.simulation.state_machine import StateMachine

_WIDE, _HIGH, _GAP, _DROP = 9.2, 32, 84, 62  # of a letter, of a box, between columns and rows
_HEAD, _SIDE = 40, 10  # room above, where ways back are drawn, and beside
_LEAST = 0.75  # of its width, below which a drawing is scrolled and not made smaller
Place = tuple[float, float]


def drawing(machine: StateMachine, state: str) -> str:
    """Return the machine's SVG with `state` marked; what can happen is told in words below."""
    places = _places(machine)
    width = round(max(x + _box(name) for name, (x, _) in places.items()) + _SIDE)
    height = round(max(y for _, y in places.values()) + _HIGH + _SIDE)
    lines = "".join(_line(places, *ends, ends[0] == state) for ends in _ways(machine, state))
    boxes = "".join(_state(name, place, name == state) for name, place in places.items())
    label = escape(f"{machine.name}: now {state}; next {next_of(machine, state)}", quote=True)
    least = round(width * _LEAST)
    return (
        f'<svg role="img" aria-label="{label}" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" style="min-width: {least}px">'
        f"<defs>{_tip('tip')}{_tip('tip-next')}</defs>"
        f"{lines}{boxes}</svg>"
        f"<figcaption>From here: {escape(next_of(machine, state))}</figcaption>"
    )


def next_of(machine: StateMachine, state: str) -> str:
    """Return what can happen in `state`, in words."""
    steps = [
        f"{event} → {'gone' if target == '[*]' else target}"
        for source, event, target in machine.edges()
        if source == state
    ]
    return ", ".join(steps) or "nothing more"


def _ways(machine: StateMachine, state: str) -> list[tuple[str, str]]:
    """Return which states lead to which others, those from the present one last: on top."""
    ends = {(s, t): None for s, _, t in machine.edges() if t != "[*]" and s != t}
    return sorted(ends, key=lambda way: way[0] == state)


def _tip(name: str) -> str:
    return (
        f'<marker id="{name}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
        'markerHeight="7" orient="auto-start-reverse"><path d="M0 0 8 4 0 8z"/></marker>'
    )


# -- where they stand ------------------------------------------------------------------------


def _places(machine: StateMachine) -> dict[str, Place]:
    """Return where each state stands: its column is how many steps it is from the start."""
    places: dict[str, Place] = {}
    x, rows = float(_SIDE), dict.fromkeys([machine.start], 0.0)
    for layer in _layers(machine):
        rows.update(_rows(machine, layer, rows))
        places.update({name: (x, rows[name]) for name in layer})
        x += max(map(_box, layer)) + _GAP
    top = min(rows.values())
    return {name: (x, _HEAD + (row - top) * _DROP) for name, (x, row) in places.items()}


def _layers(machine: StateMachine) -> list[list[str]]:
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
    return [*layers[:-1], *([rest] if rest else [])]


def _rows(machine: StateMachine, layer: list[str], rows: dict[str, float]) -> dict[str, float]:
    """Return the rows of a column: each near what leads there, none on another."""
    wanted = {}
    for name in layer:
        before = [rows[s] for s, _, t in machine.edges() if t == name and s in rows and s != name]
        wanted[name] = sum(before) / len(before) if before else 0.0
    found: dict[str, float] = {}
    for name in sorted(layer, key=lambda state: wanted[state]):
        found[name] = max(wanted[name], max(found.values(), default=-1e9) + 1)
    shift = sum(found[name] - wanted[name] for name in layer) / len(layer)
    return {name: row - shift for name, row in found.items()}


def _box(name: str) -> float:
    return len(name) * _WIDE + 24


# -- how they are drawn ----------------------------------------------------------------------


def _state(name: str, place: Place, present: bool) -> str:
    x, y = place
    mark = ' class="present"' if present else ""
    return (
        f'<g{mark}><rect x="{x:.0f}" y="{y:.0f}" width="{_box(name):.0f}" height="{_HIGH}" '
        f'rx="8"/><text x="{x + _box(name) / 2:.0f}" y="{y + 21:.0f}">{escape(name)}</text></g>'
    )


def _line(places: dict[str, Place], source: str, target: str, present: bool) -> str:
    mark, tip = (' class="next"', "tip-next") if present else ("", "tip")
    return f'<path{mark} d="{_curve(places, source, target)}" marker-end="url(#{tip})"/>'


def _curve(places: dict[str, Place], source: str, target: str) -> str:
    """Return the path of an arrow: onwards from side to side, back over the top."""
    (x1, y1), (x2, y2), half = places[source], places[target], _HIGH / 2
    right = x1 + _box(source)
    if x1 < x2:
        bend = (x2 - right) / 2
        ends = (right, y1 + half, right + bend, y1 + half, x2 - bend, y2 + half, x2, y2 + half)
    elif x1 == x2 and abs(y1 - y2) <= _DROP:
        x, down = x1 + min(_box(source), _box(target)) / 2, y2 > y1
        start, end = (y1 + _HIGH, y2) if down else (y1, y2 + _HIGH)
        ends = (x, start, x, start, x, end, x, end)
    elif x1 == x2:
        far = max(right, x2 + _box(target)) + 34
        ends = (right, y1 + half, far, y1 + half, far, y2 + half, x2 + _box(target), y2 + half)
    else:
        x, to, peak = x1 + _box(source) / 2, x2 + _box(target) / 2, min(y1, y2) - 34
        ends = (x, y1, x, peak, to, peak, to, y2)
    return "M{:.0f} {:.0f}C{:.0f} {:.0f} {:.0f} {:.0f} {:.0f} {:.0f}".format(*ends)
