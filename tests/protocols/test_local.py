"""Everybody in one process: any order, and everything that can go wrong on the way."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import pytest

from protocols.core.body import INT, encode
from protocols.core.errors import LocalMisuse, Missing, PeerFault, Stalled
from protocols.core.local import Network, Run, run_local
from protocols.core.message import PUBLIC, Envelope, Message
from protocols.core.party import Party, Role, role
from protocols.core.ring import Ring
from protocols.sharing import secure_sum

RING = Ring(32)
PLATFORMS = ("wallet", "market", "social")
VECTORS = {name: np.arange(5, dtype="<u4") + 10 * i for i, name in enumerate(PLATFORMS)}
SHARE, PARTIAL = "secure_sum/Share", "secure_sum/PartialSum"


@dataclass(frozen=True, slots=True)
class Word(Message):
    """A number."""

    carries = PUBLIC
    number: int


def sum_up(network: Network | None = None, **options: Any) -> Run:
    roles: dict[str, Any] = {
        name: partial(secure_sum.platform, vector=vector, ring=RING, collector="desk")
        for name, vector in VECTORS.items()
    }
    roles["desk"] = partial(secure_sum.collect, people=5, ring=RING)
    return run_local(roles, network=network, **options)


def one(envelope: Envelope) -> bool:
    return (envelope.sender, envelope.to, envelope.name) == ("wallet", "market", SHARE)


@pytest.mark.parametrize("shuffle", [None, *range(8)])
def test_any_order_gives_the_same_outputs_rounds_and_bytes(shuffle: int | None) -> None:
    run = sum_up(Network(shuffle=shuffle))
    assert (run.outputs["desk"] == secure_sum.ideal(VECTORS, RING)).all()
    assert (run.rounds, run.payload_bytes) == (2, 3 * 3 * 5 * 4)


def test_orders_differ_and_come_back() -> None:
    def order(shuffle: int) -> list[str]:
        return [seen.sender for seen in sum_up(Network(shuffle=shuffle)).views["desk"].messages]

    assert len({tuple(order(shuffle)) for shuffle in range(8)}) > 1
    assert order(3) == order(3)


def test_a_seed_fixes_every_coin() -> None:
    bodies = [
        [seen.sha256 for view in sum_up(seed=seed).views.values() for seen in view.messages]
        for seed in (b"one", b"one", b"two")
    ]
    assert bodies[0] == bodies[1] != bodies[2]


def test_a_lost_message() -> None:
    with pytest.raises(Stalled) as caught:
        sum_up(Network(tamper=lambda envelope: None if one(envelope) else envelope))
    assert caught.value.missing == (
        Missing("desk", PARTIAL, 0, "market"),
        Missing("market", SHARE, 0, "wallet"),
    )
    assert f"market waits for {SHARE} #0 from wallet" in str(caught.value)


def test_a_message_that_is_only_late() -> None:
    run = sum_up(Network(late=one))
    assert (run.outputs["desk"] == secure_sum.ideal(VECTORS, RING)).all()
    assert [seen.sender for seen in run.views["market"].messages] == ["social", "wallet"]


def test_a_duplicate() -> None:
    with pytest.raises(PeerFault, match=f"wallet: sent {SHARE} #0 twice"):
        sum_up(Network(tamper=lambda envelope: [envelope] * (2 if one(envelope) else 1)))


def test_a_contradiction() -> None:
    def contradict(envelope: Envelope) -> list[Envelope]:
        other = replace(envelope, body=encode([INT], [1]))
        return [envelope, other] if one(envelope) else [envelope]

    with pytest.raises(PeerFault, match=f"wallet: sent {SHARE} #0 in two versions"):
        sum_up(Network(tamper=contradict))


def test_who_meets_an_error_falls_silent_and_the_others_go_on() -> None:
    run = sum_up(
        Network(tamper=lambda envelope: None if one(envelope) else envelope), keep_errors=True
    )
    assert {name: str(error) for name, error in run.errors.items()} == {
        "market": f"market waits for {SHARE} #0 from wallet",
        "desk": f"desk waits for {PARTIAL} #0 from market",
    }
    assert run.outputs["desk"] is None


def test_a_party_that_failed_sends_and_takes_nothing_more() -> None:
    run = sum_up(
        Network(tamper=lambda envelope: [envelope] * (2 if one(envelope) else 1)),
        keep_errors=True,
    )
    assert isinstance(run.errors["market"], PeerFault)
    assert isinstance(run.errors["desk"], Stalled)
    assert len(run.views["market"].messages) == 1


def test_sending_to_somebody_who_is_not_here() -> None:
    with pytest.raises(LocalMisuse, match="wallet sent to nobody"):
        sum_up(Network(tamper=lambda e: replace(e, to="nobody") if one(e) else e))


def test_a_script_says_when_time_is_up() -> None:
    @role(Word)
    async def gather(party: Party) -> list[str]:
        return list(await party.gather(Word, of=("b", "c"), need=1))

    @role()
    async def tell(party: Party) -> None:
        party.send("a", Word(1))

    network = Network(expire_before=lambda envelope: ["a"] if envelope.sender == "c" else [])
    run = run_local({"a": gather, "b": tell, "c": tell}, network=network)
    assert run.outputs["a"] == ["b"]


def test_a_session_expires_only_when_nothing_is_in_flight() -> None:
    @role(Word)
    async def gather(party: Party) -> list[str]:
        return list(await party.gather(Word, of=("b", "c"), need=0))

    @role(Word)
    async def relay(party: Party) -> None:
        if party.me == "b":
            party.send("c", Word(1))
        else:
            await party.receive("b", Word)
            party.send("a", Word(2))

    assert run_local({"a": gather, "b": relay, "c": relay}).outputs["a"] == ["c"]


def test_the_flow_of_a_run_prints_by_round() -> None:
    lines = sum_up().flow().split("\n")
    assert len(lines) == 9
    assert lines[0] == f"1 market -> social: {SHARE}, 20 bytes"
    assert lines[-1] == f"2 wallet -> desk: {PARTIAL}, 20 bytes"


def test_quadratic_delivery() -> None:
    """Messages in flight are taken from an end of the queue, and nobody looks through it."""

    class Ends(deque[Any]):
        def __getitem__(self, index: Any) -> Any:
            raise AssertionError("a delivery that looks inside the queue")

        __iter__ = __contains__ = __delitem__ = insert = remove = __getitem__  # type: ignore[assignment]

    @role(Word)
    async def talk(party: Party) -> None:
        for number in range(100):
            party.send_all(Word(number))
        for _ in range(100):
            await party.receive_all(Word)

    network = Network()
    network._flying = Ends()
    assert run_local({"a": talk, "b": talk}, network=network).rounds == 1


# Bodies that are dropped. -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ask(Message):
    carries = PUBLIC
    value: int


@dataclass(frozen=True, slots=True)
class Tell(Message):
    carries = PUBLIC
    value: bytes


def asking(order: list[str]) -> dict[str, Role[Any]]:
    """A desk that asks three parties, who note in `order` when they were asked."""

    @role(Tell)
    async def desk(party: Party) -> bytes:
        party.send_all(Ask(1))
        told = b""
        for name in party.others:
            told += (await party.receive(name, Tell, like={"value": 3})).value
            order.append(f"took {name}")
        return told

    @role(Ask)
    async def other(party: Party) -> None:
        await party.receive("desk", Ask)
        order.append(f"asked {party.me}")
        party.send("desk", Tell(b"abc"))

    return {"desk": desk, "a": other, "b": other, "c": other}


def test_an_eager_network_brings_an_answer_before_the_next_question() -> None:
    order: list[str] = []
    run_local(asking(order), network=Network(eager=True))
    assert order == ["asked a", "took a", "asked b", "took b", "asked c", "took c"]


@pytest.mark.parametrize("shuffle", [None, *range(8)])
def test_a_run_that_drops_bodies_frees_what_was_taken_and_sees_the_same(
    shuffle: int | None,
) -> None:
    seen = []
    for drop_bodies in (False, True):
        run = run_local(
            asking([]),
            network=Network(shuffle=shuffle),
            recording="outline",
            drop_bodies=drop_bodies,
        )
        assert run.outputs["desk"] == b"abcabcabc"
        desk = run.sessions["desk"]
        assert [bool(body.buffers) for body in desk._came.values()] == [not drop_bodies] * 3
        seen.append(sorted((each.sender, each.sha256) for each in run.views["desk"].messages))
    assert seen[0] == seen[1]


def test_a_full_recording_keeps_its_bodies_whatever_it_is_told_to_drop() -> None:
    run = run_local(asking([]), drop_bodies=True)
    assert all(each.body is not None and each.body.buffers for each in run.views["desk"].messages)
