"""Mistakes in one party's own file, beside a sound consortium file without anything private."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from mistakes_in_keys import KEYED, pem, write_key
from sound_consortium import Mistake, write_sound

PRIVATE = ("table", "data_dir", "people", "identity", "key ")
SHARED = "".join(line for line in KEYED.splitlines(keepends=True) if not line.startswith(PRIVATE))
OWN = """\
schema    = "privscore/own@1"
agreement = "consortium.toml"
party     = "wallet"
table     = "wallet.csv"
identity  = "wallet.key"
"""


def write_own(folder: Path, text: str = OWN, shared: str = SHARED) -> Path:
    """The wallet's own file, or another text, with its data and the file that all share."""
    write_sound(folder, shared)
    write_key(folder / "wallet.key", pem())
    own_file = folder / "wallet.toml"
    own_file.write_text(text)
    return own_file


def _edit(old: str, new: str) -> Callable[[Path], Path]:
    """The own file with one passage replaced."""
    assert old in OWN, old
    return lambda folder: write_own(folder, OWN.replace(old, new, 1))


IN_THE_OWN_FILE = [
    Mistake("another version", _edit("own@1", "own@2"), "own@2", ("not known here",)),
    Mistake("a key too many", _edit("table ", "tabel "), "tabel", ("no key `tabel`",)),
    Mistake("a public key in private", _edit("table", "public_key"), "public_key", ("no key",)),
    Mistake("no party", _edit('party     = "wallet"\n', ""), "schema", ("lacks", "party")),
    Mistake("a stranger", _edit('"wallet"', '"walet"'), "walet", ("`walet`", "no party")),
    Mistake("a list as table", _edit('"wallet.csv"', "[1]"), "[1]", ("`table` should be a text",)),
    Mistake("an empty agreement", _edit('"consortium.toml"', '" "'), '" "', ("`agreement`",)),
    Mistake("no table", _edit('table     = "wallet.csv"\n', ""), "schema", ("wallet", "`table`")),
    Mistake("an empty table", _edit('"wallet.csv"', '""'), 'table     = ""', ("`table` is empty",)),
    Mistake(
        "a table that is not there", _edit("wallet.csv", "wallets.csv"), "table ", ("wallets.csv",)
    ),
    Mistake(
        "a list of people at a platform",
        _edit("identity ", 'people    = "list.txt"\nidentity '),
        "people",
        ("not the requester",),
    ),
    Mistake(
        "the table of another party",
        _edit('"wallet"', '"desk"'),
        "table",
        ("desk", "not the role data"),
    ),
    Mistake(
        "an identity of a party without a public key",
        lambda f: write_own(f, OWN.replace('"wallet"', '"market"').replace("wallet.csv", "m.csv")),
        "identity",
        ("market", "no `public_key`"),
    ),
    Mistake(
        "no identity for a named key",
        _edit('identity  = "wallet.key"\n', ""),
        "schema",
        ("private key is not here",),
    ),
    Mistake(
        "an identity that is not there",
        _edit('"wallet.key"', '"other.key"'),
        "identity",
        ("other.key", "cannot be read"),
    ),
]
