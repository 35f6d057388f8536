"""Safe against one platform only, and declared safe against all: two pieces for two neighbours.

No platform learns anything from the piece that it is given. Two neighbours add up theirs and have
what the platform put in.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from protocols.core.cost import Declared
from protocols.core.party import Party, Role, role
from protocols.core.ring import Ring, Vec
from protocols.core.spec import Own, Setting, Small
from protocols.sharing import secure_sum
from protocols.sharing.secure_sum import PartialSum, Share, split

CAUGHT_BY = ("exact",)


@role(Share)
async def platform(party: Party, vector: Vec, *, ring: Ring, collector: str) -> None:
    """Cut `vector` in two, and give both halves away to the next two platforms."""
    platforms = [name for name in party.circle if name != collector]
    here = platforms.index(party.me)
    for away, piece in enumerate(split(vector, 2, ring, party.coins), start=1):
        party.send(platforms[(here + away) % len(platforms)], Share(piece))
    before = [platforms[here - away] for away in (1, 2)]
    shares = await party.receive_all(Share, of=before, like=vector)
    party.send(collector, PartialSum(ring.total(share.value for share in shares.values())))


@role(PartialSum)
async def collect(party: Party, people: int, *, ring: Ring) -> Vec:
    """The sum of all platforms' vectors."""
    partial_sums = await party.receive_all(PartialSum, like=ring.zeros(people))
    return ring.total(message.value for message in partial_sums.values())


def _cost(setting: Setting) -> Declared:
    payload_bytes = 3 * setting.people * setting.ring.item_bytes
    return Declared(rounds=2, payload_bytes=dict.fromkeys(setting.parties[:-1], payload_bytes))


def _shard(setting: Setting, me: str, private: Own) -> Role[Any]:
    *_, collector = setting.parties
    if me == collector:
        return partial(collect, people=setting.people, ring=setting.ring)
    return partial(platform, vector=private.data, ring=setting.ring, collector=collector)


SPEC = replace(
    secure_sum.SPEC,
    name="safe-against-one-only",
    card=__doc__,
    shard=_shard,
    sizes=range(3, 17),
    exact=(Small(3, Ring(2)),),
    cost=lambda setting: {"shard": _cost(setting)},
)
