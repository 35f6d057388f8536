"""The rules for what is real in a scorecard: weights, and what its scores stand for.

Every check takes the shape and `refuse`, and raises what `refuse` makes; none returns a value.
"""

from __future__ import annotations

import math

from msgspec import UNSET

from privscore.consortium.conversion import Refuse
from privscore.consortium.shape import CharacteristicShape, ScorecardShape

_WRAP = 1 << 31  # points and totals are held in 32 bits
_LARGEST = float(1 << 53)
_SMALLEST = 1e-9  # of odds, and of the points that double them
_LEAST = {"score": -_LARGEST, "good_to_bad": _SMALLEST, "double": _SMALLEST}


def check_kind(
    characteristic: CharacteristicShape, hidden: bool, refuse: Refuse, place: tuple[str | int, ...]
) -> None:
    """A line has bins and points, or else a weight and a range; what is hidden may be left out."""
    if characteristic.weight is not UNSET and not (
        characteristic.bins is UNSET and characteristic.points is UNSET
    ):
        raise refuse(
            f"{characteristic.title} has a `weight` beside bins or points",
            "Keep one of them: a weight multiplies the value itself.",
            *(*place, "weight"),
        )
    if not characteristic.weighted:
        return
    if characteristic.points is not UNSET or (characteristic.weight is UNSET and not hidden):
        raise refuse(
            "[[scorecard.characteristic]] lacks the key `bins`",
            "Add `bins = ...` and `points = ...`, or a `weight` and a `range`.",
            *place,
        )
    if characteristic.columns is not UNSET:
        raise refuse(
            f"{characteristic.title} combines columns and has a weight",
            "Give every column a line and a weight of its own: they add up.",
            *(*place, "columns"),
        )
    if characteristic.range is UNSET:
        raise refuse(
            f"{characteristic.title} has a weight and no `range`",
            "Add `range = [lowest, highest]`: what it can add has to be known beforehand.",
            *place,
        )


def check_numbers(
    characteristic: CharacteristicShape, refuse: Refuse, place: tuple[str | int, ...]
) -> None:
    """Real numbers stand in weighted lines alone, and none can make a total wrap."""
    if not characteristic.weighted:
        if isinstance(characteristic.missing, float):
            raise refuse(
                "`missing` should be a whole number, but is a number with a decimal point",
                "Write a whole number; only a line with a `weight` may have another one.",
                *(*place, "missing"),
            )
        return
    for key, values in (
        ("weight", characteristic.possible_points[:-1]),
        ("missing", characteristic.possible_points[-1:]),
    ):
        if not all(math.isfinite(value) for value in values):
            raise refuse(
                f"`{key}` of {characteristic.title} is NaN or infinite",
                "Write a number.",
                *(*place, key),
            )
        if any(abs(value) >= _WRAP for value in values):
            raise refuse(
                f"`{key}` of {characteristic.title} gives 2^31 points or more, which could "
                "wrap around",
                "Choose a smaller one, or a narrower `range`.",
                *(*place, key),
            )


def check_odds(card: ScorecardShape, refuse: Refuse) -> None:
    """Odds are above zero and grow with the score."""
    if card.odds is UNSET:
        return
    for key, least in _LEAST.items():
        if not least <= getattr(card.odds, key) <= _LARGEST:  # false for NaN too
            raise refuse(
                f"`{key}` of the odds is not a number from {least:g} to 2^53",
                "Write for example `odds = { score = 600, good_to_bad = 50, double = 20 }`: 50 "
                "good outcomes for each bad one at 600, twice as many at 620.",
                *("scorecard", "odds", key),
            )
