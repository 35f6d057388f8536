"""A platform's own data: its table becomes columns, on its own machine, by its own SQL.

The table is read once, checked whole, and kept as flat files in the order of its people. Only
columns that the scorecard looks at are kept, and only people with consent where the table has a
column `consent`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from itertools import compress
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from privscore.card.scorecard import Column
from privscore.consortium import Consortium
from privscore.consortium.toml_lines import nearest
from privscore.files import no_room, put_whole
from privscore.tables.id_index import IdIndex, Rows, count_people, id_index_of
from privscore.tables.people import (
    BLOCK_PEOPLE,
    ErrorPlace,
    blocks_of,
    check_people,
    doubled,
    read_ids,
    read_people,
    union_of,
)
from privscore.tables.sandbox import DataFault, Sandbox
from privscore.tables.source import TableField, TableSource, is_file, open_source
from privscore.tables.value_checks import consent_of, read_values

__all__ = [
    "BLOCK_PEOPLE",
    "Table",
    "blocks_of",
    "check_people",
    "count_people",
    "open_table",
    "read_people",
    "union_of",
]


_LIST = "people.txt"


class Table:
    """One platform's checked columns, by person; a context manager. Made by `open_table`."""

    def __init__(self, box: Sandbox, people: int, columns: dict[str, Path]) -> None:
        self._box = box  # with the list of its people, in order
        self._known = people
        self._columns = columns  # float64 values in that order

    def __enter__(self) -> Table:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def count(self) -> int:
        """How many people the platform knows."""
        return self._known

    def close(self) -> None:
        """Forget the data and delete what was written to disk."""
        self._box.close()

    def people(self) -> bytes:
        """Everybody whom the platform knows, in order; empty bytes for nobody."""
        return (self._box.scratch / _LIST).read_bytes()

    def known(self, people: bytes) -> NDArray[np.bool_]:
        """Whom of a list the platform knows: shape (people,)."""
        check_people(people)
        return self._id_index().rows(people) >= 0

    def columns(
        self, people: bytes, names: Sequence[str], *, block_people: int = BLOCK_PEOPLE
    ) -> Iterator[dict[str, Column]]:
        """The named columns for a list of people, in its order, a block of people at a time.

        Yields for each block of at most `block_people` a float64 array per name, shape (block,),
        NaN where the value is unknown or the platform does not know the person.
        """
        for _, columns in self.known_columns(people, names, block_people=block_people):
            yield columns

    def known_columns(
        self, people: bytes, names: Sequence[str], *, block_people: int = BLOCK_PEOPLE
    ) -> Iterator[tuple[NDArray[np.bool_], dict[str, Column]]]:
        """What `columns` yields, and before it whom the platform knows: shape (block,)."""
        check_people(people)
        id_index = self._id_index()
        for block in blocks_of(people, block_people):
            rows = id_index.rows(block)
            known = rows >= 0
            positions, known_rows = np.flatnonzero(known), rows[known]
            yield (
                known,
                {name: self._spread(name, len(rows), positions, known_rows) for name in names},
            )

    def _id_index(self) -> IdIndex:
        return id_index_of(self.people())[0]

    def _spread(self, name: str, people: int, known: Rows, rows: Rows) -> Column:
        column = np.full(people, np.nan)
        if len(rows):  # a mapped file is read where it is looked at, and let go of at once
            column[known] = np.memmap(self._columns[name], np.float64, "r")[rows]
        return column


def open_table(consortium: Consortium, party: str) -> Table:
    """Read and check the table of a platform.

    Raises Refused, at the line of the file that is to fix, for a table that cannot be read, has
    the wrong columns, two rows for a person, or a value that is no number or breaks a rule; and
    ValueError for a party without a table.
    """
    private = consortium.private_of(party)
    if private.table is None:
        raise ValueError(f"{party} has no table")
    index = consortium.agreement.party_ids.index(party)
    folder = consortium.folder
    readable = Path(folder.anchor)
    if private.data_dir is not None:
        folder = readable = folder / private.data_dir
        if not folder.is_dir():
            raise consortium.refused(
                f"there is no folder `{private.data_dir}`",
                "Make it, or fix `data_dir`.",
                *("party", index, "data_dir"),
            )
    with ExitStack() as cleanup:
        # SQL has the machine to itself. Files are read several at a time, each on one core.
        box = cleanup.enter_context(Sandbox(readable, 1 if is_file(private.table) else None))
        try:
            with open_source(box, private.table, private.key, folder) as source:
                before = _version(source)
                fields, consent = _stage(box, source, consortium, party)
            rows, order = _list(box, consent, source.place)
            values = read_values(box, consortium, party, fields, source.place)
            columns = _write(box.scratch, values, rows, order)
            if _version(source) != before:
                raise DataFault(f"{source.what} was changed while it was read", "Run again.")
        except DataFault as fault:
            raise consortium.refused(
                f"{party}: {fault.cause}", fault.fix, "party", index, "table"
            ) from None
        except OSError as error:
            if full := no_room(error, "temporary files"):
                raise full from error
            raise consortium.refused(
                f"{party}: its table cannot be read: {error.strerror}",
                "Check the name and the permissions.",
                *("party", index, "table"),
            ) from error
        box.close_database()
        cleanup.pop_all()
    return Table(box, rows, columns)


