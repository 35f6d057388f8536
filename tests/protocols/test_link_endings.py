"""Deadlines, peers that are gone, and leaving: how a session ends that does not end well."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

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
from over_transports import in_threads
from plain_test_messages import Word

from protocols.core.abort import Abort
from protocols.core.body import INT, encode
from protocols.core.errors import Aborted, Cause, LocalMisuse, Missing, PeerFault, Stalled
from protocols.core.link import Link
from protocols.core.message import Envelope
from protocols.core.party import Party, role
from protocols.core.transport import Arrival, Closed, MemoryHub, MemoryTransport

# Deadlines. ---------------------------------------------------------------------------------------


def test_nothing_is_waited_for_without_end() -> None:
    peers = Peers()
    before = time.monotonic()
    with pytest.raises(Stalled) as caught:
        peers.link.drive(session(take_from_b))
    assert 2 * SHORT_S <= time.monotonic() - before < 20 * SHORT_S
    assert caught.value.missing == (Missing("a", WORD, 0, "b"),)
    (told,) = peers.told(peers.b)
    assert (told.cause, told.missing) == (Cause.STALLED, caught.value.missing)


def test_a_gather_has_one_deadline_for_all_of_it() -> None:
    """b comes when half the time is over: that does not give c more time."""
    peers = Peers(deadline_s=0.6)
    before = time.monotonic()

    def others() -> None:
        time.sleep(0.4)
        peers.b.send(FIRST, word())

    def party() -> None:
        assert peers.link.drive(session(gather_from_both)) == ["b"]

    assert in_threads({"a": party, "b": others}) == {}
    assert 0.6 <= time.monotonic() - before < 0.95


def test_what_must_come_beside_a_gather_has_a_deadline_of_its_own() -> None:
    async def play(party: Party) -> Any:
        return await party.together(soft=gather_from_both, hard=take_from_b)

    peers = Peers()
    with pytest.raises(Stalled) as caught:
        peers.link.drive(session(play))
    assert [str(item) for item in caught.value.missing] == [f"a waits for hard/{WORD} #0 from b"]


# Peers that are gone. -----------------------------------------------------------------------------


def gone(peer: MemoryTransport, error: BaseException) -> None:
    peer.abort(FIRST, Abort.because(peer.me, error))


def test_a_connection_that_ends_is_the_end_of_who_needs_it() -> None:
    peers = Peers(deadline_s=30)
    peers.b.close()
    with pytest.raises(Stalled, match="the connection to b has ended; a waits for") as caught:
        peers.link.drive(session(take_from_b))
    assert caught.value.silent == ("b",)


def test_one_lost_connection_is_enough_if_everybody_is_needed() -> None:
    """Whoever may still come is neither waited for nor named."""

    @role(Word)
    async def take_from_both(party: Party) -> None:
        await party.receive_all(Word)

    peers = Peers(deadline_s=30)
    peers.b.close()
    before = time.monotonic()
    with pytest.raises(Stalled) as caught:
        peers.link.drive(session(take_from_both))
    assert {item.sender for item in caught.value.missing} == {"b"}
    assert time.monotonic() - before < 15


def test_what_was_sent_before_a_connection_ended_is_taken() -> None:
    peers = Peers(deadline_s=30)
    peers.b.send(FIRST, word(says=1))
    peers.b.send(SECOND, word(says=2))
    peers.b.close()
    assert peers.link.drive(session(take_from_b)) == 1
    assert peers.link.drive(session(take_from_b, SECOND)) == 2


def test_a_gather_of_those_who_are_gone_does_not_wait() -> None:
    peers = Peers(deadline_s=30)
    peers.b.close()
    gone(peers.c, ValueError("secret"))
    assert peers.link.drive(session(gather_from_both)) == []


def test_a_party_that_failed_is_gone_in_all_later_sessions_too() -> None:
    peers = Peers(deadline_s=30)
    gone(peers.b, ValueError("secret"))
    peers.c.send(SECOND, word(sender="c"))
    assert peers.link.drive(session(take_from_c, SECOND)) == 7
    with pytest.raises(Aborted, match="b ended the session: it failed by itself"):
        peers.link.drive(session(take_from_b, b"3" * 32))


def test_a_party_that_caught_another_ends_it_for_all() -> None:
    """Whether or not anything of it is still wanted: somebody cheats."""
    for cause, ends in ((PeerFault("b", "cheated"), True), (ValueError(), False)):
        peers = Peers()
        gone(peers.c, cause)
        peers.b.send(FIRST, word())
        if ends:
            with pytest.raises(Aborted) as caught:
                peers.link.drive(session(take_from_b))
            assert (caught.value.failed, caught.value.suspects) == ("c", ("b",))
        else:
            assert peers.link.drive(session(take_from_b)) == 7


def test_a_party_that_caught_another_ends_it_at_the_end_too() -> None:
    peers = Peers()
    gone(peers.c, PeerFault("b", "cheated"))
    with pytest.raises(Aborted, match="c ended the session: b: cheated"):
        peers.link.finish(deadline_s=SHORT_S)


def test_a_fault_is_heard_of_while_others_are_waited_for() -> None:
    hub = MemoryHub(NAMES)
    gone(hub.transport("c"), PeerFault("b", "cheated"))
    with pytest.raises(Aborted):
        Link(Slow(hub, 1 << 30), deadline_s=5).drive(session(take_from_b))


def test_of_the_waits_of_others_nobody_is_believed() -> None:
    """b waits for c, and says that c waits for a: only the first is b's to know."""
    peers = Peers()
    waits = (Missing("b", WORD, 0, "c"), Missing("c", WORD, 0, "a"))
    peers.b.abort(FIRST, Abort("b", "b", Cause.STALLED, ("a",), waits, "b waits"))
    with pytest.raises(Stalled) as caught:
        peers.link.drive(session(take_from_b))
    assert caught.value.silent == ("c",)


