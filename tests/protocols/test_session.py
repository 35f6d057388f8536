"""One party's session, driven by hand: what it takes, what it refuses, and what it counts."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from plain_test_messages import Word
from single_session import LIKE, PIECE, WORD, fresh, gather, listen, piece, session, word

from protocols.core import session as session_module
from protocols.core.body import INT, MAX_BODY_BYTES, Body, encode
from protocols.core.errors import LocalMisuse, Missing, PeerFault, Stalled
from protocols.core.local import Network, run_local
from protocols.core.message import MAX_DEPTH, Envelope
from protocols.core.party import Party, role
from protocols.core.session import Session


def refuses(party: Session[Any], envelope: Envelope, why: str, suspect: str = "b") -> None:
    with pytest.raises(PeerFault, match=why) as caught:
        party.deliver(envelope)
    assert caught.value.suspects == (suspect,)


# What has no place. -------------------------------------------------------------------------------


def test_duplicate() -> None:
    party = session()
    party.deliver(word())
    refuses(party, word(), f"sent {WORD} #0 twice")


def test_contradicting_duplicate_after_use() -> None:
    party = session()
    party.deliver(word())
    refuses(party, word(says=8), f"sent {WORD} #0 in two versions")


def test_contradicting_duplicate_before_use() -> None:
    party = session()
    party.deliver(piece())
    refuses(party, piece(value=LIKE + 1), f"sent {PIECE} #0 in two versions", "c")


def test_duplicate_after_the_end() -> None:
    party = session()
    party.deliver(word())
    party.deliver(piece())
    assert party.done
    refuses(party, word(), "twice")
    refuses(party, word(says=8), "in two versions")


def test_unknown_message_name() -> None:
    refuses(
        session(),
        word(name="single_session/Nonsense"),
        "Nonsense, but no role in this session receives",
    )


def test_unknown_message_name_that_came_before_its_role_began() -> None:
    party = fresh(listen)
    party.deliver(word(name="single_session/Nonsense"))
    with pytest.raises(PeerFault, match="Nonsense, but no role in this session receives") as caught:
        party.start()
    assert caught.value.suspects == ("b",)


def test_unknown_message_name_of_a_part_that_never_began() -> None:
    party = session()
    party.deliver(word(name="elsewhere/Word"))
    party.deliver(word())
    refuses_at_the_end = partial(party.deliver, piece())
    with pytest.raises(PeerFault, match="elsewhere/Word #0, which no role asked for"):
        refuses_at_the_end()


def test_leftovers() -> None:
    party = session()
    for envelope in (word(), word(1), piece("b")):
        party.deliver(envelope)
    with pytest.raises(PeerFault, match="no role asked for") as caught:
        party.deliver(piece())
    assert caught.value.suspects == ("b",)
    assert f"{PIECE} #0, {WORD} #1" in str(caught.value)


def test_after_the_end_nothing_new_is_taken() -> None:
    party = session()
    party.deliver(word())
    party.deliver(piece())
    refuses(party, word(1), "but no role in this session receives that message type")


@pytest.mark.parametrize("depth", [0, -1, MAX_DEPTH + 1])
def test_a_depth_out_of_bounds(depth: int) -> None:
    refuses(session(), word(depth=depth), "claims too many rounds")


def test_a_depth_that_is_believed() -> None:
    """In memory the runner knows how deep a message is, whatever it says of itself."""

    @role(Word)
    async def echo(party: Party) -> None:
        party.send_all(Word(1))
        await party.receive_all(Word)

    liar = Network(tamper=lambda envelope: replace(envelope, depth=500))
    run = run_local({"a": echo, "b": echo}, network=liar)
    assert run.rounds == 1
    assert [seen.depth for seen in run.views["a"].messages] == [1]


@pytest.mark.parametrize("sender", ["nobody", "a"])
def test_a_sender_from_outside(sender: str) -> None:
    refuses(session(), word(sender=sender), "not for this session", sender)


def test_a_message_for_somebody_else() -> None:
    refuses(session(), replace(word(), to="c"), "not for this session")


def test_a_message_that_is_too_large() -> None:
    large = Body((bytes(MAX_BODY_BYTES + 1),))
    refuses(session(), replace(word(), body=large), "too large")


def test_a_flood_of_messages_for_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_module, "MAX_UNCLAIMED", 10)
    party = session()
    for number in range(1, 11):
        party.deliver(word(number))
    refuses(party, word(11), "on top of 10 unclaimed")
    party.deliver(piece())
    assert party.unclaimed("c").messages == 1, "the flood of one is not counted against another"


def test_a_flood_of_bytes_for_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is counted is what waits: a claimed message makes room for the next."""
    size = len(word().body)
    monkeypatch.setattr(session_module, "MAX_UNCLAIMED_BYTES", 3 * size)
    party = session(partial(listen, words=2))
    for number in (1, 2, 3):
        party.deliver(word(number))
    assert party.unclaimed("b").body_bytes == 3 * size
    refuses(party, word(4), f"with it more than {3 * size} bytes are unclaimed")
    refuses(party, word(0), f"with it more than {3 * size} bytes are unclaimed")


