"""Draw the pages' diagrams for the site, when it is built.

GitHub draws Mermaid by itself; on a site a script from elsewhere would have to. The protocols'
pages hold participants, notes over all of them, and arrows; the page on architecture holds floors,
rooms and arrows. This draws these and refuses the rest.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from typing import Any

_COLUMN, _LINE, _TOP = 170, 30, 44  # pixels
_STYLE = 'font-family="inherit" font-size="12" fill="currentColor" stroke="none"'


def fence(source: str, *_: Any, **__: Any) -> str:
    """A `mermaid` block as SVG, as superfences asks for it; raises ValueError for other Mermaid."""
    first, *lines = source.strip().splitlines()
    if first == "flowchart TB":
        return _floors(lines)
    if first != "sequenceDiagram":
        raise ValueError(f"no sequence diagram: {first}")
    names = [line.split()[1] for line in lines if line.split()[0] == "participant"]
    places = {name: _COLUMN // 2 + _COLUMN * number for number, name in enumerate(names)}
    rows = [line.strip() for line in lines if line.split()[0] != "participant"]
    width, height = _COLUMN * len(names), _TOP + _LINE * len(rows) + _LINE // 2
    drawn = [*_heads(places, height)]
    for number, row in enumerate(rows, 1):
        drawn.append(_row(row, places, width, _TOP + _LINE * number))
    return (
        f'<svg class="sequence" viewBox="0 0 {width} {height}" width="{width}" role="img" '
        f'stroke="currentColor" fill="none">{"".join(drawn)}</svg>'
    )


def _heads(places: dict[str, int], height: int) -> Iterator[str]:
    for name, x in places.items():
        yield f'<text x="{x}" y="24" text-anchor="middle" font-weight="600" {_STYLE}>{name}</text>'
        yield f'<path d="M{x} {_TOP - 10}V{height}" stroke-opacity=".3"/>'


def _row(row: str, places: dict[str, int], width: int, y: int) -> str:
    note = re.fullmatch(r"Note over [\w-]+,[\w-]+: (.+)", row)
    if note:
        return (
            f'<path d="M0 {y}H{width}" stroke-opacity=".3" stroke-dasharray="4"/>'
            f'<text x="4" y="{y - 4}" font-weight="600" {_STYLE}>{escape(note[1])}</text>'
        )
    arrow = re.fullmatch(r"([\w-]+)->>([\w-]+): (.+)", row)
    if arrow is None:
        raise ValueError(f"neither a note nor an arrow: {row}")
    start, end = places[arrow[1]], places[arrow[2]]
    back = 6 if end > start else -6
    return (
        f'<path d="M{start} {y}H{end}M{end - back} {y - 4}L{end} {y}L{end - back} {y + 4}"/>'
        f'<text x="{(start + end) // 2}" y="{y - 5}" text-anchor="middle" {_STYLE}>'
        f"{escape(arrow[3])}</text>"
    )


_ROOM, _GAP, _FLOOR = 168, 12, 72  # pixels


def _floors(lines: list[str]) -> str:
    """Rooms as boxes, a row for each floor, and a line for each arrow."""
    places: dict[str, tuple[int, int]] = {}  # the middle of a box
    boxes, arrows, floor, room = [], [], -1, 0
    for line in map(str.strip, lines):
        if re.fullmatch(r'subgraph \w+\["[\w ]+"\]', line):
            floor, room = floor + 1, 0
        elif box := re.fullmatch(r'(\w+)\["([\w/]+)"\]', line):
            x, y = room * (_ROOM + _GAP) + 4, floor * _FLOOR + 4
            places[box[1]] = (x + _ROOM // 2, y + 16)
            boxes.append(f'<rect x="{x}" y="{y}" width="{_ROOM}" height="32" rx="4"/>')
            boxes.append(
                f'<text x="{x + _ROOM // 2}" y="{y + 21}" text-anchor="middle" {_STYLE}>'
                f"{escape(box[2])}</text>"
            )
            room += 1
        elif arrow := re.fullmatch(r"(\w+) --> (\w+)", line):
            (x1, y1), (x2, y2) = places[arrow[1]], places[arrow[2]]
            path = f"M{x1} {y1 + 16}L{x2} {y2 - 16}"
            arrows.append(f'<path d="{path}" stroke-opacity=".3"/>')
        elif line != "end":
            raise ValueError(f"neither a floor, a room nor an arrow: {line}")
    width = max(x for x, _ in places.values()) + _ROOM // 2 + 4
    return (
        f'<svg class="sequence" viewBox="0 0 {width} {(floor + 1) * _FLOOR}" width="{width}" '
        f'role="img" stroke="currentColor" fill="none">{"".join([*arrows, *boxes])}</svg>'
    )
