"""Tables onto the disk, as Parquet parts, so that a society is there whole or not at all.

A part is one block's share of a table: `wallet/payments/part-0003.parquet`, read together with its
like as 'wallet/payments/*.parquet'. Everything is made in a folder beside the wanted one, which is
given its name when all parts and, last, `society.json` are in it.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import duckdb
import msgspec

from privscore.database import plain_errors
from privscore.errors import Refused
from privscore.society.events import CATEGORIES, Table
from privscore.society.people import DAYS

FIRST_DAY = "2016-07-01"
MANIFEST = "society.json"
SCHEMA = "privscore/society@1"

_DAY = f"DATE '{FIRST_DAY}' + {{0}} AS {{0}}"
_PERSON = "printf('p%07d', {0}) AS {0}"
_AS_WRITTEN = {  # columns that NumPy holds in a narrower form than a platform would
    "person": _PERSON,
    "friend": _PERSON,
    "day": _DAY,
    "since": _DAY,
    "setback_day": f"CASE WHEN {{0}} < {DAYS} THEN DATE '{FIRST_DAY}' + {{0}} END AS {{0}}",
    "hours": "{0}::DECIMAL(3, 1) AS {0}",
    "category": f"{list(CATEGORIES)}[{{0}} + 1] AS {{0}}",
}


class PartFile(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """One file of a society."""

    path: str  # relative to the society's folder, with slashes
    rows: int
    bytes: int
    sha256: str  # tells whether two societies are the same

    @property
    def table(self) -> str:
        """The table that it is a part of: 'wallet/payments'."""
        return self.path.rpartition("/")[0]


class Manifest(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What `society.json` says: how the society was made, and every file that belongs to it."""

    schema: str
    people: int
    seed: int
    versions: dict[str, str]  # of whatever the content depends on
    files: list[PartFile]


def write_parts(folder: Path, number: int, tables: dict[str, Table]) -> list[PartFile]:
    """Write part `number` of each table, by its name; raises Refused for a full disk."""
    try:
        with (
            plain_errors(),
            duckdb.connect(config={"threads": 1}) as connection,
        ):  # one worker, one core
            return [
                _write_part(connection, folder, f"{name}/part-{number:04d}.parquet", table)
                for name, table in tables.items()
            ]
    except (OSError, duckdb.IOException) as error:
        raise Refused(
            f"the disk did not take the society: {error}",
            "Make room or choose another folder, then generate it again.",
        ) from error


def _write_part(
    connection: duckdb.DuckDBPyConnection, folder: Path, path: str, table: Table
) -> PartFile:
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    columns = ", ".join(_AS_WRITTEN.get(column, "{0}").format(column) for column in table)
    connection.register("numbers", table)
    rows = connection.sql(f"SELECT {columns} FROM numbers")  # the names are ours
    rows.write_parquet(str(file), compression="zstd")
    connection.unregister("numbers")
    with file.open("rb") as written:
        digest = hashlib.file_digest(written, "sha256").hexdigest()
    return PartFile(path, len(table["person"]), file.stat().st_size, digest)


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write `society.json`, which makes the folder a whole society, and wait for the disk."""
    text = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
    with (folder / MANIFEST).open("wb") as file:
        file.write(text + b"\n")
        file.flush()
        os.fsync(file.fileno())


def read_manifest(folder: Path) -> Manifest:
    """What `folder` says of itself; raises Refused unless every file it names is there in full."""
    again = "Generate the society again, into an empty folder."
    place = folder / MANIFEST
    try:
        manifest = msgspec.json.decode(place.read_bytes(), type=Manifest)
    except FileNotFoundError as error:
        raise Refused(f"{folder} holds no whole society: it lacks {MANIFEST}", again) from error
    except (OSError, msgspec.DecodeError) as error:
        raise Refused(f"it does not describe a society: {error}", again, file=place) from error
    if manifest.schema != SCHEMA:
        raise Refused("it describes a society of another version", again, file=place)
    for part in manifest.files:
        path = folder / part.path
        if not path.is_file() or path.stat().st_size != part.bytes:
            raise Refused("a part of the society is missing or cut short", again, file=path)
    return manifest
