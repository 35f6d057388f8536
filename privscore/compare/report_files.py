"""Where the reports of a comparison may go: they replace earlier ones, and nobody's data."""

from __future__ import annotations

from pathlib import Path

from privscore.errors import Refused
from privscore.files import writable

_HEAD_BYTES = 1 << 16  # a report says within them what it is
_CSV_HEAD = b"method,state,why,"
_HTML_TITLE = b": what privacy costs</title>"


def checked(*paths: Path | None) -> list[Path]:
    """The given paths, checked before long work; raises Refused unless all may be written.

    A file that is no report of a comparison is never replaced: a path mistyped by one word may be a
    table, or a file that only a platform's SQL knows.
    """
    places = [writable(path) for path in paths if path is not None]
    for path in places:
        if path.is_file() and not _is_report(path):
            raise Refused(
                "the file is there already, and is no report of an earlier comparison",
                "Name a new file: what is there may be somebody's data.",
                file=path,
            )
    if len({path.resolve() for path in places}) < len(places):
        raise Refused("two reports would go into one file", "Name two files.", file=places[0])
    return places


def _is_report(path: Path) -> bool:
    """Whether a file is a report of ours, or empty."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError:
        return False
    return not head or head.startswith(_CSV_HEAD) or _HTML_TITLE in head
