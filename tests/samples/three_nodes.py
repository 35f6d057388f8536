"""Additive sharing to three nodes that hold no data; all who ask get the sum.

    who        sends       to               learns
    platform   NodeShare   each node        nothing
    node       NodeSum     each requester   nothing
    requester  -           -                the sum

Setting     : m >= 2 platforms, three nodes, one requester or more; honest-but-curious.
Safe against: any parties among whom not all three nodes are.
Not hidden  : the number of people and of platforms, and who takes part.
Cost        : 2 rounds.
Source      : a sample for the tests.
Status      : experimental.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from protocols.core.cast import MANY
from protocols.core.cost import Declared
from protocols.core.message import SHARE, Message
from protocols.core.party import Party, Role, role
from protocols.core.ring import Ring, Vec
from protocols.core.spec import Own, Setting, Small, Spec, uniform_vectors
from protocols.sharing.secure_sum import split


@dataclass(frozen=True, slots=True)
class NodeShare(Message):
    """One of three pieces of a platform's vector."""

    carries = SHARE
    value: Vec  # shape (n,)


@dataclass(frozen=True, slots=True)
class NodeSum(Message):
    """The sum of the pieces that one node holds."""

    carries = SHARE
    value: Vec  # shape (n,)


@role()
async def platform(party: Party, vector: Vec, *, nodes: Sequence[str], ring: Ring) -> None:
    """Give `vector` to the sum."""
    # 1. Cut my vector into three pieces, one for each node.
    pieces = split(vector, len(nodes), ring, party.coins)
    for node, piece in zip(nodes, pieces, strict=True):
        party.send(node, NodeShare(piece))


@role(NodeShare)
async def add(
    party: Party, people: int, *, platforms: Sequence[str], requesters: Sequence[str], ring: Ring
) -> None:
    """Add up what I am given, and tell those who ask only that."""
    # 2. Add the pieces up.
    shares = await party.receive_all(NodeShare, of=platforms, like=ring.zeros(people))
    held = ring.total(share.value for share in shares.values())
    party.send_all(NodeSum(held), to=requesters)


@role(NodeSum)
async def collect(party: Party, people: int, *, nodes: Sequence[str], ring: Ring) -> Vec:
    """The sum of all platforms' vectors, shape (people,)."""
    # 3. The nodes' sums add up to the sum of the inputs.
    sums = await party.receive_all(NodeSum, of=nodes, like=ring.zeros(people))
    return ring.total(message.value for message in sums.values())


def _shard(setting: Setting, me: str, private: Own) -> Role[Any]:
    nodes, ring = setting.holders("node"), setting.ring
    if me in nodes:
        return partial(
            add,
            people=setting.people,
            platforms=setting.holders("platform"),
            requesters=setting.holders("requester"),
            ring=ring,
        )
    if me in setting.holders("requester"):
        return partial(collect, people=setting.people, nodes=nodes, ring=ring)
    return partial(platform, vector=private.data, nodes=nodes, ring=ring)


def _cost(setting: Setting) -> dict[str, Declared]:
    vector = setting.people * setting.ring.item_bytes
    sent = dict.fromkeys(setting.holders("platform"), 3 * vector)
    sent |= dict.fromkeys(setting.holders("node"), len(setting.holders("requester")) * vector)
    return {"shard": Declared(2, sent)}


SPEC = Spec(
    name="three-nodes",
    card=__doc__,
    places={"platform": MANY, "node": 3, "requester": range(2, 9)},
    inputs=lambda setting, dice: uniform_vectors(setting.holders("platform"), setting, dice),
    ideal=lambda setting, inputs: dict.fromkeys(
        setting.holders("requester"), setting.ring.total(inputs.values())
    ),
    shard=_shard,
    cost=_cost,
    harmless=lambda setting, coalition: not set(setting.holders("node")) <= coalition,
    leakage="The number of people and of platforms, and who takes part.",
    exact=(Small(2, Ring(1)),),
)