def test_what_a_role_has_taken_is_no_longer_unclaimed() -> None:
    party = session(partial(listen, words=3))
    for number in (1, 2, 0):
        party.deliver(word(number))
    assert (party.unclaimed("b").messages, party.unclaimed("b").body_bytes) == (0, 0)
    assert party.unclaimed("c").messages == 0


def test_every_fault_leaves_the_session_as_it_was() -> None:
    party = session()
    for wrong in (word(depth=0), word(sender="nobody"), word(name="single_session/Nonsense")):
        with pytest.raises(PeerFault):
            party.deliver(wrong)
    assert party.missing() == (Missing("a", WORD, 0, "b"),)
    party.deliver(word())
    party.deliver(piece())
    assert party.result == [7]
    assert party.cost.received_messages == 2


# When time is up. ---------------------------------------------------------------------------------


def test_a_plain_receive_never_expires_into_a_value() -> None:
    party = session()
    with pytest.raises(Stalled, match=f"a waits for {WORD} #0 from b") as caught:
        party.expire()
    assert caught.value.missing == (Missing("a", WORD, 0, "b"),)


def test_a_gather_expires_into_whoever_came() -> None:
    party = session(gather)
    party.deliver(word(sender="c"))
    party.expire()
    assert (party.done, party.result) == (True, ["c"])
    assert party.expire() == []


def test_what_is_late_is_no_leftover() -> None:
    @role(Word)
    async def gather_and_go_on(party: Party) -> int:
        came = await party.gather(Word, of=("b",), need=0)
        await party.receive("c", Word)
        return len(came)

    party = session(gather_and_go_on)
    party.expire()
    for sender in ("b", "c"):
        party.deliver(word(sender=sender, name="test_session/Word"))
    assert (party.done, party.result) == (True, 0)


def test_what_is_late_may_not_contradict_itself_either() -> None:
    party = session(gather)
    party.expire()
    assert party.deliver(word()) == []
    refuses(party, word(says=8), "in two versions")


def test_a_session_that_failed_stays_failed() -> None:
    party = session()
    party.deliver(word())
    with pytest.raises(PeerFault, match="bad"):
        party.deliver(replace(piece(), body=encode([INT], [1])))
    for step in (partial(party.deliver, word(1)), party.expire):
        with pytest.raises(LocalMisuse, match="takes nothing more"):
            step()
    assert (party.done, party.result) == (False, None)


def test_a_foreign_awaitable() -> None:
    class Foreign:
        def __await__(self) -> Any:
            yield None

    async def play(party: Party) -> None:
        await Foreign()

    with pytest.raises(LocalMisuse, match="awaited a NoneType"):
        session(play)


def test_a_session_that_never_starts_leaves_nothing_unawaited() -> None:
    fresh(listen)
    gc.collect()  # a coroutine that was never awaited would be a warning, and that an error


# What is counted. ------------------------------------------------------------------------


def test_the_meter_counts_every_byte() -> None:
    party = session()
    party.deliver(word(depth=3))
    sent = party.deliver(piece())
    cost = party.cost
    assert (cost.received_messages, cost.received_payload_bytes) == (2, 8 + 16)
    assert cost.received_framing_bytes == word().body.framing_bytes + piece().body.framing_bytes
    assert (cost.sent_messages, cost.sent_payload_bytes) == (1, 8)
    assert cost.sent_framing_bytes == sent[0].body.framing_bytes
    assert (cost.rounds, sent[0].depth) == (4, 4)
    assert cost.sent_payload_by_kind == {"public": 8}
    assert cost.compute_s > 0


def test_costs_of_two_sessions_add_up() -> None:
    first, second = session(), session()
    first.deliver(word(depth=3))
    first.deliver(piece())
    assert (first.cost.beside(second.cost).rounds, first.cost.then(first.cost).rounds) == (4, 8)
    assert first.cost.then(first.cost).sent_payload_by_kind == {"public": 16}
    assert first.cost.beside(first.cost).received_messages == 4


def test_the_cost_of_a_message_does_not_grow_with_their_number() -> None:
    """Counted in calls: an engine that looked through all messages for one would show here."""

    @role(Word)
    async def talk(party: Party, turns: int) -> None:
        (peer,) = party.others
        for number in range(turns):
            party.send(peer, Word(number))
        for _ in range(turns):
            await party.receive(peer, Word)

    def calls(turns: int) -> int:
        counted = 0

        def count(*_: object) -> None:
            nonlocal counted
            counted += 1

        play = partial(talk, turns=turns)
        before: Callable[..., Any] | None = sys.getprofile()
        sys.setprofile(count)
        try:
            run_local({"a": play, "b": play})
        finally:
            sys.setprofile(before)
        return counted

    calls(10)
    for_100, for_1000 = calls(100), calls(1000)
    assert for_1000 < 10.5 * for_100
