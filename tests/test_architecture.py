"""The page on architecture says what the code is: every name on it is there, and the picture is."""

from __future__ import annotations

import importlib
import re
import runpy
from pathlib import Path
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "architecture.md"
SCRIPTS = ROOT / "docs" / "scripts"
NAME = re.compile(r"`((?:privscore|protocols)(?:\.\w+)+)`")
FOLDER = re.compile(r"`((?:privscore|protocols|tests|docs)/[\w/.]+)`")


def page() -> str:
    return PAGE.read_text(encoding="utf-8")


def resolve(name: str) -> object:
    """The module, or the name in one, or raise what is not there."""
    words = name.split(".")
    for length in range(len(words), 0, -1):
        module_name = ".".join(words[:length])
        try:
            value: object = importlib.import_module(module_name)
        except ModuleNotFoundError as error:
            if not module_name.startswith(str(error.name)):
                raise
            continue
        for word in words[length:]:
            value = getattr(value, word)
        return value
    raise ModuleNotFoundError(name)


@pytest.mark.parametrize("name", sorted(set(NAME.findall(page()))))
def test_a_name_on_the_page_is_there(name: str) -> None:
    resolve(name)


def test_the_walk_names_enough_to_follow_it() -> None:
    assert len(set(NAME.findall(page()))) > 25


@pytest.mark.parametrize("folder", sorted(set(FOLDER.findall(page()))))
def test_a_folder_on_the_page_is_there(folder: str) -> None:
    assert (ROOT / folder).exists()


@pytest.mark.parametrize(
    "name", ["privscore.job.course.curse", "privscore.no_room", "privscore.tables.Table.nothing"]
)
def test_a_name_that_is_not_there_is_found(name: str) -> None:
    with pytest.raises((AttributeError, ModuleNotFoundError)):
        resolve(name)


def test_the_picture_is_that_of_the_imports() -> None:
    script = runpy.run_path(str(SCRIPTS / "architecture.py"))
    made = page().partition(script["BEGIN"])[2].partition(script["END"])[0]
    assert made == script["picture"](), "run: python docs/scripts/architecture.py --write"


def test_no_arrow_goes_up_and_every_room_has_a_floor() -> None:
    script = runpy.run_path(str(SCRIPTS / "architecture.py"))
    arrows = script["rooms"]()
    floor_of = {room: floor for floor, rooms in script["floors"](arrows).items() for room in rooms}
    assert set(floor_of) == set(arrows)
    assert all(floor_of[start] > floor_of[end] for start, ends in arrows.items() for end in ends)


def test_the_site_draws_every_room_and_arrow() -> None:
    fence = runpy.run_path(str(SCRIPTS / "sequence_svg.py"))["fence"]
    diagram = page().partition("```mermaid\n")[2].partition("```")[0]
    drawn = ElementTree.fromstring(fence(diagram))
    rooms = re.findall(r'^    \w+\["(.+)"\]$', diagram, re.MULTILINE)
    assert [text.text for text in drawn.iter("text")] == rooms
    assert len(list(drawn.iter("path"))) == diagram.count("-->")
    with pytest.raises(ValueError, match="neither"):
        fence(diagram + "  a ==> b\n")
