"""One party's sessions in order: what comes early is held, what comes late is judged."""

from __future__ import annotations

import pytest
from link_with_peers import (
    FIRST,
    NAMES,
    SECOND,
    SHORT_S,
    WORD,
    Peers,
    Slow,
    gather_from_both,
    session,
    take_from_b,
    take_from_c,
    word,
)
from plain_test_messages import Word

from protocols.core import link as link_module
from protocols.core.errors import PeerFault, Stalled
from protocols.core.link import Link, drive
from protocols.core.party import Party, role
from protocols.core.transport import Closed, MemoryHub

# Early and late. ----------------------------------------------------------------------------------


def test_what_is_for_a_later_session_is_held_for_it() -> None:
    peers = Peers()
    for session_id, says in ((SECOND, 2), (FIRST, 1)):
        peers.b.send(session_id, word(says=says))
    assert peers.link.drive(session(take_from_b)) == 1
    assert peers.link.drive(session(take_from_b, SECOND)) == 2


def test_a_single_session_needs_no_link() -> None:
    peers = Peers()
    peers.b.send(FIRST, word(says=3))
    assert drive(session(take_from_b), peers.a) == 3


def test_a_message_to_a_session_that_has_ended() -> None:
    peers = Peers()
    peers.b.send(FIRST, word())
    peers.link.drive(session(take_from_b))
    peers.b.send(FIRST, word(1))
    with pytest.raises(PeerFault, match=f"{WORD} #1 to a session that has ended") as caught:
        peers.link.drive(session(take_from_c, SECOND))
    assert caught.value.suspects == ("b",)


def test_what_was_gathered_without_may_come_later_but_once() -> None:
    peers = Peers()
    peers.b.send(FIRST, word())
    assert peers.link.drive(session(gather_from_both)) == ["b"]
    peers.c.send(FIRST, word(sender="c"))
    peers.b.send(SECOND, word(says=2))
    assert peers.link.drive(session(take_from_b, SECOND)) == 2
    peers.c.send(FIRST, word(sender="c"))
    with pytest.raises(PeerFault, match="to a session that has ended"):
        peers.link.finish(deadline_s=SHORT_S)


def test_a_message_of_a_session_that_never_was() -> None:
    peers = Peers()
    for peer in (peers.b, peers.c):
        peer.send(SECOND, word(sender=peer.me))
        peer.close_sending()
    with pytest.raises(PeerFault, match=f"sent {WORD} to a session that never was"):
        peers.link.finish(deadline_s=SHORT_S)


def test_who_is_still_there_at_the_end_is_named() -> None:
    peers = Peers()
    peers.b.close()
    assert peers.link.finish(deadline_s=SHORT_S) == ("c",)
    assert [type(message) for message in peers.told(peers.c)] == [Closed, Closed], "of a and b"


# Bounds. ------------------------------------------------------------------------------------------


def test_a_peer_that_runs_far_ahead_is_not_read_until_what_it_sent_was_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing is lost and nobody is to blame: what it sent waits at its own place."""
    monkeypatch.setattr(link_module, "MAX_HELD", 2)
    peers = Peers(deadline_s=5)
    for number in range(10):
        peers.b.send(number.to_bytes(32, "big"), word(says=number))
    peers.c.send(FIRST, word(sender="c"))
    peers.link.drive(session(take_from_c))
    assert peers.link._held_messages["b"] == 3
    for number in range(10):
        assert peers.link.drive(session(take_from_b, number.to_bytes(32, "big"))) == number
    assert peers.link._held_messages["b"] == 0
    assert peers.link._held_bytes["b"] == 0


def test_bytes_that_are_held_are_bounded_too(monkeypatch: pytest.MonkeyPatch) -> None:
    size = len(word().body)
    monkeypatch.setattr(link_module, "MAX_HELD_BYTES", 2 * size)
    peers = Peers(deadline_s=5)
    for number in range(10):
        peers.b.send(number.to_bytes(32, "big"), word(says=number))
    peers.c.send(FIRST, word(sender="c"))
    peers.link.drive(session(take_from_c))
    assert peers.link._held_bytes["b"] == 3 * size


def test_who_is_not_asked_yet_is_not_read_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many parts of one sender wait while the role wants another sender's message first."""

    @role(Word)
    async def one_by_one(party: Party) -> list[int]:
        await party.receive("c", Word)
        unclaimed.append(party_session.unclaimed("b").messages)
        return [(await party.receive("b", Word)).number for _ in range(10)]

    monkeypatch.setattr(link_module, "MAX_HELD_BYTES", 2 * len(word().body))
    unclaimed: list[int] = []
    peers = Peers(deadline_s=5)
    party_session = session(one_by_one)
    for number in range(10):
        peers.b.send(FIRST, word(number, says=number, name="test_link/Word"))
    peers.c.send(FIRST, word(sender="c", name="test_link/Word"))
    assert peers.link.drive(party_session) == [*range(10)]
    assert unclaimed == [3]


def test_a_session_begins_when_those_behind_have_taken_what_was_sent() -> None:
    hub = MemoryHub(NAMES)
    slow = Slow(hub, 3)
    hub.transport("b").send(FIRST, word())
    hub.transport("b").send(SECOND, word(says=8))
    assert Link(slow, deadline_s=5).drive(session(take_from_b)) == 7
    assert slow.times == -1, "and what came in the meantime was held"


def test_a_peer_that_never_takes_what_was_sent() -> None:
    with pytest.raises(Stalled, match="b did not take what was sent"):
        Link(Slow(MemoryHub(NAMES), 1 << 30), deadline_s=0.05).drive(session(take_from_b))
