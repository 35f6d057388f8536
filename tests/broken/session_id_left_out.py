"""A session id left out: masks come from the seeds of the opening alone, the same in every shard.

Whoever sees two shards takes one masked vector from the other, and no mask is left.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from protocols.core.cost import Declared
from protocols.core.message import MASKED, SHARE, Message
from protocols.core.party import Party, Role, role
from protocols.core.ring import Ring, Vec
from protocols.core.spec import Own, Phase, Setting
from protocols.sharing import secure_sum

CAUGHT_BY = ("fresh coins",)

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


@role(Seed)
async def agree(party: Party) -> bytes:
    """A seed with the platform behind me and one with the platform before me, round the circle."""
    here, seed = party.circle.index(party.me), party.coins.bytes(SEED_BYTES)
    party.send(party.circle[(here + 1) % len(party.circle)], Seed(seed))
    before = await party.receive(party.circle[here - 1], Seed, {"seed": SEED_BYTES})
    return seed + before.seed


@role()
async def mask(party: Party, vector: Vec, *, material: bytes, ring: Ring) -> None:
    """Add the mask that I drew, and take away the one that I was given."""
    sent, given = (
        party.coins.expand(seed, b"").uniform(ring, vector.shape)  # and not party.stream(seed)
        for seed in (material[:SEED_BYTES], material[SEED_BYTES:])
    )
    party.send(party.circle[-1], Masked(vector + sent - given))


@role(Masked)
async def unmask(party: Party, people: int, *, ring: Ring) -> Vec:
    """The sum, in which all masks cancel."""
    came = await party.receive_all(Masked, like=ring.zeros(people))
    return ring.total(message.value for message in came.values())


def _setup(setting: Setting, me: str, _own: Own) -> Role[Any] | None:
    return None if me == setting.parties[-1] else agree


def _shard(setting: Setting, me: str, private: Own) -> Role[Any]:
    if me == setting.parties[-1]:
        return partial(unmask, people=setting.people, ring=setting.ring)
    return partial(mask, vector=private.data, material=private.material, ring=setting.ring)


def _cost(setting: Setting) -> dict[Phase, Declared]:
    names, payload_bytes = setting.parties[:-1], setting.people * setting.ring.item_bytes
    return {
        "setup": Declared(rounds=1, payload_bytes=dict.fromkeys(names, SEED_BYTES)),
        "shard": Declared(rounds=1, payload_bytes=dict.fromkeys(names, payload_bytes)),
    }


SPEC = replace(
    secure_sum.SPEC,
    name="session-id-left-out",
    card=__doc__,
    setup=_setup,
    shard=_shard,
    cost=_cost,
)
