"""The rules that a scorecard in a consortium file must keep, so that its points are exact.

Every check takes the shape and `refuse`, and raises what `refuse` makes; none returns a value.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable

from msgspec import UNSET

from privscore.consortium.conversion import Refuse
from privscore.consortium.rules.bounds import EXACT, WRAP, active, check_clip, check_wrap
from privscore.consortium.rules.hidden_points import check_hidden
from privscore.consortium.rules.weights import check_kind, check_numbers, check_odds
from privscore.consortium.shape import CharacteristicShape, ConsortiumShape, ScorecardShape
from privscore.consortium.toml_lines import nearest

_MOST_BINS = 10_000


def check_card(file: ConsortiumShape, refuse: Refuse) -> None:
    """All rules for the [scorecard] table and what stands in it."""
    card = file.scorecard
    data = [party.id for party in file.party if "data" in party.roles]
    others = [party.id for party in file.party if "data" not in party.roles]
    for index, characteristic in enumerate(card.characteristic):
        place = ("scorecard", "characteristic", index)
        _check_columns(characteristic, data, others, refuse, place)
        check_kind(characteristic, bool(card.hidden), refuse, place)
        _check_bins(characteristic, refuse, place)
        _check_range(characteristic, refuse, place)
    check_hidden(file, refuse)
    for index, characteristic in enumerate(card.characteristic):
        check_numbers(characteristic, refuse, ("scorecard", "characteristic", index))
        _check_points(characteristic, refuse, ("scorecard", "characteristic", index))
    _check_repeats(card, refuse)
    _check_contested(card, refuse)
    if not active(card):
        raise refuse(
            "the scorecard has no characteristic that is turned on",
            "Add a [[scorecard.characteristic]], or name a contested one in `contested`.",
            "scorecard",
        )
    check_wrap(card, refuse)
    check_clip(card, refuse)
    check_odds(card, refuse)


def repeated(values: Iterable[Hashable]) -> int | None:
    """Where the first value stands that was there before, None if there is no such value."""
    seen: set[Hashable] = set()
    for index, value in enumerate(values):
        if value in seen:
            return index
        seen.add(value)
    return None


def _check_columns(
    characteristic: CharacteristicShape,
    data: list[str],
    others: list[str],
    refuse: Refuse,
    place: tuple[str | int, ...],
) -> None:
    lacks_column = characteristic.column is UNSET
    if lacks_column == (characteristic.columns is UNSET):
        keys = "neither `column` nor `columns`" if lacks_column else "both `column` and `columns`"
        raise refuse(
            f"a characteristic has {keys}",
            "Give it one `column`, or several `columns` and how to `combine` them.",
            *place,
        )
    key = "column" if characteristic.columns is UNSET else "columns"
    for column in characteristic.sources:
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
    if key == "column" and characteristic.combine is not UNSET:
        raise refuse(
            "`combine` stands beside a single column",
            "Take `combine` out, or list two or more `columns`.",
            *place,
            "combine",
        )
    if key == "columns" and characteristic.combine is UNSET:
        raise refuse(
            "`columns` are not combined", 'Add `combine = "sum"` or "max".', *place, "columns"
        )
    if (
        key == "columns"
        and len({column.partition(".")[0] for column in characteristic.sources}) < 2
    ):
        raise refuse(
            "`columns` combines columns of fewer than two platforms",
            "Combine across platforms; what one platform holds, its own SQL can combine.",
            *place,
            "columns",
        )


def _check_bins(
    characteristic: CharacteristicShape, refuse: Refuse, place: tuple[str | int, ...]
) -> None:
    bins = characteristic.bins or []
    for index, cut in enumerate(bins):
        if not math.isfinite(cut) or abs(cut) > EXACT:
            raise refuse(
                f"a bin of {characteristic.title} is not a number from -2^53 to 2^53",
                "Cut where 64-bit numbers are still exact.",
                *(*place, "bins", index),
            )
        if index and cut <= bins[index - 1]:
            raise refuse(
                f"the bins of {characteristic.title} are not in ascending order",
                "Sort them, and write each cut once.",
                *(*place, "bins", index),
            )
    if len(bins) > _MOST_BINS:
        raise refuse(
            f"{characteristic.title} has {len(bins)} bins",
            f"Cut it into at most {_MOST_BINS + 1} parts.",
            *(*place, "bins"),
        )


def _check_points(
    characteristic: CharacteristicShape, refuse: Refuse, place: tuple[str | int, ...]
) -> None:
    if characteristic.points is UNSET or characteristic.bins is UNSET:
        return
    bins, points = len(characteristic.bins), len(characteristic.points)
    if points != bins + 1:
        raise refuse(
            f"{characteristic.title} has {bins} bins and {points} points",
            f"Write {bins + 1} points: one for each side of every cut.",
            *(*place, "points"),
        )
    for key, values in (
        ("points", characteristic.points),
        ("missing", characteristic.possible_points[-1:]),
    ):
        if any(abs(value) >= WRAP for value in values):
            raise refuse(
                f"`{key}` of {characteristic.title} holds a value that could wrap around: "
                "2^31 or more",
                "Choose smaller points.",
                *(*place, key),
            )


def _check_range(
    characteristic: CharacteristicShape, refuse: Refuse, place: tuple[str | int, ...]
) -> None:
    if characteristic.range is UNSET:
        return
    most = EXACT // len(characteristic.sources)
    if (
        len(characteristic.range) != 2
        or not -most <= characteristic.range[0] <= characteristic.range[-1] <= most
    ):
        raise refuse(
            f"the range of {characteristic.title} is not [lowest, highest] within -{most} "
            f"to {most}",
            "Write the lowest value first, and both so small that a sum of all columns is exact.",
            *(*place, "range"),
        )


def _check_repeats(card: ScorecardShape, refuse: Refuse) -> None:
    if (
        index := repeated(characteristic.title for characteristic in card.characteristic)
    ) is not None:
        raise refuse(
            f"two characteristics are called {card.characteristic[index].title}",
            "Give each a `name` of its own.",
            *("scorecard", "characteristic", index, "name"),
        )
    looked_at = (
        (characteristic.combine, frozenset(characteristic.sources))
        for characteristic in card.characteristic
    )
    if (index := repeated(looked_at)) is not None:
        raise refuse(
            f"two characteristics look at {' + '.join(card.characteristic[index].sources)}",
            "Put the bins and points of both into one.",
            *("scorecard", "characteristic", index, "column"),
        )
    for index, characteristic in enumerate(card.characteristic):
        if repeated(characteristic.sources) is not None:
            raise refuse(
                f"{characteristic.title} names a column twice",
                "Name each column once.",
                *("scorecard", "characteristic", index, "columns"),
            )


def _check_contested(card: ScorecardShape, refuse: Refuse) -> None:
    contested = [each.title for each in card.characteristic if each.contested]
    for index, name in enumerate(card.contested):
        if name not in contested:
            raise refuse(
                f"`{name}` is turned on, but no contested characteristic is called so",
                f"Name one with `contested = true`, or take it out.{nearest(name, contested)}",
                *("scorecard", "contested", index),
            )
    if (again := repeated(card.contested)) is not None:
        raise refuse(
            f"`{card.contested[again]}` is turned on twice",
            "Name it once.",
            *("scorecard", "contested", again),
        )
