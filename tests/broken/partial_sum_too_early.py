"""A partial sum sent too early: before the pieces of the others are in, and the rest behind it.

The collector and one platform together know every piece but those that hide nothing any more.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from protocols.core.cost import Declared
from protocols.core.party import Party, Role, role
from protocols.core.ring import Ring, Vec
from protocols.core.spec import Own, Setting
from protocols.sharing import secure_sum
from protocols.sharing.secure_sum import PartialSum, Share, split

CAUGHT_BY = ("exact",)


@role(Share)
async def platform(party: Party, vector: Vec, *, ring: Ring, collector: str) -> None:
    """Send the collector my own piece at once, and the others' pieces later."""
    platforms = [name for name in party.circle if name != collector]
    peers = [name for name in platforms if name != party.me]
    held, *pieces = split(vector, len(platforms), ring, party.coins)
    for peer, piece in zip(peers, pieces, strict=True):
        party.send(peer, Share(piece))
    party.send(collector, PartialSum(held))
    shares = await party.receive_all(Share, of=peers, like=vector)
    party.send(collector, PartialSum(ring.total(share.value for share in shares.values())))


@role(PartialSum)
async def collect(party: Party, people: int, *, ring: Ring) -> Vec:
    """The sum of all that each platform sends, in two parts."""
    parts = []
    for _ in range(2):
        parts += (await party.receive_all(PartialSum, like=ring.zeros(people))).values()
    return ring.total(message.value for message in parts)


def _cost(setting: Setting) -> Declared:
    payload_bytes = (setting.size + 1) * setting.people * setting.ring.item_bytes
    return Declared(rounds=2, payload_bytes=dict.fromkeys(setting.parties[:-1], payload_bytes))


def _shard(setting: Setting, me: str, private: Own) -> Role[Any]:
    *_, collector = setting.parties
    if me == collector:
        return partial(collect, people=setting.people, ring=setting.ring)
    return partial(platform, vector=private.data, ring=setting.ring, collector=collector)


SPEC = replace(
    secure_sum.SPEC,
    name="partial-sum-too-early",
    card=__doc__,
    shard=_shard,
    cost=lambda setting: {"shard": _cost(setting)},
)
