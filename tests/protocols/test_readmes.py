"""The READMEs that lead from a paper's step to a function: every name in them is there."""

from __future__ import annotations

import functools
import importlib
import re
from pathlib import Path
from typing import Any

import pytest

import protocols
from protocols.core.message import Message

ROOMS = ("aggregation", "encryption")
FOLDER = Path(protocols.__path__[0])


def names_in(room: str) -> list[str]:
    text = (FOLDER / room / "README.md").read_text(encoding="utf-8")
    return sorted(set(re.findall(r"`((?:\w+\.)+\w+)`", text)))


def named(room: str, name: str) -> Any:
    """What a dotted name below a room stands for; raises if it stands for nothing."""
    parts = name.split(".")
    size = next(
        count
        for count in range(len(parts), 0, -1)
        if FOLDER.joinpath(room, *parts[:count]).with_suffix(".py").exists()
    )
    module = importlib.import_module(".".join(("protocols", room, *parts[:size])))
    return functools.reduce(getattr, parts[size:], module)


@pytest.mark.parametrize(
    ("room", "name"), [(room, name) for room in ROOMS for name in names_in(room)]
)
def test_every_name_in_a_readme_is_there(room: str, name: str) -> None:
    if name in SCHEMES:
        return
    assert named(room, name) is not None


# Algorithms of a paper, by the paper's name.
SCHEMES = {"LPR.ES.PublicKeyGen", "LPR.ES.Encrypt"}


@pytest.mark.parametrize("room", ROOMS)
def test_every_message_of_a_room_is_in_its_readme(room: str) -> None:
    listed = {name.rpartition(".")[2] for name in names_in(room)}
    for path in (FOLDER / room).rglob("*.py"):
        module = importlib.import_module(
            ".".join(path.relative_to(FOLDER.parent).with_suffix("").parts)
        )
        messages = {
            name
            for name, value in vars(module).items()
            if isinstance(value, type) and issubclass(value, Message) and value is not Message
        }
        assert messages <= listed, path
