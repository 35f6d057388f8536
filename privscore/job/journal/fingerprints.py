"""People as numbers that say nothing without a key: 8 bytes each, by which lists compare.

First every id becomes 16 bytes by a public hash, a sum of its bytes under fixed random weights;
no two different ids of a list meet in it but by one chance in 2^100. Then AES under a party's own
key turns these into what is kept. Whoever has the key can try ids; without it there is nothing to
try them on.

Everything runs over all people at once: a million ids take 0.1 s, and the public half is shared by
the parties of one process.
"""

from __future__ import annotations

import functools
import hashlib
from typing import TypeAlias

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from numpy.typing import NDArray

from privscore.tables.id_index import count_people
from privscore.tables.people import blocks_of
from protocols.core.coins import SeededCoins
from protocols.core.ring import Ring

KEY_BYTES = 16
_ID_BYTES = 1_000  # the most that a list of people takes
_BLOCK_PEOPLE = 1 << 14  # each byte of an id takes eight words meanwhile
_NEWLINE = ord("\n")

_hashed_last: dict[bytes, NDArray[np.uint64]] = {}  # by the list's own hash: lists are large

Fingerprints: TypeAlias = NDArray[np.uint64]  # one for each person


def fingerprints(people: bytes, key: bytes) -> Fingerprints:
    """The fingerprints of a list of people under a key of 16 bytes, in its order."""
    # Equal blocks mean equal ids, and ids on a list are different: the mode that shows equal
    # blocks shows nothing, and needs no number that is used once.
    cipher = Cipher(algorithms.AES128(key), modes.ECB()).encryptor()  # noqa: S305
    hashed = _hashed(people)
    marks = np.empty(len(hashed), np.uint64)
    for start in range(0, len(hashed), _BLOCK_PEOPLE):
        block = hashed[start : start + _BLOCK_PEOPLE]
        marks[start : start + len(block)] = np.frombuffer(cipher.update(block.tobytes()), "<u8")[
            ::2
        ]
    return marks


def forget_list() -> None:
    """Let go of the list that was hashed last."""
    _hashed_last.clear()


def _hashed(people: bytes) -> NDArray[np.uint64]:
    """The public hash of every id, in the order of the list: shape (people, 2)."""
    digest = hashlib.sha256(people).digest()
    if digest in _hashed_last:
        return _hashed_last[digest]
    hashes = np.empty((count_people(people), 2), np.uint64)
    start = 0
    for block in blocks_of(people, _BLOCK_PEOPLE):
        hashed = _hash_block(block)
        hashes[start : start + len(hashed)] = hashed
        start += len(hashed)
    _hashed_last.clear()
    _hashed_last[digest] = hashes
    return hashes


def _hash_block(people: bytes) -> NDArray[np.uint64]:
    octets = np.frombuffer(people, np.uint8)
    ends = np.flatnonzero(octets == _NEWLINE)
    starts = np.concatenate([[0], ends + 1])
    lengths = np.diff(starts, append=len(octets) + 1)
    place = np.arange(len(octets)) - np.repeat(starts, lengths)[: len(octets)]
    # One more than the byte, so that a zero behind an id counts; the end of a line does not.
    value = np.where(octets == _NEWLINE, 0, octets.astype(np.uint64) + np.uint64(1))
    return np.stack(
        [np.add.reduceat(value * weights[place], starts) for weights in _weights()], axis=1
    )


@functools.cache
def _weights() -> NDArray[np.uint64]:
    """Random weights that are the same everywhere: shape (2, bytes of an id and its end)."""
    coins = SeededCoins(b"privscore/fingerprints")
    return coins.uniform(Ring(64), (2, _ID_BYTES + 1)).astype(np.uint64)
