"""A DuckDB that can do one thing only: read the files of one folder, with SELECT.

It holds no file of its own but in a temporary folder, loads no extension, opens no connection,
and its configuration is locked before any SQL of a user runs. Measured on DuckDB 2.0: that is not
enough to keep a SELECT from writing. `WITH x AS (COPY ... TO 'file') SELECT ...` is one statement
of the type SELECT, and so is a call of the table function `json_execute_serialized_sql`; hence
`one_select` looks at the parsed statement too.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

import duckdb
import msgspec

from privscore.database import plain_errors

MEMORY_LIMIT = "112MB"  # beyond it DuckDB spills into the temporary folder

# What a FROM clause may call. All others are refused: some write files, some run text as SQL.
_TABLE_FUNCTIONS = (
    *("generate_series", "glob", "parquet_scan", "range", "read_csv", "read_csv_auto", "read_json"),
    *("read_json_auto", "read_ndjson", "read_ndjson_auto", "read_parquet", "repeat", "unnest"),
)


class DataFault(Exception):
    """A file or SQL that cannot be used: what is wrong and what to do, no value of the data."""

    def __init__(self, cause: str, fix: str) -> None:
        super().__init__(cause, fix)
        self.cause, self.fix = cause, fix


class Sandbox:
    """One in-memory database; a context manager, whose end deletes all that it wrote."""

    def __init__(self, readable: Path | None = None, threads: int | None = None) -> None:
        """`readable` is the one folder, beside its own, whose files it may read.

        It uses `threads` cores, by default all.
        """
        self.threads = threads
        self._folder = tempfile.TemporaryDirectory(prefix="privscore-")
        self.scratch = Path(self._folder.name).resolve()
        self._db = duckdb.connect(
            ":memory:",
            config={
                "memory_limit": MEMORY_LIMIT,
                "temp_directory": str(self.scratch / "spill"),
                **({} if threads is None else {"threads": threads}),
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
            },
        )
        self._readable = self.scratch if readable is None else readable.resolve()
        folders = {self.scratch, self._readable}
        allowed = ", ".join(text(f"{folder}/" if folder.name else "/") for folder in folders)
        self._db.execute(f"SET allowed_directories = [{allowed}]")
        self._db.execute("SET enable_external_access = false")
        self._db.execute("SET lock_configuration = true")

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close_database(self) -> None:
        """Forget all data; `scratch` stays."""
        self._db.close()

    def close(self) -> None:
        """Forget all data and delete the temporary folder."""
        self._db.close()
        self._folder.cleanup()

    def may_read(self, path: Path) -> bool:
        """Whether a file is in the one folder, wherever links may lead."""
        return path.resolve().is_relative_to(self._readable)

    def run(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Run a statement of ours; its rows. Raises DataFault if it fails."""
        try:
            with plain_errors():
                return self._db.execute(sql, list(values)).fetchall()
        except duckdb.Error as error:
            raise _explained(error) from None  # what DuckDB says may quote the data

    def arrays(self, sql: str) -> dict[str, Any]:
        """Run a statement of ours; its columns as NumPy arrays. Raises DataFault if it fails."""
        try:
            with plain_errors():
                return dict(self._db.execute(sql).fetchnumpy())
        except duckdb.Error as error:
            raise _explained(error) from None

    def one_select(self, sql: str) -> str:
        """The text of a user's SELECT, fit to stand in brackets behind FROM.

        Raises DataFault for anything but one SELECT that only reads.
        """
        try:
            with plain_errors():
                statements = self._db.extract_statements(sql)
        except duckdb.Error as error:
            raise _explained(error) from None
        if len(statements) != 1:
            raise DataFault(
                f"the SQL has {len(statements)} statements", "Write one SELECT, nothing else."
            )
        if statements[0].type.name != "SELECT":
            first = statements[0].query.split(maxsplit=1)[0]
            raise DataFault(f"the SQL is no SELECT, but {first}", "Write one SELECT, nothing else.")
        parsed = msgspec.json.decode(self.run("SELECT json_serialize_sql(?::VARCHAR)", sql)[0][0])
        if parsed["error"]:
            raise DataFault("the SQL is of a kind that cannot be checked", "Write a plain SELECT.")
        for node in _nodes(parsed):
            _check_node(node)
        return _without_end(sql)


def name(identifier: str) -> str:
    """A column's name as SQL."""
    return '"' + identifier.replace('"', '""') + '"'


def text(value: str) -> str:
    """A text as SQL."""
    return "'" + value.replace("'", "''") + "'"


def _check_node(node: dict[str, Any]) -> None:
    """Raises DataFault for a part of a parsed SELECT that could do more than read."""
    kind = node.get("type")
    if isinstance(kind, str) and kind.endswith("_QUERY_NODE"):
        word = kind.removesuffix("_QUERY_NODE")
        raise DataFault(f"the SQL holds {word} within WITH", "Write a SELECT that only reads.")
    if kind == "TABLE_FUNCTION":
        called = node["function"]["function_name"].lower()
        if called not in _TABLE_FUNCTIONS:
            raise DataFault(
                f"the SQL calls the table function `{called}`",
                "Use only read_csv, read_parquet, read_json, unnest, range and their like.",
            )


def _nodes(parsed: object) -> Iterator[dict[str, Any]]:
    """Every object within parsed JSON."""
    todo = [parsed]
    while todo:
        value = todo.pop()
        if isinstance(value, dict):
            yield value
            todo += value.values()
        elif isinstance(value, list):
            todo += value


def _without_end(sql: str) -> str:
    """A statement without the semicolons and comments behind it."""
    body = sql.encode()  # DuckDB counts bytes
    for offset, kind in reversed(duckdb.tokenize(sql)):
        if body[offset : offset + 1] != b";" and kind.name != "comment":
            break
        body = body[:offset]
    return body.decode()


def _explained(error: duckdb.Error) -> DataFault:
    """What DuckDB said, in words that quote names and places, but no value of the data."""
    said = str(error)
    first = said.partition("\n")[0].partition("Error: ")[2]
    if isinstance(error, duckdb.PermissionException):
        quoted = re.search(r'"(.*?)"', first)
        return DataFault(
            f"the SQL reads `{quoted[1] if quoted else 'a file'}`, which is outside its folder",
            "Keep to the files in the party's data_dir, and to this machine.",
        )
    if isinstance(error, duckdb.OutOfMemoryException):
        return DataFault(
            f"the SQL needs more than {MEMORY_LIMIT} of memory",
            "Let it sort and group less at a time, or write its result into a Parquet file first.",
        )
    if isinstance(
        error,
        duckdb.ParserException
        | duckdb.BinderException
        | duckdb.CatalogException
        | duckdb.IOException,
    ):
        return DataFault(f"the SQL fails: {first}", "Fix the SQL, or the name of the file.")
    line = re.search(r"CSV Error on Line: (\d+)", said)
    column = re.search(r'Error when converting column "(.*?)"|^Column (.*?) is being', said, re.M)
    where = f", column `{column[1] or column[2]}`" if column else ""
    where += f", line {line[1]} of the file" if line else ""
    if "Expected Number of Columns" in said:
        return DataFault(
            f"a line has more or fewer fields than the header{where}", "Fix that line."
        )
    if "Invalid unicode" in said:
        return DataFault(f"a file is not UTF-8{where}", "Save it as UTF-8.")
    return DataFault(
        f"a value cannot be read or converted{where}",
        "Fix the data, leave unknown values empty, or use TRY_CAST in the SQL.",
    )
