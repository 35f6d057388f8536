"""The rings Z_2^bits, as NumPy sees them: unsigned arrays that wrap.

A `Ring(bits)` whose bits fill a dtype wraps for free. A smaller one, such as `Ring(3)`, keeps its
elements as any representative modulo 2^bits in the smallest dtype: sums and products are still
right, since 2^bits divides 2^8, and only `reduce` and `decode` look at the bits that count.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from protocols.core.errors import LocalMisuse

Vec: TypeAlias = NDArray[np.unsignedinteger[Any]]

# By the bytes that hold all bits, less one: looked up for every block of a stream.
_DTYPES = tuple(np.dtype(f"<u{size}") for size in (1, 2, 4, 4, 8, 8, 8, 8))


@dataclass(frozen=True, slots=True)
class Ring:
    """The integers modulo 2^bits, for 1 to 64 bits."""

    bits: int

    def __post_init__(self) -> None:
        if not 1 <= self.bits <= 64:
            raise LocalMisuse(f"a ring has 1 to 64 bits, not {self.bits}")

    @classmethod
    def holding(cls, low: int, high: int) -> Ring:
        """The smaller of Z_2^32 and Z_2^64 in which no signed value in [low, high] wraps.

        Raises LocalMisuse where neither is large enough.
        """
        for bits in (32, 64):
            if -(1 << (bits - 1)) < low <= high < (1 << (bits - 1)):
                return cls(bits)
        raise LocalMisuse(f"values from {low} to {high} could wrap modulo 2^64")

    @property
    def dtype(self) -> np.dtype[np.unsignedinteger[Any]]:
        """The smallest unsigned dtype that holds an element, little-endian."""
        return _DTYPES[(self.bits - 1) // 8]

    @property
    def item_bytes(self) -> int:
        """Bytes of one element on the wire."""
        return self.dtype.itemsize

    def zeros(self, shape: int | tuple[int, ...]) -> Vec:
        """Elements that are all zero, shape as given."""
        return np.zeros(shape, self.dtype)

    def encode(self, values: ArrayLike) -> Vec:
        """Signed integers as elements, same shape; raises LocalMisuse if one does not fit."""
        signed = np.asarray(values)
        if signed.dtype.kind not in "iu":
            raise LocalMisuse(f"a ring holds integers, not {signed.dtype}")
        if signed.size:
            half = 1 << (self.bits - 1)
            if not -half <= int(signed.min()) <= int(signed.max()) < half:
                raise LocalMisuse(f"a value lies outside the signed range of {self.bits} bits")
        return signed.astype(self.dtype)

    def decode(self, elements: Vec) -> NDArray[np.int64]:
        """The signed integers nearest zero that the elements stand for, same shape, int64."""
        shift = np.uint64(64 - self.bits)
        return (elements.astype(np.uint64) << shift).view(np.int64) >> shift.astype(np.int64)

    def reduce(self, elements: Vec) -> Vec:
        """The representatives in [0, 2^bits), same shape."""
        if self.bits == 8 * self.item_bytes:
            return elements
        return elements & self.dtype.type((1 << self.bits) - 1)

    def total(self, vectors: Iterable[Vec]) -> Vec:
        """The sum of one or more vectors, added in place into a fresh one."""
        first, *others = vectors
        result = np.array(first, self.dtype)
        for vector in others:
            result += vector
        return result
