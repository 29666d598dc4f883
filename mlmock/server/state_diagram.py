"""State machines as SVG diagrams, with the current state and its transitions highlighted.

States are placed in columns, by the number of transitions from the initial state. Coordinates are
in pixels.
"""

from __future__ import annotations

from html import escape

from mlmock.simulation.state_machine import StateMachine

_LETTER_WIDTH = 9.2
_BOX_HEIGHT = 32
_BOX_PADDING = 12
_COLUMN_GAP = 84
_ROW_HEIGHT = 62
_TOP_MARGIN = 40  # for arrows that lead back
_MARGIN = 10
_ARROW_BULGE = 34  # how far an arrow bends around other states
_MIN_SCALE = 0.75  # a diagram that would be smaller is scrolled
Point = tuple[float, float]


def svg(machine: StateMachine, state: str) -> str:
    """Return the diagram of `machine` in `state`, with a caption that lists the next states."""
    points = _layout(machine)
    width = round(max(x + _box_width(name) for name, (x, _) in points.items()) + _MARGIN)
    height = round(max(y for _, y in points.values()) + _BOX_HEIGHT + _MARGIN)
    arrows = "".join(_arrow(points, *arrow, arrow[0] == state) for arrow in _arrows(machine, state))
    boxes = "".join(_box(name, point, name == state) for name, point in points.items())
    following = transitions_from(machine, state)
    label = escape(f"{machine.name} is {state}; next: {following}", quote=True)
    return (
        f'<svg role="img" aria-label="{label}" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" style="min-width: {round(width * _MIN_SCALE)}px">'
        f"<defs>{_arrow_head('arrow')}{_arrow_head('arrow-next')}</defs>"
        f"{arrows}{boxes}</svg>"
        f"<figcaption>Next: {escape(following)}</figcaption>"
    )


def transitions_from(machine: StateMachine, state: str) -> str:
    """Return the events that can occur in `state` and the states that they lead to."""
    transitions = [
        f"{event} → {'deleted' if target == '[*]' else target}"
        for source, event, target in machine.edges()
        if source == state
    ]
    return ", ".join(transitions) or "none"


def _arrows(machine: StateMachine, state: str) -> list[tuple[str, str]]:
    """Return pairs of connected states; those from the current state are last, drawn on top."""
    pairs = {(s, t): None for s, _, t in machine.edges() if t != "[*]" and s != t}
    return sorted(pairs, key=lambda pair: pair[0] == state)


def _arrow_head(name: str) -> str:
    return (
        f'<marker id="{name}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
        'markerHeight="7" orient="auto-start-reverse"><path d="M0 0 8 4 0 8z"/></marker>'
    )


# -- layout ----------------------------------------------------------------------------------


def _layout(machine: StateMachine) -> dict[str, Point]:
    """Return the top left corner of each state's box."""
    points: dict[str, Point] = {}
    x, rows = float(_MARGIN), dict.fromkeys([machine.start], 0.0)
    for column in _columns(machine):
        rows.update(_rows(machine, column, rows))
        points.update({name: (x, rows[name]) for name in column})
        x += max(map(_box_width, column)) + _COLUMN_GAP
    first = min(rows.values())
    return {
        name: (x, _TOP_MARGIN + (row - first) * _ROW_HEIGHT) for name, (x, row) in points.items()
    }


def _columns(machine: StateMachine) -> list[list[str]]:
    """Return the states of each column; the last one has those that can't be reached."""
    columns = [[machine.start]]
    placed = {machine.start}
    while columns[-1]:
        following = dict.fromkeys(
            target
            for source, _, target in machine.edges()
            if source in columns[-1] and target not in placed and target != "[*]"
        )
        placed.update(following)
        columns.append(list(following))
    unreachable = [state for state in machine.states if state not in placed]
    return [*columns[:-1], *([unreachable] if unreachable else [])]


