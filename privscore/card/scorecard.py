"""A scorecard: how what several platforms know about a person becomes points. No cryptography.

A column is a float64 array with one entry per person, in the order of the job's list of people.
NaN is the one way to say "unknown": the platform does not know the value, or not the person. Data
that hold NaN themselves are refused where they are read, so every method sees the same columns
and finds the same bins, bit for bit.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from privscore.card.odds import Odds

Column: TypeAlias = NDArray[np.float64]  # shape (people,), NaN where unknown
Earned: TypeAlias = NDArray[Any]  # shape (people,): int32, or float64 where there are weights
Numbers: TypeAlias = NDArray[np.float64]  # shape (numbers,): points and weights of a whole card
Combine: TypeAlias = Literal["sum", "max"]

# One comparison per bin is faster than a binary search up to about here (5 bins, 1,000,000
# people: 5 ms against 19 ms).
_FEW_BINS = 24


@dataclass(frozen=True, slots=True)
class Characteristic:
    """One line of a scorecard: which columns it looks at, where their bins are cut, what they earn.

    `points[k]` are for bins[k-1] <= x < bins[k], so there is one more of them than bins; `missing`
    is for a person about whom x is unknown. Both are None where they are hidden. More than one
    column means that they are combined. A line that is `weighted` has no bins and no points: it
    earns its weight times x, which its range keeps within bounds.
    """

    name: str
    columns: tuple[str, ...]  # "platform.column"
    reason: str
    bins: tuple[float | int, ...]  # ascending, each a float64 without rounding
    points: tuple[int, ...] | None
    missing: float | None  # an int, but for a weighted line
    combine: Combine | None
    range: tuple[int, int] | None  # what each column's values must lie within, both ends included
    contested: bool
    weighted: bool = False
    weight: float | None = None  # points for each unit of x; None where hidden, and without one

    @property
    def platforms(self) -> tuple[str, ...]:
        """The platforms whose columns it looks at, in its own order, each once."""
        return tuple(dict.fromkeys(column.partition(".")[0] for column in self.columns))

    @property
    def missing_bin(self) -> int:
        """The number of the bin for unknown values: the last one. A weighted line has one other."""
        return len(self.bins) + 1

    @property
    def numbers(self) -> tuple[float, ...]:
        """The points of every bin or else the weight, `missing` last; ValueError if hidden."""
        given = (self.weight,) if self.weighted else self.points
        if given is None or given[0] is None or self.missing is None:
            raise ValueError(f"the points of {self.name!r} are hidden: take the owner's card")
        return (*given, self.missing)

    @property
    def possible_points(self) -> tuple[float, ...]:
        """The points of every bin, those for `missing` last; raises ValueError if hidden.

        Of a weighted line, the points at both ends of its range.
        """
        if not self.weighted:
            return self.numbers
        weight, missing = self.numbers
        low, high = self.range or (0, 0)
        return (weight * low, weight * high, missing)

    @property
    def max_abs_value(self) -> int:
        """How large a value can be in size, by its range."""
        return max(map(abs, self.range or (0,)))

    def bin(self, column: Column) -> NDArray[np.uint16]:
        """Which bin each person falls into; `missing_bin` where the column is NaN. Same shape."""
        if len(self.bins) > _FEW_BINS:
            # NaN sorts behind every number, so as a last cut it catches the unknown.
            cuts = np.array([*self.bins, np.nan])
            return cuts.searchsorted(column, side="right").astype(np.uint16)
        index = np.zeros(column.shape, np.uint8)
        for cut in self.bins:
            index += (column >= cut).view(np.uint8)
        index[np.isnan(column)] = self.missing_bin
        return index.astype(np.uint16)

    def earned(self, index: NDArray[np.uint16]) -> NDArray[np.int32]:
        """The points of people whose bins are known, as `bin` found them: int32, same shape.

        Raises ValueError for a weighted line, whose bins do not tell.
        """
        if self.weighted:
            raise ValueError(f"{self.name!r} has a weight: its values are needed")
        table = np.array(self.possible_points, np.int32)
        return table.take(index, mode="clip")  # all in range; "clip" only spares NumPy the check

    def score(self, column: Column) -> Earned:
        """The points of each person: int32, of a weighted line float64; same shape."""
        if not self.weighted:
            return self.earned(self.bin(column))
        weight, missing = self.numbers
        return np.where(np.isnan(column), missing, weight * column)

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
                total = result + column
                known = np.fmax(result, column)
                result = np.where(np.isnan(total), known, total)
        return result


@dataclass(frozen=True, slots=True)
class Secret:
    """What everybody knows of points that the card's owner keeps to itself."""

    least: int  # every point, those for `missing` too, lies within least and most
    most: int
    commitment: str = ""  # to the points, in hexadecimal; empty where there is none
    signature: str = ""  # of an auditor, over the commitment, in hexadecimal


