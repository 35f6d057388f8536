"""What a job keeps of one platform's table: flat files, read a shard at a time.

The table's own SQL has run by then. What stays is 4 bytes a person of points, or the columns for a
method that needs them, and for the person's own sheet which bin everybody fell into, or the value
that a weight multiplies. Whom the platform knows is kept beside it, since nobody can tell that from
bins: one may be known, and nothing of what the card looks at. Plain reads rather than memory maps,
so that a job's memory is that of its shards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import DTypeLike, NDArray

from privscore.card.scorecard import Column, Scorecard
from privscore.consortium import Agreement
from privscore.files import put, put_whole
from privscore.methods.context import CombinedColumn, LocalData, Need, Points

KNOWN_FILE = "known.u1"  # 1 for everybody whom the platform knows, else 0, as uint8


def kept_files(card: Scorecard, platform: str) -> tuple[str, ...]:
    """The files of a platform's own characteristics in the folder of a run, in the card's order."""
    return tuple(
        f"value-{k}.f8" if line.weighted else f"bins-{k}.u2"
        for k, line in enumerate(card.scored_locally_by(platform))
    )


def combined_columns(card: Scorecard, platform: str) -> tuple[str, ...]:
    """The platform's columns that characteristics over several platforms look at; bare names."""
    columns = (column.partition(".") for line in card.combined for column in line.columns)
    return tuple(dict.fromkeys(name for owner, _, name in columns if owner == platform))


def combined_files(card: Scorecard, platform: str) -> tuple[str, ...]:
    """The files of these columns in the folder of a run."""
    return tuple(f"combined-{k}.f8" for k, _ in enumerate(combined_columns(card, platform)))


class LocalStore:
    """One platform's flat files in one job, everything by person in the order of the job's list.

    `points.i4`: int32 points of all its characteristics together, for methods that need points.
    `column-K.f8`: float64 values of its K-th column, for methods that need columns. What stays in
    the run's folder is `known.u1`, and `bins-K.u2`, the uint16 bin of everybody for its K-th
    characteristic, or where that is weighted `value-K.f8`, the float64 value; and `combined-K.f8`,
    the integers of a column that is combined with other platforms', NaN where unknown.
    """

    def __init__(self, scratch: Path, folder: Path, agreement: Agreement, me: str) -> None:
        self._card, self._me = agreement.scorecard, me
        self._names = self._card.columns_of(me)
        self._points = scratch / "points.i4"
        self._columns = [scratch / f"column-{k}.f8" for k in range(len(self._names))]
        self._bins = [folder / name for name in kept_files(self._card, me)]
        names = combined_columns(self._card, me)
        files = combined_files(self._card, me)
        self._combined = {name: folder / file for name, file in zip(names, files, strict=True)}
        self._known = folder / KNOWN_FILE

    def fill(
        self,
        blocks: Iterable[tuple[NDArray[np.bool_], Mapping[str, Column]]],
        sizes: Iterable[int],
        needs: frozenset[Need],
    ) -> None:
        """Write blocks of whom the platform knows and of columns (by bare name).

        They are of `sizes` people each.
        """
        for path in (self._points, self._known):
            path.parent.mkdir(parents=True, exist_ok=True)
        with ExitStack() as files:

            def opened(path: Path) -> BinaryIO:
                return files.enter_context(path.open("wb"))

            points = opened(self._points) if "points" in needs else None
            knows = opened(self._known)
            bins = [opened(path) for path in self._bins]
            combined = {name: opened(path) for name, path in self._combined.items()}
            columns = [opened(path) for path in self._columns] if "columns" in needs else []
            for (known, block), people in zip(blocks, sizes, strict=True):
                put(known.astype(np.uint8), knows)
                total = np.zeros(people, np.int32)
                lines = self._card.scored_locally_by(self._me)
                for line, file in zip(lines, bins, strict=True):
                    values = block[line.columns[0].partition(".")[2]]
                    if line.weighted:
                        put(values, file)
                        continue
                    index = line.bin(values)
                    if points is not None:
                        total += line.earned(index)
                    put(index, file)
                if points is not None:
                    put(total, points)
                for name, file in combined.items():
                    put(block[name], file)
                for name, file in zip(self._names, columns, strict=False):
                    put(block[name], file)

    def read(self, start: int, people: int, needs: frozenset[Need]) -> LocalData:
        """What a method needs of the people from number `start` on."""
        points = bins = columns = combined = None
        if "points" in needs:
            points = _slice(self._points, np.int32, start, people)
        if "bins" in needs:
            bins = np.empty((len(self._bins), people), np.uint16)
            for row, path in zip(bins, self._bins, strict=True):
                row[:] = _slice(path, np.uint16, start, people)
        if "columns" in needs:
            columns = {
                name: _slice(path, np.float64, start, people)
                for name, path in zip(self._names, self._columns, strict=True)
            }
        if "combined" in needs:
            combined = {
                name: _combined(_slice(path, np.float64, start, people))
                for name, path in self._combined.items()
            }
        return LocalData(points, columns, bins, combined)

    def rearrange(self, people: int, order: Callable[[Points, NDArray[np.bool_]], Points]) -> None:
        """Put the points into another order, or more than one value for each person."""
        points = _slice(self._points, np.int32, 0, people)
        known = _slice(self._known, np.uint8, 0, people).astype(np.bool_)
        put_whole(order(points, known), self._points)


def _combined(values: Column) -> CombinedColumn:
    known = ~np.isnan(values)
    return CombinedColumn(np.where(known, values, 0).astype(np.int64), known)


def _slice(path: Path, dtype: DTypeLike, start: int, count: int) -> NDArray[Any]:
    size = np.dtype(dtype).itemsize
    return np.fromfile(path, dtype, count=count, offset=start * size)
