"""A message changed after it was sent: pieces are wiped at the end, as if sending had copied them.

The engine locks an array that is sent, but not a second view of the same memory.
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

CAUGHT_BY = ("sent is sent", "ideal", "any order", "replay")


@role(Share)
async def platform(party: Party, vector: Vec, *, ring: Ring, collector: str) -> None:
    """Take part in the sum, with a buffer that is wiped too early."""
    platforms = [name for name in party.circle if name != collector]
    peers = [name for name in platforms if name != party.me]
    held, *pieces = split(vector, len(platforms), ring, party.coins)
    wipe = [piece[:] for piece in pieces]
    for peer, piece in zip(peers, pieces, strict=True):
        party.send(peer, Share(piece))
    shares = await party.receive_all(Share, of=peers, like=vector)
    for share in shares.values():
        held += share.value
    party.send(collector, PartialSum(held))
    for piece in wipe:
        piece[:] = 0


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


SPEC = replace(secure_sum.SPEC, name="changed-after-sending", card=__doc__, shard=_shard)
