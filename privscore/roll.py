"""A roll: ids in order, each once, as keys that NumPy sorts and finds; no Python object each.

Ids of one length (in bytes of UTF-8) are a table of bytes. Up to eight of them make one 64-bit
number, more a byte string of NumPy; either sorts as the bytes do. Shorter ids come before longer
ones, so numbers come by size.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Keys: TypeAlias = NDArray[Any]  # of ids of one length: uint64 or bytes, shape (ids,)
Rows: TypeAlias = NDArray[np.int64]

_WORD_BYTES = 8
_LINE_END = 0x0A


@dataclass(frozen=True, slots=True)
class Roll:
    """Ids in order, each once: the sorted keys of each length, shortest first."""

    keys: Mapping[int, Keys]

    def __len__(self) -> int:
        return sum(map(len, self.keys.values()))

    def __or__(self, other: Roll) -> Roll:
        """Who is on either."""
        both: dict[int, Keys] = {}
        for length in sorted({*self.keys, *other.keys}):
            found = [each.keys[length] for each in (self, other) if length in each.keys]
            both[length] = found[0] if len(found) == 1 else _distinct(np.concatenate(found))
        return Roll(both)

    def people(self) -> bytes:
        """The ids as a list: one buffer, joined by newlines."""
        parts = []
        for length, keys in self.keys.items():
            lines = np.empty((len(keys), length + 1), np.uint8)
            lines[:, :length] = _spelled(keys, length)
            lines[:, length] = _LINE_END
            parts.append(lines.tobytes())
        return b"".join(parts).removesuffix(b"\n")

    def rows(self, people: bytes) -> Rows:
        """Which number on the roll each id of a list has, -1 where it has none."""
        starts, before = {}, 0
        for length, keys in self.keys.items():
            starts[length] = before
            before += len(keys)
        rows = np.full(count_people(people), -1)
        for length, at, wanted in _by_length(people):
            keys = self.keys.get(length)
            if keys is not None:
                if not _ascending(wanted):  # three times as fast, since it keeps to the cache
                    order = wanted.argsort(kind="stable")
                    at, wanted = at[order], wanted[order]
                place = keys.searchsorted(wanted)
                place[place == len(keys)] = 0  # behind all of them: compared, and not found
                rows[at] = np.where(keys[place] == wanted, place + starts[length], -1)
        return rows


def roll_of(blocks: Iterable[bytes]) -> tuple[Roll, Rows | None]:
    """The roll of a list that comes in blocks; and which line each of its ids is from.

    None for the lines if the list is in order already and names nobody twice. Who is on it twice
    is on the roll once, with the first of his lines.
    """
    found: dict[int, list[tuple[Rows, Keys]]] = {}
    lines = 0
    for block in blocks:
        for length, at, keys in _by_length(block):
            found.setdefault(length, []).append((at + lines, keys))
        lines += count_people(block)
    sorted_keys: dict[int, Keys] = {}
    sources = []
    for length in sorted(found):
        at, keys = (np.concatenate(each) for each in zip(*found[length], strict=True))
        if not _ascending(keys):
            order = keys.argsort(kind="stable")
            keys, at = keys[order], at[order]
            first = np.append(True, keys[1:] != keys[:-1])
            keys, at = keys[first], at[first]
        sorted_keys[length] = keys
        sources.append(at)
    whole = np.concatenate(sources) if sources else np.zeros(0, np.int64)
    in_order = len(whole) == lines and _ascending(whole)
    return Roll(sorted_keys), None if in_order else whole


def even_length(people: bytes) -> int:
    """The length that all ids of a list have, or 0; most lists are of this kind."""
    length = people.find(b"\n")
    if length <= 0 or (len(people) + 1) % (length + 1) or people[-1] == _LINE_END:
        return 0
    ends = np.frombuffer(people, np.uint8) == _LINE_END
    lines = (len(people) + 1) // (length + 1)
    same = ends[length :: length + 1].all() and np.count_nonzero(ends) == lines - 1
    return length if same else 0


def count_people(people: bytes) -> int:
    """How many ids a list holds."""
    if not people:
        return 0
    return 1 + int(np.count_nonzero(np.frombuffer(people, np.uint8) == _LINE_END))


def _by_length(people: bytes) -> Iterator[tuple[int, Rows, Keys]]:
    """For each length: which lines of a list have it, and the keys of their ids."""
    if not people:
        return
    data = np.frombuffer(people + b"\n", np.uint8)
    if length := even_length(people):
        lines = data.reshape(-1, length + 1)
        yield length, np.arange(len(lines)), _keys(lines[:, :length])
        return
    ends = np.flatnonzero(data == _LINE_END)
    starts = np.concatenate([[0], ends[:-1] + 1])
    lengths = ends - starts
    order = lengths.argsort(kind="stable")
    counts = np.bincount(lengths)
    for length in np.flatnonzero(counts).tolist():
        at, order = order[: counts[length]], order[counts[length] :]
        yield length, at, _keys(sliding_window_view(data, length)[starts[at]])


def _keys(spelled: NDArray[np.uint8]) -> Keys:
    """The keys of ids of one length by their bytes, shape (ids, length)."""
    ids, length = spelled.shape
    if length > _WORD_BYTES:
        return np.ascontiguousarray(spelled).view(f"S{length}")[:, 0]
    words = np.zeros((ids, _WORD_BYTES), np.uint8)
    words[:, :length] = spelled
    return words.view(">u8")[:, 0].astype(np.uint64)


def _spelled(keys: Keys, length: int) -> NDArray[np.uint8]:
    """The bytes of ids of one length, shape (ids, length)."""
    if length > _WORD_BYTES:
        return keys.view(np.uint8).reshape(-1, length)
    return keys.astype(">u8").view(np.uint8).reshape(-1, _WORD_BYTES)[:, :length]


def _distinct(keys: Keys) -> Keys:
    """Each once, in order; NumPy's own `unique` takes ten times as long."""
    keys.sort(kind="stable")  # merges runs that are in order already
    return keys[np.append(True, keys[1:] != keys[:-1])]


def _ascending(values: NDArray[Any]) -> bool:
    """Whether each is larger than the one before."""
    return bool((values[1:] > values[:-1]).all())
