"""A file that was not there before: what is imported or exported replaces nothing."""

from __future__ import annotations

from pathlib import Path

from privscore.errors import Refused
from privscore.files import writable, write


def write_new(path: Path, text: str) -> None:
    """Write a new file as UTF-8; raises Refused if it is there already or cannot be written."""
    if path.exists():
        raise Refused("the file is there already", "Name a new one, or remove it.", file=path)
    write(writable(path), text)
