"""Who is a friend of whom on the social network: a graph with homophily, clusters and busy people.

Members sit on a ring, neighbourhood after neighbourhood, and within one in rough order of their
reliability. Most friends sit near, which makes friends alike and friends of friends friends; some
sit anywhere, which makes the world small. Every friendship is drawn from the one of the two who
has the other less than half a ring ahead. So the ring's blocks are independent of each other,
and no pair can be drawn twice from different blocks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from privscore.society.events import Table
from privscore.society.people import Floats, Recipe, people_of

_BLOCK_SEATS = 1 << 16
_FRIENDS_AHEAD = 4.0  # for a person of average sociability; as many again sit behind
_NEAR_SHARE = 0.8
_NEAR_SEATS = 8  # how far ahead a near friend sits on average
_BLUR = 0.9  # standard deviation of what blurs the order within a neighbourhood


@dataclass(frozen=True, slots=True)
class FriendRing:
    """The members of the social network in the order in which they sit, shape (members,)."""

    person: NDArray[np.int32]
    sociability: Floats

    @property
    def blocks(self) -> int:
        """How many blocks of seats there are."""
        return -(-len(self.person) // _BLOCK_SEATS)


def seated(recipe: Recipe) -> FriendRing:
    """Everybody's context: 16 bytes a member while sorting, so the whole society at once."""
    person, sociability, neighbourhood, order = [], [], [], []
    for block in range(recipe.blocks):
        people = people_of(recipe, block)
        members = people.of("social")
        blur = recipe.random("seats", block).standard_normal(members.size, np.float32)
        person.append((people.first + members).astype(np.int32))
        sociability.append(people.sociability[members])
        neighbourhood.append(people.neighbourhood[members])
        order.append(people.reliability[members] + _BLUR * blur)
    seats = np.lexsort((np.concatenate(order), np.concatenate(neighbourhood)))
    return FriendRing(np.concatenate(person)[seats], np.concatenate(sociability)[seats])


def friends_of(recipe: Recipe, ring: FriendRing, block: int) -> Table:
    """The friendships drawn from one block of seats, each once: columns `person` and `friend`."""
    random = recipe.random("friends", block)
    size = len(ring.person)
    seats = np.arange(block * _BLOCK_SEATS, min((block + 1) * _BLOCK_SEATS, size))
    rate = _FRIENDS_AHEAD * np.exp(0.8 * ring.sociability[seats] - 0.32)
    context = seats.repeat(random.poisson(rate))
    half = (size - 1) // 2
    ahead = np.where(
        random.random(context.size) < _NEAR_SHARE,
        np.minimum(random.geometric(1 / _NEAR_SEATS, context.size), half),
        random.integers(1, half + 1, context.size),
    )
    pairs = np.unique(context * size + ahead)  # below 2^53: ids have seven digits
    context, ahead = np.divmod(pairs, size)
    return {"person": ring.person[context], "friend": ring.person[(context + ahead) % size]}
