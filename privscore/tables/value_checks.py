"""What a platform's values must be: numbers that a float64 holds exactly, within their range.

Messages name columns and count rows; they never show a value.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from privscore.card.scorecard import Characteristic, Column
from privscore.consortium import Consortium
from privscore.consortium.rules.bounds import EXACT
from privscore.tables.people import ErrorPlace
from privscore.tables.sandbox import DataFault, Sandbox
from privscore.tables.source import TableField

_FLOAT_BYTES = 8
_BLOCK_ROWS = 1 << 16  # what comes in between keeps to the cache, and is not held by the column


class _Facts(NamedTuple):
    """What is known of a column's values, from one pass over them."""

    known: int  # not NULL
    numbers: int
    unbounded: int  # NaN and infinities
    large: int  # integers and decimals beyond 2^53
    fractions: int
    low: float | None
    high: float | None


def read_values(
    box: Sandbox,
    consortium: Consortium,
    party: str,
    fields: Mapping[str, TableField],
    place: ErrorPlace,
) -> Iterator[tuple[str, Column]]:
    """Each column of the table `platform`, in its order: float64, NaN where unknown, and sound.

    `fields` are the columns there; `place` tells where in its file a row is. Raises DataFault, or
    Refused where the line to fix is the scorecard's.
    """
    for name, field in fields.items():
        if not field.is_number:
            raise DataFault(
                f"column `{name}` is of the type {field.type}, which is no number",
                "CAST it to BOOLEAN, BIGINT, DECIMAL or DOUBLE in the table's SQL.",
            )
    words = _only_words(box, list(fields.values()), "platform")
    for (name, field), is_words in zip(fields.items(), words, strict=True):
        column, facts = _plain(box, field) if field.is_plain else _converted(box, field, is_words)
        rows = _Rows(box, field, place)
        _check_numbers(name, facts, rows)
        for characteristic in consortium.agreement.scorecard.characteristics:
            if f"{party}.{name}" in characteristic.columns:
                _check_characteristic(consortium, characteristic, f"{party}.{name}", facts, rows)
        yield name, column
        del column  # or it would lie beside the next one


def consent_of(box: Sandbox, field: TableField) -> str:
    """Whether a row's person has given consent, as SQL over the table `rows`."""
    if field.type == "BOOLEAN" or (field.type == "TEXT" and _only_words(box, [field], "rows")[0]):
        return f"coalesce(CAST({field.column} AS BOOLEAN), false)"
    raise DataFault(
        "the column `consent` is not BOOLEAN", "Write true or false, and nothing else, into it."
    )


def _plain(box: Sandbox, field: TableField) -> tuple[Column, _Facts]:
    """A column of a type that NumPy has."""
    read = box.arrays(f"SELECT {field.column} AS value FROM platform")["value"]
    values, missing = np.ma.getdata(read), np.ma.getmask(read)
    # Where there is room for it, what was read makes way for what it becomes.
    column = values.view(np.float64) if values.itemsize == _FLOAT_BYTES else np.empty(values.shape)
    facts = []
    for start in range(0, len(column), _BLOCK_ROWS):
        block = slice(start, start + _BLOCK_ROWS)
        present = slice(None) if missing is np.ma.nomask else ~missing[block]
        sound = values[block].astype(np.float64)
        facts.append(_facts_of(values[block][present], sound[present]))
        column[block] = sound
    if missing is not np.ma.nomask:
        column[missing] = np.nan
    return column, _together(facts)


def _facts_of(known: NDArray[Any], sound: Column) -> _Facts:
    """What is known of values that are there: as they came, and as float64."""
    whole = known.dtype.kind in "iu"
    return _Facts(
        known=len(known),
        numbers=len(known),
        unbounded=0 if whole else int(np.count_nonzero(~np.isfinite(sound))),
        large=int(np.count_nonzero((known < -EXACT) | (known > EXACT))) if whole else 0,
        fractions=0 if whole else int(np.count_nonzero(sound != np.trunc(sound))),
        low=float(sound.min()) if len(sound) else None,
        high=float(sound.max()) if len(sound) else None,
    )


def _together(blocks: Sequence[_Facts]) -> _Facts:
    """The facts of a column whose rows were looked at block by block."""
    lows = [block.low for block in blocks if block.low is not None]
    highs = [block.high for block in blocks if block.high is not None]
    return _Facts(
        known=sum(block.known for block in blocks),
        numbers=sum(block.numbers for block in blocks),
        unbounded=sum(block.unbounded for block in blocks),
        large=sum(block.large for block in blocks),
        fractions=sum(block.fractions for block in blocks),
        low=min(lows, default=None),
        high=max(highs, default=None),
    )


