"""Text files with a header line and separated fields, such as CSV.

DuckDB could guess all of this. It would rename a doubled column, take `007` for 7, and guess types
from the first lines only; so the header is read here, and every field is left a text.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from privscore.tables.sandbox import DataFault, text

_SEPARATORS = ",;\t|"


@dataclass(frozen=True, slots=True)
class Delimited:
    """A file, the names of its columns in order, and what stands between its fields."""

    path: Path
    names: tuple[str, ...]
    separator: str

    @property
    def source(self) -> str:
        """What to write behind FROM: columns c0, c1 ... of text, empty fields NULL."""
        columns = ", ".join(f"'{self.column(at)}': 'VARCHAR'" for at in range(len(self.names)))
        return (
            f"read_csv({text(str(self.path))}, auto_detect = false, header = true, "
            f"delim = {text(self.separator)}, quote = '\"', escape = '\"', columns = {{{columns}}})"
        )

    @staticmethod
    def column(index: int) -> str:
        """What the column number `index` is called in `source`."""
        return f"c{index}"

    def line_of(self, row: int) -> int | None:
        """The line, from 1, where the row of a number, from 0, begins; None if that is unclear."""
        begin, left = 1, row + 1  # the header comes first
        try:
            with self.path.open(encoding="utf-8-sig", newline="") as file:
                reader = csv.reader(file, delimiter=self.separator)
                for fields in reader:
                    if fields or len(self.names) == 1:  # else DuckDB leaves empty lines out too
                        if not left:
                            return begin
                        left -= 1
                    begin = reader.line_num + 1
        except (csv.Error, UnicodeDecodeError):
            pass  # a field that is too long for this reader, for one
        return None


def read_header(
    path: Path, key: str, fix: str = "Write a first line that names the columns."
) -> Delimited | None:
    """The file as a table with a column `key`, if its first line names one.

    The separator is the one of , ; tab | that makes the line have such a field. Raises DataFault
    for a file that is empty, with `fix`, or not UTF-8.
    """
    for separator in _SEPARATORS:
        try:
            with path.open(encoding="utf-8-sig", newline="") as file:
                fields = next(csv.reader(file, delimiter=separator, strict=True), None)
        except UnicodeDecodeError:
            raise DataFault(f"{path.name} is not UTF-8", "Save it as UTF-8.") from None
        except csv.Error:
            continue  # quotes that make no sense with this separator may with another
        if fields is None:
            raise DataFault(f"{path.name} is empty", fix)
        names = tuple(field.strip() for field in fields)
        if key in names:
            return Delimited(path, names, separator)
    return None
