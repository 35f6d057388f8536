"""How far the totals of a card can go, and that they stay exact wherever they are added up."""

from __future__ import annotations

from msgspec import UNSET

from privscore.card.scorecard import sequential_sum
from privscore.consortium.conversion import Refuse
from privscore.consortium.shape import CharacteristicShape, ScorecardShape

EXACT = 1 << 53  # up to here every integer is a float64 of its own
WRAP = 1 << 31  # points and totals are held in 32 bits


def active(card: ScorecardShape) -> list[CharacteristicShape]:
    """The characteristics that score: those uncontested, and the contested ones turned on."""
    return [each for each in card.characteristic if _is_active(each, card)]


def _is_active(characteristic: CharacteristicShape, card: ScorecardShape) -> bool:
    return not characteristic.contested or characteristic.title in card.contested


def reach_of(characteristic: CharacteristicShape, card: ScorecardShape) -> tuple[float, float]:
    """The least and the most that a characteristic gives; of hidden points, what is public."""
    if card.hidden and card.points_range:
        low, high = card.points_range
        return low, high
    return min(characteristic.possible_points), max(characteristic.possible_points)


def bounds_of(card: ScorecardShape) -> tuple[int, int]:
    """The lowest and the highest total that anybody can reach."""
    ends = [reach_of(each, card) for each in active(card)]
    low, high = (card.base + sequential_sum(side) for side in zip(*ends, strict=True))
    return round(low), round(high)


def clip_of(card: ScorecardShape) -> tuple[int, int]:
    """The card's clip, by default all that anybody can reach."""
    if card.clip is UNSET:
        return bounds_of(card)
    low, high = card.clip
    return low, high


def check_wrap(card: ScorecardShape, refuse: Refuse) -> None:
    """Base and points may not leave 32 bits in any partial sum, whichever party adds it up."""
    reach: float = abs(card.base)
    line = ("scorecard", "characteristic")
    if reach >= WRAP:
        raise refuse(
            "`base` could wrap around: 2^31 or more", "Choose a smaller one.", "scorecard", "base"
        )
    for index, characteristic in enumerate(card.characteristic):
        if _is_active(characteristic, card):
            reach += max(map(abs, reach_of(characteristic, card)))
        if reach >= WRAP:
            place: tuple[str | int, ...] = ("scorecard", "points_range")
            if not card.hidden:
                place = (*line, index, "weight" if characteristic.weighted else "points")
            raise refuse(
                f"base and points, {characteristic.title} included, could wrap around: "
                "they reach 2^31",
                "Choose smaller points: scores are sums in 32 bits.",
                *place,
            )


def check_clip(card: ScorecardShape, refuse: Refuse) -> None:
    if card.clip is UNSET:
        return
    if len(card.clip) != 2 or not -EXACT <= card.clip[0] <= card.clip[1] <= EXACT:
        raise refuse(
            "`clip` is not [lowest, highest] within -2^53 to 2^53",
            "Write the lower end first.",
            *("scorecard", "clip"),
        )
