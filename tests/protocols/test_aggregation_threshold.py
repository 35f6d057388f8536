"""The inequality that makes survivor sets unique."""

from __future__ import annotations

import itertools

import pytest

from protocols.aggregation.graph import bears_colluders, choose_threshold
from protocols.core.errors import LocalMisuse


def test_eight_platforms_with_threshold_six_bear_two_drop_outs_and_three_colluders() -> None:
    assert choose_threshold(8, lost=2, colluders=3) == 6


@pytest.mark.parametrize("parties", range(2, 9))
def test_where_it_holds_two_signed_sets_share_an_honest_signer(parties: int) -> None:
    """Every pair of sets of t signers, and c colluders in the worst place."""
    for threshold, colluders in itertools.product(range(1, parties + 1), range(parties)):
        common = min(
            len(set(first) & set(second))
            for first in itertools.combinations(range(parties), threshold)
            for second in itertools.combinations(range(parties), threshold)
        )
        assert bears_colluders(parties, threshold, colluders) == (common > colluders)


def test_the_refusal_shows_the_inequality() -> None:
    with pytest.raises(LocalMisuse, match=r"2t > n \+ c needs 2\*6 > 8 \+ 4"):
        choose_threshold(8, lost=2, colluders=4)


@pytest.mark.parametrize(
    ("parties", "lost", "colluders"), [(1, 0, 0), (3, -1, 0), (3, 0, -1), (3, 3, 0), (3, 4, 0)]
)
def test_numbers_that_make_no_threshold_are_refused(
    parties: int, lost: int, colluders: int
) -> None:
    with pytest.raises(LocalMisuse):
        choose_threshold(parties, lost=lost, colluders=colluders)
