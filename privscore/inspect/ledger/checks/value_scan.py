"""A scan of recorded bodies for other parties' values: it tries to contradict the ledger.

It finds runs of at least `RUN` people's values, in the order of the job's list, in every integer
and float encoding and at every byte of a field. A run that hardly varies is not counted, since
zeros are everywhere. It does not find values that were changed, reordered or spread out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from privscore.inspect.ledger.checks.scan_targets import Encoded, Target, encodings, targets
from privscore.inspect.ledger.evidence import Evidence
from protocols.core.body import BYTES, INT, Malformed, decode
from protocols.core.view import Seen

RUN: Final = 16
CHANGES: Final = 4  # how often a run must change its value to be counted

_SIZES: tuple[int, ...] = (1, 2, 4, 8)
_NUMBER_SIZES: tuple[int, ...] = (8,)  # of a field that is one number
_MOST_MATCHES = 4096  # in one field that are followed up
_MOST_NEEDLES = 64  # that share one run of values
_MOST_TABLE_BITS = 24
_MIX = np.uint64(0xFF51AFD7ED558CCD)  # MurmurHash3's finaliser; any odd number with mixed bits does


class Hit(NamedTuple):
    """A run of somebody else's values in what a party was sent."""

    party: str
    sender: str
    message: str
    target: Target
    encoding: str
    people: int


class _Stream(NamedTuple):
    """The bytes of one field, over all messages of one name from one sender."""

    sender: str
    message: str
    data: bytes
    sizes: tuple[int, ...]  # that a value in it can have, in bytes


def why_not(evidence: Evidence) -> str:
    """Why a run cannot be scanned; empty if it can."""
    if not evidence.run.is_whole:
        return "only one party's folder is here, and nobody's values but its own"
    if evidence.run.record.recording != "full":
        return "the recording is an outline, without the bytes of the messages"
    if evidence.run.record.people < RUN:
        return f"fewer than {RUN} people, whose values could be found by chance"
    return ""


def scan(evidence: Evidence) -> tuple[Hit, ...]:
    """What lies of others in each party's view of a full recording: the longest run of each."""
    needles: dict[int, list[tuple[Target, Encoded]]] = defaultdict(list)
    for target in targets(evidence):
        if len(target.values) >= RUN:
            for encoded in encodings(target.values):
                needles[encoded.bits.itemsize].append((target, encoded))
    indices = {size: _Index(same_size) for size, same_size in needles.items()}
    longest: dict[tuple[str, str, str, str], Hit] = {}
    for party, sessions in evidence.sessions.items():
        for stream in _streams([seen for _, view in sessions for seen in view.messages]):
            for size in indices.keys() & stream.sizes:
                for target, encoding, people in indices[size].runs_in(stream.data):
                    hit = Hit(party, stream.sender, stream.message, target, encoding, people)
                    key = (party, stream.sender, stream.message, target.what)
                    if target.of != party and (key not in longest or people > longest[key].people):
                        longest[key] = hit
    return tuple(longest.values())


def _streams(messages: Iterable[Seen]) -> Iterator[_Stream]:
    """The fields of all messages as runs of bytes; a number is one value, so they are joined."""
    joined: dict[tuple[str, str, int, tuple[int, ...]], bytearray] = defaultdict(bytearray)
    for seen in messages:
        if seen.body is None:
            continue
        try:
            fields = [(each.buffer, each.code) for each in decode(seen.body)]
        except Malformed:  # it came, but no role could have read it
            fields = [(memoryview(seen.body.join()), BYTES)]
        for number, (buffer, code) in enumerate(fields):
            sizes = _NUMBER_SIZES if code == INT else _SIZES
            joined[seen.sender, seen.name, number, sizes] += buffer
    for (sender, name, _, sizes), data in joined.items():
        yield _Stream(sender, name.rpartition("/")[2], bytes(data), sizes)


