"""What a role may do with its party, and what it is stopped from doing."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pytest
from plain_test_messages import Word
from three_party_circle import NAMES, alone, exchange, refuses

from protocols.core.body import MAX_BODY_BYTES
from protocols.core.errors import LocalMisuse
from protocols.core.local import Network, run_local
from protocols.core.message import MAX_NAME_BYTES, PUBLIC, Message
from protocols.core.party import Party, role
from protocols.core.ring import Ring, Vec
from protocols.core.session import replay
from protocols.core.wire import OnceInMemory


@dataclass(frozen=True, slots=True)
class Column(Message):
    """An array."""

    carries = PUBLIC
    value: Vec


# Sending and receiving. ---------------------------------------------------------------------------


def test_numbers_arrive_in_the_order_of_the_circle() -> None:
    run = run_local({n: partial(exchange, number=i) for i, n in enumerate(NAMES)})
    assert run.outputs["b"] == {"a": 0, "c": 2}
    assert list(run.outputs["c"]) == ["a", "b"]


@pytest.mark.parametrize("shuffle", range(5))
def test_messages_of_one_sender_are_taken_in_the_order_in_which_they_were_sent(
    shuffle: int,
) -> None:
    @role()
    async def talk(party: Party) -> None:
        for number in range(6):
            party.send("b", Word(number))

    @role(Word)
    async def listen(party: Party) -> list[int]:
        return [(await party.receive("a", Word)).number for _ in range(6)]

    run = run_local({"a": talk, "b": listen}, network=Network(shuffle=shuffle))
    assert run.outputs["b"] == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("to", ["a", "nobody"])
def test_sending_to_oneself_or_a_stranger(to: str) -> None:
    async def play(party: Party) -> None:
        party.send(to, Word(1))

    refuses(play, f"a cannot send to {to}")


@pytest.mark.parametrize("sender", ["a", "nobody"])
def test_receiving_from_oneself_or_a_stranger(sender: str) -> None:
    async def play(party: Party) -> None:
        await party.receive(sender, Word)

    refuses(play, f"cannot receive from {sender}")


def test_receiving_what_the_role_does_not_take() -> None:
    @role(Word)
    async def play(party: Party) -> None:
        await party.receive("b", Column, np.zeros(1, "<u4"))

    refuses(play, "takes=Column")


def test_a_message_over_the_limit() -> None:
    @role()
    async def play(party: Party) -> None:
        party.send("b", Column(np.zeros(MAX_BODY_BYTES, "u1")))

    refuses(play, f"at most {MAX_BODY_BYTES} are sent")


def test_a_message_name_that_no_frame_can_hold() -> None:
    @role()
    async def play(party: Party) -> None:
        await party.together(**{"x" * MAX_NAME_BYTES: exchange})

    refuses(play, f"has more than {MAX_NAME_BYTES} bytes")


def test_one_array_may_stand_for_all_that_resemble_it() -> None:
    @role()
    async def give(party: Party) -> None:
        party.send("b", Column(np.arange(3, dtype="<u4")))

    @role(Column)
    async def take(party: Party) -> Vec:
        return (await party.receive("a", Column, np.zeros(3, "<u4"))).value

    assert run_local({"a": give, "b": take}).outputs["b"].tolist() == [0, 1, 2]


# Coins, streams, recordings, and things done once. ------------------------------------------------


def test_everybody_who_knows_a_seed_has_its_stream() -> None:
    async def play(party: Party) -> bytes:
        return party.stream(b"seed", "mask").bytes(8)

    first = run_local(dict.fromkeys(NAMES, play), session=b"1" * 32).outputs
    second = run_local(dict.fromkeys(NAMES, play), session=b"2" * 32).outputs
    assert len({*first.values()}) == len({*second.values()}) == 1
    assert first["a"] != second["a"], "a stream belongs to one session"


def test_a_stream_twice() -> None:
    async def play(party: Party) -> None:
        party.stream(b"seed", "mask")
        party.stream(b"seed", "other mask")
        party.among(("a", "b")).stream(b"seed", "mask")

    refuses(play, "stream 'mask' of this seed was used before")


def test_sub_protocols_draw_other_coins() -> None:
    @role()
    async def draw(party: Party) -> bytes:
        return party.coins.bytes(8)

    async def play(party: Party) -> list[bytes]:
        beside = await party.together(one=draw, two=draw)
        return [await draw(party), await draw(party), await draw(party.among(("a", "b"))), *beside]

    drawn = alone(play)
    assert len({*drawn}) == len(drawn)


def test_a_draw_in_one_sub_protocol_moves_no_draw_in_another() -> None:
    @role()
    async def draw(party: Party, times: int) -> list[bytes]:
        return [party.coins.bytes(8) for _ in range(times)]

    def second(times: int) -> Any:
        async def play(party: Party) -> Any:
            await draw(party, times)
            return await draw(party, 1)

        return run_local({"a": play}, seed=b"seed").outputs["a"]

    assert second(1) == second(5)


def test_recorded_bytes_come_back_in_replay() -> None:
    made = iter([b"first", b"second"])

    async def play(party: Party) -> bytes:
        return party.recorded("key", lambda: next(made))

    run = run_local({"a": play})
    assert run.views["a"].recorded == {"key": b"first"}
    assert replay(play, run.views["a"]) == (b"first", [])


def test_a_label_recorded_twice() -> None:
    async def play(party: Party) -> None:
        party.recorded("key", lambda: b"")
        party.recorded("key", lambda: b"")

    refuses(play, "'key' was recorded before")


def test_replaying_a_recording_that_is_not_there() -> None:
    async def play(party: Party, label: str) -> bytes:
        return party.recorded(label, lambda: b"")

    run = run_local({"a": partial(play, label="key")})
    with pytest.raises(LocalMisuse, match="no 'other'"):
        replay(partial(play, label="other"), run.views["a"])


def test_done_once_a_session() -> None:
    stores = {name: OnceInMemory() for name in NAMES}

    @role()
    async def open_it(party: Party) -> None:
        party.once("unmask")

    def run(session: bytes) -> None:
        run_local(dict.fromkeys(NAMES, open_it), session=session, once=stores.__getitem__)

    run(b"1" * 32)
    run(b"2" * 32)
    with pytest.raises(LocalMisuse, match="'test_party/unmask' was done before"):
        run(b"1" * 32)


def test_done_once_a_job_in_whatever_session() -> None:
    stores = {name: OnceInMemory() for name in NAMES}

    @role()
    async def open_it(party: Party, job: bytes) -> None:
        party.once("unmask", job=job)

    def run(session: bytes, job: bytes) -> None:
        play = partial(open_it, job=job)
        run_local(dict.fromkeys(NAMES, play), session=session, once=stores.__getitem__)

    run(b"1" * 32, b"first")
    run(b"1" * 32, b"second")
    with pytest.raises(LocalMisuse, match="was done before in this job"):
        run(b"2" * 32, b"first")


def test_the_masks_of_two_streams_cancel() -> None:
    ring = Ring(32)

    async def play(party: Party) -> Vec:
        return party.stream(b"pair").uniform(ring, 1000)

    outputs = run_local({"a": play, "b": play}).outputs
    assert not (outputs["a"] - outputs["b"]).any()