def test_a_fault_that_is_told_of_during_the_last_wait_is_what_counts() -> None:
    peers = Peers(grace_s=10)
    late = Abort.because("c", PeerFault("b", "cheated"))

    class Then(MemoryTransport):
        """The fault arrives when a has said that it waits in vain."""

        def abort(self, session: bytes, abort: Abort) -> None:
            super().abort(session, abort)
            peers.b.send(FIRST, word())  # and a message that comes too late
            peers.c.abort(session, late)

    peers.link._transport = Then(peers.a._hub, "a")
    with pytest.raises(Aborted, match="c ended the session"):
        peers.link.drive(session(take_from_b))


def test_a_message_in_the_name_of_another_party() -> None:
    peers = Peers()
    peers.b.send(FIRST, word(sender="c"))
    with pytest.raises(PeerFault, match="in the name of another party") as caught:
        peers.link.drive(session(take_from_c))
    assert caught.value.suspects == ("b",)


def test_a_connection_that_ended_by_a_fault() -> None:
    peers = Peers()
    peers.b._put("a", Arrival("b", b"", Closed("sent a bad frame: not a frame")))
    with pytest.raises(PeerFault, match="b: sent a bad frame"):
        peers.link.drive(session(take_from_c))


# Leaving. -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("leave", "cause"),
    [
        (lambda link: link.leave(SECOND, Abort.refusal("a")), Cause.REFUSED),
        (lambda link: link.leave(SECOND, OSError("a path")), Cause.OWN_FAULT),
        (lambda link: link.leave(SECOND, KeyboardInterrupt()), Cause.STOPPED),
    ],
)
def test_who_leaves_between_two_sessions_says_so(
    leave: Callable[[Link], None], cause: Cause
) -> None:
    peers = Peers()
    leave(peers.link)
    leave(peers.link)
    for peer in (peers.b, peers.c):
        (told,) = peers.told(peer)
        assert (told.sender, told.cause) == ("a", cause), "once, whatever happens next"


def test_a_session_that_fails_tells_the_others_and_raises_what_it_was() -> None:
    @role()
    async def fail(party: Party) -> None:
        raise LocalMisuse("secret")

    peers = Peers()
    with pytest.raises(LocalMisuse, match="secret"):
        peers.link.drive(session(fail))
    (told,) = peers.told(peers.b)
    assert told == Abort.because("a", LocalMisuse("secret"))


def test_an_abort_that_cannot_be_told_hides_no_error() -> None:
    class Mute(MemoryTransport):
        def abort(self, session: bytes, abort: Abort) -> None:
            raise LocalMisuse("this cannot be sent")

    peers = Peers()
    peers.link._transport = Mute(peers.a._hub, "a")
    with pytest.raises(Stalled):
        peers.link.drive(session(take_from_b))


def test_a_message_to_somebody_who_is_no_peer() -> None:
    with pytest.raises(LocalMisuse, match="a has no connection to d"):
        Peers().a.send(FIRST, Envelope("a", "d", WORD, 0, 1, encode([INT], [1])))


def test_nothing_is_sent_after_the_end() -> None:
    peers = Peers()
    peers.a.close_sending()
    peers.a.close_sending()
    peers.a.send(FIRST, Envelope("a", "b", WORD, 0, 1, encode([INT], [1])))
    assert [type(message) for message in peers.told(peers.b)] == [Closed]
