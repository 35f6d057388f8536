"""A constant key: pieces are a stream under a key that stands in the source code.

Every job has the same pieces, and whoever has read the source knows them.
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

CAUGHT_BY = ("fresh coins",)


@role(Share)
async def platform(party: Party, vector: Vec, *, ring: Ring, collector: str) -> None:
    """Cut `vector` into pieces that come out the same every time."""
    platforms = [name for name in party.circle if name != collector]
    peers = [name for name in platforms if name != party.me]
    stream = party.coins.expand(b"correct horse battery staple", party.me.encode())
    held, *pieces = split(vector, len(platforms), ring, stream)
    for peer, piece in zip(peers, pieces, strict=True):
        party.send(peer, Share(piece))
    for share in (await party.receive_all(Share, of=peers, like=vector)).values():
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


SPEC = replace(secure_sum.SPEC, name="constant-key", card=__doc__, shard=_shard)
