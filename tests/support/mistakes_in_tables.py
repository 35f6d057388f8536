"""Mistakes in the tables of the platforms: in their SQL and in their data."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sound_consortium import CANARY, WITH_ACROSS, Mistake, edit, write_bank, write_sound


def _table(party: str, sql: str) -> Callable[[Path], Path]:
    """Another `table` for the wallet (free to read) or the bank (confined to its data_dir)."""
    old = {"wallet": '"wallet.csv"', "bank": "\"SELECT person, debt, opened FROM 'bank.parquet'\""}
    return edit(old[party], f'"""{sql}"""')


def _wallet(body: str | bytes) -> Callable[[Path], Path]:
    """Another wallet.csv."""

    def make(folder: Path) -> Path:
        file = write_sound(folder)
        (folder / "wallet.csv").write_bytes(body.encode() if isinstance(body, str) else body)
        return file

    return make


def _bank(debt: str) -> Callable[[Path], Path]:
    """Other debts in the bank's Parquet file."""

    def make(folder: Path) -> Path:
        file = write_sound(folder)
        write_bank(folder, debt)
        return file

    return make


def _link_out_of_vault(folder: Path) -> Path:
    file = _table("bank", "SELECT * FROM 'link.csv'")(folder)
    (folder / "vault" / "link.csv").symlink_to(folder / "outside.csv")
    return file


def _table_in(folder: Path, sql: str) -> Path:
    """Replace the wallet's table in a consortium file that is there."""
    file = folder / "consortium.toml"
    file.write_text(file.read_text().replace('"wallet.csv"', f'"""{sql}"""'))
    return file


def _with_across(folder: Path) -> Path:
    return write_sound(folder, WITH_ACROSS)


_LATE_TEXT = "person,late_90d\n" + "".join(f"p{n},1\n" for n in range(30_000)) + f"q,x{CANARY}\n"

IN_THE_SQL = [
    Mistake("a spreadsheet", edit('"wallet.csv"', '"wallet.xlsx"'), "xlsx", ("neither", "xlsx")),
    Mistake("an empty table name", edit('"wallet.csv"', '" "'), '" "', ("`table` is empty",)),
    Mistake("a NUL in a name", edit('"wallet.csv"', '"a\\u0000.csv"'), "u0000", ("NUL",)),
    Mistake("a name too long", _table("wallet", "x" * 300 + ".csv"), "xxx", ("cannot be read",)),
    Mistake(
        "a table that is not there",
        edit('"wallet.csv"', '"purse.csv"'),
        "purse.csv",
        ("wallet", "no file", "purse.csv"),
    ),
    Mistake(
        "SQL that fails",
        _table("wallet", "SELEC person FROM 'wallet.csv'"),
        "SELEC",
        ("wallet", "SELEC"),
    ),
    Mistake(
        "SQL over a missing file",
        _table("wallet", "SELECT * FROM 'purse.csv'"),
        "purse.csv",
        ("wallet", "purse.csv"),
    ),
    Mistake(
        "SQL with an unknown column",
        _table("wallet", "SELECT person, late FROM 'wallet.csv'"),
        "late FROM",
        ("late",),
    ),
    Mistake(
        "two statements", _table("wallet", "SELECT 1; SELECT 2"), "SELECT 1", ("2 statements",)
    ),
    Mistake("no statement", _table("wallet", "-- nothing"), "-- nothing", ("0 statements",)),
    Mistake("COPY", _table("wallet", "COPY (SELECT 1) TO 'stolen.csv'"), "COPY", ("COPY",)),
    Mistake(
        "COPY within WITH",
        _table("wallet", "WITH x AS (COPY (SELECT 1) TO 'stolen.csv') SELECT * FROM x"),
        "COPY",
        ("COPY",),
    ),
    Mistake("INSERT", _table("wallet", "INSERT INTO t VALUES (1)"), "INSERT", ("INSERT",)),
    Mistake("ATTACH", _table("wallet", "ATTACH 'stolen.db'"), "ATTACH", ("ATTACH",)),
    Mistake("INSTALL", _table("wallet", "INSTALL httpfs"), "INSTALL", ("INSTALL",)),
    Mistake("LOAD", _table("wallet", "LOAD httpfs"), "LOAD", ("LOAD",)),
    Mistake("PRAGMA", _table("wallet", "PRAGMA database_list"), "PRAGMA", ("PRAGMA",)),
    Mistake("SET", _table("wallet", "SET enable_external_access = true"), "SET", ("SET",)),
    Mistake(
        "SQL that runs text",
        _table("wallet", "SELECT * FROM query('SELECT 1')"),
        "query",
        ("query",),
    ),
    Mistake(
        "SQL over the network",
        _table("wallet", "SELECT * FROM 'https://example.invalid/x.csv'"),
        "https",
        ("https",),
    ),
    Mistake(
        "SQL out of data_dir",
        _table("bank", "SELECT * FROM '../outside.csv'"),
        "../outside",
        ("bank", "outside its folder"),
    ),
    Mistake(
        "SQL into the system",
        _table("bank", "SELECT * FROM read_csv('/etc/passwd')"),
        "/etc/passwd",
        ("outside its folder",),
    ),
    Mistake("a link out of data_dir", _link_out_of_vault, "link.csv", ("outside its folder",)),
    Mistake(
        "a file out of data_dir",
        _table("bank", "../outside.csv"),
        "../outside",
        ("outside", "data_dir"),
    ),
    Mistake("no data_dir", edit('"vault"', '"vaults"'), "vaults", ("no folder", "vaults")),
    Mistake(
        "a missing column",
        edit('"market.bought"', '"market.brought"'),
        "brought",
        ("market", "brought"),
    ),
    Mistake(
        "a column doubled by SQL",
        _table("wallet", "SELECT person, late_90d, late_90d FROM 'wallet.csv'"),
        "late_90d",
        ("two columns",),
    ),
    Mistake(
        "a date for a number",
        edit('"bank.debt"', '"bank.opened"'),
        "opened FROM",
        ("opened", "DATE"),
    ),
]

