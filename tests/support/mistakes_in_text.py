"""Mistakes in a file as a whole, in its parties and in its policy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sound_consortium import SOUND, Mistake, edit, write_sound


def _no_file(folder: Path) -> Path:
    return folder / "nowhere.toml"


def _bytes(body: bytes) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        file = write_sound(folder)
        file.write_bytes(body)
        return file

    return make


_PARTY_3 = '[[party]]\nid    = "market"\nroles = ["data"]\ntable = "market.csv"\n\n'
_MARKET = SOUND[SOUND.index('[[scorecard.characteristic]]\nname   = "purchases"') :].partition(
    "[[tier"
)[0]
_TWO = SOUND.replace(_PARTY_3, "").replace(_MARKET, "")

IN_THE_FILE = [
    Mistake("a missing file", _no_file, None, ("no such file",)),
    Mistake("a folder", lambda folder: folder, None, ("folder",)),
    Mistake("an empty file", _bytes(b"\n"), "", ("empty",)),
    Mistake(
        "not UTF-8",
        _bytes(SOUND.replace("rental", "r\xe9ntal").encode("latin-1")),
        "purpose",
        ("UTF-8",),
    ),
    Mistake("not TOML", edit('id    = "desk"', "id    = desk"), "= desk", ("TOML",)),
    Mistake("a key twice", edit("base = 350", "base = 350\nbase = 1"), "base = 1", ("TOML",)),
    Mistake("lists without end", _bytes(b"a = " + b"[" * 50_000), None, ("nested",)),
    Mistake("no schema", edit('schema  = "privscore/consortium@1"\n', ""), "name", ("schema",)),
    Mistake("another version", edit("consortium@1", "consortium@9"), "@9", ("schema",)),
    Mistake(
        "an unknown key",
        edit('table = "wallet.csv"', 'tabel = "wallet.csv"'),
        "tabel",
        ("no key `tabel`",),
    ),
    Mistake(
        "an unknown table", edit("[policy]", "[policies]"), "[policies]", ("no key `policies`",)
    ),
    Mistake(
        "no policy",
        lambda f: write_sound(f, SOUND.partition("[policy]")[0]),
        "schema",
        ("lacks", "[policy]"),
    ),
    Mistake("a missing key", edit("base = 350\n", ""), "[scorecard]", ("lacks", "base")),
    Mistake(
        "a text for a number", edit("base = 350", 'base = "350"'), "base", ("whole number", "text")
    ),
    Mistake("points with fractions", edit("[0, 25]", "[0, 2.5]"), "2.5", ("whole number",)),
    Mistake(
        "a text for a list",
        edit('roles = ["requester"]', 'roles = "requester"'),
        '"requester"',
        ("list",),
    ),
    Mistake("an empty name", edit('"deposit-waiver"', '" "'), "name", ("empty",)),
    Mistake(
        "an empty purpose",
        edit('"Decide whether a rental deposit can be waived."', '""'),
        "purpose",
        ("empty",),
    ),
]

IN_THE_PARTIES = [
    Mistake(
        "a duplicate id",
        edit('id    = "market"', 'id    = "wallet"'),
        'id    = "wallet"',
        ("two parties", "wallet"),
    ),
    Mistake(
        "an id that is no folder",
        edit('id    = "market"', 'id    = "../market"'),
        "../market",
        ("id",),
    ),
    Mistake("an id in capitals", edit('id    = "market"', 'id    = "Market"'), "Market", ("id",)),
    Mistake(
        "no data party",
        lambda f: write_sound(f, SOUND.replace('["data"]', '["auditor"]')),
        "[[party]]",
        ("no party", "data"),
    ),
    Mistake(
        "no requester",
        edit('["requester"]', '["auditor"]'),
        "[[party]]",
        ("no party", "requester"),
    ),
    Mistake(
        "a second requester whom the policy does not name",
        edit("[scorecard]", '[[party]]\nid = "shop"\nroles = [ "requester" ]\n\n[scorecard]'),
        "reveal",
        ("requester shop", "learn"),
    ),
    Mistake("an unknown role", edit('["requester"]', '["requestor"]'), "requestor", ("requestor",)),
    Mistake(
        "a role twice",
        edit('["requester"]', '["requester", "requester"]'),
        "requester",
        ("twice",),
    ),
    Mistake(
        "only two data parties",
        lambda f: write_sound(f, _TWO),
        'roles    = ["data"]',
        ("only 2", "subtract"),
    ),
    Mistake(
        "a requester with data",
        edit('["requester"]', '["requester", "data"]\ntable = "wallet.csv"'),
        '"requester"',
        ("desk", "holds data"),
    ),
    Mistake(
        "two parties that compute",
        lambda f: write_sound(f, SOUND.replace('["data"]', '["data", "compute"]', 2)),
        "compute",
        ("compute",),
    ),
    Mistake(
        "a data party without a table",
        edit('table = "market.csv"\n', ""),
        "[[party]]",
        ("market", "no `table`"),
    ),
    Mistake(
        "a table without the role",
        edit('roles = ["requester"]', 'roles = ["requester"]\ntable = "wallet.csv"'),
        'table = "wallet.csv"',
        ("desk", "role data"),
    ),
    Mistake(
        "people of a platform",
        edit('table = "market.csv"', 'table = "market.csv"\npeople = "list.txt"'),
        "people",
        ("market", "requester"),
    ),
]

IN_THE_POLICY = [
    Mistake(
        "a policy for nobody",
        edit('desk = "score" }', 'desk = "score", dsk = "tier" }'),
        "dsk",
        ("dsk", "no party"),
    ),
    Mistake("an unknown fact", edit('desk = "score"', 'desk = "scores"'), "scores", ("scores",)),
    Mistake(
        "nothing for the requester",
        edit('desk = "score"', 'bank = "nothing"'),
        "reveal",
        ("requester", "desk"),
    ),
    Mistake("min_people without end", edit("= 50", "= 99999999999999999999"), "= 9", ("min_p",)),
    Mistake(
        "min_people of none",
        edit("min_people = 50", "min_people = 0"),
        "min_people",
        ("min_people",),
    ),
    Mistake(
        "an unknown dropout", edit("min_people = 50", 'dropout = "ignore"'), "dropout", ("ignore",)
    ),
]
