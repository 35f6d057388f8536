"""Circles and sub-protocols: messages of two never mix, and rounds side by side overlap."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

import pytest
from three_party_circle import NAMES, exchange, refuses

from protocols.core.errors import LocalMisuse
from protocols.core.local import Network, run_local
from protocols.core.party import Party


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


def test_what_follows_a_smaller_circle_counts_from_its_last_round() -> None:
    async def play(party: Party) -> None:
        if party.me != "c":
            await exchange(party.among(("a", "b")))
        await exchange(party)

    assert run_local(dict.fromkeys(NAMES, play)).rounds == 2


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


def test_a_circle_of_long_names_has_a_short_one_that_is_its_own() -> None:
    """Its messages fit into a frame, and are not those of another circle."""
    names = tuple(f"{place}-{'x' * 30}" for place in range(5))
    circles = [names[:4], names[1:]]

    async def play(party: Party) -> list[Any]:
        return [await exchange(party.among(names)) for names in circles if party.me in names]

    run = run_local(dict.fromkeys(names, play))
    without_last, without_first = run.outputs[names[1]]
    assert [*without_last] == [names[0], *names[2:4]]
    assert [*without_first] == [*names[2:]]
    scopes = {seen.name for view in run.views.values() for seen in view.messages}
    assert len(scopes) == 2
    for scope in scopes:
        assert re.match(r"4 parties [0-9a-f]{16}/", scope)
