"""A mask opened for the late: whoever is absent has its masks opened, and then its vector arrives.

Survivors tell the collector what masks they share with the absent, so that the sum comes out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from protocols.core.cost import Declared
from protocols.core.message import MASKED, PUBLIC, SHARE, Message, opened
from protocols.core.party import Party, Role, role
from protocols.core.ring import Ring, Vec
from protocols.core.spec import Own, Phase, Setting, Small
from protocols.sharing import secure_sum

CAUGHT_BY = ("exact",)

SEED_BYTES = 16


@dataclass(frozen=True, slots=True)
class Seed(Message):
    """What a platform and the one behind it make their mask from."""

    carries = SHARE
    seed: bytes


@dataclass(frozen=True, slots=True)
class Masked(Message):
    """A vector under the sender's masks."""

    carries = MASKED
    value: Vec  # shape (n,), elements of the ring


@dataclass(frozen=True, slots=True)
class Absent(Message):
    """Who is not in."""

    carries = PUBLIC
    flags: Vec  # shape (platforms,), 1 for the absent


@dataclass(frozen=True, slots=True)
class Opening(Message):
    """What the sender's masks with the absent have added to the sum."""

    carries = opened("masks shared with the absent")
    value: Vec  # shape (n,), elements of the ring


@role(Seed)
async def agree(party: Party) -> bytes:
    """A seed with the platform behind me and one with the platform before me, round the circle."""
    here, seed = party.circle.index(party.me), party.coins.bytes(SEED_BYTES)
    party.send(party.circle[(here + 1) % len(party.circle)], Seed(seed))
    before = await party.receive(party.circle[here - 1], Seed, {"seed": SEED_BYTES})
    return seed + before.seed


@role(Absent)
async def platform(party: Party, vector: Vec, *, material: bytes, ring: Ring) -> None:
    """Send `vector` under two masks, then open those that the absent do not take away."""
    *names, collector = party.circle
    here = names.index(party.me)
    sent, given = (
        party.stream(seed).uniform(ring, vector.shape)
        for seed in (material[:SEED_BYTES], material[SEED_BYTES:])
    )
    party.send(collector, Masked(vector + sent - given))
    flags = (await party.receive(collector, Absent, np.zeros(len(names), "u1"))).flags
    behind, before = (ring.dtype.type(flags[(here + step) % len(names)]) for step in (1, -1))
    party.send(collector, Opening(sent * behind - given * before))


@role(Masked, Opening)
async def collect(party: Party, people: int, *, ring: Ring) -> Vec:
    """The sum of all who came in time."""
    like = ring.zeros(people)
    came = await party.gather(Masked, of=party.others, need=1, like=like)
    flags = np.array([name not in came for name in party.others], "u1")
    for name in came:
        party.send(name, Absent(flags.copy()))
    openings = await party.receive_all(Opening, of=came, like=like)
    total = ring.total(message.value for message in came.values())
    return total - ring.total(message.value for message in openings.values())


def _setup(setting: Setting, me: str, _own: Own) -> Role[Any] | None:
    return None if me == setting.parties[-1] else agree


def _shard(setting: Setting, me: str, private: Own) -> Role[Any]:
    if me == setting.parties[-1]:
        return partial(collect, people=setting.people, ring=setting.ring)
    return partial(platform, vector=private.data, material=private.material, ring=setting.ring)


def _cost(setting: Setting) -> dict[Phase, Declared]:
    *names, collector = setting.parties
    sent = dict.fromkeys(names, 2 * setting.people * setting.ring.item_bytes)
    return {
        "setup": Declared(rounds=1, payload_bytes=dict.fromkeys(names, SEED_BYTES)),
        "shard": Declared(rounds=3, payload_bytes=sent | {collector: setting.size**2}),
    }


SPEC = replace(
    secure_sum.SPEC,
    name="mask-opened-for-the-late",
    card=__doc__,
    setup=_setup,
    shard=_shard,
    cost=_cost,
    sizes=range(3, 17),
    drop_outs=lambda _: 1,
    exact=(Small(3, Ring(2)),),
)