def _converted(box: Sandbox, field: TableField, is_words: bool) -> tuple[Column, _Facts]:
    """A column of texts, decimals or very wide integers, which the database converts."""
    value = f"TRY_CAST({field.column} AS DOUBLE)"
    if is_words:
        value = f"CAST(CAST({field.column} AS BOOLEAN) AS DOUBLE)"
    facts = _Facts(*box.run(f"SELECT {_facts(field, value)} FROM platform")[0])
    column = box.arrays(f"SELECT coalesce({value}, 'nan') AS value FROM platform")["value"]
    return np.asarray(column, np.float64), facts


def _only_words(box: Sandbox, fields: Sequence[TableField], table: str) -> list[bool]:
    """Which columns are a CSV's with nothing but `true` and `false` in them."""
    if all(each.type != "TEXT" for each in fields):
        return [False] * len(fields)
    conditions = [
        f"count({field.column}) > 0 AND bool_and(lower({field.column}) IN ('true', 'false'))"
        if field.type == "TEXT"
        else "bool_and(false)"
        for field in fields
    ]
    row = box.run(f"SELECT {', '.join(conditions)} FROM {table}")[0]
    return [bool(each) for each in row]


def _facts(field: TableField, value: str) -> str:
    return (
        f"count({field.column}), count({value}), count(*) FILTER ({_unbounded(value)}), "
        f"count(*) FILTER ({_large(field, value)}), "
        f"count(*) FILTER ({_fraction(value)}), min({value}), max({value})"
    )


def _unbounded(value: str) -> str:
    return f"NOT isfinite({value})"


def _large(field: TableField, value: str) -> str:
    exact = f"TRY_CAST({field.column} AS HUGEINT)"
    beyond = f"{exact} NOT BETWEEN -{EXACT} AND {EXACT}"
    return f"isfinite({value}) AND coalesce({beyond}, {value} NOT BETWEEN -1 AND 1)"


def _fraction(value: str) -> str:
    return f"{value} <> trunc({value})"


class _Rows:
    """The rows of a column that are at fault: looked up once more, only to be named in an error.

    A column of words such as `true` has none.
    """

    def __init__(self, box: Sandbox, field: TableField, place: ErrorPlace) -> None:
        self._box, self._field, self._place = box, field, place
        self._value = f"TRY_CAST({field.column} AS DOUBLE)"

    def text(self) -> str:
        """Where the first text is, as a cause goes on; so are all others."""
        return self._first(f"{self._field.column} IS NOT NULL AND {self._value} IS NULL")

    def unbounded(self) -> str:
        return self._first(_unbounded(self._value))

    def large(self) -> str:
        return self._first(_large(self._field, self._value))

    def fraction(self) -> str:
        return self._first(_fraction(self._value))

    def outside(self, low: float, high: float) -> str:
        return self._first(f"{self._value} NOT BETWEEN {low} AND {high}")

    def _first(self, condition: str) -> str:
        row = self._box.run(f"SELECT min(row) FROM numbered WHERE {condition}")[0][0]
        return "" if row is None else self._place(row)


def _check_numbers(name: str, facts: _Facts, rows: _Rows) -> None:
    if text := facts.known - facts.numbers:
        raise DataFault(
            f"column `{name}` has text where numbers are due; rows: {text}{rows.text()}",
            "Write numbers with a point; leave unknown values empty.",
        )
    if facts.unbounded:
        raise DataFault(
            f"column `{name}` has NaN or infinities; rows: {facts.unbounded}{rows.unbounded()}",
            "Leave unknown values empty (NULL).",
        )
    if facts.large:
        raise DataFault(
            f"column `{name}` has numbers beyond 2^53; rows: {facts.large}{rows.large()}",
            "Scale them down: beyond that a 64-bit number is no longer exact.",
        )


def _check_characteristic(
    consortium: Consortium, characteristic: Characteristic, column: str, facts: _Facts, rows: _Rows
) -> None:
    if facts.low is None or facts.high is None:
        return  # nobody's value is known
    place = consortium.place_of(characteristic)
    if characteristic.combine is not None and facts.fractions:
        raise consortium.refused(
            f"{column} has values that are not whole numbers; rows: {facts.fractions}"
            f"{rows.fraction()}",
            f"Round them in the platform's SQL: {characteristic.name} combines columns exactly.",
            *(*place, "columns"),
        )
    most = EXACT // len(characteristic.columns)
    low, high = characteristic.range or (
        (-most, most) if characteristic.combine else (-math.inf, math.inf)
    )
    if facts.low < low or facts.high > high:
        raise consortium.refused(
            f"{column} has a value outside the range from {low} to {high} of {characteristic.name}"
            f"{rows.outside(low, high)}",
            "Widen `range`, or cut the values to it in the platform's SQL.",
            *(*place, "range"),
        )
