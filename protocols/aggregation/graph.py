"""Who shares seeds and masks with whom, and how many must agree before anything is unmasked.

With n platforms, of which c collude with the aggregator, a set of survivors counts once t have
signed it, and a seed opens with t shares of it. Two sets with t signatures each have at least
2t - n signers in common. If that is more than c, one of them is honest and has signed both, which
no honest platform does: so there is one set, and nobody's seed and key open together. Hence

    2t > n + c,   and t <= n - d to bear d drop-outs.

Up to 32 platforms everybody shares with everybody, beyond that with k neighbours.
The k-regular graph is a Harary graph over a random order of the platforms: each is tied to the
k/2 before it and the k/2 behind it on a ring. The order comes from the session id, so everybody
finds the same graph and nobody chooses it. Not hidden: who may choose the id after seeing all that
goes into it can try many orders, at one chance in 2^40 each.

`size` finds the smallest k, and the threshold t of shares within a neighbourhood (a platform and
its k neighbours), such that with c platforms colluding and d lost, both at random, all three hold
for every platform but with probability 2^-40:

    2t > k + 1 + (colluding neighbours)   nobody's seed and key open together, as above
    t <= k - (lost neighbours)            every seed that must open does
    no k/2 in a row colluding or lost     the honest survivors hang together, so nothing less than
                                          the sum over all of them opens

Sources: Bonawitz et al., CCS 2017 (eprint 2017/281), theorem 6.5; Bell et al., CCS 2020 (eprint
2020/704), section 3, with the inequality of the malicious case in the place of the semi-honest
"fewer than t".
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


def choose_threshold(parties: int, *, lost: int, colluders: int) -> int:
    """The largest t that bears `lost` drop-outs: it bears the most colluders.

    Raises LocalMisuse, with the inequality, where that t does not bear `colluders`.
    """
    if min(parties - 2, lost, colluders) < 0:
        raise LocalMisuse(
            "a threshold needs two platforms or more, and no negative number of drop-outs or "
            f"colluders: not n = {parties}, d = {lost}, c = {colluders}"
        )
    threshold = parties - lost
    if not bears_colluders(parties, threshold, colluders):
        raise LocalMisuse(
            f"{parties} platforms cannot bear {lost} drop-outs and {colluders} colluders: "
            f"2t > n + c needs 2*{threshold} > {parties} + {colluders}"
        )
    return threshold


def bears_colluders(parties: int, threshold: int, colluders: int) -> bool:
    """Whether 2t > n + c, for 1 <= t <= n."""
    return 1 <= threshold <= parties and 2 * threshold > parties + colluders


@functools.cache
def size(parties: int, *, lost: int, colluders: int) -> Neighbourhood:
    """The complete graph up to 32 platforms, beyond that the smallest neighbourhoods that do.

    Where only the complete graph bears that many, it is that. Raises LocalMisuse where not even
    it does, and for more than 1,024 platforms.
    """
    if parties > MAX_PARTIES:
        raise LocalMisuse(f"at most {MAX_PARTIES} platforms, not {parties}")
    complete = Neighbourhood(parties - 1, choose_threshold(parties, lost=lost, colluders=colluders))
    if parties <= MAX_COMPLETE:
        return complete
    for degree in range(2, parties - 1, 2):
        tied = parties * Fraction(colluders + lost, parties) ** (degree // 2)
        if tied >= FAILURE:
            continue
        colluding_tails = _tails(parties - 1, colluders, degree)
        lost_tails = _tails(parties - 1, lost, degree)
        for threshold in range(1, degree + 1):
            both_kinds = parties * _tail(colluding_tails, 2 * threshold - degree - 1)
            too_few = parties * _tail(lost_tails, degree - threshold + 1)
            if both_kinds + too_few + tied < FAILURE:
                return Neighbourhood(degree, threshold)
    return complete


def _tails(others: int, marked: int, drawn: int) -> tuple[Fraction, ...]:
    """The chance of k or more marked among those drawn, for k = 0 to `drawn`."""
    ways = [comb(marked, k) * comb(others - marked, drawn - k) for k in range(drawn + 1)]
    all_ways, ways_so_far, tails = comb(others, drawn), 0, []
    for count in reversed(ways):
        ways_so_far += count
        tails.append(Fraction(ways_so_far, all_ways))
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
        ranks = [
            hashlib.sha256(bound("place", session, name.encode())).digest() for name in platforms
        ]
        ring = np.array(sorted(range(count), key=ranks.__getitem__))
        steps = np.arange(-(degree // 2), degree // 2 + 1)
        table = np.empty((count, degree + 1), np.intp)
        table[ring] = np.sort(ring[(np.arange(count)[:, np.newaxis] + steps) % count], axis=1)
    table.flags.writeable = False
    return table
