"""What a role may do with its party, and what it is stopped from doing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pytest

from protocols.core.body import MAX_BODY_BYTES
from protocols.core.errors import LocalMisuse, Missing, Stalled
from protocols.core.local import Network, run_local
from protocols.core.message import PUBLIC, Envelope, Message
from protocols.core.party import Party, role
from protocols.core.ring import Ring, Vec
from protocols.core.session import replay
from protocols.core.wire import OnceInMemory

NAMES = ("a", "b", "c")


@dataclass(frozen=True, slots=True)
class Word(Message):
    """A number."""

    carries = PUBLIC
    number: int


@dataclass(frozen=True, slots=True)
class Column(Message):
    """An array."""

    carries = PUBLIC
    value: Vec


Play = Callable[[Party], Awaitable[Any]]


def alone(play: Play) -> Any:
    """What one party makes of it, with two silent others in its circle."""

    async def silent(party: Party) -> None:
        return None

    return run_local({"a": play, "b": silent, "c": silent}).outputs["a"]


def refuses(play: Play, match: str) -> None:
    with pytest.raises(LocalMisuse, match=match):
        alone(play)


@role(Word)
async def exchange(party: Party, number: int = 0) -> dict[str, int]:
    """Tell everybody a number; take everybody's."""
    party.send_all(Word(number))
    return {name: word.number for name, word in (await party.receive_all(Word)).items()}


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


def test_one_array_may_stand_for_all_that_resemble_it() -> None:
    @role()
    async def give(party: Party) -> None:
        party.send("b", Column(np.arange(3, dtype="<u4")))

    @role(Column)
    async def take(party: Party) -> Vec:
        return (await party.receive("a", Column, np.zeros(3, "<u4"))).value

    assert run_local({"a": give, "b": take}).outputs["b"].tolist() == [0, 1, 2]


# Circles and sub-protocols. -----------------------------------------------------------------------


@pytest.mark.parametrize("names", [("b", "c"), ("a", "a")])
def test_a_circle_has_me_in_it_and_nobody_twice(names: tuple[str, ...]) -> None:
    async def play(party: Party) -> None:
        party.among(names)

    refuses(play, "once in a circle")


def test_a_smaller_circle_is_part_of_the_larger() -> None:
    async def play(party: Party) -> None:
        party.among(("a", "nobody"))

    refuses(play, "is not part of")


@pytest.mark.parametrize("shuffle", [None, *range(5)])
def test_messages_of_two_circles_never_mix(shuffle: int | None) -> None:
    async def play(party: Party, number: int) -> Any:
        all_of_us = await exchange(party, number)
        if party.me == "c":
            return all_of_us
        pair = party.among(("a", "b"))
        return all_of_us, await exchange(pair, 10 + number), await exchange(pair, 20 + number)

    roles = {name: partial(play, number=number) for number, name in enumerate(NAMES)}
    run = run_local(roles, network=Network(shuffle=shuffle))
    assert run.outputs == {
        "a": ({"b": 1, "c": 2}, {"b": 11}, {"b": 21}),
        "b": ({"a": 0, "c": 2}, {"a": 10}, {"a": 20}),
        "c": {"a": 0, "b": 1},
    }


async def thrice(party: Party) -> int:
    for _ in range(3):
        await exchange(party)
    return 3


@pytest.mark.parametrize("shuffle", [None, *range(5)])
def test_rounds_of_steps_side_by_side_overlap(shuffle: int | None) -> None:
    async def together(party: Party) -> Any:
        return await party.together(long=thrice, short=exchange, again=thrice)

    async def in_turn(party: Party) -> Any:
        return [await thrice(party), await exchange(party), await thrice(party)]

    network = Network(shuffle=shuffle)
    side_by_side = run_local(dict.fromkeys(NAMES, together), network=network)
    one_by_one = run_local(dict.fromkeys(NAMES, in_turn))
    assert side_by_side.outputs == one_by_one.outputs
    assert (side_by_side.rounds, one_by_one.rounds) == (3, 7)


def test_what_follows_side_by_side_steps_counts_from_the_longest() -> None:
    async def play(party: Party) -> None:
        await party.together(long=thrice, short=exchange)
        await exchange(party)

    assert run_local(dict.fromkeys(NAMES, play)).rounds == 4


def test_a_step_that_fails_leaves_no_step_unawaited() -> None:
    async def fail(party: Party) -> None:
        raise LocalMisuse("on purpose")

    async def play(party: Party) -> None:
        await party.together(one=fail, two=exchange)

    refuses(play, "on purpose")  # a coroutine never awaited would be a warning, and that an error


