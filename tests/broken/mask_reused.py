"""A mask reused: one random piece is drawn, and every peer is given the same.

A peer that joins hands with the collector knows what every other peer was given too, and takes it
off the partial sums.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from protocols.core.party import Party, Role, role
from protocols.core.ring import Ring, Vec
from protocols.core.spec import Own, Setting
from protocols.sharing import secure_sum
from protocols.sharing.secure_sum import PartialSum, Share

CAUGHT_BY = ("exact",)


@role(Share)
async def platform(party: Party, vector: Vec, *, ring: Ring, collector: str) -> None:
    """Cut `vector` into a rest and the same piece again and again."""
    peers = [name for name in party.others if name != collector]
    piece = party.coins.uniform(ring, vector.shape)
    held = vector.copy()
    for peer in peers:
        held -= piece
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


SPEC = replace(secure_sum.SPEC, name="mask-reused", card=__doc__, shard=_shard)
