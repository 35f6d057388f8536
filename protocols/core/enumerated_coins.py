"""Coins that are enumerated: every assignment of all coins is one of the people, a "world".

A role works on all people at once, so one run of it, unchanged, covers all that chance could do:
what person number p draws is one digit of p. `Deck` lays the digits out, a `Tape` is what a party
draws from. Keys and seeds are ideal: what is not drawn for each person is fixed, and the stream
expanded from a seed is digits of its own, the same for everybody who knows the seed.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from protocols.core.errors import LocalMisuse
from protocols.core.ring import Ring, Vec

MAX_WORLDS = 1 << 20
_COUNTING_PEOPLE = 101  # a number that no other axis is likely to have


@dataclass(slots=True)
class Deck:
    """The digits of all draws, by the draw's name.

    The first run only counts them; after `lay_out` the people are all worlds there are.
    """

    people: int = _COUNTING_PEOPLE
    made: dict[str, set[str]] = field(default_factory=dict)  # party -> draws that it made
    expanded: dict[bytes, set[str]] = field(default_factory=dict)  # seed -> draws from its streams
    _radices: list[int] = field(default_factory=list)
    _digits: dict[str, range] = field(default_factory=dict)  # draw -> which digits it is
    _worlds: NDArray[np.int64] | None = None

    def lay_out(self, worlds: NDArray[np.int64] | None = None) -> None:
        """Fix the digits; from here on one run lives in all worlds, or in `worlds`, as many.

        Raises LocalMisuse if there are more worlds than can be tried.
        """
        self.people = math.prod(self._radices)
        if self.people > MAX_WORLDS:
            raise LocalMisuse(f"{self.people} assignments of coins are too many to try them all")
        self._worlds = np.arange(self.people) if worlds is None else worlds

    def draw(self, name: str, ring: Ring, shape: tuple[int, ...]) -> Vec:
        """The elements of one draw in all worlds; fixed ones if `shape` has no axis of people."""
        if self._worlds is None and shape[:1] == (self.people,):
            if name not in self._digits:
                first, entries = len(self._radices), math.prod(shape[1:])
                self._radices += [1 << ring.bits] * entries
                self._digits[name] = range(first, first + entries)
            return ring.zeros(shape)
        if name not in self._digits:
            return _fixed(name, ring, shape)
        digits = self._digits[name]
        if shape[:1] != (self.people,) or math.prod(shape[1:]) != len(digits):
            raise LocalMisuse(f"the draw {name} is not as large as when draws were counted")
        columns = [values for values, _ in self.columns(name)]
        return np.stack(columns, axis=-1).astype(ring.dtype).reshape(shape)

    def columns(self, name: str) -> list[tuple[NDArray[np.int64], int]]:
        """A draw's digits in all worlds, shape (people,) each, with how many values each takes."""
        assert self._worlds is not None, "there are columns once the deck is laid out"
        return [
            (self._worlds // math.prod(self._radices[:digit]) % self._radices[digit], radix)
            for digit in self._digits.get(name, ())
            for radix in (self._radices[digit],)
        ]


class Tape:
    """One party's coins, from a deck; `path` are the labels that led here: step, party, ..."""

    def __init__(self, deck: Deck, path: tuple[str, ...] = (), seed: bytes = b"") -> None:
        self._deck, self._path, self._seed = deck, path, seed
        self._forked: set[str] = set()
        self._drawn = 0
        self._name = "/".join(path)

    def __repr__(self) -> str:
        return f"Tape({self._name})"

    def fork(self, label: str) -> Tape:
        """See `Coins.fork`."""
        if label in self._forked:
            raise LocalMisuse(f"coins were forked for {label!r} before")
        self._forked.add(label)
        return Tape(self._deck, (*self._path, label), self._seed)

    def expand(self, seed: bytes, context: bytes) -> Tape:
        """See `Coins.expand`: digits of their own for each seed and context."""
        stream = Tape(self._deck, self._path, seed)
        stream._name = f"stream {hashlib.sha256(seed).hexdigest()} {context.hex()}"
        return stream

    def bytes(self, size: int) -> bytes:
        """See `Coins.bytes`: a fixed name, as a key or a seed."""
        return hashlib.shake_256(self._next().encode()).digest(size)

    def uniform(self, ring: Ring, shape: int | tuple[int, ...]) -> Vec:
        """See `Coins.uniform`: one digit for each entry of a person."""
        name = self._next()
        self._deck.made.setdefault(self._path[1], set()).add(name)
        if self._seed:
            self._deck.expanded.setdefault(self._seed, set()).add(name)
        return self._deck.draw(name, ring, (shape,) if isinstance(shape, int) else shape)

    def add_to(self, total: Vec, ring: Ring) -> None:
        """See `Coins.add_to`."""
        total += self.uniform(ring, total.shape)

    def take_from(self, total: Vec, ring: Ring) -> None:
        """See `Coins.take_from`."""
        total -= self.uniform(ring, total.shape)

    def _next(self) -> str:
        self._drawn += 1
        return f"{self._name} #{self._drawn}"


def _fixed(name: str, ring: Ring, shape: tuple[int, ...]) -> Vec:
    size = math.prod(shape) * ring.item_bytes
    drawn = np.frombuffer(hashlib.shake_256(name.encode()).digest(size), ring.dtype)
    return ring.reduce(drawn.reshape(shape).copy())
