"""A view: enough to live a session again, and no more than was to be recorded."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from single_session import WORD, gather, listen, piece, session, word

from protocols.core.coins import SeededCoins
from protocols.core.errors import LocalMisuse, PeerFault
from protocols.core.local import run_local
from protocols.core.message import PUBLIC, SHARE
from protocols.core.party import Party, role
from protocols.core.session import Session, replay
from protocols.core.view import Expired


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
    first, second = session(), session()
    for party, envelopes in ((first, (word(), piece())), (second, (piece(), word()))):
        for envelope in envelopes:
            party.deliver(envelope)
    assert first.view().outline() == second.view().outline()


def test_secrets_do_not_print() -> None:
    @role()
    async def record(party: Party) -> None:
        party.recorded("key", lambda: b"also secret")

    views = [heard().view(), run_local({"a": record}).views["a"]]
    assert "secret" not in "".join(repr(view) for view in views)


def test_an_expiry_is_an_event() -> None:
    party = session(gather)
    party.deliver(word())
    party.expire()
    assert isinstance(party.view().events[-1], Expired)
    assert replay(gather, party.view()) == (["b"], [])


def test_another_view_is_another_run() -> None:
    heard_7, heard_8 = heard(), session(coins=SeededCoins(b"other"))
    for envelope in (word(says=8), piece()):
        heard_8.deliver(envelope)
    first, (sent,) = replay(listen, heard_7.view())
    second, (other,) = replay(listen, heard_8.view())
    assert (first, second) == ([7], [8])
    assert sent.body.sha256 != other.body.sha256


def test_a_role_that_is_not_the_one_of_the_view() -> None:
    with pytest.raises(PeerFault, match="no role asked for"):
        replay(partial(listen, words=0), heard().view())
