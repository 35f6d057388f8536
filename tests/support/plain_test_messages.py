"""A number and an array, as messages for tests of the engine."""

from __future__ import annotations

from dataclasses import dataclass

from protocols.core.message import PUBLIC, SHARE, Message
from protocols.core.ring import Vec


@dataclass(frozen=True, slots=True)
class Word(Message):
    """A number."""

    carries = PUBLIC
    number: int


@dataclass(frozen=True, slots=True)
class Piece(Message):
    """An array."""

    carries = SHARE
    value: Vec
