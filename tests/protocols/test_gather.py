"""Gathering whoever comes: who is missing is named, and what comes late is ignored."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from plain_test_messages import Word

from protocols.core.errors import Missing, Stalled
from protocols.core.local import Network, run_local
from protocols.core.message import Envelope
from protocols.core.party import Party, role
from protocols.core.session import replay


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
    with pytest.raises(Stalled, match="1 of the 2 test_gather/Word needed came in time") as caught:
        gathering(2, "b", "d")
    assert caught.value.missing == tuple(Missing("a", "test_gather/Word", 0, who) for who in "bd")


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
    with pytest.raises(Stalled, match="a waits for strict/test_gather/Word #0 from c"):
        run_local({"a": play, "b": quiet, "c": quiet})
