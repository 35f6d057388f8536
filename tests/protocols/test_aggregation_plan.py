"""Who shares with whom: complete up to 32, beyond that as few as fail less than once in 2^40."""

from __future__ import annotations

import random

import numpy as np
import pytest
from aggregation_jobs import DESK, plan_of

from protocols.aggregation.graph import FAILURE, MAX_COMPLETE, places, size
from protocols.aggregation.plan import MaskingPlan
from protocols.aggregation.spec import insecure_identities
from protocols.core.errors import LocalMisuse

MANY = (64, 100, 256, 512, 1024)


@pytest.mark.parametrize("parties", range(3, MAX_COMPLETE + 1))
def test_up_to_32_platforms_share_with_all_others(parties: int) -> None:
    around = size(parties, lost=parties // 4, colluders=parties // 4)
    assert around.degree == parties - 1
    assert around.threshold == parties - parties // 4


@pytest.mark.parametrize("parties", MANY)
def test_beyond_that_with_fewer_and_never_with_more_platforms_than_there_are(parties: int) -> None:
    around = size(parties, lost=parties // 20, colluders=parties // 5)
    assert around.degree < parties - 1
    assert around.degree % 2 == 0
    assert 2 * around.threshold > around.degree + 1


def test_the_neighbourhoods_of_1024_platforms() -> None:
    around = size(1024, lost=51, colluders=204)
    assert (around.degree, around.threshold) == (118, 90)


def tails(parties: int, marked: int, drawn: int) -> list[float]:
    """The chances of k or more marked, for k = 0 to `drawn` + 1, one draw after the other."""
    chances = np.zeros(drawn + 2)
    chances[0] = 1
    for draw in range(drawn):
        hit = np.clip((marked - np.arange(drawn + 2)) / (parties - draw), 0, 1)
        chances = chances * (1 - hit) + np.roll(chances * hit, 1)
    return np.cumsum(chances[::-1])[::-1].tolist()


@pytest.mark.parametrize("parties", MANY)
def test_the_failure_bound_worked_out_draw_by_draw(parties: int) -> None:
    """The chosen neighbourhood meets it; no threshold does with two neighbours fewer."""
    lost, colluders = parties // 20, parties // 5

    def failures(degree: int) -> list[float]:
        colluding, gone = (tails(parties - 1, marked, degree) for marked in (colluders, lost))
        tied = ((colluders + lost) / parties) ** (degree // 2)
        return [
            parties
            * (colluding[min(max(2 * t - degree - 1, 0), degree + 1)] + gone[degree - t + 1] + tied)
            for t in range(1, degree + 1)
        ]

    around = size(parties, lost=lost, colluders=colluders)
    assert failures(around.degree)[around.threshold - 1] < FAILURE
    assert min(failures(around.degree - 2)) >= FAILURE


def test_more_than_1024_platforms_are_refused() -> None:
    with pytest.raises(LocalMisuse, match="at most 1024"):
        size(1025, lost=0, colluders=0)


# The graph. ---------------------------------------------------------------------------------------

NAMES = tuple(f"shop{number}" for number in range(60))


@pytest.mark.parametrize("degree", [2, 6, 58, 59])
def test_everybody_has_itself_and_as_many_neighbours_as_agreed_and_they_have_it(
    degree: int,
) -> None:
    table = places(NAMES, degree, b"session")
    assert table.shape == (60, degree + 1)
    assert all(place in row for place, row in enumerate(table))
    assert all((np.diff(row) > 0).all() for row in table)
    pairs = {(place, int(other)) for place, row in enumerate(table) for other in row}
    assert {(b, a) for a, b in pairs} == pairs


def test_the_graph_is_everybodys_and_another_in_another_session() -> None:
    first = places(NAMES, 6, b"session")
    places.cache_clear()
    assert np.array_equal(first, places(NAMES, 6, b"session"))
    assert not np.array_equal(first, places(NAMES, 6, b"another session"))


def test_the_graph_hangs_together_while_fewer_than_a_neighbourhood_are_gone() -> None:
    """Any nine of sixty with ten neighbours each, those of one platform among them."""
    table, dice = places(NAMES, 10, b"session"), random.Random(0)
    for trial in range(60):
        around = [int(place) for place in table[trial] if place != trial]
        for gone in (set(dice.sample(range(60), 9)), set(dice.sample(around, 9))):
            here = set(range(60)) - gone
            reached: set[int] = set()
            edge = {min(here)}
            while edge:
                reached |= edge
                edge = ({int(other) for place in edge for other in table[place]} & here) - reached
            assert reached == here


@pytest.mark.parametrize("degree", [0, 3, 60, -2])
def test_a_graph_that_there_is_not_is_refused(degree: int) -> None:
    with pytest.raises(LocalMisuse, match="no graph"):
        places(NAMES, degree, b"session")


# The plan. ----------------------------------------------------------------------------------------


def test_the_aggregator_brings_no_data() -> None:
    with pytest.raises(LocalMisuse, match="no data of its own"):
        MaskingPlan("wallet", insecure_identities(["wallet", "market"]), 2, 2, 1)


def test_an_identity_key_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(LocalMisuse, match="identity key of wallet has 31 bytes"):
        MaskingPlan(DESK, {"wallet": bytes(31), "market": bytes(32)}, 2, 2, 1)


def test_a_plan_that_cannot_bear_so_many_shows_the_inequality() -> None:
    with pytest.raises(LocalMisuse, match=r"2t > n \+ c"):
        MaskingPlan.bearing(DESK, insecure_identities("abcdefgh"), lost=3, colluders=2)


def test_flags_name_whom_they_are_of() -> None:
    plan = plan_of(4, 3)
    named = plan.platforms[1:3]
    assert plan.named(plan.flags(named)) == named
