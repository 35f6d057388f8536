"""The arrows between rooms are these and no others; names stand once; files stay small."""

from __future__ import annotations

import ast
import functools
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("protocols", "privscore")
MOST_LINES = 300
MOST_FLOORS = 11

# What a protocol may not touch outside the engine: clock, thread, socket, file, log, environment.
WORLD = {
    "asyncio", "io", "logging", "multiprocessing", "os", "pathlib", "random", "shutil", "socket",
    "subprocess", "sys", "tempfile", "threading", "time",
}  # fmt: skip
NEVER = {"pickle", "marshal", "shelve", "yaml", "pandas"}
# The backend of a library that reads and writes paths only may hold files in memory.
MAY_TOUCH = {"protocols.encryption.backends.seal": {"os", "pathlib", "tempfile"}}

# Every room, from the ground up, and the rooms that it may import: all arrows, one way. A room is a
# folder or a file of `privscore/`; those of `protocols/` are folders. An arrow that is not used any
# more is struck out here too.
ALLOWED = {
    "protocols.core": "",
    "protocols.conformance": "core",
    "protocols.sharing": "core",
    "protocols.aggregation": "core",
    "protocols.encryption": "core",
    "protocols": "core conformance",
    "privscore.errors": "",
    "privscore.text": "",
    "privscore.card": "",
    "privscore.consortium": "card errors",
    "privscore.files": "errors",
    "privscore.database": "",
    "privscore.methods": "card consortium errors protocols",
    "privscore.tables": "card consortium database errors files",
    "privscore.job": "card consortium database errors files methods protocols tables text",
    "privscore.scenarios": "errors files tables text",
    "privscore.runs": "card consortium errors job methods protocols",
    "privscore.pmml": "card consortium errors files runs",
    "privscore.runtime": "card consortium errors files job methods protocols runs tables text",
    "privscore.society": "database errors files runs",
    "privscore.api": "card consortium database errors job methods runs runtime tables",
    "privscore.compare": "consortium errors files job methods protocols runs runtime tables text",
    "privscore.inspect": "card consortium errors files job methods protocols runs runtime text",
    "privscore.stats": "card consortium job methods protocols runtime text",
    "privscore": "api card consortium errors pmml",
    "privscore.plan": "compare consortium errors files job methods protocols runs runtime tables "
    "text",
    "privscore.commands": "card compare consortium errors job methods plan protocols runs runtime "
    "society tables text",
    "privscore.cli": "commands compare consortium errors files inspect job methods plan pmml "
    "protocols runs scenarios stats text",
    "privscore.__main__": "cli",
}


class Module(NamedTuple):
    """One file, parsed."""

    name: str
    path: Path
    lines: int
    tree: ast.Module


class Arrow(NamedTuple):
    """An import from one room into another, with the first module that it stands in."""

    start: str
    end: str
    where: str


@functools.cache
def modules() -> tuple[Module, ...]:
    """Every file of both packages, each parsed once."""
    paths = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    return tuple(module_of(path, path.read_text(encoding="utf-8")) for path in paths)


def module_of(path: Path, text: str) -> Module:
    parts = path.relative_to(ROOT).with_suffix("").parts
    name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    return Module(name, path, len(text.splitlines()), ast.parse(text))


def imports(module: Module) -> set[str]:
    """Every name that the file imports, anywhere in it, with the module that it is from."""
    names = set()
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module.path}: relative import"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def inside(name: str, package: str) -> bool:
    return name == package or name.startswith(package + ".")


def room_of(name: str) -> str:
    """The room of a module or of a name in one; its package for what lies in no room."""
    rooms = [room for room in ALLOWED if inside(name, room)]
    return max(rooms, key=len, default="")


def arrows(some_modules: tuple[Module, ...]) -> dict[tuple[str, str], Arrow]:
    """All arrows between rooms; `privscore` sees the rooms of `protocols` as one."""
    by_rooms: dict[tuple[str, str], Arrow] = {}
    for module in some_modules:
        start = room_of(module.name)
        for name in sorted(imports(module)):
            end = room_of(name)
            if start.startswith("privscore") and end.startswith("protocols"):
                end = "protocols"
            if end and end != start:
                by_rooms.setdefault((start, end), Arrow(start, end, module.name))
    return by_rooms


def allowed_ends(start: str) -> set[str]:
    package = start.partition(".")[0]
    names = ALLOWED[start].split()
    return {name if name == "protocols" else f"{package}.{name}" for name in names}


