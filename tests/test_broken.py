"""Every protocol that is broken on purpose is caught, by the checks that should catch it."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[1]
FOUND = importlib.util.spec_from_file_location(
    "broken_page", ROOT / "docs" / "scripts" / "broken_page.py"
)
assert FOUND
assert FOUND.loader
broken_page = importlib.util.module_from_spec(FOUND)
FOUND.loader.exec_module(broken_page)


def test_there_are_at_least_twelve() -> None:
    assert len(broken_page.FILES) >= 12


@pytest.mark.parametrize("path", broken_page.FILES, ids=lambda path: path.stem)
def test_the_suite_catches(path: Path) -> None:
    assert set(broken_page.findings(path)) == set(broken_page.declared(path))


def test_the_page_is_current() -> None:
    assert broken_page.PAGE.read_text(encoding="utf-8") == broken_page.page(), (
        "run: python docs/scripts/broken_page.py --write"
    )
