"""A message with one field of every kind, what a receiver expects of it, and its bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from protocols.core.message import PUBLIC, Like, Message
from protocols.core.ring import Vec


@dataclass(frozen=True, slots=True)
class Note(Message):
    """One field of every kind."""

    carries = PUBLIC
    number: int
    text: str
    blob: bytes
    value: Vec


LIKE: dict[str, Like] = {"blob": 3, "value": np.zeros(2, "<u4")}


def note(value: Any = None, **changed: Any) -> Note:
    value = np.array([7, 8], "<u4") if value is None else value
    return Note(**{"number": -1, "text": "é", "blob": b"abc", "value": value, **changed})


def joined(message: Message) -> bytes:
    return message.encode().join()
