"""What a party's `table` says: a file or one SELECT, and which columns come out of it."""

from __future__ import annotations

import contextlib
import os
import re
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from privscore.consortium.toml_lines import nearest
from privscore.tables.csv_header import Delimited, read_header
from privscore.tables.sandbox import DataFault, Sandbox, name, text

_FILES = (".csv", ".tsv", ".txt", ".parquet")
_PARQUET = b"PAR1"  # the first bytes of such a file, and the last ones
_SQL = re.compile(r"(select|with|from)\s", re.IGNORECASE)
_NAME = re.compile(r"[\w./\\-]+")
_GLOB = re.compile(r"[*?\[\]]")
_WHOLE = re.compile(r"U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER")

# DuckDB finds relative paths from the folder of the whole process, and under a confined
# configuration from nowhere else; so the SQL of no two tables may run at once.
_IN_FOLDER = threading.Lock()


@dataclass(frozen=True, slots=True)
class TableField:
    """A column of a source: its name there, as SQL, and DuckDB's type; TEXT is a CSV's."""

    column: str
    type: str

    @property
    def is_number(self) -> bool:
        """Whether its values can be float64 numbers; a CSV's have to be looked at."""
        return self.is_exact or self.type in ("BOOLEAN", "FLOAT", "DOUBLE")

    @property
    def is_plain(self) -> bool:
        """Whether NumPy has a type for its values too, so that they can be looked at there."""
        whole = self.is_whole and "HUGE" not in self.type
        return whole or self.type in ("BOOLEAN", "FLOAT", "DOUBLE")

    @property
    def is_exact(self) -> bool:
        """Whether it may hold integers or decimals that no float64 equals."""
        return self.is_whole or self.type == "TEXT" or self.type.startswith("DECIMAL")

    @property
    def is_whole(self) -> bool:
        """Whether its type is one of integers."""
        return _WHOLE.fullmatch(self.type) is not None


@dataclass(frozen=True, slots=True)
class TableSource:
    """What to write behind FROM, and the columns that it gives, by name."""

    sql: str
    fields: dict[str, TableField]
    what: str  # how to call it in a message
    parquet: Path | None = None  # a file that can be read again, a column at a time
    lines: Delimited | None = None  # a file of text

    def place(self, row: int) -> str:
        """Where the first row at fault is, as a cause goes on; its number counts from 0."""
        if self.parquet is not None:
            return first_in("row", row + 1, self.what)
        return first_in("line", self.lines.line_of(row) if self.lines else None, self.what)

    def field(self, wanted: str) -> TableField:
        """The column called `wanted`; raises DataFault if there is none."""
        if wanted not in self.fields:
            raise DataFault(
                f"{self.what} has no column `{wanted}`",
                f"Name a column that it has.{nearest(wanted, self.fields)}",
            )
        return self.fields[wanted]


def is_file(table: str) -> bool:
    """Whether a party's `table` means one file, and no SQL."""
    return Path(table.strip()).suffix.lower() in _FILES and not _SQL.match(table.strip())


@contextlib.contextmanager
def open_source(box: Sandbox, table: str, key: str, folder: Path) -> Iterator[TableSource]:
    """The source that a party's `table` means, for as long as its relative paths hold.

    The working directory of the process is `folder` meanwhile, for SQL. Raises DataFault if the
    file or the SQL cannot be used, or gives two columns of one name.
    """
    table = table.strip()
    if is_file(table):
        yield _file(box, folder / table, key)
        return
    if _NAME.fullmatch(table):
        raise DataFault(
            f"`{table}` is neither a file of a known kind nor SQL",
            f"Name a file that ends in {', '.join(_FILES)}, or write one SELECT.",
        )
    with _IN_FOLDER, contextlib.chdir(folder):
        sql = box.one_select(table)
        rows = box.run(f"DESCRIBE {sql}")
        yield TableSource(f"(\n{sql}\n)", _by_name(rows, "the SQL"), "the SQL")


def _file(box: Sandbox, path: Path, key: str) -> TableSource:
    if _GLOB.search(path.name):
        raise DataFault(f"`{path.name}` is no name of one file", "Read several files by a SELECT.")
    if not box.may_read(path):
        raise DataFault(
            f"`{path.name}` is outside the party's data_dir", "Name a file inside that folder."
        )
    if not path.is_file():
        raise DataFault(
            f"there is no file `{path.name}`", f"Put it into {path.parent}, or fix the name."
        )
    if path.suffix.lower() == ".parquet":
        check_parquet(path)
        source = f"read_parquet({text(str(path))})"
        rows = box.run(f"DESCRIBE SELECT * FROM {source}")
        return TableSource(source, _by_name(rows, path.name), path.name, path)
    header = read_header(path, key)
    if header is None:
        raise DataFault(
            f"the first line of {path.name} names no column `{key}`",
            "Write the columns' names into the first line, or set `key` to that of the ids.",
        )
    rows = [(column, "TEXT", header.column(at)) for at, column in enumerate(header.names)]
    return TableSource(header.source, _by_name(rows, path.name), path.name, lines=header)


def first_in(unit: str, number: int | None, file: str) -> str:
    """Where the first row at fault is, as a cause goes on; empty if it is not known."""
    return "" if number is None else f", first in {unit} {number} of {file}"


def check_parquet(path: Path) -> None:
    """Raises DataFault for a file that is called Parquet and is none, or is cut short."""
    with path.open("rb") as file:
        begin = file.read(len(_PARQUET))
        file.seek(-min(path.stat().st_size, len(_PARQUET)), os.SEEK_END)
        if begin != _PARQUET or file.read() != _PARQUET:
            raise DataFault(
                f"{path.name} is no whole Parquet file, though it is called one",
                "Write it again; a text file is called .csv, .tsv or .txt.",
            )


def _by_name(rows: Iterable[tuple[str, ...]], what: str) -> dict[str, TableField]:
    """Fields from rows of name, type and more; raises DataFault for a doubled name."""
    fields: dict[str, TableField] = {}
    seen: set[str] = set()
    for column, kind, *more in rows:
        if column.lower() in seen:  # DuckDB tells no capitals apart
            raise DataFault(f"{what} has two columns `{column}`", "Give each a name of its own.")
        seen.add(column.lower())
        fields[column] = TableField(more[0] if kind == "TEXT" else name(column), kind)
    return fields
