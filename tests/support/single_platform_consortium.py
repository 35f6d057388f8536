"""A consortium with one platform, the bank, for tests that look at its table alone."""

from pathlib import Path

import numpy as np

from privscore.consortium import Consortium, load
from privscore.tables import Table, open_table

FILE = """\
schema = "privscore/consortium@1"
name = "n"
purpose = "p"

[[party]]
id = "bank"
roles = ["data"]
table = '''{table}'''
{more}

[[party]]
id = "desk"
roles = ["requester"]

[scorecard]
base = 0
{characteristics}

[policy]
reveal = {{ desk = "score" }}
accept_output_leak = true
"""
LINE = '[[scorecard.characteristic]]\ncolumn = "bank.{name}"\nbins = [1]\npoints = [0, 1]\n'
PEOPLE = b"p1\np2\np3"


def consortium(folder: Path, table: str, *names: str, more: str = "") -> Consortium:
    """One platform, the bank, with characteristics over the columns `names`."""
    lines = "".join(LINE.format(name=name) for name in names or ("x",))
    file = folder / "consortium.toml"
    file.write_text(FILE.format(table=table, more=more, characteristics=lines), encoding="utf-8")
    return load(file)


def bank(folder: Path, table: str, *names: str, more: str = "") -> Table:
    return open_table(consortium(folder, table, *names, more=more), "bank")


def column(table: Table, people: bytes, name: str = "x") -> list[float]:
    """One column of a table that is closed behind it."""
    with table:
        return [value for block in table.columns(people, [name]) for value in block[name]]


def same(read: list[float], wanted: list[float]) -> bool:
    return np.array_equal(np.array(read), np.array(wanted), equal_nan=True)
