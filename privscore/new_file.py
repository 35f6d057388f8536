"""One new text file, there whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from privscore.errors import Refused


def write_new(path: Path, text: str) -> None:
    """Write a file as UTF-8; raises Refused if it is there already or cannot be written."""
    if path.exists():
        raise Refused("the file is there already", "Name a new one, or remove it.", file=path)
    part = path.with_name(f".{path.name}.partial-{os.getpid()}")
    try:
        part.write_text(text, encoding="utf-8")
        part.rename(path)
    except OSError as error:
        raise Refused(
            f"the file cannot be written: {error.strerror}", "Name another place.", file=path
        ) from error
    finally:
        part.unlink(missing_ok=True)
