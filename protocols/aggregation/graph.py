"""Who shares seeds and masks with whom: everybody with everybody, or beyond 32 with k neighbours.

The k-regular graph is a Harary graph over a random order of the platforms: each is tied to the
k/2 before it and the k/2 behind it on a ring. The order comes from the session id, so everybody
finds the same graph and nobody chooses it. Not hidden: who may choose the id after seeing all that
goes into it can try many orders, at one chance in 2^40 each.

`size` finds the smallest k, and the threshold t of shares within a neighbourhood (a platform and
its k neighbours), such that with c platforms colluding and d lost, both at random, all three hold
for every platform but with probability 2^-40:

    2t > k + 1 + (colluding neighbours)   nobody's seed and key open together: as in `threshold`
    t <= k - (lost neighbours)            every seed that must open does
    no k/2 in a row colluding or lost     the honest survivors hang together, so nothing less than
                                          the sum over all of them opens

Source: Bell et al., CCS 2020 (eprint 2020/704), section 3, with the inequality of the malicious
case in the place of the semi-honest "fewer than t".
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import comb
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from protocols.aggregation.keys import bound
from protocols.aggregation.threshold import choose
from protocols.core.errors import LocalMisuse

MAX_COMPLETE = 32
MAX_PARTIES = 1024
FAILURE = Fraction(1, 1 << 40)

Places: TypeAlias = NDArray[np.intp]  # positions in the agreed order of the platforms


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """How many neighbours each platform has, and how many shares open a seed of one of them."""

    degree: int
    threshold: int


@functools.cache
def size(parties: int, *, lost: int, colluders: int) -> Neighbourhood:
    """The complete graph up to 32 platforms, beyond that the smallest neighbourhoods that do.

    Where only the complete graph bears that many, it is that. Raises LocalMisuse where not even
    it does, and for more than 1,024 platforms.
    """
    if parties > MAX_PARTIES:
        raise LocalMisuse(f"at most {MAX_PARTIES} platforms, not {parties}")
    complete = Neighbourhood(parties - 1, choose(parties, lost=lost, colluders=colluders))
    if parties <= MAX_COMPLETE:
        return complete
    for degree in range(2, parties - 1, 2):
        tied = parties * Fraction(colluders + lost, parties) ** (degree // 2)
        if tied >= FAILURE:
            continue
        colluding = _tails(parties - 1, colluders, degree)
        gone = _tails(parties - 1, lost, degree)
        for threshold in range(1, degree + 1):
            both_kinds = parties * _tail(colluding, 2 * threshold - degree - 1)
            too_few = parties * _tail(gone, degree - threshold + 1)
            if both_kinds + too_few + tied < FAILURE:
                return Neighbourhood(degree, threshold)
    return complete


def _tails(others: int, marked: int, drawn: int) -> tuple[Fraction, ...]:
    """The chance of k or more marked among those drawn, for k = 0 to `drawn`."""
    ways = [comb(marked, k) * comb(others - marked, drawn - k) for k in range(drawn + 1)]
    every, above, tails = comb(others, drawn), 0, []
    for each in reversed(ways):
        above += each
        tails.append(Fraction(above, every))
    return tuple(reversed(tails))


def _tail(tails: Sequence[Fraction], least: int) -> Fraction:
    """The chance of `least` or more."""
    return tails[max(least, 0)] if least < len(tails) else Fraction(0)


@functools.lru_cache(maxsize=8)
def places(platforms: tuple[str, ...], degree: int, session: bytes) -> Places:
    """Everybody's neighbourhood, itself included, in the agreed order: shape (platforms, k + 1).

    A row says whom that platform shares with; being a neighbour is mutual.
    """
    count = len(platforms)
    if not 1 <= degree < count or (degree % 2 and degree != count - 1):
        raise LocalMisuse(f"no graph of degree {degree} among {count} platforms is made here")
    if degree == count - 1:
        table = np.tile(np.arange(count), (count, 1))
    else:
        ranks = [hashlib.sha256(bound("place", session, p.encode())).digest() for p in platforms]
        ring = np.array(sorted(range(count), key=ranks.__getitem__))
        steps = np.arange(-(degree // 2), degree // 2 + 1)
        table = np.empty((count, degree + 1), np.intp)
        table[ring] = np.sort(ring[(np.arange(count)[:, np.newaxis] + steps) % count], axis=1)
    table.flags.writeable = False
    return table
