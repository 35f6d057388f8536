"""Platforms' columns that are in memory already become tables, as if each had come from its file.

A frame is one platform's columns: a mapping or a data frame of arrays by name, or anything that
offers an Arrow stream. Either no frame names people, and row i of every frame is person i; or every
frame has a column of ids, and each platform may know others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from privscore.consortium.agreement import Agreement
from privscore.consortium.toml_lines import nearest
from privscore.database import plain_errors
from privscore.errors import Refused
from privscore.tables.sandbox import name as quoted
from privscore.tables.sandbox import text

_NUMBERS = "biuf"  # NumPy's kinds that are numbers
_FIX = "Give every platform columns by name: {platform: {column: array}}."


@dataclass(frozen=True, slots=True)
class Staged:
    """The tables of all platforms, and whom they are about if that is told by the rows."""

    files: dict[str, Path]
    people: Path | None  # a list of row numbers; None where the frames have ids


def stage(
    frames: Mapping[str, Any], agreement: Agreement, keys: Mapping[str, str], folder: Path
) -> Staged:
    """Write every platform's frame as Parquet into a folder; `keys` names its column of ids.

    Only what the card looks at is written, and consent. Raises Refused for a platform or a column
    that is missing, and for frames that do not fit each other.
    """
    _check_platforms(frames, agreement)
    written = {}
    for platform in agreement.data_parties:
        columns = agreement.scorecard.columns_of(platform)
        frame = _Frame(platform, frames[platform], keys[platform])
        written[platform] = frame.write(columns, folder / f"{platform}.parquet")
    with_ids = [platform for platform, each in written.items() if each.has_ids]
    if with_ids and len(with_ids) < len(written):
        lacking = next(platform for platform in written if platform not in with_ids)
        raise Refused(
            f"{with_ids[0]} names people, and {lacking} does not",
            "Give every platform a column of ids, or none: then row i is person i everywhere.",
        )
    files = {platform: each.path for platform, each in written.items()}
    if with_ids:
        return Staged(files, None)
    rows = {each.rows for each in written.values()}
    if len(rows) > 1:
        raise Refused(
            "the platforms have different numbers of rows",
            "Without ids, row i is person i everywhere: write NaN where nothing is known.",
        )
    (count,) = rows
    if count == 0:
        raise Refused("the data have no rows", "Give a row for every person.")
    people = folder / "people.txt"
    people.write_bytes(b"\n".join(np.arange(count).astype("S")))
    return Staged(files, people)


def _check_platforms(frames: Mapping[str, Any], agreement: Agreement) -> None:
    if not isinstance(frames, Mapping):
        raise Refused("the data are no mapping from platforms to their columns", _FIX)
    for platform in agreement.data_parties:
        if platform not in frames:
            raise Refused(f"there are no data of {platform}", _FIX)
    for platform in frames:
        if platform not in agreement.data_parties:
            hint = nearest(str(platform), agreement.data_parties)
            raise Refused(f"there are data of `{platform}`, which is no platform{hint}", _FIX)


@dataclass(frozen=True, slots=True)
class _Written:
    path: Path
    rows: int
    has_ids: bool


class _Frame:
    """One platform's columns, on their way into a file."""

    def __init__(self, platform: str, frame: Any, key: str) -> None:
        self._platform, self._key = platform, key
        self._arrow: Any = None
        self._arrays: dict[str, Any] = {}
        if hasattr(frame, "keys"):
            self._arrays = {str(name): frame[name] for name in frame}
        elif hasattr(frame, "__arrow_c_stream__"):
            self._arrow = frame
        else:
            raise Refused(f"the data of {platform} are neither columns nor an Arrow table", _FIX)

    def write(self, wanted: tuple[str, ...], path: Path) -> _Written:
        with (
            plain_errors(),
            duckdb.connect(config={"threads": 1}) as connection,
        ):  # keeps the order of the rows
            if self._arrow is not None:
                connection.register("arrow", self._arrow)
                connection.execute("CREATE TABLE frame AS FROM arrow")  # a stream may end
            else:
                connection.register("frame", self._taken(wanted))
            types = {row[0]: str(row[1]) for row in connection.sql("DESCRIBE frame").fetchall()}
            for column in wanted:
                if column not in types:
                    raise self._refused(column, "is missing", f"Add it.{nearest(column, types)}")
            has_ids = self._key in types
            ids = quoted(self._key) if has_ids else "row_number() OVER () - 1"
            kept = [each for each in types if each in wanted or _is_consent(each)]
            values = "".join(f", {_value(each, types[each])}" for each in kept)
            connection.execute(
                f"COPY (SELECT {ids} AS {quoted(self._key)}{values} FROM frame) "
                f"TO {text(str(path))} (FORMAT parquet)"
            )
            ((rows,),) = connection.sql("SELECT count(*) FROM frame").fetchall()
        return _Written(path, rows, has_ids)

    def _taken(self, wanted: tuple[str, ...]) -> dict[str, NDArray[Any]]:
        """The arrays that are needed, of one length and of types that DuckDB knows."""
        taken = {}
        for name, values in self._arrays.items():
            if name == self._key:
                taken[name] = np.asarray(values).astype(object)
            elif name in wanted or _is_consent(name):
                taken[name] = self._numbers(name, values)
        if not taken:
            first = wanted[0] if wanted else self._key
            raise self._refused(first, "is missing", "Add it.")
        lengths = {name: array.shape for name, array in taken.items()}
        for name, shape in lengths.items():
            if len(shape) != 1 or shape != next(iter(lengths.values())):
                raise self._refused(
                    name, "is not one value a row", "Give all columns one length and one dimension."
                )
        return taken

    def _numbers(self, name: str, values: Any) -> NDArray[Any]:
        if isinstance(values, np.ma.MaskedArray):
            values = np.ma.filled(values.astype(np.float64), np.nan)
        array = np.asarray(values)
        try:
            if array.dtype.kind in "Of":
                array = array.astype(np.float64)  # None is NaN
        except (TypeError, ValueError):
            array = array.astype(object)
        if array.dtype.kind not in _NUMBERS:
            raise self._refused(
                name, "holds something else than numbers", "Give numbers, NaN where unknown."
            )
        return array

    def _refused(self, column: str, what: str, fix: str) -> Refused:
        return Refused(f"column `{column}` of {self._platform} {what}", fix)


def _is_consent(column: str) -> bool:
    return column.lower() == "consent"


def _value(column: str, kind: str) -> str:
    """A column as SQL, unknown where it is NaN."""
    name = quoted(column)
    return f"nullif({name}, 'nan') AS {name}" if kind in ("DOUBLE", "FLOAT") else name
