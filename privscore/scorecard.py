"""A scorecard: how what several platforms know about a person becomes points. No cryptography.

A column is a float64 array with one entry per person, in the order of the job's list of people.
NaN is the one way to say "unknown": the platform does not know the value, or not the person. Data
that hold NaN themselves are refused where they are read, so every method sees the same columns
and finds the same bins, bit for bit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

Column: TypeAlias = NDArray[np.float64]  # shape (people,), NaN where unknown
Combine: TypeAlias = Literal["sum", "max"]

# One comparison per bin is faster than a binary search up to about here (5 bins, 1,000,000
# people: 5 ms against 19 ms).
_FEW_BINS = 24


@dataclass(frozen=True, slots=True)
class Characteristic:
    """One line of a scorecard: which columns it looks at, where their bins are cut, what they earn.

    `points[k]` are for bins[k-1] <= x < bins[k], so there is one more of them than bins; `missing`
    is for a person about whom x is unknown. More than one column means that they are combined.
    """

    name: str
    columns: tuple[str, ...]  # "platform.column"
    reason: str
    bins: tuple[float | int, ...]  # ascending, each a float64 without rounding
    points: tuple[int, ...]
    missing: int
    combine: Combine | None
    range: tuple[int, int] | None  # what each column's values must lie within, both ends included
    contested: bool

    @property
    def platforms(self) -> tuple[str, ...]:
        """The platforms whose columns it looks at, in its own order, each once."""
        return tuple(dict.fromkeys(column.partition(".")[0] for column in self.columns))

    def bin(self, column: Column) -> NDArray[np.uint16]:
        """Which bin each person falls into; `len(points)` where the column is NaN. Same shape."""
        unknown = len(self.points)
        if len(self.bins) > _FEW_BINS:
            # NaN sorts behind every number, so as a last cut it catches the unknown.
            cuts = np.array([*self.bins, np.nan])
            return cuts.searchsorted(column, side="right").astype(np.uint16)
        index = np.zeros(column.shape, np.uint8)
        for cut in self.bins:
            index += (column >= cut).view(np.uint8)
        index[np.isnan(column)] = unknown
        return index.astype(np.uint16)

    def earned(self, index: NDArray[np.uint16]) -> NDArray[np.int32]:
        """The points of people whose bins are known, as `bin` found them: int32, same shape."""
        table = np.array([*self.points, self.missing], np.int32)
        return table.take(index, mode="clip")  # all in range; "clip" only spares NumPy the check

    def score(self, column: Column) -> NDArray[np.int32]:
        """The points of each person, int32, same shape."""
        return self.earned(self.bin(column))

    def combined(self, columns: Sequence[Column]) -> Column:
        """The platforms' columns as one: their sum or their largest, float64, shape (people,).

        Who does not know a person counts as 0 in a sum and as lowest in a maximum; NaN is left
        only where nobody knows. Exact: the values are integers whose sum stays below 2^53.
        Raises ValueError for a characteristic that combines nothing.
        """
        if self.combine is None:
            raise ValueError(f"characteristic {self.name!r} has one column, nothing to combine")
        result = np.array(columns[0], np.float64)
        for column in columns[1:]:
            if self.combine == "max":
                np.fmax(result, column, out=result)  # the other one, where one is NaN
            else:
                both = result + column
                known = np.fmax(result, column)
                result = np.where(np.isnan(both), known, both)
        return result


@dataclass(frozen=True, slots=True)
class Scorecard:
    """A base, the characteristics that add points to it, and the range the total is cut to."""

    base: int
    clip: tuple[int, int]
    characteristics: tuple[Characteristic, ...]  # the active ones
    off: tuple[Characteristic, ...] = ()  # contested ones that nobody turned on: they score nothing

    def bounds(self) -> tuple[int, int]:
        """The lowest and the highest total anybody can reach, base included, before clipping."""
        every = [(*each.points, each.missing) for each in self.characteristics]
        return self.base + sum(map(min, every)), self.base + sum(map(max, every))

    def points_range(self, platform: str) -> tuple[int, int]:
        """The least and the most that `platform` can add by what it can score alone."""
        every = [(*each.points, each.missing) for each in self.of(platform)]
        return sum(map(min, every)), sum(map(max, every))

    def of(self, platform: str) -> tuple[Characteristic, ...]:
        """The characteristics that `platform` can score alone."""
        return tuple(
            each
            for each in self.characteristics
            if len(each.columns) == 1 and each.platforms == (platform,)
        )

    @property
    def combined(self) -> tuple[Characteristic, ...]:
        """The characteristics that need columns of several platforms at once."""
        return tuple(each for each in self.characteristics if len(each.columns) > 1)

    def columns_of(self, platform: str) -> tuple[str, ...]:
        """The names, without the platform's own, of all columns it must have; each once."""
        parts = (c.partition(".") for each in self.characteristics for c in each.columns)
        return tuple(dict.fromkeys(column for owner, _, column in parts if owner == platform))

    def local_points(
        self, platform: str, columns: Mapping[str, Column], *, people: int | None = None
    ) -> NDArray[np.int32]:
        """What `platform` adds by the characteristics it can score alone: int32, shape (people,).

        `columns` has them under their bare names. `people` is how many there are, for a platform
        without any column; otherwise the columns say it. Sums cannot wrap: a card whose points
        could leave 32 bits is refused when its file is read.
        """
        if people is None:
            people = len(next(iter(columns.values()))) if columns else 0
        total = np.zeros(people, np.int32)
        for each in self.of(platform):
            total += each.score(columns[each.columns[0].partition(".")[2]])
        return total

    def clipped(self, totals: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
        """The scores that belong to unclipped totals with the base in them: int64, same shape."""
        return np.clip(totals.astype(np.int64), *self.clip)


@dataclass(frozen=True, slots=True)
class Tier:
    """A named range of scores: from `from_` up to where the next tier begins."""

    name: str
    from_: int
    grants: str


def tier_index(tiers: Sequence[Tier], scores: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
    """Which tier each score is in, -1 where it is below them all: int64, same shape.

    `tiers` are in ascending order of `from_`, as in an agreement.
    """
    starts = np.array([tier.from_ for tier in tiers], np.int64)
    return starts.searchsorted(scores, side="right") - 1