IN_THE_DATA = [
    Mistake(
        "a doubled column in the data",
        _wallet("person,late_90d,late_90d\np1,1,2\n"),
        "wallet.csv",
        ("two columns", "late_90d"),
    ),
    Mistake("no column of ids", _wallet("id,late_90d\np1,1\n"), "wallet.csv", ("person",)),
    Mistake("an empty table", _wallet(""), "wallet.csv", ("empty",)),
    Mistake(
        "two rows for a person",
        _wallet(f"person,late_90d\np1,{CANARY}\np2,1\np1,2\n"),
        "wallet.csv",
        ("already: 1",),
    ),
    Mistake(
        "a row without an id", _wallet("person,late_90d\n,1\n"), "wallet.csv", ("without an id: 1",)
    ),
    Mistake(
        "a line break in an id",
        _wallet(f'person,late_90d\n"p\n{CANARY}",1\n'),
        "wallet.csv",
        ("line break",),
    ),
    Mistake(
        "a blank around an id", _wallet(f"person,late_90d\n {CANARY},1\n"), "wallet.csv", ("blank",)
    ),
    Mistake(
        "ids with fractions",
        _table("wallet", f"SELECT {CANARY}.5::DOUBLE AS person, 1 AS late_90d"),
        CANARY,
        ("ids", "DOUBLE"),
    ),
    Mistake("NaN", _bank("'nan'::DOUBLE"), "bank.parquet", ("debt", "NaN")),
    Mistake(
        "infinity", _wallet("person,late_90d\np1,inf\n"), "wallet.csv", ("late_90d", "infinities")
    ),
    Mistake(
        "text for a number",
        _wallet(f"person,late_90d\np1,x{CANARY}\n"),
        "wallet.csv",
        ("late_90d", "text"),
    ),
    Mistake("text behind the sample", _wallet(_LATE_TEXT), "wallet.csv", ("late_90d", "text")),
    Mistake(
        "text behind the sample of SQL",
        lambda f: (_wallet(_LATE_TEXT)(f), _table_in(f, "SELECT * FROM 'wallet.csv'"))[1],
        "SELECT *",
        ("late_90d", "converted"),
    ),
    Mistake(
        "a cast that fails",
        _table("wallet", f"SELECT 'p' AS person, ('x' || {CANARY})::INT AS late_90d"),
        CANARY,
        ("converted",),
    ),
    Mistake(
        "an integer beyond 2^53",
        _bank(f"9007199254740993 + {CANARY} * n"),
        "bank.parquet",
        ("debt", "2^53"),
    ),
    Mistake(
        "a number beyond 2^53 in CSV",
        _wallet("person,late_90d\np1,9007199254740993\n"),
        "wallet.csv",
        ("late_90d", "2^53"),
    ),
    Mistake(
        "a value out of range",
        edit("points = [60, 30, 0]", "points = [60, 30, 0]\nrange = [0, 1000]"),
        "range",
        ("bank.debt", "outside the range"),
    ),
    Mistake(
        "fractions to combine",
        lambda f: (_with_across(f), write_bank(f, "n + 0.5"))[0],
        "wallet.credit",
        ("bank.debt", "whole"),
    ),
    Mistake(
        "consent that is no BOOLEAN",
        _wallet("person,late_90d,consent\np1,1,maybe\n"),
        "wallet.csv",
        ("consent", "BOOLEAN"),
    ),
    Mistake(
        "a line with a field too few",
        _wallet(f"person,late_90d\np{CANARY}\np2,1\n"),
        "wallet.csv",
        ("fields", "line 2"),
    ),
    Mistake(
        "data that are not UTF-8", _wallet(b"person,late_90d\n\xe9,1\n"), "wallet.csv", ("UTF-8",)
    ),
]
