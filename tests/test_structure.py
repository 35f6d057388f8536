"""The arrows between modules go one way, and cryptography keeps its hands off the world."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MODULES = sorted([*(ROOT / "protocols").rglob("*.py"), *(ROOT / "privscore").rglob("*.py")])

# What a protocol may not touch outside the engine: clock, thread, socket, file, log, environment.
WORLD = {
    "asyncio", "io", "logging", "multiprocessing", "os", "pathlib", "random", "shutil", "socket",
    "subprocess", "sys", "tempfile", "threading", "time",
}  # fmt: skip
NEVER = {"pickle", "marshal", "shelve", "yaml", "pandas"}

# Each module, or folder of modules, and the packages that it must not import.
FORBIDDEN = {
    "protocols": {"privscore"},
    "protocols.core": {
        "protocols.sharing", "protocols.aggregation", "protocols.encryption", "protocols.linkage",
    },
    "privscore.card.scorecard": {"protocols", "privscore.job", "privscore.methods"},
    "privscore.consortium.agreement": {"protocols", "privscore.job", "privscore.methods"},
    "privscore.consortium": {"protocols", "privscore.job", "privscore.methods"},
    "privscore.tables": {"protocols", "privscore.job", "privscore.methods"},
    "privscore.methods": {"privscore.job", "privscore.runtime.local", "privscore.cli"},
    "privscore.job": {"privscore.runtime.local", "privscore.compare", "privscore.cli"},
    "privscore.compare": {"privscore.cli"},
}  # fmt: skip


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> set[str]:
    """Every module that the file imports, anywhere in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def inside(module: str, package: str) -> bool:
    return module == package or module.startswith(package + ".")


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_go_one_way(path: Path) -> None:
    for place, banned in FORBIDDEN.items():
        if inside(name_of(path), place):
            wrong = {m for m in imports(path) for package in banned if inside(m, package)}
            assert not wrong, f"{path.relative_to(ROOT)} must not import {sorted(wrong)}"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_no_module_decodes_anything_executable(path: Path) -> None:
    wrong = {m for m in imports(path) if m.partition(".")[0] in NEVER}
    calls = {
        node.func.id
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert not wrong
    assert not calls & {"eval", "exec"}


@pytest.mark.parametrize(
    "path",
    [p for p in MODULES if inside(name_of(p), "protocols") and "core" not in p.parts],
    ids=name_of,
)
def test_protocols_do_not_touch_the_world(path: Path) -> None:
    wrong = {m for m in imports(path) if m.partition(".")[0] in WORLD}
    # The backend of a library that reads and writes paths only may hold files in memory.
    allowed = {"os", "pathlib", "tempfile"} if path.stem == "backend" else set()
    wrong = {m for m in wrong if m.partition(".")[0] not in allowed}
    assert not wrong, f"{path.relative_to(ROOT)} must not import {sorted(wrong)}"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_files_stay_small(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= 300, f"{path.relative_to(ROOT)} has {lines} lines: make it two files"
