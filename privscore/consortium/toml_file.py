"""A TOML file with a place for every fault: what it says, and on which line each key stands."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any, NamedTuple

from privscore.consortium.conversion import Refuse
from privscore.consortium.toml_lines import KeyPath, key_lines, line_of
from privscore.errors import Refused

_MOST_BYTES = 4 << 20


class TomlFile(NamedTuple):
    """What a file says, the line of every key, and how the file is refused."""

    data: dict[str, Any]
    lines: dict[KeyPath, int]
    refuse: Refuse


def read_toml(path: Path) -> TomlFile:
    """Read a file; raises Refused for one that cannot be read or is not TOML."""
    text = _read(path)
    try:
        data = tomllib.loads(text)
        lines = key_lines(text)
    except RecursionError as error:
        raise Refused("lists are nested too deeply", "Flatten them.", file=path) from error
    except ValueError as error:  # TOMLDecodeError is one; so is a number of 5,000 digits
        cause, line = _syntax_fault(str(error), text)
        raise Refused(
            f"this is not TOML: {cause}",
            "Fix the line; tables are [name], keys are `key = value`, texts stand in quotes.",
            file=path,
            line=line,
        ) from error

    def refuse(cause: str, fix: str, *keys: str | int) -> Refused:
        return Refused(cause, fix, file=path, line=line_of(lines, keys))

    return TomlFile(data, lines, refuse)


def _read(path: Path) -> str:
    if path.is_dir():
        raise Refused("this is a folder", "Name the consortium file in it.", file=path)
    try:
        with path.open("rb") as file:
            body = file.read(_MOST_BYTES + 1)
    except FileNotFoundError as error:
        raise Refused(
            "there is no such file", "Check the name and the folder.", file=path
        ) from error
    except OSError as error:
        raise Refused(
            f"the file cannot be read: {error.strerror}", "Check its permissions.", file=path
        ) from error
    if len(body) > _MOST_BYTES:
        raise Refused(
            f"the file is larger than {_MOST_BYTES >> 20} MiB",
            "A consortium file holds no data; name a table's file instead.",
            file=path,
        )
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refused(
            "the file is not UTF-8",
            "Save it as UTF-8.",
            file=path,
            line=body.count(b"\n", 0, error.start) + 1,
        ) from error
    if not text.strip():
        raise Refused(
            "the file is empty", "`privscore init DIR` writes an example.", file=path, line=1
        )
    return text


def _syntax_fault(message: str, text: str) -> tuple[str, int]:
    """What `tomllib` says, without the place, and the line of that place."""
    cause, _, place = message.partition(" (at ")
    line = re.match(r"line (\d+)", place)
    return cause, int(line[1]) if line else text.rstrip().count("\n") + 1
