"""The one error with which privscore refuses: what is wrong, where, and what to do about it."""

from __future__ import annotations

from pathlib import Path


class Refused(Exception):
    """A file, an argument or a request that privscore will not act on; nothing has been written.

    `cause` is one sentence on what is wrong and `fix` one on what to do; `file` and `line`
    (counted from 1) say where, if the fault has a place in a file. Neither sentence may hold a
    value of anybody's data. The command line ends with exit code 2 on it.
    """

    def __init__(
        self, cause: str, fix: str, *, file: str | Path | None = None, line: int | None = None
    ) -> None:
        super().__init__(cause, fix)
        self.cause, self.fix = cause, fix
        self.file = None if file is None else str(file)
        self.line = line

    def __str__(self) -> str:
        place = "" if self.file is None else self.file
        if self.line is not None:
            place += f":{self.line}"
        prefix = f"{place}: " if place else ""
        return f"{prefix}{self.cause}\n  fix: {self.fix}"

    def __reduce__(self) -> tuple[object, ...]:  # pickled with its place when a worker raises it
        return (_refused, (self.cause, self.fix, self.file, self.line))


def _refused(cause: str, fix: str, file: str | None, line: int | None) -> Refused:
    return Refused(cause, fix, file=file, line=line)
