"""Secure sum by additive secret sharing.

Every platform holds a vector; a collector learns the sum and nothing else.

    who          sends                 to                   learns
    platform i   Share  (n elements)   each other platform  nothing (uniform)
    platform j   PartialSum (n)        collector            -
    collector    -                     -                    the sum

Setting     : m >= 2 platforms, vectors over Z_2^k, private channels, honest-but-curious.
Safe against: any m-1 platforms together, or the collector together with any m-2 platforms.
Not hidden  : n, who takes part, and whatever the sum itself gives away: all platforms but one,
              together with the collector, can always subtract.
Cost        : 2 rounds, m*m*n elements of payload (m*(m-1) shares and m partial sums).
Source      : folklore; Cramer, Damgard, Nielsen, "Secure Multiparty Computation and Secret
              Sharing", Cambridge 2015, section 3.2.
Status      : experimental.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from protocols.core.coins import Coins
from protocols.core.cost import Declared
from protocols.core.message import SHARE, Message
from protocols.core.party import Party, Role, role
from protocols.core.ring import Ring, Vec
from protocols.core.spec import Own, Setting, Small, Spec, platforms, uniform_vectors


@dataclass(frozen=True, slots=True)
class Share(Message):
    """One uniform piece of the sender's vector."""

    carries = SHARE
    value: Vec  # shape (n,), elements of the ring


@dataclass(frozen=True, slots=True)
class PartialSum(Message):
    """The sum of all the pieces that one platform holds: itself a share of the sum."""

    carries = SHARE
    value: Vec  # shape (n,), elements of the ring


# The arithmetic: plain functions, no messages. ----------------------------------------------------


def split(secret: Vec, parts: int, ring: Ring, coins: Coins) -> list[Vec]:
    """`parts` vectors that add up to `secret`; any `parts - 1` of them are uniform."""
    last = secret.copy()
    pieces = []
    for _ in range(parts - 1):
        piece = coins.uniform(ring, secret.shape)
        last -= piece
        pieces.append(piece)
    return [last, *pieces]


def ideal(vectors: Mapping[str, Vec], ring: Ring) -> Vec:
    """What a trusted third party would return."""
    return ring.total(vectors.values())


# The roles: who does what, in the order in which it happens. --------------------------------------


@role(Share)
async def platform(party: Party, vector: Vec, *, ring: Ring, collector: str) -> None:
    """Give `vector`, shape (n,), to the sum that the collector learns."""
    platforms = [name for name in party.circle if name != collector]
    peers = [name for name in platforms if name != party.me]

    # 1. Cut my vector into one piece per platform; keep one, send the others away.
    held, *pieces = split(vector, len(platforms), ring, party.coins)
    for peer, piece in zip(peers, pieces, strict=True):
        party.send(peer, Share(piece))

    # 2. Add up the pieces that I was given.
    shares = await party.receive_all(Share, of=peers, like=vector)
    for share in shares.values():
        held += share.value

    # 3. Tell the collector only that.
    party.send(collector, PartialSum(held))


@role(PartialSum)
async def collect(party: Party, people: int, *, ring: Ring) -> Vec:
    """The sum of all platforms' vectors, shape (people,)."""
    # 4. The partial sums add up to the sum of the inputs.
    like = ring.zeros(people)
    partial_sums = await party.receive_all(PartialSum, like=like)
    return ring.total(message.value for message in partial_sums.values())


# What the checks, the docs and the ledger are told. -----------------------------------------------


def _shard(setting: Setting, me: str, private: Own) -> Role[Any]:
    collector = setting.holder("requester")
    if me == collector:
        return partial(collect, people=setting.people, ring=setting.ring)
    return partial(platform, vector=private.data, ring=setting.ring, collector=collector)


def _payload(setting: Setting) -> Declared:
    sent_bytes = setting.size * setting.people * setting.ring.item_bytes
    return Declared(rounds=2, payload_bytes=dict.fromkeys(setting.holders("platform"), sent_bytes))


SPEC = Spec(
    name="secure-sum",
    card=__doc__,
    parties=lambda size: (*platforms(size), "desk"),
    inputs=lambda setting, dice: uniform_vectors(setting.holders("platform"), setting, dice),
    ideal=lambda setting, inputs: {setting.holder("requester"): ideal(inputs, setting.ring)},
    shard=_shard,
    cost=lambda setting: {"shard": _payload(setting)},
    harmless=lambda *_: True,  # whoever joins hands: their view follows from the sum and their own
    leakage="The number of people and of platforms, and who takes part.",
    exact=(Small(2, Ring(3)), Small(3, Ring(2))),
)
