"""How the code calls SEAL: one load, no context, no rotation, and in the backend alone."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from protocols.encryption.backends import seal

PROTOCOLS = sorted(Path(seal.__file__).parents[1].rglob("*.py"))


def test_one_line_loads_into_seal_and_no_context_is_ever_loaded() -> None:
    """The line is `Seal.loaded`; what it is given is listed here, one by one."""
    given = []
    for path in PROTOCOLS:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        loads = [each for each in calls(tree) if name_of(each) == "load"]
        assert len(loads) == (path.name == "seal.py"), path
        assert not [each for each in calls(tree) if name_of(each) in CONTEXTS], path
        given += [ast.unparse(each.args[1]) for each in calls(tree) if name_of(each) == "loaded"]
    assert sorted(given) == ["blob", "blob", "material"]


CONTEXTS = {"context_from", "context", "deserialize", "ckks_vector_from", "bfv_vector_from"}


def calls(tree: ast.AST) -> list[ast.Call]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call)]


def name_of(call: ast.Call) -> str:
    return ast.unparse(call.func).rpartition(".")[2]


def test_seals_objects_live_in_the_backend_alone() -> None:
    for path in PROTOCOLS:
        text = path.read_text(encoding="utf-8")
        assert ("import tenseal" in text) == (path.name == "seal.py"), path


def test_nothing_is_rotated_or_relinearised() -> None:
    """So nobody makes keys of 35 MB for it, and a special prime of 16 bits is enough."""
    for path in PROTOCOLS:
        names = {
            node.attr
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Attribute)
        }
        assert not {name for name in names if re.search("galois|relin|rotate", name, re.I)}, path