def test_a_foreign_awaitable() -> None:
    class Foreign:
        def __await__(self) -> Any:
            yield "something"

    async def play(party: Party) -> None:
        await Foreign()

    async def inside(party: Party) -> None:
        await party.together(only=play)

    refuses(play, "awaited a str; it may await messages only")
    refuses(inside, "awaited a str; it may await messages only")


# Gathering whoever comes. -------------------------------------------------------------------------


@role(Word)
async def gather(party: Party, need: int) -> dict[str, int]:
    came = await party.gather(Word, of=party.circle, need=need)
    return {name: word.number for name, word in came.items()}


@role()
async def tell(party: Party) -> None:
    party.send("a", Word(ord(party.me)))


def gathering(need: int, *lost: str, late: tuple[str, ...] = ()) -> Any:
    def tamper(envelope: Envelope) -> Envelope | None:
        return None if envelope.sender in lost else envelope

    network = Network(tamper=tamper, late=lambda envelope: envelope.sender in late)
    roles: dict[str, Any] = dict.fromkeys("abcd", tell) | {"a": partial(gather, need=need)}
    return run_local(roles, network=network)


def test_gather_takes_everybody_if_everybody_comes() -> None:
    assert gathering(1).outputs["a"] == {"b": 98, "c": 99, "d": 100}


def test_gather_takes_those_who_came_in_time() -> None:
    assert gathering(2, "c").outputs["a"] == {"b": 98, "d": 100}


def test_gather_below_need_says_who_is_missing() -> None:
    with pytest.raises(Stalled, match="1 of the 2 test_party/Word needed came in time") as caught:
        gathering(2, "b", "d")
    assert caught.value.missing == tuple(Missing("a", "test_party/Word", 0, who) for who in "bd")


def test_what_comes_late_is_kept_and_ignored() -> None:
    run = gathering(2, late=("d",))
    assert run.outputs["a"] == {"b": 98, "c": 99}
    assert [seen.sender for seen in run.views["a"].messages] == ["b", "c", "d"]
    assert run.views["a"].messages[-1].carries is None


def test_a_gather_lives_again_with_its_expiry() -> None:
    for run in (gathering(2), gathering(1, "b"), gathering(1, late=("c", "d"))):
        output, sent = replay(partial(gather, need=1), run.views["a"])
        assert (output, sent) == (run.outputs["a"], [])


def test_after_a_gather_the_next_one_is_another_message() -> None:
    @role(Word)
    async def twice(party: Party) -> list[dict[str, Word]]:
        return [await party.gather(Word, of=("b", "c"), need=0) for _ in range(2)]

    @role()
    async def tell_twice(party: Party) -> None:
        for number in range(2):
            party.send("a", Word(number))

    lost = [("b", 0), ("c", 1)]
    network = Network(tamper=lambda e: None if (e.sender, e.number) in lost else e)
    run = run_local({"a": twice, "b": tell_twice, "c": tell_twice}, network=network)
    assert run.outputs["a"] == [{"c": Word(0)}, {"b": Word(1)}]


def test_gathering_beside_a_step_that_must_not_expire() -> None:
    async def play(party: Party) -> Any:
        return await party.together(
            patient=lambda p: gather(p, need=0), strict=lambda p: listen(p, "c")
        )

    @role(Word)
    async def listen(party: Party, sender: str) -> int:
        return (await party.receive(sender, Word)).number

    async def talk(party: Party) -> None:
        await party.together(patient=quiet, strict=tell)

    async def quiet(party: Party) -> None:
        return None

    run = run_local({"a": play, "b": quiet, "c": talk})
    assert run.outputs["a"] == [{}, 99]
    with pytest.raises(Stalled, match="a waits for strict/test_party/Word #0 from c"):
        run_local({"a": play, "b": quiet, "c": quiet})


# Coins, streams, recordings, and things done once. ------------------------------------------------


def test_everybody_who_knows_a_seed_has_its_stream() -> None:
    async def play(party: Party) -> bytes:
        return party.stream(b"seed", "mask").bytes(8)

    one = run_local(dict.fromkeys(NAMES, play), session=b"1" * 32).outputs
    two = run_local(dict.fromkeys(NAMES, play), session=b"2" * 32).outputs
    assert len({*one.values()}) == len({*two.values()}) == 1
    assert one["a"] != two["a"], "a stream belongs to one session"


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
