"""A mask forgotten: the vector itself is the piece that the first peer is given.

The other pieces add up to nothing, so the sum is right.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from protocols.core.party import Party, Role, role
from protocols.core.ring import Ring, Vec
from protocols.core.spec import Own, Setting
from protocols.sharing import secure_sum
from protocols.sharing.secure_sum import PartialSum, Share, split

CAUGHT_BY = ("exact", "fresh coins")


@role(Share)
async def platform(party: Party, vector: Vec, *, ring: Ring, collector: str) -> None:
    """Cut nothing into pieces, and give the first peer everything."""
    first, *others = [name for name in party.others if name != collector]
    held, *pieces = split(ring.zeros(vector.shape), len(others) + 1, ring, party.coins)
    for peer, piece in zip([first, *others], [vector, *pieces], strict=False):
        party.send(peer, Share(piece))
    for share in (await party.receive_all(Share, of=[first, *others], like=vector)).values():
        held += share.value
    party.send(collector, PartialSum(held))


@role(PartialSum)
async def collect(party: Party, people: int, *, ring: Ring) -> Vec:
    """The sum of all platforms' vectors."""
    partial_sums = await party.receive_all(PartialSum, like=ring.zeros(people))
    return ring.total(message.value for message in partial_sums.values())


def _shard(setting: Setting, me: str, private: Own) -> Role[Any]:
    *_, collector = setting.parties
    if me == collector:
        return partial(collect, people=setting.people, ring=setting.ring)
    return partial(platform, vector=private.data, ring=setting.ring, collector=collector)


SPEC = replace(secure_sum.SPEC, name="mask-forgotten", card=__doc__, shard=_shard)