def _stage(
    box: Sandbox, source: TableSource, consortium: Consortium, party: str
) -> tuple[dict[str, TableField], TableField | None]:
    """Make the table `rows` of the source; its columns there, and that of consent.

    A Parquet file is only looked at: it gives its columns one by one as fast as a database would.
    """
    card = consortium.agreement.scorecard
    for characteristic in card.characteristics:
        for column in characteristic.columns:
            platform, _, name = column.partition(".")
            if platform == party and name not in source.fields:
                raise consortium.refused(
                    f"{source.what}, the table of {party}, has no column `{name}`",
                    f"Name one that it has, or add it.{nearest(name, source.fields)}",
                    *consortium.place_of(characteristic),
                    "column" if characteristic.combine is None else "columns",
                )
    key = source.field(consortium.private_of(party).key)
    if not (key.is_whole or key.type in ("TEXT", "VARCHAR")):
        raise DataFault(
            f"the ids are of the type {key.type}", "CAST them to VARCHAR or BIGINT in the SQL."
        )
    kept = [source.fields[name] for name in card.columns_of(party)]
    # In any capitals: to overlook it would be worse than to keep a column too many.
    kept += [field for name, field in source.fields.items() if name.lower() == "consent"]
    columns = "".join(f", {field.column} AS k{at}" for at, field in enumerate(kept))
    box.run(
        f"CREATE {'TABLE' if source.parquet is None else 'VIEW'} rows AS "
        f"SELECT CAST({key.column} AS VARCHAR) AS person{columns} FROM {source.sql}"
    )
    staged = [TableField(f"k{at}", field.type) for at, field in enumerate(kept)]
    fields = dict(zip(card.columns_of(party), staged, strict=False))
    return fields, staged[-1] if len(staged) > len(fields) else None


def _version(source: TableSource) -> tuple[int, ...]:
    """What changes when somebody writes to the file of a source."""
    if source.parquet is None:
        return ()
    status = source.parquet.stat()
    return status.st_ino, status.st_size, status.st_mtime_ns


def _list(
    box: Sandbox, consent: TableField | None, place: ErrorPlace
) -> tuple[int, NDArray[np.int64] | None]:
    """Write the list of those with consent, in order, and make the view `platform` of their rows.

    The view `numbered` has the same rows with their numbers in the source, from 0. Returns how many
    they are, and where in `platform` each of the list is; None if it is in order itself.
    """
    people = read_ids(box, "rows", place)
    id_index, order = id_index_of(people)
    if (again := doubled(people, id_index, order)) is not None:
        raise DataFault(
            f"rows about people who have a row already: {again.rows}{place(again.first)}",
            "Leave one row a person, for example by GROUP BY.",
        )
    condition = ""
    if consent is not None:
        given = consent_of(box, consent)
        keep = box.arrays(f"SELECT {given} AS given FROM rows")["given"]
        people = b"\n".join(compress(people.split(b"\n"), keep))
        id_index, order = id_index_of(people)
        condition = f"WHERE {given}"
    box.run(f"CREATE VIEW platform AS FROM rows {condition}")
    numbers = "SELECT row_number() OVER () - 1 AS row, * FROM rows"
    box.run(f"CREATE VIEW numbered AS FROM ({numbers}) {condition}")
    rows = len(id_index)
    people = people if order is None else id_index.people()
    del id_index  # as large as the list, which takes its time to write
    (box.scratch / _LIST).write_bytes(people)
    return rows, order


def _write(
    folder: Path,
    values: Iterable[tuple[str, Column]],
    rows: int,
    order: NDArray[np.int64] | None,
) -> dict[str, Path]:
    """Each column as a file of float64 values, in the order of the list."""
    columns: dict[str, Path] = {}
    for name, column in values:  # not counted by `enumerate`, which would hold the last one
        if len(column) != rows:
            raise DataFault("the table was changed while it was read", "Run again.")
        columns[name] = folder / f"{len(columns)}.f8"
        put_whole(column if order is None else column[order], columns[name])
        del column  # or it would lie beside the next one
    return columns
