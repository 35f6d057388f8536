"""A circle of three: what one makes of being alone in it, and what all tell each other."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from plain_test_messages import Word

from protocols.core.errors import LocalMisuse
from protocols.core.local import run_local
from protocols.core.party import Party, role

NAMES = ("a", "b", "c")

Play = Callable[[Party], Awaitable[Any]]


def alone(play: Play) -> Any:
    """What one party makes of it, with two silent others in its circle."""

    async def silent(party: Party) -> None:
        return None

    return run_local({"a": play, "b": silent, "c": silent}).outputs["a"]


def refuses(play: Play, match: str) -> None:
    with pytest.raises(LocalMisuse, match=match):
        alone(play)


@role(Word)
async def exchange(party: Party, number: int = 0) -> dict[str, int]:
    """Tell everybody a number; take everybody's."""
    party.send_all(Word(number))
    return {name: word.number for name, word in (await party.receive_all(Word)).items()}
