"""One party's link, and two peers that a test plays by hand."""

from __future__ import annotations

from typing import Any

from plain_test_messages import Word

from protocols.core import link as link_module
from protocols.core.body import INT, encode
from protocols.core.link import Link
from protocols.core.message import Envelope
from protocols.core.party import Party, Role, role
from protocols.core.session import Session
from protocols.core.transport import MemoryHub, MemoryTransport
from protocols.core.wire import OnceInMemory

NAMES = ("a", "b", "c")
FIRST, SECOND = b"1" * 32, b"2" * 32
WORD = "link_with_peers/Word"
SHORT_S = 0.1


@role(Word)
async def take_from_b(party: Party) -> int:
    return (await party.receive("b", Word)).number


@role(Word)
async def take_from_c(party: Party) -> int:
    return (await party.receive("c", Word)).number


@role(Word)
async def gather_from_both(party: Party) -> list[str]:
    return list(await party.gather(Word, of=("b", "c"), need=0))


def session(play: Role[Any], session_id: bytes = FIRST) -> Session[Any]:
    return Session("a", NAMES, play, session=session_id, once=OnceInMemory())


def word(number: int = 0, *, says: int = 7, sender: str = "b", name: str = WORD) -> Envelope:
    return Envelope(sender, "a", name, number, 1, encode([INT], [says]))


class Peers:
    """Party a's link, and the two others as a test plays them."""

    def __init__(self, **options: Any) -> None:
        hub = MemoryHub(NAMES)
        self.a, self.b, self.c = (hub.transport(name) for name in NAMES)
        self.link = Link(self.a, **{"deadline_s": SHORT_S, "grace_s": SHORT_S} | options)

    def told(self, peer: MemoryTransport) -> list[Any]:
        """What a has told one of the others so far."""
        told = []
        while (arrival := peer.next(0.0)) is not None:
            told.append(arrival.message)
        return told


class Slow(MemoryTransport):
    """A transport whose peers have not taken all, for the first so many times that one asks."""

    def __init__(self, hub: MemoryHub, times: int) -> None:
        super().__init__(hub, "a")
        self.times = times

    def unsent(self) -> dict[str, int]:
        self.times -= 1
        return {"b": link_module.MAX_UNSENT_BYTES + 1} if self.times >= 0 else {"b": 1}
