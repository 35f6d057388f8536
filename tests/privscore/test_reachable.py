"""Where a sum spells out its parts: the table of ways against counting every combination."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from privscore.card import reachable
from privscore.card.scorecard import Characteristic

PARTS = st.lists(st.lists(st.integers(-20, 20), min_size=1, max_size=4, unique=True), max_size=4)


def characteristic(points: tuple[int, ...], missing: int) -> Characteristic:
    bins = tuple(range(len(points) - 1))
    return Characteristic("a", ("p.a",), "R", bins, points, missing, None, None, False)


@given(PARTS)
def test_a_sum_is_sure_if_and_only_if_one_combination_gives_it(parts: list[list[int]]) -> None:
    ways = reachable.NOTHING
    for part in parts:
        ways = ways.and_part(np.array(sorted(part), np.int64))
    counted = Counter(map(sum, itertools.product(*parts)))
    tried = np.arange(-100, 101)
    assert ways.sure(tried).tolist() == [counted[each] == 1 for each in tried.tolist()]


@given(st.lists(st.tuples(st.tuples(st.integers(-9, 9), st.integers(-9, 9)), st.integers(-9, 9))))
def test_all_that_a_platform_can_give_is_every_choice_of_bins(
    lines: list[tuple[tuple[int, int], int]],
) -> None:
    card = [characteristic(points, missing) for points, missing in lines[:4]]
    choices = itertools.product(*((*points, missing) for points, missing in lines[:4]))
    assert reachable.possible(card).tolist() == sorted(set(map(sum, choices)))


def test_who_is_not_known_gets_what_is_missing() -> None:
    card = [characteristic((10, 20), 5), characteristic((1, 2), 7)]
    assert reachable.unknown(card).tolist() == [12]


def test_powers_of_six_spell_out_everything() -> None:
    """The card that is a weapon: seven lines of six bins, each its own digit."""
    ways = reachable.NOTHING
    for digit in range(7):
        ways = ways.and_part(np.arange(6) * 6**digit)
    assert ways.sure(np.arange(6**7)).all()


def test_more_sums_than_can_be_listed_are_given_up() -> None:
    ways = reachable.NOTHING.and_part(np.arange(1 << 19))
    with pytest.raises(reachable.TooMany):
        ways.and_part(np.array([0, 1 << 19]))
    with pytest.raises(reachable.TooMany):
        ways.and_part(np.arange(1 << 10))