def _rows(machine: StateMachine, column: list[str], rows: dict[str, float]) -> dict[str, float]:
    """Return the row of each state in a column: near the states that lead to it, without overlap.

    Args:
        machine: The machine.
        column: The states of the column.
        rows: The rows of the states in earlier columns.
    """
    ideal = {}
    for name in column:
        sources = [rows[s] for s, _, t in machine.edges() if t == name and s in rows and s != name]
        ideal[name] = sum(sources) / len(sources) if sources else 0.0
    chosen: dict[str, float] = {}
    for name in sorted(column, key=lambda state: ideal[state]):
        chosen[name] = max(ideal[name], max(chosen.values(), default=-1e9) + 1)
    shift = sum(chosen[name] - ideal[name] for name in column) / len(column)
    return {name: row - shift for name, row in chosen.items()}


def _box_width(name: str) -> float:
    return len(name) * _LETTER_WIDTH + 2 * _BOX_PADDING


# -- drawing ---------------------------------------------------------------------------------


def _box(name: str, point: Point, is_current: bool) -> str:
    x, y = point
    width = _box_width(name)
    highlight = ' class="current"' if is_current else ""
    return (
        f'<g{highlight}><rect x="{x:.0f}" y="{y:.0f}" width="{width:.0f}" height="{_BOX_HEIGHT}" '
        f'rx="8"/><text x="{x + width / 2:.0f}" y="{y + 21:.0f}">{escape(name)}</text></g>'
    )


def _arrow(points: dict[str, Point], source: str, target: str, is_next: bool) -> str:
    highlight, head = (' class="next"', "arrow-next") if is_next else ("", "arrow")
    return f'<path{highlight} d="{_curve(points, source, target)}" marker-end="url(#{head})"/>'


def _curve(points: dict[str, Point], source: str, target: str) -> str:
    """Return a cubic Bézier curve from one box to another."""
    (x1, y1), (x2, y2) = points[source], points[target]
    if x1 < x2:
        curve = _curve_forward(x1 + _box_width(source), y1, x2, y2)
    elif x1 > x2:
        curve = _curve_back(x1 + _box_width(source) / 2, y1, x2 + _box_width(target) / 2, y2)
    elif abs(y1 - y2) <= _ROW_HEIGHT:
        curve = _curve_to_adjacent(x1 + min(_box_width(source), _box_width(target)) / 2, y1, y2)
    else:
        curve = _curve_around(x1 + _box_width(source), y1, x2 + _box_width(target), y2)
    return "M{:.0f} {:.0f}C{:.0f} {:.0f} {:.0f} {:.0f} {:.0f} {:.0f}".format(*curve)


def _curve_forward(right: float, y1: float, left: float, y2: float) -> tuple[float, ...]:
    """Return a curve from the right side of one box to the left side of another."""
    start, end, bend = y1 + _BOX_HEIGHT / 2, y2 + _BOX_HEIGHT / 2, (left - right) / 2
    return right, start, right + bend, start, left - bend, end, left, end


def _curve_back(x1: float, y1: float, x2: float, y2: float) -> tuple[float, ...]:
    """Return a curve over the top, to a column further left."""
    peak = min(y1, y2) - _ARROW_BULGE
    return x1, y1, x1, peak, x2, peak, x2, y2


def _curve_to_adjacent(x: float, y1: float, y2: float) -> tuple[float, ...]:
    """Return a vertical line to the next box of the same column."""
    start, end = (y1 + _BOX_HEIGHT, y2) if y2 > y1 else (y1, y2 + _BOX_HEIGHT)
    return x, start, x, start, x, end, x, end


def _curve_around(right1: float, y1: float, right2: float, y2: float) -> tuple[float, ...]:
    """Return a curve on the right of a column, past the boxes between two others."""
    start, end = y1 + _BOX_HEIGHT / 2, y2 + _BOX_HEIGHT / 2
    bulge = max(right1, right2) + _ARROW_BULGE
    return right1, start, bulge, start, bulge, end, right2, end
