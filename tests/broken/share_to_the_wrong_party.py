"""A share to the wrong party: all pieces go to the first peer, as if a loop forgot its variable.

Whoever holds all pieces of a platform but one has only its partial sum left to guess.
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

CAUGHT_BY = ("exact",)


@role(Share)
async def platform(party: Party, vector: Vec, *, ring: Ring, collector: str) -> None:
    """Cut `vector` into a piece for each platform, and send them all to the first peer."""
    platforms = [name for name in party.circle if name != collector]
    peers = [name for name in platforms if name != party.me]
    held, *pieces = split(vector, len(platforms), ring, party.coins)
    for piece in pieces:
        party.send(peers[0], Share(piece))
    senders = [name for name in peers if next(n for n in platforms if n != name) == party.me]
    for _ in pieces:
        for share in (await party.receive_all(Share, of=senders, like=vector)).values():
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


SPEC = replace(secure_sum.SPEC, name="share-to-the-wrong-party", card=__doc__, shard=_shard)
