"""What a command leaves on the disk: there whole, or not at all."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from privscore.errors import Refused

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_MAKE_ROOM = "Make room, then run it again."


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
    """Write a text as UTF-8 over what was there; raises Refused if it cannot be written."""
    partial = path.with_name(f".{path.name}.partial-{os.getpid()}")
    try:
        partial.write_text(text, encoding="utf-8", newline="")
        partial.replace(path)
    except OSError as error:
        raise Refused(f"cannot write {path}: {error.strerror}", _MAKE_ROOM) from error
    finally:
        partial.unlink(missing_ok=True)


def write_new(path: Path, text: str) -> None:
    """Write a new file as UTF-8; raises Refused if it is there already or cannot be written."""
    if path.exists():
        raise Refused("the file is there already", "Name a new one, or remove it.", file=path)
    write(writable(path), text)


@contextmanager
def new_folder(out: Path) -> Iterator[Path]:
    """A folder that becomes `out` if the block ends well, and is gone if it does not.

    Raises Refused if `out` is there already and is anything but an empty folder, and for a disk
    that is full.
    """
    if out.exists() and not out.is_dir():
        raise Refused(f"{out} is a file", "Name a new folder.")
    if out.is_dir() and any(out.iterdir()):
        raise Refused(f"{out} exists and is not empty", "Name a new folder, or remove that one.")
    partial = out.with_name(f".{out.name}.partial-{os.getpid()}")
    try:
        partial.mkdir(parents=True)
    except OSError as error:
        raise Refused(
            f"cannot write to {out.parent}: {error.strerror}", "Name a folder that can be written."
        ) from error
    try:
        yield partial
        if out.is_dir():
            out.rmdir()
        partial.rename(out)
    except Exception as error:
        if full := no_room(error, str(out)):
            raise full from error
        raise
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def put(values: NDArray[Any], file: BinaryIO) -> None:
    """Write an array's values, row by row; raises OSError if the disk does not take all of them.

    The array's own `tofile` writes what there is room for, and says nothing.
    """
    file.write(np.ascontiguousarray(values).data)


def put_whole(values: NDArray[Any], path: Path) -> None:
    """Write an array's values as one file; see `put`."""
    with path.open("wb") as file:
        put(values, file)


def no_room(error: Exception, what: str) -> Refused | None:
    """What to say of an error that means a full disk, or a limit on files; None for another."""
    if isinstance(error, OSError) and error.errno in _FULL:
        return Refused(f"cannot write {what}: {os.strerror(error.errno)}", _MAKE_ROOM)
    # Where nothing can be written, Python finds no folder for temporary files: no file is named.
    if isinstance(error, FileNotFoundError) and error.filename is None:
        return Refused(f"cannot write {what}: {error.strerror}", _MAKE_ROOM)
    return None