@dataclass(frozen=True, slots=True)
class Scorecard:
    """A base, the characteristics that add points to it, and the range the total is cut to.

    With a `secret` the points belong to one party. Its own copy holds them; everybody else's, and
    the agreement, have None in their place.
    """

    base: int
    clip: tuple[int, int]
    characteristics: tuple[Characteristic, ...]  # the active ones
    # Contested ones that nobody turned on: they score nothing.
    disabled: tuple[Characteristic, ...] = ()
    owner: str = ""  # whose card it is; empty where the file does not say
    secret: Secret | None = None
    odds: Odds | None = None

    def bounds(self) -> tuple[int, int]:
        """The lowest and the highest total anybody can reach, base included, before clipping.

        Of hidden points, what their public range says: the same in every copy of the card.
        """
        low, high = self._reach(self.characteristics)
        return round(self.base + low), round(self.base + high)

    def points_range(self, platform: str) -> tuple[int, int]:
        """Whole points between which `platform` adds by what it can score alone."""
        low, high = self._reach(self.scored_locally_by(platform))
        return math.floor(low), math.ceil(high)

    def _reach(self, characteristics: Sequence[Characteristic]) -> tuple[float, float]:
        if self.secret is not None:
            return len(characteristics) * self.secret.least, len(characteristics) * self.secret.most
        points = [each.possible_points for each in characteristics]
        return sequential_sum(map(min, points)), sequential_sum(map(max, points))

    @property
    def is_whole(self) -> bool:
        """Whether every total is a whole number: no line has a weight."""
        return not any(each.weighted for each in self.characteristics)

    def rounded(self, totals: NDArray[np.floating[Any]]) -> NDArray[np.int64]:
        """Real totals, base left out, as those whose scores are whole: half to even; same shape."""
        rounded: NDArray[np.int64] = np.rint(totals + self.base).astype(np.int64)
        return rounded - self.base

    @property
    def number_count(self) -> int:
        """How many numbers the card has in all, disabled lines included."""
        return sum(each.missing_bin + 1 for each in (*self.characteristics, *self.disabled))

    def numbers(self) -> Numbers:
        """Every point or weight, by line, `missing` last in each; ValueError where hidden."""
        lines = (*self.characteristics, *self.disabled)
        return np.array([number for each in lines for number in each.numbers], np.float64)

    def with_numbers(self, numbers: Numbers) -> Scorecard:
        """This card with what `numbers` says; ValueError for too many, too few, broken points."""
        if numbers.shape != (self.number_count,):
            raise ValueError(f"{numbers.shape} numbers for a card of {self.number_count}")
        left = iter(numbers.tolist())

        def take(lines: Sequence[Characteristic]) -> tuple[Characteristic, ...]:
            return tuple(_with_numbers(line, *islice(left, line.missing_bin + 1)) for line in lines)

        active, disabled = take(self.characteristics), take(self.disabled)
        return replace(self, characteristics=active, disabled=disabled)

    def scored_locally_by(self, platform: str) -> tuple[Characteristic, ...]:
        """The characteristics that `platform` can score alone."""
        return tuple(
            line
            for line in self.characteristics
            if len(line.columns) == 1 and line.platforms == (platform,)
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
    ) -> Earned:
        """What `platform` adds by the characteristics it can score alone, shape (people,).

        int32; float64 if the card has a weight. `columns` has them under their bare names.
        `people` is how many there are, for a platform without any column; otherwise the columns
        say it. Sums cannot wrap: a card whose points could leave 32 bits is refused when its file
        is read.
        """
        if people is None:
            people = len(next(iter(columns.values()))) if columns else 0
        total: Earned = np.zeros(people, np.int32 if self.is_whole else np.float64)
        for each in self.scored_locally_by(platform):
            total += each.score(columns[each.columns[0].partition(".")[2]])
        return total

    def clipped(self, totals: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
        """The scores that belong to unclipped totals with the base in them: int64, same shape."""
        return np.clip(totals.astype(np.int64), *self.clip)


def sequential_sum(points: Iterable[float]) -> float:
    """The sum as arrays add: one after the other, so that the ends of a range are exact."""
    total: float = 0
    for addend in points:
        total += addend
    return total


def _with_numbers(line: Characteristic, *numbers: float) -> Characteristic:
    """A line with its numbers, `missing` last."""
    *points, missing = numbers
    if line.weighted:
        return replace(line, weight=points[0], missing=missing)
    if any(number != int(number) for number in numbers):
        raise ValueError(f"{line.name!r} has points that are not whole")
    return replace(line, points=tuple(map(int, points)), missing=int(missing))


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
