"""Where in a TOML text each key stands: `tomllib` tells what a file says, but not on which line.

The scan trusts that `tomllib` has accepted the text, so it needs to know only where a key, a
string, a list or a table begins and ends.
"""

from __future__ import annotations

import bisect
import difflib
import re
import tomllib
from collections.abc import Iterable
from typing import TypeAlias

KeyPath: TypeAlias = tuple[str | int, ...]  # ("scorecard", "characteristic", 2, "points")

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*+")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_STRING = re.compile(  # up to two quotes may stand right before the closing three
    r'"""(?:[^"\\]|\\.|"(?!""))*+"{3,5}'
    r"|'''(?:[^']|'(?!''))*+'{3,5}"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)
_PLAIN = re.compile(r"[^,\]}#\n]+")  # numbers, booleans, dates


def nearest(word: str, known: Iterable[str]) -> str:
    """A question to end a fix with, ' Did you mean `...`?', or nothing if no word is near."""
    matches = difflib.get_close_matches(word, list(known), n=1)
    return f" Did you mean `{matches[0]}`?" if matches else ""


def key_lines(text: str) -> dict[KeyPath, int]:
    """The line, counted from 1, of every key, table header and list element of a TOML text.

    Raises ValueError for a text that is no TOML, if the scan stumbles over it.
    """
    return _Scan(text).lines


def line_of(lines: dict[KeyPath, int], keys: KeyPath) -> int:
    """The line of a key, or of the table it is absent from, or 1 if that is absent too."""
    for length in range(len(keys), 0, -1):
        if keys[:length] in lines:
            return lines[keys[:length]]
    return 1


class _Scan:
    """One pass over the text."""

    def __init__(self, text: str) -> None:
        self.text, self.offset = text, 0
        self.breaks = [line_end.start() for line_end in re.finditer("\n", text)]
        self.lines: dict[KeyPath, int] = {}
        self.entries: dict[KeyPath, int] = {}  # how many [[...]] an array of tables has so far
        table: KeyPath = ()
        self._take(_BLANK)
        while self.offset < len(text):
            if text.startswith("[", self.offset):
                table = self._header()
            else:
                self._pair(table)
            self._take(_BLANK)

    def _take(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.text, self.offset)
        if match is None:
            raise ValueError(f"this is no TOML at character {self.offset}")
        self.offset = match.end()
        return match.group()

    def _skip(self, mark: str) -> bool:
        """Whether `mark` stands here, behind blanks and comments; if so, the scan goes past it."""
        self._take(_BLANK)
        if not self.text.startswith(mark, self.offset):
            return False
        self.offset += len(mark)
        return True

    def _mark(self, path: KeyPath, start: int) -> None:
        self.lines.setdefault(path, bisect.bisect_left(self.breaks, start) + 1)

    def _key(self) -> list[str]:
        """The parts of a key, its dots taken away."""
        parts = []
        while True:
            self._take(_BLANK)
            if self.text.startswith(('"', "'"), self.offset):
                parts.append(tomllib.loads(f"key = {self._take(_STRING)}")["key"])
            else:
                parts.append(self._take(_BARE_KEY))
            if not self._skip("."):
                return parts

    def _header(self) -> KeyPath:
        """[a.b] or [[a.b]]; returns the path of the table that the keys below it belong to."""
        start = self.offset
        is_array = self._skip("[[")
        self.offset += 0 if is_array else 1
        *above, last = self._key()
        self.offset += 2 if is_array else 1
        path: KeyPath = ()
        for part in above:
            path += (part,)
            self._mark(path, start)
            if path in self.entries:  # what stands inside an array of tables is in its latest one
                path += (self.entries[path] - 1,)
        path += (last,)
        if not is_array:  # a header of its own is a better place than [path.below] before it
            self.lines.pop(path, None)
        self._mark(path, start)
        if is_array:
            entry = self.entries.get(path, 0)
            self.entries[path] = entry + 1
            path += (entry,)
            self._mark(path, start)
        return path

    def _pair(self, table: KeyPath) -> None:
        """key = value, in a table or between the braces of an inline one."""
        start = self.offset
        path = table
        for part in self._key():
            path += (part,)
            self._mark(path, start)
        self._skip("=")
        self._value(path)

    def _value(self, path: KeyPath) -> None:
        self._take(_BLANK)
        if self._skip("["):
            element = 0
            while not self._skip("]"):
                self._mark((*path, element), self.offset)
                self._value((*path, element))
                self._skip(",")
                element += 1
        elif self._skip("{"):
            while not self._skip("}"):
                self._pair(path)
                self._skip(",")
        elif self.text.startswith(('"', "'"), self.offset):
            self._take(_STRING)
        else:
            self._take(_PLAIN)
