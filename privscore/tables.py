"""A platform's own data: its table becomes columns, on its own machine, by its own SQL.

The table is read once, checked whole, and kept in a database of its own that spills to disk. Only
columns that the scorecard looks at are kept, and only people with consent where the table has a
column `consent`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from privscore.consortium import Consortium
from privscore.people import (
    BLOCK_PEOPLE,
    blocks_of,
    check_ids,
    check_people,
    count_people,
    list_source,
    read_people,
    union_of,
    write_list,
)
from privscore.sandbox import DataFault, Sandbox
from privscore.scorecard import Column
from privscore.source import nearest
from privscore.table_checks import check_values, consent_of
from privscore.table_source import Field, TableSource, opened

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


class Table:
    """One platform's checked columns, by person; a context manager. Made by `open_table`."""

    def __init__(self, box: Sandbox, values: dict[str, str]) -> None:
        self._box = box
        self._values = values  # column -> its float64 value, as SQL over the table `platform`
        self._list: bytes | None = None  # whose rows the table `found` numbers

    def __enter__(self) -> Table:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Forget the data and delete what was spilled to disk."""
        self._box.close()

    def people(self) -> bytes:
        """Everybody whom the platform knows, in order; empty bytes for nobody."""
        return write_list(self._box, "SELECT person FROM platform")

    def known(self, people: bytes) -> NDArray[np.bool_]:
        """Whom of a list the platform knows: shape (people,)."""
        self._find(people)
        known = np.zeros(count_people(people), np.bool_)
        known[self._box.arrays("SELECT n FROM found")["n"]] = True
        return known

    def columns(
        self, people: bytes, names: Sequence[str], *, block_people: int = BLOCK_PEOPLE
    ) -> Iterator[dict[str, Column]]:
        """The named columns for a list of people, in its order, a block of people at a time.

        Yields for each block of at most `block_people` a float64 array per name, shape (block,),
        NaN where the value is unknown or the platform does not know the person.
        """
        self._find(people)
        wanted = "".join(f", v{list(self._values).index(each)}" for each in names)
        total = count_people(people)
        for start in range(0, total, block_people):
            stop = min(start + block_people, total)
            found = self._box.arrays(
                f"SELECT n{wanted} FROM found WHERE n >= {start} AND n < {stop}"
            )
            at = found.pop("n") - start
            block = {}
            for name, values in zip(names, found.values(), strict=True):
                block[name] = np.full(stop - start, np.nan)
                block[name][at] = values
            yield block

    def _find(self, people: bytes) -> None:
        """Make the table `found`: whom of the list the platform knows, with number and values."""
        if people == self._list:
            return
        check_people(people)
        file = self._box.scratch / "people.txt"
        file.write_bytes(people)
        listed = list_source(file) if people else "(SELECT '' AS person WHERE false)"
        values = "".join(
            f", coalesce({value}, 'nan') AS v{at}" for at, value in enumerate(self._values.values())
        )
        self._box.run(
            f"CREATE OR REPLACE TABLE found AS SELECT n{values} FROM platform JOIN "
            f"(SELECT row_number() OVER () - 1 AS n, person FROM {listed}) USING (person)"
        )
        file.unlink()
        self._list = people


def open_table(consortium: Consortium, party: str) -> Table:
    """Read and check the table of a platform.

    Raises Refused, at the line of the file that is to mend, for a table that cannot be read, has
    the wrong columns, two rows for a person, or a value that is no number or breaks a rule; and
    ValueError for a party without a table.
    """
    private = consortium.private[party]
    if private.table is None:
        raise ValueError(f"{party} has no table")
    at = consortium.agreement.party_ids.index(party)
    folder = consortium.path.resolve().parent
    readable = Path(folder.anchor)
    if private.data_dir is not None:
        folder = readable = folder / private.data_dir
        if not folder.is_dir():
            raise consortium.refused(
                f"there is no folder `{private.data_dir}`",
                "Make it, or mend `data_dir`.",
                *("party", at, "data_dir"),
            )
    with ExitStack() as cleanup:
        box = cleanup.enter_context(Sandbox(readable))
        try:
            with opened(box, private.table, private.key, folder) as source:
                fields, consent = _stage(box, source, consortium, party)
            check_ids(box, "platform")
            if consent is not None:
                box.run(f"DELETE FROM platform WHERE NOT {consent_of(box, consent)}")
            values = check_values(box, consortium, party, fields)
        except DataFault as fault:
            raise consortium.refused(
                f"{party}: {fault.cause}", fault.mend, "party", at, "table"
            ) from None
        except OSError as error:
            raise consortium.refused(
                f"{party}: its table cannot be read: {error.strerror}",
                "Check the name and the permissions.",
                *("party", at, "table"),
            ) from error
        cleanup.pop_all()
    return Table(box, values)


def _stage(
    box: Sandbox, source: TableSource, consortium: Consortium, party: str
) -> tuple[dict[str, Field], Field | None]:
    """Read the source into the table `platform`; its columns there, and that of consent."""
    card = consortium.agreement.scorecard
    for each in card.characteristics:
        for column in each.columns:
            platform, _, name = column.partition(".")
            if platform == party and name not in source.fields:
                raise consortium.refused(
                    f"{source.what}, the table of {party}, has no column `{name}`",
                    f"Name one that it has, or add it.{nearest(name, source.fields)}",
                    *consortium.place_of(each),
                    "column" if each.combine is None else "columns",
                )
    key = source.field(consortium.private[party].key)
    if not (key.is_whole or key.type in ("TEXT", "VARCHAR")):
        raise DataFault(
            f"the ids are of the type {key.type}", "CAST them to VARCHAR or BIGINT in the SQL."
        )
    kept = [source.fields[name] for name in card.columns_of(party)]
    # In any capitals, since to overlook it would be worse than a column too many.
    kept += [field for name, field in source.fields.items() if name.lower() == "consent"]
    columns = "".join(f", {field.column} AS k{at}" for at, field in enumerate(kept))
    box.run(
        f"CREATE TABLE platform AS SELECT CAST({key.column} AS VARCHAR) AS person{columns} "
        f"FROM {source.sql}"
    )
    staged = [Field(f"k{at}", field.type) for at, field in enumerate(kept)]
    fields = dict(zip(card.columns_of(party), staged, strict=False))
    return fields, staged[-1] if len(staged) > len(fields) else None
