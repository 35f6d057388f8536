"""Histograms that single nobody out: cells of neighbours are joined until each holds enough people.

All cells together are everybody, and nothing is left out: so no cell can be worked out from others
by subtraction. Where two histograms are made of the same values, the cells of the one are made of
whole cells of the other, for the same reason.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from privscore.card.scorecard import Scorecard, Tier, tier_index

_GRID = 12  # cells of a score's range, about


class StatCell(msgspec.Struct, frozen=True):
    """So many people with a value from `low` to `high`, both included."""

    label: str
    low: int
    high: int
    people: int


def joined(counts: Sequence[int], least: int) -> list[tuple[int, int]]:
    """Which neighbours to join, as ranges (first, last), so that each holds `least` or more.

    From the first cell on; what is too little at the end joins the last. One range for all where
    they hold too few together.
    """
    ranges: list[tuple[int, int]] = []
    first, people = 0, 0
    for cell, count in enumerate(counts):
        people += count
        if people >= least:
            ranges.append((first, cell))
            first, people = cell + 1, 0
    if first < len(counts):
        start = ranges.pop()[0] if ranges else 0
        ranges.append((start, len(counts) - 1))
    return ranges


def coverage_cells(known: NDArray[np.integer[Any]], platforms: int, least: int) -> list[StatCell]:
    """How many people are known to how many platforms; `known` has a number for each person."""
    counts = np.bincount(known, minlength=platforms + 1).tolist()
    return [
        StatCell(_range(low, high), low, high, sum(counts[low : high + 1]))
        for low, high in joined(counts, least)
    ]


def tier_cells(
    tiers: Sequence[Tier], scores: NDArray[np.integer[Any]], least: int
) -> list[StatCell]:
    """How many people are in which tier, by its number, -1 below them all; none without tiers."""
    if not tiers:
        return []
    names = ["below all tiers", *(tier.name for tier in tiers)]
    counts = np.bincount(tier_index(tiers, scores) + 1, minlength=len(names)).tolist()
    return [
        StatCell(
            _joined_name(names, low, high),
            low - 1,
            high - 1,
            sum(counts[low : high + 1]),
        )
        for low, high in joined(counts, least)
    ]


def score_cells(
    card: Scorecard, tiers: Sequence[Tier], scores: NDArray[np.integer[Any]], least: int
) -> list[StatCell]:
    """How many people have which score, over a grid that the card alone gives.

    Cut where the cells of `tier_cells` are, too.
    """
    lowest, highest = score_range(card)
    cuts = [lowest, *(tiers[each.low].from_ for each in tier_cells(tiers, scores, least)[1:])]
    cells = []
    for start, stop in zip(cuts, [*cuts[1:], highest + 1], strict=True):
        step = _step(lowest, highest)
        inner = range((start // step + 1) * step, stop, step)
        edges = np.array([start, *inner, stop])
        counts = np.histogram(scores[(scores >= start) & (scores < stop)], edges)[0].tolist()
        for first, last in joined(counts, least):
            low, high = int(edges[first]), int(edges[last + 1]) - 1
            cells.append(StatCell(_range(low, high), low, high, sum(counts[first : last + 1])))
    return cells


def score_range(card: Scorecard) -> tuple[int, int]:
    """The lowest and the highest score that the card can give anybody."""
    low, high = (int(end) for end in card.clipped(np.array(card.bounds())))
    return low, high


def _step(low: int, high: int) -> int:
    """A round number that cuts a range into about as many cells as the grid has."""
    wanted = max(1, -(-(high - low + 1) // _GRID))
    step = 1
    for times in itertools.cycle((2, 2.5, 2)):
        if step >= wanted:
            break
        step = int(step * times)
    return step


def _joined_name(names: Sequence[str], low: int, high: int) -> str:
    if low == high:
        return names[low]
    return f"{names[low]} to {names[high]}" if low else f"{names[high]} and below"


def _range(low: int, high: int) -> str:
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"
