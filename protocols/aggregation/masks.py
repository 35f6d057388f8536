"""Masks: streams of ring elements, added to a vector so that nothing but a sum can be read.

A platform adds one mask that only its own seed gives, and for each neighbour one that both can
make: the earlier of the two in the agreed order adds it, the later one takes it away. A mask is
the key stream of a hash of its seed and of the shard's session id: none is ever used twice.

Everything here runs block by block, so that one pass stays in the processor's cache.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from protocols.core.coins import Coins
from protocols.core.ring import Ring, Vec

BLOCK_PEOPLE = 1 << 16


def combine(
    vectors: Sequence[Vec], *, add: Sequence[Coins], take_away: Sequence[Coins], ring: Ring
) -> Vec:
    """The sum of one or more vectors and of the streams to add, less those to take away.

    Shape (people,), reduced, in fresh memory.
    """
    first, *others = vectors
    total = np.empty(first.shape, ring.dtype)
    for start in range(0, len(first), BLOCK_PEOPLE):
        block = slice(start, start + BLOCK_PEOPLE)
        here = total[block]
        here[:] = first[block]
        for vector in others:
            here += vector[block]
        for stream in add:
            stream.add_to(here, ring)
        for stream in take_away:
            stream.take_from(here, ring)
    return ring.reduce(total)
