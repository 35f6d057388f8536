"""What the reference says of commands and names is what they say themselves."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

import privscore

ROOT = Path(__file__).resolve().parents[1]
FOUND = importlib.util.spec_from_file_location(
    "reference_pages", ROOT / "docs" / "scripts" / "reference_pages.py"
)
assert FOUND
assert FOUND.loader
reference_pages = importlib.util.module_from_spec(FOUND)
FOUND.loader.exec_module(reference_pages)

MADE = reference_pages.pages()


def test_both_pages_are_made() -> None:
    assert {path.stem for path in MADE} >= {"command-line", "api"}


@pytest.mark.parametrize("path", MADE, ids=lambda path: path.stem)
def test_the_page_is_current(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == MADE[path], (
        "run: python docs/scripts/reference_pages.py"
    )


def test_everything_says_what_it_is() -> None:
    commands, names = reference_pages.commands(), reference_pages.names()
    assert "| None |" not in commands  # an argument without help
    assert "### privscore run FILE --out OUT" in commands
    assert all(f"### {name}\n" in names for name in privscore.__all__)
