"""Draw docs/explanation/architecture.svg, the layers and packages of mlmock, from the imports.

Run it with `make graph`. Each arrow is an import; arrows that follow from others are left out, so
what a package imports is all that its arrows lead to, directly or not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from itertools import pairwise
from pathlib import Path

from tests.architecture import LEVELS, MODULES, ROOT, members_imports

SVG = ROOT / "docs" / "explanation" / "architecture.svg"
_DEEPEST = 3  # levels of folders
_LINE, _CHARACTER, _PADDING, _TITLE, _GAP, _ROW_GAP = 20.0, 7.9, 13.0, 24.0, 16.0, 26.0
_LABELS = 40.0  # width of the column with the numbers of the layers
_STYLE = """
  .page { fill: #ffffff } .band { fill: #f4f4f2 } rect { stroke: #6b7f94; stroke-width: 1 }
  .depth1 { fill: #eaf1f8 } .depth2 { fill: #d8e5f1 } .depth3 { fill: #c3d6e9 }
  .page, .band, .head { stroke: none } text { fill: #1c2733 } .label { fill: #66727f }
  text { font: 13px ui-monospace, Menlo, Consolas, monospace } .head { fill: #44586d }
  .arrow { fill: none; stroke: #44586d; stroke-width: 1.2 }
  @media (prefers-color-scheme: dark) {
    .page { fill: #14181d } .band { fill: #1a1f25 } rect { stroke: #7d93a8 }
    .depth1 { fill: #232c36 } .depth2 { fill: #2e3b49 } .depth3 { fill: #3a4d60 }
    text { fill: #e4eaf0 } .label { fill: #98a5b2 }
    .arrow { stroke: #a9bccf } .head { fill: #a9bccf }
  }
"""


@dataclass(slots=True)
class Box:
    """Modules or packages with the same imports, or a point that an arrow passes."""

    lines: list[str]  # no lines: a point
    rows: list[list[Box]] = field(default_factory=list)  # the highest layer first
    arrows: list[list[Box]] = field(default_factory=list)  # source, points, target
    width: float = 0.0
    height: float = 0.0
    x: float = 0.0
    y: float = 0.0
    row_top: float = 0.0
    row_bottom: float = 0.0


# -- what is drawn ----------------------------------------------------------------------------


def box_of(package: str, name: str, depth: int = 0) -> Box:
    """Return the box of a package, with boxes for its sub-packages."""
    imports = reduced(drawn_imports(package, depth))
    levels = LEVELS.get(package) or longest_paths(imports)
    inner = {member: box_of(f"{package}.{member}", member, depth + 1) for member in imports}
    boxes = merged(inner, imports, levels)
    found = Box([name + ("/" if is_package(package) else ".py")])
    found.rows = [
        list({id(boxes[m]): boxes[m] for m in sorted(boxes) if levels[m] == level}.values())
        for level in sorted({levels[member] for member in boxes}, reverse=True)
    ]
    ends = {
        (id(boxes[m]), id(boxes[t])): (boxes[m], boxes[t])
        for m in imports
        for t in sorted(imports[m])
    }
    found.arrows = [[a, *_points(found.rows, a, b), b] for a, b in ends.values()]
    _order(found)
    return found


def merged(
    inner: Mapping[str, Box], imports: Mapping[str, set[str]], levels: Mapping[str, int]
) -> dict[str, Box]:
    """Return a box for each member; members with the same arrows and nothing inside share one."""
    found: dict[str, Box] = {}
    shared: dict[object, Box] = {}
    for name in sorted(inner):
        importers = frozenset(other for other in imports if name in imports[other])
        key = (levels[name], frozenset(imports[name]), importers)
        if inner[name].rows or not (imports[name] or importers):
            found[name] = inner[name]
        elif key in shared:
            found[name] = shared[key]
            found[name].lines += inner[name].lines
        else:
            found[name] = shared[key] = inner[name]
    return found


def is_package(module: str) -> bool:
    """Return whether a module is a folder."""
    return module in MODULES and MODULES[module].name == "__init__.py"


def drawn_imports(package: str, depth: int) -> dict[str, set[str]]:
    """Return the imports between the members that are drawn: below the top, sub-packages only."""
    found = members_imports(package) if depth < _DEEPEST else {}
    shown = {name for name in found if depth == 0 or is_package(f"{package}.{name}")}
    shown.discard("__main__")  # which only calls `cli`
    return {name: found[name] & shown for name in sorted(shown)}


def reduced(imports: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """Return the imports without those that follow from others."""
    return {
        name: {
            target
            for target in targets
            if not any(target in reached(imports, other) for other in targets - {target})
        }
        for name, targets in imports.items()
    }


def reached(imports: Mapping[str, set[str]], name: str) -> set[str]:
    """Return what a member imports, directly or through others."""
    found: set[str] = set()
    left = set(imports[name])
    while left:
        target = left.pop()
        found.add(target)
        left |= imports[target] - found
    return found


def longest_paths(imports: Mapping[str, set[str]]) -> dict[str, int]:
    """Return for each member the length of the longest chain of imports from it."""

    def level(name: str) -> int:
        return 1 + max((level(target) for target in imports[name]), default=0)

    return {name: level(name) for name in imports}


# -- where it is drawn ------------------------------------------------------------------------


def _points(rows: list[list[Box]], source: Box, target: Box) -> list[Box]:
    """Add a point for an arrow to each row between its ends, and return them."""
    first, last = (_row_of(rows, box) for box in (source, target))
    found = [Box([]) for _ in range(first + 1, last)]
    for number, point in enumerate(found, first + 1):
        rows[number].append(point)
    return found


def _row_of(rows: list[list[Box]], box: Box) -> int:
    return next(n for n, row in enumerate(rows) if any(other is box for other in row))


def _order(box: Box) -> None:
    """Sort the rows, from the lowest to the highest and back, by where their arrows lead."""
    for _ in range(4):
        for up in (True, False):
            rows = list(reversed(box.rows)) if up else box.rows
            for before, row in pairwise(rows):
                places = {id(other): n / max(1, len(before) - 1) for n, other in enumerate(before)}
                middle = {id(other): _middle(box.arrows, other, places) for other in row}
                row.sort(key=lambda other: middle[id(other)])


def _middle(arrows: list[list[Box]], box: Box, places: Mapping[int, float]) -> float:
    """Return the mean place of the boxes in `places` that arrows connect with `box`."""
    found = [
        places[id(end)]
        for arrow in arrows
        for pair in pairwise(arrow)
        for end, other in (pair, pair[::-1])
        if other is box and id(end) in places
    ]
    return sum(found) / len(found) if found else 0.5


def measure(box: Box) -> None:
    """Set the size of a box from what is in it."""
    for row in box.rows:
        for inner in row:
            measure(inner)
    if not box.lines:
        box.width = 2.0
        return
    box.width = max(_CHARACTER * len(line) + 2 * _PADDING for line in box.lines)
    box.height = _LINE * len(box.lines) + 8
    if box.rows:
        box.width = max(box.width, *map(_row_width, box.rows)) + 2 * _PADDING
        heights = sum(map(_row_height, box.rows))
        box.height = _TITLE + heights + _ROW_GAP * (len(box.rows) - 1) + _PADDING


def _row_width(row: list[Box]) -> float:
    return sum(box.width for box in row) + _GAP * (len(row) - 1)


def _row_height(row: list[Box]) -> float:
    return max(box.height for box in row)


def place(box: Box, x: float, y: float, *, title: float = _TITLE) -> None:
    """Set the position of a box and of all in it."""
    box.x, box.y = x, y
    top = y + title
    for row in box.rows:
        height, left = _row_height(row), x + (box.width - _row_width(row)) / 2
        for inner in row:
            inner.row_top, inner.row_bottom = top, top + height
            if inner.rows:
                inner.height = height
            place(inner, left, top + (height - inner.height) / 2)
            left += inner.width + _GAP
        top += height + _ROW_GAP


# -- drawing ----------------------------------------------------------------------------------


def draw() -> str:
    """Return the text of the SVG file."""
    root = box_of("mlmock", "mlmock")
    measure(root)
    width, height = root.width + _LABELS, root.height - _TITLE + _PADDING
    place(root, _LABELS, _PADDING, title=0.0)
    view = f'role="img" viewBox="0 0 {width:.0f} {height:.0f}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {view}>',
        "<title>Layers and packages of mlmock; arrows are imports</title>",
        f"<style>{_STYLE}</style>",
        f'<rect class="page" width="{width:.0f}" height="{height:.0f}"/>',
        *_bands(root, width),
        *_inside(root, 0),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _bands(root: Box, width: float) -> Iterator[str]:
    """Yield a band for every layer, with its number."""
    for level, row in zip(range(len(root.rows), 0, -1), root.rows, strict=True):
        top, height = min(box.y for box in row) - 6, _row_height(row) + 12
        yield f'<rect class="band" y="{top:.1f}" width="{width:.0f}" height="{height:.1f}"/>'
        yield f'<text class="label" x="10" y="{top + height / 2 + 4:.1f}">{level}</text>'


def _inside(box: Box, depth: int) -> Iterator[str]:
    """Yield what is drawn in a box: arrows first, boxes over them."""
    for arrow in box.arrows:
        yield from _arrow(arrow)
    for row in box.rows:
        for inner in row:
            if inner.lines:
                yield from _drawn(inner, depth + 1)


def _drawn(box: Box, depth: int) -> Iterator[str]:
    yield (
        f'<rect class="depth{depth}" x="{box.x:.1f}" y="{box.y:.1f}" width="{box.width:.1f}" '
        f'height="{box.height:.1f}" rx="4"/>'
    )
    middle, top = box.x + box.width / 2, box.y + (17 if box.rows else 18.5)
    for number, line in enumerate(box.lines):
        y = top + number * _LINE
        yield f'<text x="{middle:.1f}" y="{y:.1f}" text-anchor="middle">{escape(line)}</text>'
    yield from _inside(box, depth)


def _arrow(boxes: list[Box]) -> Iterator[str]:
    """Yield the line of an arrow, vertical next to boxes and curved between rows, and its head."""
    source, target = boxes[0], boxes[-1]
    x, y = source.x + source.width / 2, source.y + source.height
    steps = [f"M{x:.1f},{y:.1f}"]
    for before, box in pairwise(boxes):
        to_x, half = box.x + box.width / 2, (before.row_bottom + box.row_top) / 2
        steps.append(f"V{before.row_bottom:.1f}")
        steps.append(f"C{x:.1f},{half:.1f} {to_x:.1f},{half:.1f} {to_x:.1f},{box.row_top:.1f}")
        x = to_x
    steps.append(f"V{target.y - 5:.1f}")
    yield f'<path class="arrow" d="{" ".join(steps)}"/>'
    yield f'<path class="head" d="M{x:.1f},{target.y:.1f} l-4,-7 h8 z"/>'


def main(file: Path = SVG) -> None:
    """Write the diagram."""
    file.write_text(draw(), encoding="utf-8")


if __name__ == "__main__":
    main()
