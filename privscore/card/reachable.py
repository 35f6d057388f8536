"""What a sum of points gives away about its parts, where it can come about in one way only.

Plain arithmetic on points; no run, no party.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from privscore.card.scorecard import Characteristic

Sums = NDArray[np.int64]  # ascending, each once

_MOST = 1 << 19  # different sums that are still listed


class TooMany(Exception):
    """There are more different sums than can be listed; why, in words."""

    def __init__(self, why: str = "their sums are too many to list") -> None:
        super().__init__(why)


class Ways(NamedTuple):
    """Every sum that some parts can have, and in how many ways: 1, or 2 for more than one."""

    sums: Sums
    ways: NDArray[np.int8]

    def and_part(self, part: Sums) -> Ways:
        """The same with one part more, which can be any of `part`; raises TooMany."""
        if len(self.sums) * len(part) > 16 * _MOST:
            raise TooMany
        all_sums = np.add.outer(self.sums, part).ravel()
        sums, positions = np.unique(all_sums, return_inverse=True)
        if len(sums) > _MOST:
            raise TooMany
        ways = np.bincount(positions, np.repeat(self.ways, len(part)))
        return Ways(sums, np.minimum(ways, 2).astype(np.int8))

    def sure(self, sums: NDArray[np.integer[Any]]) -> NDArray[np.bool_]:
        """Which of `sums`, shape (people,), can come about in one way only."""
        positions = np.minimum(self.sums.searchsorted(sums), len(self.sums) - 1)
        sure: NDArray[np.bool_] = (self.sums[positions] == sums) & (self.ways[positions] == 1)
        return sure


NOTHING = Ways(np.zeros(1, np.int64), np.ones(1, np.int8))


def possible(characteristics: Iterable[Characteristic]) -> Sums:
    """Every sum of points that these characteristics can give one person; raises TooMany.

    That of a weighted line can be anything within its range.
    """
    sums = np.zeros(1, np.int64)
    for characteristic in characteristics:
        if characteristic.weighted:
            raise TooMany("a line with a weight can add anything within its range")
        sums = np.unique(np.add.outer(sums, np.unique(characteristic.possible_points)))
    return sums


def unknown(characteristics: Iterable[Characteristic]) -> Sums:
    """The one sum of points that they give a person whom their platform does not know."""
    missing = sum(each.possible_points[-1] for each in characteristics)
    if missing != int(missing):
        raise TooMany("what counts for a missing value is no whole number, and totals are rounded")
    return np.array([missing], np.int64)
