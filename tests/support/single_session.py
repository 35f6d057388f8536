"""One party's session, driven by hand: its role, and what the two others tell it."""

from __future__ import annotations

from typing import Any

import numpy as np
from plain_test_messages import Piece, Word

from protocols.core.body import ARRAY, INT, encode
from protocols.core.local import NO_SESSION
from protocols.core.message import Envelope
from protocols.core.party import Party, role
from protocols.core.ring import Ring, Vec
from protocols.core.session import Session
from protocols.core.wire import OnceInMemory

LIKE = np.zeros(4, "<u4")
WORD, PIECE = "single_session/Word", "single_session/Piece"


@role(Word, Piece)
async def listen(party: Party, words: int = 1) -> list[int]:
    """Take some words from b, then a piece from c, and tell b a random word."""
    heard = [(await party.receive("b", Word)).number for _ in range(words)]
    await party.receive("c", Piece, LIKE)
    party.send("b", Word(int(party.coins.uniform(Ring(32), 1)[0])))
    return heard


@role(Word)
async def gather(party: Party) -> list[str]:
    return list(await party.gather(Word, of=("b", "c"), need=0))


def word(
    number: int = 0, *, says: int = 7, sender: str = "b", name: str = WORD, depth: int = 1
) -> Envelope:
    return Envelope(sender, "a", name, number, depth, encode([INT], [says]))


def piece(sender: str = "c", value: Vec = LIKE) -> Envelope:
    return Envelope(sender, "a", PIECE, 0, 1, encode([ARRAY], [value.copy()]))


def fresh(play: Any = listen, **options: Any) -> Session[Any]:
    """A session of a with b and c that has not started."""
    chosen: dict[str, Any] = {"session": NO_SESSION, "once": OnceInMemory()} | options
    return Session("a", ("a", "b", "c"), play, **chosen)


def session(play: Any = listen, **options: Any) -> Session[Any]:
    started = fresh(play, **options)
    started.start()
    return started
