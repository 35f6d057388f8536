"""A view: enough to live a session again, and no more than was to be recorded."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pytest

from protocols.core.body import ARRAY, INT, encode
from protocols.core.coins import SeededCoins
from protocols.core.errors import LocalMisuse, PeerFault
from protocols.core.local import NO_SESSION, run_local
from protocols.core.message import PUBLIC, SHARE, Envelope, Message
from protocols.core.party import Party, role
from protocols.core.ring import Ring, Vec
from protocols.core.session import Session, replay
from protocols.core.view import Expired


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


LIKE = np.zeros(4, "<u4")
WORD, PIECE = "test_view/Word", "test_view/Piece"


@role(Word, Piece)
async def listen(party: Party, words: int = 1) -> list[int]:
    """Take some words from b, then a piece from c, and tell b a random piece."""
    heard = [(await party.receive("b", Word)).number for _ in range(words)]
    await party.receive("c", Piece, LIKE)
    party.send("b", Piece(party.coins.uniform(Ring(32), 4)))
    return heard


def word(number: int = 0, *, says: int = 7) -> Envelope:
    return Envelope("b", "a", WORD, number, 1, encode([INT], [says]))


def piece() -> Envelope:
    return Envelope("c", "a", PIECE, 0, 1, encode([ARRAY], [LIKE.copy()]))


def session(play: Any = listen, **options: Any) -> Session[Any]:
    started: Session[Any] = Session("a", ("a", "b", "c"), play, session=NO_SESSION, **options)
    started.start()
    return started


def heard(**options: Any) -> Session[Any]:
    party = session(coins=SeededCoins(b"very secret"), **options)
    party.deliver(word())
    party.deliver(piece())
    return party


def test_a_view_lives_again() -> None:
    party = session(partial(listen, words=2))
    sent = []
    for envelope in (word(1, says=9), piece(), word(0, says=8)):
        sent += party.deliver(envelope)
    output, again = replay(partial(listen, words=2), party.view())
    assert output == party.result == [8, 9]
    assert [e.body.join() for e in again] == [e.body.join() for e in sent]


def test_a_view_says_what_each_message_carried() -> None:
    first, second = heard().view().messages
    assert (first.name, first.number, first.carries, first.fields) == (WORD, 0, PUBLIC, ("number",))
    assert (second.sender, second.payload_bytes, second.carries) == ("c", 16, SHARE)
    assert second.sha256 == piece().body.sha256


def test_an_outline_has_no_bodies_and_no_coins() -> None:
    view = heard(recording="outline").view()
    assert view.seed is None
    assert [seen.body for seen in view.messages] == [None, None]
    assert view.outline() == heard().view().outline()
    stripped = heard().view().without_bodies()
    assert (stripped.messages, stripped.seed) == (view.messages, None)
    with pytest.raises(LocalMisuse, match="cannot be replayed"):
        replay(listen, view)
    with pytest.raises(LocalMisuse, match="this is an outline"):
        view.messages[0].envelope("a")


def test_the_order_of_delivery_is_not_in_an_outline() -> None:
    one, two = session(), session()
    for party, envelopes in ((one, (word(), piece())), (two, (piece(), word()))):
        for envelope in envelopes:
            party.deliver(envelope)
    assert one.view().outline() == two.view().outline()


def test_secrets_do_not_print() -> None:
    @role()
    async def record(party: Party) -> None:
        party.recorded("key", lambda: b"also secret")

    views = [heard().view(), run_local({"a": record}).views["a"]]
    assert "secret" not in "".join(repr(view) for view in views)


def test_an_expiry_is_an_event() -> None:
    @role(Word)
    async def gather(party: Party) -> list[str]:
        return list(await party.gather(Word, of=("b", "c"), need=0))

    party = session(gather)
    party.deliver(word())
    party.expire()
    assert isinstance(party.view().events[-1], Expired)
    assert replay(gather, party.view()) == (["b"], [])


def test_another_view_is_another_run() -> None:
    one, two = heard(), session(coins=SeededCoins(b"other"))
    for envelope in (word(says=8), piece()):
        two.deliver(envelope)
    (first, (sent,)), (second, (other,)) = (replay(listen, each.view()) for each in (one, two))
    assert (first, second) == ([7], [8])
    assert sent.body.sha256 != other.body.sha256


def test_a_role_that_is_not_the_one_of_the_view() -> None:
    with pytest.raises(PeerFault, match="nobody asked for"):
        replay(partial(listen, words=0), heard().view())
