"""The sample consortium over a society's files, and its features written down ahead of any job."""

from __future__ import annotations

import importlib.resources
import re
import tempfile
import tomllib
from pathlib import Path

import duckdb

from privscore.database import plain_errors
from privscore.errors import Refused
from privscore.files import write
from privscore.society.write import read_manifest

_EVENTS_FILE, _FEATURES_FILE = "society.toml", "society-features.toml"
_FEATURES = "{}/features.parquet"  # of a platform
_TABLE = re.compile(r'(id    = "(\w+)"\nroles = \["data"\]\n)table = """.*?"""', re.DOTALL)
_MEMORY_LIMIT = "2GB"  # beyond it DuckDB goes through the disk


def _text() -> str:
    return (importlib.resources.files("privscore") / "scenarios" / _EVENTS_FILE).read_text("utf-8")


def scenario(directory: Path | str, *, ready: bool = False) -> Path:
    """Put the sample consortium into a society's folder and return where it is.

    Its platforms work on their raw events or, if `ready`, on what `features` has written. A file
    that is there already stays as it is: it may have been edited. Raises Refused for a full disk.
    """
    target = Path(directory).absolute() / (_FEATURES_FILE if ready else _EVENTS_FILE)
    if not target.exists():
        text = _text()
        if ready:
            text = _TABLE.sub(lambda it: f'{it[1]}table = "{_FEATURES.format(it[2])}"', text)
        write(target, text)
    return target


def features(directory: Path | str) -> dict[str, Path]:
    """Run each platform's own SQL over a whole society: one row per person, ordered by person.

    Returns the file of each platform. Raises Refused for a society that is not whole and for a disk
    that does not take the files.
    """
    directory = Path(directory).absolute()
    read_manifest(directory)
    files: dict[str, Path] = {}
    for party in tomllib.loads(_text())["party"]:
        if "table" in party:
            files[party["id"]] = directory / _FEATURES.format(party["id"])
            _write(directory, party["table"], files[party["id"]])
    return files


def _write(directory: Path, select: str, target: Path) -> None:
    """Write what `select` finds; the file appears under its name when it is whole."""
    try:
        with tempfile.TemporaryDirectory(prefix=".unfinished-", dir=directory) as scratch:
            settings: dict[str, str | bool | int | float | list[str]] = {
                "file_search_path": str(directory),
                "memory_limit": _MEMORY_LIMIT,
                "temp_directory": scratch,
            }
            with plain_errors(), duckdb.connect(config=settings) as connection:
                part = Path(scratch) / target.name
                table = connection.sql(f"FROM ({select}) ORDER BY person")
                table.write_parquet(str(part), compression="zstd")
            part.replace(target)
    except (OSError, duckdb.IOException) as error:
        raise Refused(
            f"the features cannot be written: {error}", "Make room, then run it again.", file=target
        ) from error
