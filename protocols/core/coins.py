"""The only source of randomness that a role may use.

`SeededCoins` is an AES-128 key stream over one seed: fresh from the operating system in
production, kept in a `View` so that a run can be replayed. A small ring's coins can be enumerated
instead (`Tape`), so a role sees only the `Coins` interface.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator
from typing import Protocol

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from protocols.core.errors import LocalMisuse
from protocols.core.ring import Ring, Vec

SEED_BYTES = 32
_BLOCK_BYTES = 1 << 18  # one pass of the cipher stays inside the second-level cache
_ZEROS = bytes(_BLOCK_BYTES)
_FROM_ZERO = modes.CTR(bytes(16))
_SPARE_BYTES = 15  # `update_into` wants room for one block more, less a byte


class Coins(Protocol):
    """Independent uniform draws."""

    def fork(self, label: str) -> Coins:
        """Coins of their own for one label, so that a draw added in one place moves no other.

        Raises LocalMisuse for a label that was forked before: it would repeat the stream.
        """

    def expand(self, seed: bytes, context: bytes) -> Coins:
        """The coins that everybody who knows `seed` and `context` gets."""

    def bytes(self, size: int) -> bytes:
        """`size` uniform bytes."""

    def uniform(self, ring: Ring, shape: int | tuple[int, ...]) -> Vec:
        """Uniform elements of `ring`, shape as given."""

    def add_to(self, total: Vec, ring: Ring) -> None:
        """Add what `uniform` would give to `total`, in place."""

    def take_from(self, total: Vec, ring: Ring) -> None:
        """Take what `uniform` would give away from `total`, in place."""


class SeededCoins:
    """AES-128 in counter mode under a hash of the seed (NIST SP 800-38A, section 6.5)."""

    __slots__ = ("_forked", "_stream", "seed")

    def __init__(self, seed: bytes | None = None) -> None:
        self.seed = secrets.token_bytes(SEED_BYTES) if seed is None else seed
        key = hashlib.sha256(b"privscore/coins/key\0" + self.seed).digest()[:16]
        self._stream = Cipher(algorithms.AES128(key), _FROM_ZERO).encryptor()
        self._forked: set[str] = set()

    def __repr__(self) -> str:
        return f"SeededCoins({len(self.seed)} bytes of seed)"

    def __reduce__(self) -> tuple[object, ...]:
        raise LocalMisuse("coins do not pickle: a copy would repeat every draw")

    def fork(self, label: str) -> SeededCoins:
        """See `Coins.fork`."""
        if label in self._forked:
            raise LocalMisuse(f"coins were forked for {label!r} before")
        self._forked.add(label)
        return SeededCoins(_derive(b"fork", self.seed, label.encode()))

    def expand(self, seed: bytes, context: bytes) -> SeededCoins:
        """See `Coins.expand`."""
        return SeededCoins(_derive(b"expand", seed, context))

    def bytes(self, size: int) -> bytes:
        """See `Coins.bytes`."""
        return self._fill(size).tobytes()

    def uniform(self, ring: Ring, shape: int | tuple[int, ...]) -> Vec:
        """See `Coins.uniform`."""
        dims = (shape,) if isinstance(shape, int) else shape
        count = int(np.prod(dims, dtype=np.int64))
        return ring.reduce(self._fill(count * ring.item_bytes).view(ring.dtype).reshape(dims))

    def add_to(self, total: Vec, ring: Ring) -> None:
        """See `Coins.add_to`; one dimension, contiguous."""
        for part, drawn in self._passes(total, ring):
            part += drawn

    def take_from(self, total: Vec, ring: Ring) -> None:
        """See `Coins.take_from`; one dimension, contiguous."""
        for part, drawn in self._passes(total, ring):
            part -= drawn

    def _passes(self, total: Vec, ring: Ring) -> Iterator[tuple[Vec, Vec]]:
        """Parts of `total` with as many elements of the stream, which are gone at the next part."""
        count = _BLOCK_BYTES // ring.item_bytes
        room = np.empty(min(_BLOCK_BYTES, total.nbytes) + _SPARE_BYTES, np.uint8)
        for start in range(0, len(total), count):
            part = total[start : start + count]
            zeros = _ZEROS if part.nbytes == _BLOCK_BYTES else _ZEROS[: part.nbytes]
            self._stream.update_into(zeros, room.data[: part.nbytes + _SPARE_BYTES])
            yield part, room[: part.nbytes].view(ring.dtype)

    def _fill(self, size: int) -> np.ndarray[tuple[int], np.dtype[np.uint8]]:
        room = np.empty(size + _SPARE_BYTES, np.uint8)
        view = room.data
        for start in range(0, size, _BLOCK_BYTES):
            length = min(_BLOCK_BYTES, size - start)
            zeros = _ZEROS if length == _BLOCK_BYTES else _ZEROS[:length]
            self._stream.update_into(zeros, view[start : start + length + _SPARE_BYTES])
        return room[:size]


def _derive(purpose: bytes, *parts: bytes) -> bytes:
    """A child seed; every part is preceded by its length, so that no two inputs coincide."""
    digest = hashlib.sha256(b"privscore/coins/" + purpose + b"\0")
    for part in parts:
        digest.update(len(part).to_bytes(8, "little") + part)
    return digest.digest()
