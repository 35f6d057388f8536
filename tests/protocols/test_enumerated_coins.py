"""The tape of the exact check: every assignment of coins is one world, once."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from protocols.core.enumerated_coins import Deck, Tape
from protocols.core.errors import LocalMisuse
from protocols.core.ring import Ring, Vec


def draw_all(deck: Deck) -> list[Vec]:
    """Two draws of one party, and one of another."""
    step = Tape(deck).fork("shard 0")
    wallet, market = step.fork("wallet"), step.fork("market")
    drawn = [wallet.uniform(Ring(1), deck.people), wallet.uniform(Ring(2), (deck.people, 1))[:, 0]]
    return [*drawn, market.uniform(Ring(1), (deck.people,))]


def test_every_assignment_of_coins_is_one_world() -> None:
    deck = Deck()
    draw_all(deck)
    deck.lay_out()
    worlds = [*zip(*(column.tolist() for column in draw_all(deck)), strict=True)]
    assert deck.people == 2 * 4 * 2
    assert sorted(worlds) == [*itertools.product(range(2), range(4), range(2))]
    deck.lay_out(np.arange(deck.people)[::-1])
    assert [*zip(*(column.tolist() for column in draw_all(deck)), strict=True)] == worlds[::-1]


def test_whoever_knows_a_seed_and_a_context_draws_the_same_digits() -> None:
    deck = Deck()

    def draw() -> list[list[int]]:
        step = Tape(deck).fork("shard 0")
        ends = [
            step.fork(name).expand(seed, context)
            for name, seed, context in [
                ("wallet", b"seed", b"1"),
                ("market", b"seed", b"1"),
                ("social", b"seed", b"2"),
                ("desk", b"other", b"1"),
            ]
        ]
        return [end.uniform(Ring(1), deck.people).tolist() for end in ends]

    draw()
    deck.lay_out()
    drawn = draw()
    assert deck.people == 2**3
    assert drawn[0] == drawn[1]
    assert len({*map(tuple, drawn)}) == 3
    assert {name: len(made) for name, made in deck.made.items()} == dict.fromkeys(deck.made, 1)
    assert {seed: len(draws) for seed, draws in deck.expanded.items()} == {b"seed": 2, b"other": 1}


def test_keys_and_seeds_are_fixed() -> None:
    def draw(deck: Deck) -> tuple[bytes, bytes, list[int]]:
        coins = Tape(deck).fork("opening 0").fork("wallet")
        return coins.bytes(16), coins.bytes(16), coins.uniform(Ring(8), (2, 3)).ravel().tolist()

    first, second = draw(Deck()), draw(Deck())
    assert first == second
    assert first[0] != first[1]
    assert len({*first[2]}) > 1


def test_a_tape_forks_a_label_once() -> None:
    coins = Tape(Deck()).fork("shard 0")
    coins.fork("wallet")
    with pytest.raises(LocalMisuse, match="forked for 'wallet' before"):
        coins.fork("wallet")


def test_a_draw_that_is_not_as_large_as_before_is_refused() -> None:
    deck = Deck()
    draw_all(deck)
    deck.lay_out()
    with pytest.raises(LocalMisuse, match="not as large as when draws were counted"):
        Tape(deck).fork("shard 0").fork("wallet").uniform(Ring(1), (deck.people, 2))


def test_a_tape_prints_where_it_is_from_and_nothing_else() -> None:
    assert repr(Tape(Deck()).fork("shard 0").fork("wallet")) == "Tape(shard 0/wallet)"