def wrong_arrows(some_modules: tuple[Module, ...]) -> list[str]:
    return [
        f"{arrow.where}: {arrow.start} must not import {arrow.end}"
        for arrow in arrows(some_modules).values()
        if arrow.end not in allowed_ends(arrow.start)
    ]


def class_names(some_modules: tuple[Module, ...]) -> Mapping[str, list[str]]:
    """Public classes by name: in which modules each stands."""
    places = defaultdict(list)
    for module in some_modules:
        for node in module.tree.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(module.name)
    return places


def twice(some_modules: tuple[Module, ...]) -> list[str]:
    return [
        f"{name} stands in {' and '.join(places)}"
        for name, places in class_names(some_modules).items()
        if len(places) > 1
    ]


def too_long(some_modules: tuple[Module, ...]) -> list[str]:
    return [
        f"{module.name} has {module.lines} lines: make it two files"
        for module in some_modules
        if module.lines > MOST_LINES
    ]


def floors() -> dict[str, int]:
    """The floor of every room of `privscore`: one above the highest that it stands on."""
    heights: dict[str, int] = {}

    def height(room: str, above: tuple[str, ...]) -> int:
        assert room not in above, f"a circle: {' -> '.join((*above, room))}"
        if room not in heights:
            under = allowed_ends(room) - {"protocols"} if room != "protocols" else set()
            floors_under = [height(end, (*above, room)) for end in sorted(under)]
            heights[room] = 1 + max(floors_under, default=0)
        return heights[room]

    for room in ALLOWED:
        if inside(room, "privscore"):
            height(room, ())
    return heights


def of(package: str) -> Iterator[Module]:
    return (module for module in modules() if inside(module.name, package))


def test_arrows_between_rooms_are_those_that_are_allowed() -> None:
    assert not wrong_arrows(modules())


def test_every_allowed_arrow_is_used() -> None:
    used = {(arrow.start, arrow.end) for arrow in arrows(modules()).values()}
    unused = [
        f"{start} -> {end}" for start in ALLOWED for end in allowed_ends(start)
        if (start, end) not in used
    ]  # fmt: skip
    assert not unused, "strike these out"


def test_every_room_is_on_the_list() -> None:
    folders = {
        f"{package}.{path.stem}"
        for package in PACKAGES
        for path in (ROOT / package).iterdir()
        if (path.is_dir() and any(path.glob("*.py"))) or path.suffix == ".py"
    }
    rooms = {name.removesuffix(".__init__") for name in folders}
    assert rooms == set(ALLOWED)


def test_there_are_eleven_floors_and_no_arrow_up() -> None:
    assert max(floors().values()) <= MOST_FLOORS


def test_a_public_class_name_stands_once() -> None:
    assert not twice(modules())


def test_files_stay_small() -> None:
    assert not too_long(modules())


def test_no_module_decodes_anything_executable() -> None:
    for module in modules():
        calls = {
            node.func.id
            for node in ast.walk(module.tree)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        libraries = {name.partition(".")[0] for name in imports(module)}
        assert not libraries & NEVER, module.path
        assert not calls & {"eval", "exec"}, module.path


def test_protocols_do_not_touch_the_world() -> None:
    for module in of("protocols"):
        if not inside(module.name, "protocols.core"):
            libraries = {name.partition(".")[0] for name in imports(module)}
            wrong = libraries & WORLD - MAY_TOUCH.get(module.name, set())
            assert not wrong, f"{module.path.relative_to(ROOT)} must not import {sorted(wrong)}"


# The rules themselves, seen failing: on files that are not there.


def seeded(name: str, text: str) -> tuple[Module, ...]:
    return (*modules(), module_of(ROOT / name, text))


def test_an_arrow_that_is_not_allowed_is_found() -> None:
    text = "from privscore.cli import app\n"
    problems = wrong_arrows(seeded("privscore/methods/upward.py", text))
    assert problems == ["privscore.methods.upward: privscore.methods must not import privscore.cli"]


def test_an_arrow_out_of_the_protocols_is_found() -> None:
    problems = wrong_arrows(seeded("protocols/sharing/outward.py", "import privscore.card\n"))
    assert problems == [
        "protocols.sharing.outward: protocols.sharing must not import privscore.card"
    ]


def test_a_class_name_that_stands_twice_is_found() -> None:
    problems = twice(seeded("privscore/card/again.py", "class Session:\n    pass\n"))
    assert problems == ["Session stands in protocols.core.session and privscore.card.again"]


def test_a_file_of_more_than_300_lines_is_found() -> None:
    problems = too_long(seeded("privscore/card/long.py", "x = 1\n" * (MOST_LINES + 1)))
    assert problems == ["privscore.card.long has 301 lines: make it two files"]
