"""What a job keeps of one platform's table: flat files, read a shard at a time.

The table's own SQL has run by then. What stays is 4 bytes a person of points, or the columns for a
method that needs them, and for the person's own sheet which bin everybody fell into, or the value
that a weight multiplies. Whom the platform knows is kept beside it, since nobody can tell that from
bins: one may be known, and nothing of what the card looks at. Plain reads rather than memory maps,
so that a job's memory is that of its shards.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from privscore.card.scorecard import Column, Scorecard
from privscore.consortium import Agreement
from privscore.files import put
from privscore.methods.base import LocalData, Needs

KNOWN_FILE = "known.u1"  # 1 for everybody whom the platform knows, else 0, as uint8


def kept_files(card: Scorecard, platform: str) -> tuple[str, ...]:
    """The files of a platform's characteristics in the folder of a run, in the card's order."""
    return tuple(
        f"value-{k}.f8" if each.weighted else f"bins-{k}.u2"
        for k, each in enumerate(card.scored_locally_by(platform))
    )


class LocalStore:
    """One platform's flat files in one job, everything by person in the order of the job's list.

    `points.i4`: int32 points of all its characteristics together, for methods that need points.
    `column-K.f8`: float64 values of its K-th column, for methods that need columns. What stays in
    the run's folder is `known.u1`, and `bins-K.u2`, the uint16 bin of everybody for its K-th
    characteristic, or where that is weighted `value-K.f8`, the float64 value.
    """

    def __init__(self, scratch: Path, folder: Path, agreement: Agreement, me: str) -> None:
        self._card, self._me = agreement.scorecard, me
        self._names = self._card.columns_of(me)
        self._points = scratch / "points.i4"
        self._columns = [scratch / f"column-{k}.f8" for k in range(len(self._names))]
        self._bins = [folder / name for name in kept_files(self._card, me)]
        self._known = folder / KNOWN_FILE

    def fill(
        self,
        blocks: Iterable[tuple[NDArray[np.bool_], Mapping[str, Column]]],
        sizes: Iterable[int],
        needs: Needs,
    ) -> None:
        """Write blocks of whom the platform knows and of columns (by bare name).

        They are of `sizes` people each.
        """
        for path in (self._points, self._known):
            path.parent.mkdir(parents=True, exist_ok=True)
        with ExitStack() as files:
            points = files.enter_context(self._points.open("wb")) if needs == "points" else None
            knows = files.enter_context(self._known.open("wb"))
            bins = [files.enter_context(path.open("wb")) for path in self._bins]
            columns = [
                files.enter_context(path.open("wb"))
                for path in (self._columns if needs == "columns" else [])
            ]
            for (known, block), people in zip(blocks, sizes, strict=True):
                put(known.astype(np.uint8), knows)
                total = np.zeros(people, np.int32)
                for each, file in zip(self._card.scored_locally_by(self._me), bins, strict=True):
                    values = block[each.columns[0].partition(".")[2]]
                    if each.weighted:
                        put(values, file)
                        continue
                    index = each.bin(values)
                    if points is not None:
                        total += each.earned(index)
                    put(index, file)
                if points is not None:
                    put(total, points)
                for name, file in zip(self._names, columns, strict=False):
                    put(block[name], file)

    def read(self, start: int, people: int, needs: Needs) -> LocalData:
        """What a method needs of the people from number `start` on."""
        if needs == "points":
            return LocalData(points=_slice(self._points, np.int32, start, people))
        if needs == "bins":
            bins = np.empty((len(self._bins), people), np.uint16)
            for row, path in zip(bins, self._bins, strict=True):
                row[:] = _slice(path, np.uint16, start, people)
            return LocalData(bins=bins)
        return LocalData(
            columns={
                name: _slice(path, np.float64, start, people)
                for name, path in zip(self._names, self._columns, strict=True)
            }
        )

    def bins_of(self, person: int) -> list[int]:
        """The bin of person number `person` for each characteristic, in the card's order."""
        return [int(_slice(path, np.uint16, person, 1)[0]) for path in self._bins]


def _slice(path: Path, dtype: DTypeLike, start: int, count: int) -> NDArray[Any]:
    size = np.dtype(dtype).itemsize
    return np.fromfile(path, dtype, count=count, offset=start * size)