class _Index:
    """All runs of `RUN` values of some targets, to be looked up by hash; values of one size."""

    def __init__(self, needles: Sequence[tuple[Target, Encoded]]) -> None:
        self._needles = needles
        hashes, which, starts = [], [], []
        for number, (_, encoded) in enumerate(needles):
            start = np.flatnonzero(_varies(encoded.bits))
            hashes.append(_windows(encoded.bits)[start])
            which.append(np.full(len(start), number))
            starts.append(start)
        hashed = np.concatenate(hashes)
        order = np.argsort(hashed, kind="stable")
        self._hashes = hashed[order]
        self._which = np.concatenate(which)[order]
        self._starts = np.concatenate(starts)[order]
        bits = min(len(hashed).bit_length() + 4, _MOST_TABLE_BITS)
        self._shift = np.uint64(64 - bits)
        self._table = np.zeros(1 << bits, np.bool_)  # which hashes there are, by their first bits
        self._table[self._hashes >> self._shift] = True
        self._size = needles[0][1].bits.itemsize

    def runs_in(self, data: bytes) -> Iterator[tuple[Target, str, int]]:
        """Target, encoding and length of the runs found in `data`, from any byte on."""
        for offset in range(self._size):
            count = (len(data) - offset) // self._size
            if count >= RUN:
                yield from self._runs(np.frombuffer(data, f"<u{self._size}", count, offset))

    def _runs(self, values: NDArray[Any]) -> Iterator[tuple[Target, str, int]]:
        hashes = _windows(values)
        starts = np.flatnonzero(self._table[hashes >> self._shift])
        first = self._hashes.searchsorted(hashes[starts])
        matches = self._hashes.take(first, mode="clip") == hashes[starts]
        starts, first = starts[matches], first[matches]
        last = self._hashes.searchsorted(hashes[starts], side="right")
        for _ in range(_MOST_MATCHES):
            if not len(starts):
                return
            covered = int(starts[0]) + 1
            for entry in range(int(first[0]), min(int(last[0]), int(first[0]) + _MOST_NEEDLES)):
                target, encoded = self._needles[self._which[entry]]
                start, end = _stretch(
                    values, int(starts[0]), encoded.bits, int(self._starts[entry])
                )
                if end - start >= RUN:
                    yield target, encoded.encoding, end - start
                    covered = max(covered, end - RUN + 1)
            passed = starts.searchsorted(covered)
            starts, first, last = starts[passed:], first[passed:], last[passed:]


def _stretch(
    values: NDArray[Any], index: int, needle: NDArray[Any], needle_index: int
) -> tuple[int, int]:
    """From where to where `values` equal the needle around two indices, as indices of `values`."""
    back = min(index, needle_index)
    length = min(len(values) - index, len(needle) - needle_index) + back
    start, needle_start = index - back, needle_index - back
    wrong = np.flatnonzero(
        values[start : start + length] != needle[needle_start : needle_start + length]
    )
    after = int(wrong.searchsorted(back))
    begin = int(wrong[after - 1]) + 1 if after else 0
    end = int(wrong[after]) if after < len(wrong) else length
    return start + begin, start + end


def _windows(values: NDArray[Any]) -> NDArray[np.uint64]:
    """A hash of every `RUN` values in a row: shape (len(values) - RUN + 1,)."""
    hashed = values.astype(np.uint64)
    hashed ^= hashed >> np.uint64(33)
    hashed *= _MIX
    hashed ^= hashed >> np.uint64(29)
    step, factor = 1, _MIX
    while step < RUN:
        hashed = hashed[:-step] * factor + hashed[step:]
        step, factor = 2 * step, np.multiply(factor, factor, dtype=np.uint64)
    return hashed


def _varies(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Which `RUN` values in a row change often enough to be told from zeros and padding."""
    changes = np.concatenate([[0], np.cumsum(values[1:] != values[:-1])])
    varies: NDArray[np.bool_] = changes[RUN - 1 :] - changes[: len(values) - RUN + 1] >= CHANGES
    return varies
