"""A sound consortium with its data, and how to put one mistake at a time into it."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb

PEOPLE = 60
CANARY = "7350917"

SOUND = """\
schema  = "privscore/consortium@1"
name    = "deposit-waiver"
purpose = "Decide whether a rental deposit can be waived."

[[party]]
id    = "wallet"
roles = ["data"]
table = "wallet.csv"

[[party]]
id       = "bank"
roles    = ["data"]
data_dir = "vault"
table    = "SELECT person, debt, opened FROM 'bank.parquet'"

[[party]]
id    = "market"
roles = ["data"]
table = "market.csv"

[[party]]
id    = "desk"
roles = ["requester"]

[scorecard]
base = 350
clip = [300, 950]

[[scorecard.characteristic]]
name   = "payment history"
column = "wallet.late_90d"
bins   = [1, 3, 6]
points = [210, 120, 40, 0]
missing = 90

[[scorecard.characteristic]]
name   = "debt"
column = "bank.debt"
bins   = [1000, 20000]
points = [60, 30, 0]
missing = 30

[[scorecard.characteristic]]
name   = "purchases"
column = "market.bought"
bins   = [10]
points = [0, 25]

[[tier]]
name   = "fair"
from   = 400
grants = "half the deposit"

[[tier]]
name   = "good"
from   = 600
grants = "deposit waived"

[policy]
reveal     = { desk = "score" }
min_people = 50
"""

ACROSS = """\
[[scorecard.characteristic]]
name    = "total debt"
columns = ["wallet.credit", "bank.debt"]
combine = "sum"
range   = [0, 9000000]
bins    = [5000]
points  = [10, 0]

"""
WITH_ACROSS = SOUND.replace("[[tier]]", ACROSS + "[[tier]]", 1)


@dataclass(frozen=True)
class Mistake:
    """What is wrong, how to make it in an empty folder, and what its refusal must say."""

    name: str
    make: Callable[[Path], Path]  # returns the consortium file
    line: str | None  # part of the line that is pointed at; None: the fault has no line
    cause: tuple[str, ...]


def write_sound(folder: Path, text: str = SOUND) -> Path:
    """The sound consortium (or another text) with its data, in a folder."""
    wallet = "".join(f"p{n},{n % 8},{n * 100}\n" for n in range(PEOPLE))
    (folder / "wallet.csv").write_text("person,late_90d,credit\n" + wallet)
    market = "".join(f"p{n},{n % 20}\n" for n in range(0, PEOPLE, 2))
    (folder / "market.csv").write_text("person,bought\n" + market)
    (folder / "vault").mkdir()
    write_bank(folder, "n * 500")
    (folder / "outside.csv").write_text(f"person,debt\np1,{CANARY}\n")
    file = folder / "consortium.toml"
    file.write_text(text)
    return file


def write_bank(folder: Path, debt: str) -> None:
    """The bank's Parquet file, with `debt` as an SQL expression of n = 0 ... 59."""
    (folder / "vault" / "bank.parquet").write_bytes(_bank_file(debt))


@functools.cache
def _bank_file(debt: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as db:
        db.execute(
            f"COPY (SELECT 'p' || n AS person, {debt} AS debt, DATE '2020-01-01' AS opened "
            f"FROM range({PEOPLE}) AS t(n)) TO '{folder}/bank.parquet'"
        )
        return Path(folder, "bank.parquet").read_bytes()


def edit(old: str, new: str, start: str = SOUND) -> Callable[[Path], Path]:
    """The sound file with one passage replaced."""
    assert old in start, old
    return lambda folder: write_sound(folder, start.replace(old, new, 1))
