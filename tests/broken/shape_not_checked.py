"""A shape that is not checked: the collector takes partial sums as they come.

NumPy would stretch one entry over all people, and fail on others in its own words.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from protocols.core.message import ANY_SHAPE
from protocols.core.party import Party, Role, role
from protocols.core.ring import Ring, Vec
from protocols.core.spec import Own, Setting
from protocols.sharing import secure_sum
from protocols.sharing.secure_sum import PartialSum, Share, split

CAUGHT_BY = ("wrong shape", "wrong dtype", "errors")


@role(Share)
async def platform(party: Party, vector: Vec, *, ring: Ring, collector: str) -> None:
    """Take part in the sum."""
    platforms = [name for name in party.circle if name != collector]
    peers = [name for name in platforms if name != party.me]
    held, *pieces = split(vector, len(platforms), ring, party.coins)
    for peer, piece in zip(peers, pieces, strict=True):
        party.send(peer, Share(piece))
    for share in (await party.receive_all(Share, of=peers, like=vector)).values():
        held += share.value
    party.send(collector, PartialSum(held))


@role(PartialSum)
async def collect(party: Party, people: int, *, ring: Ring) -> Vec:
    """The sum of anything."""
    partial_sums = await party.receive_all(PartialSum, like={"value": ANY_SHAPE})
    return ring.total([ring.zeros(people), *(each.value for each in partial_sums.values())])


def _shard(setting: Setting, me: str, private: Own) -> Role[Any]:
    *_, collector = setting.parties
    if me == collector:
        return partial(collect, people=setting.people, ring=setting.ring)
    return partial(platform, vector=private.data, ring=setting.ring, collector=collector)


SPEC = replace(secure_sum.SPEC, name="shape-not-checked", card=__doc__, shard=_shard)
