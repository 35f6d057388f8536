"""Lists of people: identifiers joined by newlines, as UTF-8.

A million of them is one buffer of some 10 MB and no Python object each. A list is in the order in
which it is given; one that is made here is in the order of an `IdIndex`: shorter ids first, those
of one length by their bytes.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from privscore.errors import Refused
from privscore.tables.csv_header import read_header
from privscore.tables.id_index import IdIndex, Rows, count_people, even_length, id_index_of, merged
from privscore.tables.sandbox import DataFault, Sandbox, text
from privscore.tables.source import TableSource, check_parquet, first_in

# A row's number, from 0 -> where it is, in words that continue an error's cause.
ErrorPlace: TypeAlias = Callable[[int], str]

BLOCK_PEOPLE = 131_072  # rows that are taken out of a database at a time
_ROWS_JOINED = 900_000  # beyond, texts of ids would be most of what a job holds

_DELETE = 127
_WIDE_CONTROLS = re.compile("[\x80-\x9f\u2028\u2029]")
_CONTROL = r"[\x{00}-\x{1f}\x{7f}-\x{9f}\x{2028}\x{2029}]"  # all of them, as DuckDB writes it
_MOST_BYTES = 1000  # of one id


def check_people(people: bytes) -> None:
    """Raises ValueError for bytes that are no list.

    Not UTF-8, a control character, an empty id, or one of more than 1,000 bytes.
    """
    wide = not people.isascii()
    try:
        ids = people.decode() if wide else ""
    except UnicodeDecodeError:
        raise ValueError("the list of people is not UTF-8") from None
    if not people:
        return
    controls = sum(
        np.count_nonzero(data < ord(" ")) + np.count_nonzero(data == _DELETE)
        for data in np.array_split(np.frombuffer(people, np.uint8), 1 + (len(people) >> 20))
    )
    if controls >= count_people(people) or (wide and _WIDE_CONTROLS.search(ids)):
        raise ValueError("an id in the list of people holds a control character")
    most = even_length(people)
    if not most:
        lengths = np.diff(_breaks(people), prepend=-1, append=len(people)) - 1
        most = lengths.max()
        if not lengths.min():
            raise ValueError("an id in the list of people is empty")
    if most > _MOST_BYTES:
        raise ValueError(f"an id in the list of people is longer than {_MOST_BYTES} bytes")


def _breaks(people: bytes) -> NDArray[np.int64]:
    """Where the newlines are."""
    return np.flatnonzero(np.frombuffer(people, np.uint8) == ord("\n"))


def blocks_of(people: bytes, block_people: int = BLOCK_PEOPLE) -> Iterator[bytes]:
    """A list cut into lists of `block_people` ids; the last one may be shorter."""
    if length := even_length(people):
        size = block_people * (length + 1)
        for start in range(0, len(people), size):
            yield people[start : start + size - 1]
        return
    ends = [int(end) for end in _breaks(people)[block_people - 1 :: block_people]]
    start = 0
    for end in [*ends, len(people)] if people else []:
        yield people[start:end]
        start = end + 1


def union_of(lists: Iterable[bytes]) -> bytes:
    """Everybody who is on any of the lists, once and in order.

    Raises ValueError as `check_people` does.
    """
    return functools.reduce(with_ids, lists, IdIndex({})).people()


def with_ids(everybody: IdIndex, people: bytes) -> IdIndex:
    """An index of ids, and who else is on a list; raises ValueError as `check_people` does."""
    check_people(people)
    return merged([everybody, id_index_of(people)[0]])


def read_people(path: Path) -> bytes:
    """The list in a file, in its order: one id a line, or the `person` column of CSV or Parquet.

    Raises Refused for a file that is missing, empty, or names somebody twice.
    """
    try:
        with Sandbox(path.parent) as box:
            place = _stage_file(box, path)
            people = read_ids(box, "list", place)
        if (again := doubled(people, *id_index_of(people))) is not None:
            raise DataFault(
                f"ids that stand on the list already: {again.rows}{place(again.first)}",
                "Name everybody once.",
            )
    except DataFault as fault:
        raise Refused(fault.cause, fault.fix, file=path) from None
    except OSError as error:
        raise Refused(
            f"the list of people cannot be read: {error.strerror}",
            "Check the name and the folder.",
            file=path,
        ) from error
    if not people:
        raise Refused("the list of people is empty", "Write one id a line.", file=path)
    return people


def _stage_file(box: Sandbox, path: Path) -> ErrorPlace:
    """Make the table `list` with the ids as `person`, in the order of the file."""
    place: ErrorPlace
    if path.suffix.lower() == ".parquet":
        check_parquet(path)
        source, column = f"read_parquet({text(str(path))})", "person"
        place = TableSource(source, {}, path.name, path).place
    elif header := read_header(path, "person", "Write one id a line."):
        source, column = header.source, header.column(header.names.index("person"))
        place = TableSource(source, {}, path.name, lines=header).place
    else:
        plain = box.scratch / "plain.txt"
        body = path.read_bytes().removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n")
        plain.write_bytes(re.sub(rb"\n{2,}", b"\n", body).strip(b"\n"))
        source, column = _list_source(plain), "person"
        place = functools.partial(_place_in_list, path)
    box.run(f"CREATE TABLE list AS SELECT CAST({column} AS VARCHAR) AS person FROM {source}")
    return place


def _place_in_list(path: Path, row: int) -> str:
    """Where a row of a plain list is, whose empty lines are left out."""
    with path.open("rb") as file:
        lines = (at for at, line in enumerate(file, 1) if line.strip(b"\xef\xbb\xbf\r\n"))
        return first_in("line", next(itertools.islice(lines, row, None), None), path.name)


class Doubled(NamedTuple):
    """The rows of a list whose id stands before them too: how many, and the first, from 0."""

    rows: int
    first: int


def doubled(people: bytes, id_index: IdIndex, lines: Rows | None) -> Doubled | None:
    """Who is on a list a second time, given what `id_index_of` makes of it; None for nobody."""
    count = count_people(people)
    if lines is None or count == len(id_index):
        return None
    again = np.ones(count, np.bool_)
    again[lines] = False  # where each of the index stands first
    return Doubled(count - len(id_index), int(again.argmax()))


def _list_source(file: Path) -> str:
    """What to write behind FROM to read a file of ids: one column, `person`."""
    return (
        f"read_csv({text(str(file))}, auto_detect = false, header = false, delim = '\x1f', "
        "quote = '', escape = '', columns = {'person': 'VARCHAR'})"
    )


def read_ids(box: Sandbox, table: str, place: ErrorPlace) -> bytes:
    """The column `person` of a table as a list, in its order; somebody may be there twice.

    Raises DataFault unless it holds ids; `place` tells where in its file a row is.
    """
    try:
        rows, ids = box.run(f"SELECT count(*), count(person) FROM {table}")[0]
        joins = box.threads == 1 and rows <= _ROWS_JOINED
        people = _joined(box, table) if joins else _copied(box, table)
        check_people(people)
        lines = b"\n" + people + b"\n" if b" " in people else b""  # to look at each end
        blank = b" \n" in lines or b"\n " in lines
        if not blank and count_people(people) == ids == rows:
            return people
    except (DataFault, ValueError):
        pass  # only the table can tell which rows are to fix
    _refuse_ids(box, table, place)
    raise DataFault("the ids cannot be read", "Give every row the id of a person.")


def _joined(box: Sandbox, table: str) -> bytes:
    """The column `person` as one text, twice as fast as by a file; in order on one core alone."""
    joined: str | None = box.run(f"SELECT string_agg(person, chr(10)) FROM {table}")[0][0]
    return (joined or "").encode()


def _copied(box: Sandbox, table: str) -> bytes:
    """The column `person` by way of a file, which takes longer and no memory."""
    file = box.scratch / "ids.txt"
    try:
        box.run(
            f"COPY (SELECT person FROM {table}) TO {text(str(file))} "
            "(FORMAT csv, HEADER false, DELIM '\x1f', QUOTE '', ESCAPE '')"
        )
        with file.open("rb") as written:
            return written.read(file.stat().st_size - 1)  # without the last line's end
    finally:
        file.unlink(missing_ok=True)


def _refuse_ids(box: Sandbox, table: str, place: ErrorPlace) -> None:
    """Raises DataFault for what makes the column `person` of a table no ids, and counts it."""
    faults = {
        "person IS NULL OR person = ''": (
            "rows without an id",
            "Give every row the id of a person.",
        ),
        f"regexp_matches(person, '{_CONTROL}')": (
            "ids with a line break or another control character",
            "Clean the ids.",
        ),
        "person <> trim(person)": ("ids that begin or end with a blank", "Trim the ids."),
        f"strlen(person) > {_MOST_BYTES}": (
            f"ids longer than {_MOST_BYTES} bytes",
            "Shorten them.",
        ),
    }
    for condition, (cause, fix) in faults.items():
        count, first = box.run(
            "SELECT count(*), min(row) FROM "
            f"(SELECT row_number() OVER () - 1 AS row, person FROM {table}) WHERE {condition}"
        )[0]
        if count:
            raise DataFault(f"{cause}: {count}{place(first)}", fix)
