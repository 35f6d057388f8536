"""Draw the rooms of the code by floor, from the imports: the picture of `docs/architecture.md`.

python docs/scripts/architecture.py            # print the picture
python docs/scripts/architecture.py --write    # put it into the page
"""

from __future__ import annotations

import ast
import sys
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "architecture.md"
BEGIN, END = "<!-- made: rooms -->\n", "<!-- end: rooms -->\n"


def rooms() -> dict[str, set[str]]:
    """Every folder of both packages, and what it imports of the others, by name.

    The rooms of `protocols/` are one to `privscore`, as they are in tests/test_structure.py.
    """
    arrows: dict[str, set[str]] = {}
    for package in ("protocols", "privscore"):
        for folder in sorted((ROOT / package).iterdir()):
            if folder.is_dir() and any(folder.glob("*.py")):
                name = f"{package}/{folder.name}"
                files = folder.rglob("*.py")
                arrows[name] = {end for path in files for end in _ends(path)} - {name}
    return {start: ends & set(arrows) for start, ends in arrows.items()}


def _ends(path: Path) -> set[str]:
    ends = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        for name in names:
            ends.add("/".join(name.split(".")[:2]))
    return ends


def floors(arrows: Mapping[str, set[str]]) -> dict[int, list[str]]:
    """The rooms of every floor: one above the highest room that each stands on."""
    heights: dict[str, int] = {}

    def height(room: str) -> int:
        if room not in heights:
            heights[room] = 1 + max((height(end) for end in arrows[room]), default=0)
        return heights[room]

    by_floor: dict[int, list[str]] = defaultdict(list)
    for room in arrows:
        by_floor[height(room)].append(room)
    return dict(sorted(by_floor.items(), reverse=True))


def needed(arrows: Mapping[str, set[str]]) -> list[tuple[str, str]]:
    """The arrows that no way through other rooms says already."""

    def below(room: str) -> set[str]:
        return arrows[room].union(*(below(end) for end in arrows[room]))

    return [
        (start, end)
        for start in arrows
        for end in sorted(arrows[start])
        if not any(end in below(other) for other in arrows[start] - {end})
    ]


def picture() -> str:
    """The rooms as Mermaid, the highest floor first."""
    arrows = rooms()
    lines = ["```mermaid", "flowchart TB"]
    for floor, names in floors(arrows).items():
        lines.append(f'  subgraph floor{floor}["floor {floor}"]')
        lines += [f'    {_key(name)}["{name}"]' for name in names]
        lines.append("  end")
    lines += [f"  {_key(start)} --> {_key(end)}" for start, end in needed(arrows)]
    return "\n".join([*lines, "```", ""])


def _key(room: str) -> str:
    return room.replace("/", "_")


def main() -> None:
    """Print the picture, or put it into its page."""
    if "--write" not in sys.argv:
        print(picture(), end="")
        return
    before, _, rest_of_page = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    after = rest_of_page.partition(END)[2]
    PAGE.write_text(f"{before}{BEGIN}{picture()}{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
