"""The rules that a scorecard in a consortium file must keep, so that its points are exact.

Every check takes the shape and `refuse`, and raises what `refuse` makes; none returns a value.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable

from msgspec import UNSET

from privscore.card.scorecard import sequential_sum
from privscore.consortium.rules.hidden_points import check_hidden
from privscore.consortium.rules.weights import check_kind, check_numbers, check_odds
from privscore.consortium.shape import CharacteristicShape, ConsortiumShape, Refuse, ScorecardShape
from privscore.consortium.toml_lines import nearest

EXACT = 1 << 53  # up to here every integer is a float64 of its own
_WRAP = 1 << 31  # points and totals are held in 32 bits
_MOST_BINS = 10_000


def check_card(file: ConsortiumShape, refuse: Refuse) -> None:
    """All rules for the [scorecard] table and what stands in it."""
    card = file.scorecard
    data = [party.id for party in file.party if "data" in party.roles]
    others = [party.id for party in file.party if "data" not in party.roles]
    for at, each in enumerate(card.characteristic):
        place = ("scorecard", "characteristic", at)
        _check_columns(each, data, others, refuse, place)
        check_kind(each, bool(card.hidden), refuse, place)
        _check_bins(each, refuse, place)
        _check_range(each, refuse, place)
    check_hidden(file, refuse)
    for at, each in enumerate(card.characteristic):
        check_numbers(each, refuse, ("scorecard", "characteristic", at))
        _check_points(each, refuse, ("scorecard", "characteristic", at))
    _check_repeats(card, refuse)
    _check_contested(card, refuse)
    if not active(card):
        raise refuse(
            "the scorecard has no characteristic that is turned on",
            "Add a [[scorecard.characteristic]], or name a contested one in `contested`.",
            "scorecard",
        )
    _check_wrap(card, refuse)
    _check_clip(card, refuse)
    check_odds(card, refuse)


def repeated(values: Iterable[Hashable]) -> int | None:
    """Where the first value stands that was there before, None if there is no such value."""
    seen: set[Hashable] = set()
    for at, value in enumerate(values):
        if value in seen:
            return at
        seen.add(value)
    return None


def active(card: ScorecardShape) -> list[CharacteristicShape]:
    """The characteristics that score: those uncontested, and the contested ones turned on."""
    return [each for each in card.characteristic if _is_on(each, card)]


def _is_on(each: CharacteristicShape, card: ScorecardShape) -> bool:
    return not each.contested or each.title in card.contested


def ends_of(each: CharacteristicShape, card: ScorecardShape) -> tuple[float, float]:
    """The least and the most that a characteristic gives; of hidden points, what is public."""
    if card.hidden and card.points_range:
        low, high = card.points_range
        return low, high
    return min(each.possible_points), max(each.possible_points)


def bounds_of(card: ScorecardShape) -> tuple[int, int]:
    """The lowest and the highest total that anybody can reach."""
    ends = [ends_of(each, card) for each in active(card)]
    low, high = (card.base + sequential_sum(side) for side in zip(*ends, strict=True))
    return round(low), round(high)


def clip_of(card: ScorecardShape) -> tuple[int, int]:
    """The card's clip, by default all that anybody can reach."""
    if card.clip is UNSET:
        return bounds_of(card)
    low, high = card.clip
    return low, high


def _check_columns(
    each: CharacteristicShape,
    data: list[str],
    others: list[str],
    refuse: Refuse,
    place: tuple[str | int, ...],
) -> None:
    if (each.column is UNSET) == (each.columns is UNSET):
        raise refuse(
            f"a characteristic has {'neither' if each.column is UNSET else 'both'} `column` "
            f"{'nor' if each.column is UNSET else 'and'} `columns`",
            "Give it one `column`, or several `columns` and how to `combine` them.",
            *place,
        )
    key = "column" if each.columns is UNSET else "columns"
    for column in each.sources:
        platform, dot, name = column.partition(".")
        if not (platform and dot and name):
            raise refuse(
                f"`{column}` names no platform",
                'Write it as "platform.column", with the id of a party that holds data.',
                *place,
                key,
            )
        if platform in others:
            raise refuse(
                f"`{column}` is a column of {platform}, which does not hold data",
                f"Give {platform} the role data, or take the column from another party.",
                *place,
                key,
            )
        if platform not in data:
            raise refuse(
                f"`{column}` is a column of `{platform}`, which is no party",
                f"Use one of {', '.join(data)}.{nearest(platform, data)}",
                *place,
                key,
            )
    if key == "column" and each.combine is not UNSET:
        raise refuse(
            "`combine` stands beside a single column",
            "Take `combine` out, or list two or more `columns`.",
            *place,
            "combine",
        )
    if key == "columns" and each.combine is UNSET:
        raise refuse(
            "`columns` are not combined", 'Add `combine = "sum"` or "max".', *place, "columns"
        )
    if key == "columns" and len({column.partition(".")[0] for column in each.sources}) < 2:
        raise refuse(
            "`columns` combines columns of fewer than two platforms",
            "Combine across platforms; what one platform holds, its own SQL can combine.",
            *place,
            "columns",
        )


