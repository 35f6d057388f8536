"""The rules for what is real in a scorecard: what its scores stand for.

Every check takes the shape and `refuse`, and raises what `refuse` makes; none returns a value.
"""

from __future__ import annotations

from msgspec import UNSET

from privscore.file_shape import Refuse, ScorecardShape

_LARGEST = float(1 << 53)
_SMALLEST = 1e-9  # of odds, and of the points that double them
_LEAST = {"score": -_LARGEST, "good_to_bad": _SMALLEST, "double": _SMALLEST}


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
