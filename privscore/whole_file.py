"""One file that a command leaves: there whole, or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from privscore.errors import Refused


def writable(path: Path) -> Path:
    """The path, if a file can be written there; asked before long work. Raises Refused if not."""
    if path.is_dir():
        raise Refused(f"{path} is a folder", "Name a file in it.")
    if not path.parent.is_dir():
        raise Refused(f"there is no folder {path.parent}", "Make it, or name another.")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise Refused(f"cannot write {path}", "Name a place that can be written.")
    return path


def write(path: Path, text: str) -> None:
    """Write a text as UTF-8 in the place of what was there; raises Refused if the disk says no."""
    partial = path.with_name(f".{path.name}.partial-{os.getpid()}")
    try:
        partial.write_text(text, encoding="utf-8", newline="")
        partial.replace(path)
    except OSError as error:
        raise Refused(
            f"cannot write {path}: {error.strerror}", "Make room, then run it again."
        ) from error
    finally:
        partial.unlink(missing_ok=True)