def _check_bins(each: CharacteristicShape, refuse: Refuse, place: tuple[str | int, ...]) -> None:
    bins = each.bins or []
    for at, cut in enumerate(bins):
        if not math.isfinite(cut) or abs(cut) > EXACT:
            raise refuse(
                f"a bin of {each.title} is not a number from -2^53 to 2^53",
                "Cut where 64-bit numbers are still exact.",
                *(*place, "bins", at),
            )
        if at and cut <= bins[at - 1]:
            raise refuse(
                f"the bins of {each.title} are not in ascending order",
                "Sort them, and write each cut once.",
                *(*place, "bins", at),
            )
    if len(bins) > _MOST_BINS:
        raise refuse(
            f"{each.title} has {len(bins)} bins",
            f"Cut it into at most {_MOST_BINS + 1} parts.",
            *(*place, "bins"),
        )


def _check_points(each: CharacteristicShape, refuse: Refuse, place: tuple[str | int, ...]) -> None:
    if each.points is UNSET or each.bins is UNSET:
        return
    if len(each.points) != len(each.bins) + 1:
        raise refuse(
            f"{each.title} has {len(each.bins)} bins and {len(each.points)} points",
            f"Write {len(each.bins) + 1} points: one for each side of every cut.",
            *(*place, "points"),
        )
    for key, values in (("points", each.points), ("missing", each.possible_points[-1:])):
        if any(abs(value) >= _WRAP for value in values):
            raise refuse(
                f"`{key}` of {each.title} holds a value that could wrap around: 2^31 or more",
                "Choose smaller points.",
                *(*place, key),
            )


def _check_range(each: CharacteristicShape, refuse: Refuse, place: tuple[str | int, ...]) -> None:
    if each.range is UNSET:
        return
    most = EXACT // len(each.sources)
    if len(each.range) != 2 or not -most <= each.range[0] <= each.range[-1] <= most:
        raise refuse(
            f"the range of {each.title} is not [lowest, highest] within -{most} to {most}",
            "Write the lowest value first, and both so small that a sum of all columns is exact.",
            *(*place, "range"),
        )


def _check_repeats(card: ScorecardShape, refuse: Refuse) -> None:
    if (at := repeated(each.title for each in card.characteristic)) is not None:
        raise refuse(
            f"two characteristics are called {card.characteristic[at].title}",
            "Give each a `name` of its own.",
            *("scorecard", "characteristic", at, "name"),
        )
    looked_at = ((each.combine, frozenset(each.sources)) for each in card.characteristic)
    if (at := repeated(looked_at)) is not None:
        raise refuse(
            f"two characteristics look at {' + '.join(card.characteristic[at].sources)}",
            "Put the bins and points of both into one.",
            *("scorecard", "characteristic", at, "column"),
        )
    for at, each in enumerate(card.characteristic):
        if repeated(each.sources) is not None:
            raise refuse(
                f"{each.title} names a column twice",
                "Name each column once.",
                *("scorecard", "characteristic", at, "columns"),
            )


def _check_contested(card: ScorecardShape, refuse: Refuse) -> None:
    contested = [each.title for each in card.characteristic if each.contested]
    for at, name in enumerate(card.contested):
        if name not in contested:
            raise refuse(
                f"`{name}` is turned on, but no contested characteristic is called so",
                f"Name one with `contested = true`, or take it out.{nearest(name, contested)}",
                *("scorecard", "contested", at),
            )
    if (again := repeated(card.contested)) is not None:
        raise refuse(
            f"`{card.contested[again]}` is turned on twice",
            "Name it once.",
            *("scorecard", "contested", again),
        )


def _check_wrap(card: ScorecardShape, refuse: Refuse) -> None:
    """Base and points may not leave 32 bits in any partial sum, whichever party adds it up."""
    reach: float = abs(card.base)
    line = ("scorecard", "characteristic")
    if reach >= _WRAP:
        raise refuse(
            "`base` could wrap around: 2^31 or more", "Choose a smaller one.", "scorecard", "base"
        )
    for at, each in enumerate(card.characteristic):
        if _is_on(each, card):
            reach += max(map(abs, ends_of(each, card)))
        if reach >= _WRAP:
            raise refuse(
                f"base and points, {each.title} included, could wrap around: they reach 2^31",
                "Choose smaller points: scores are sums in 32 bits.",
                *(
                    ("scorecard", "points_range")
                    if card.hidden
                    else (*line, at, "weight" if each.weighted else "points")
                ),
            )


def _check_clip(card: ScorecardShape, refuse: Refuse) -> None:
    if card.clip is UNSET:
        return
    if len(card.clip) != 2 or not -EXACT <= card.clip[0] <= card.clip[1] <= EXACT:
        raise refuse(
            "`clip` is not [lowest, highest] within -2^53 to 2^53",
            "Write the lower end first.",
            *("scorecard", "clip"),
        )
