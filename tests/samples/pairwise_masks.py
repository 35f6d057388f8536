"""Pairwise masks: a sum in one message from each platform, with seeds from an opening.

    who          sends                  to                     learns
    platform i   Seed   (16 bytes)      each later platform    -
    platform i   Masked (n elements)    collector              -
    collector    -                      -                      the sum

Setting     : m >= 2 platforms, vectors over Z_2^k, private channels, honest-but-curious.
Safe against: any platforms together, with the collector or without.
Not hidden  : n, who takes part, and whatever the sum itself gives away.
Cost        : opening 1 round, 16 bytes for each pair; shard 1 round, m*n elements.
Source      : Bonawitz et al., CCS 2017, section 4 (masking with one-time pads), no drop-outs.
Status      : a sample of the tests.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from protocols.core.cost import Declared
from protocols.core.message import MASKED, SHARE, Message
from protocols.core.party import Party, Role, role
from protocols.core.ring import Ring, Vec
from protocols.core.spec import Own, Phase, Setting, Small, Spec, platforms, uniform_vectors

SEED_BYTES = 16


@dataclass(frozen=True, slots=True)
class Seed(Message):
    """What two platforms make their mask from."""

    carries = SHARE
    seed: bytes  # 16 bytes, uniform


@dataclass(frozen=True, slots=True)
class Masked(Message):
    """A vector under the sender's masks."""

    carries = MASKED
    value: Vec  # shape (n,), elements of the ring


@role(Seed)
async def agree(party: Party) -> bytes:
    """The seeds of my pairs, in the order of the circle: my material."""
    # 1. I draw the seed of every pair in which I come first.
    here = party.circle.index(party.me)
    drawn = [party.coins.bytes(SEED_BYTES) for _ in party.circle[here + 1 :]]
    for later, seed in zip(party.circle[here + 1 :], drawn, strict=True):
        party.send(later, Seed(seed))

    # 2. I take the seeds of the others.
    came = await party.receive_all(Seed, of=party.circle[:here], like={"seed": SEED_BYTES})
    return b"".join([*(message.seed for message in came.values()), *drawn])


@role()
async def mask(party: Party, vector: Vec, *, material: bytes, ring: Ring) -> None:
    """Send `vector` under one mask for each pair: the first adds it, the second takes it away."""
    # 3. I mask my vector and send it.
    *names, collector = party.circle
    peers = [name for name in names if name != party.me]
    masked = vector.copy()
    for position, peer in enumerate(peers):
        seed = material[position * SEED_BYTES : (position + 1) * SEED_BYTES]
        pad = party.stream(seed).uniform(ring, vector.shape)
        if names.index(party.me) < names.index(peer):
            masked += pad
        else:
            masked -= pad
    party.send(collector, Masked(masked))


@role(Masked)
async def unmask(party: Party, people: int, *, ring: Ring) -> Vec:
    """The sum, in which all masks cancel."""
    # 4. I add up.
    came = await party.receive_all(Masked, like=ring.zeros(people))
    return ring.total(message.value for message in came.values())


def _setup(setting: Setting, me: str, private: Own) -> Role[Any] | None:
    del private
    return None if me == setting.parties[-1] else agree


def _shard(setting: Setting, me: str, private: Own) -> Role[Any]:
    if me == setting.parties[-1]:
        return partial(unmask, people=setting.people, ring=setting.ring)
    return partial(mask, vector=private.data, material=private.material, ring=setting.ring)


def _cost(setting: Setting) -> dict[Phase, Declared]:
    *names, _ = setting.parties
    pairs = {name: SEED_BYTES * (setting.size - 1 - i) for i, name in enumerate(names)}
    payload_bytes = setting.people * setting.ring.item_bytes
    return {
        "opening": Declared(rounds=1, payload_bytes=pairs),
        "shard": Declared(rounds=1, payload_bytes=dict.fromkeys(names, payload_bytes)),
    }


SPEC = Spec(
    name="pairwise-masks",
    card=__doc__,
    parties=lambda size: (*platforms(size), "desk"),
    inputs=lambda setting, dice: uniform_vectors(setting.parties[:-1], setting, dice),
    ideal=lambda setting, inputs: {setting.parties[-1]: setting.ring.total(inputs.values())},
    setup=_setup,
    shard=_shard,
    cost=_cost,
    harmless=lambda *_: True,
    leakage="The number of people and of platforms, and who takes part.",
    exact=(Small(2, Ring(3)), Small(3, Ring(2)), Small(4, Ring(1))),
)
