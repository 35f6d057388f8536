"""An output to one party too many: the collector thanks the first platform with the sum."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from protocols.core.cost import Declared
from protocols.core.message import Message, opened
from protocols.core.party import Party, Role, role
from protocols.core.ring import Ring, Vec
from protocols.core.spec import Own, Setting
from protocols.sharing import secure_sum

CAUGHT_BY = ("ideal", "any order", "exact")


@dataclass(frozen=True, slots=True)
class Thanks(Message):
    """The sum, for somebody whom it does not concern."""

    carries = opened("the sum")
    value: Vec  # shape (n,), elements of the ring


@role(Thanks)
async def platform(party: Party, vector: Vec, *, ring: Ring, collector: str) -> Vec | None:
    """Take part in the sum, and be thanked if first."""
    await secure_sum.platform(party, vector, ring=ring, collector=collector)
    if party.me != party.circle[0]:
        return None
    return (await party.receive(collector, Thanks, vector)).value


@role()
async def collect(party: Party, people: int, *, ring: Ring) -> Vec:
    """The sum, of which the first platform gets a copy."""
    total = await secure_sum.collect(party, people, ring=ring)
    party.send(party.circle[0], Thanks(total))
    return total


def _cost(setting: Setting) -> Declared:
    vector_bytes = setting.people * setting.ring.item_bytes
    platforms = dict.fromkeys(setting.parties[:-1], setting.size * vector_bytes)
    return Declared(rounds=3, payload_bytes={**platforms, setting.parties[-1]: vector_bytes})


def _shard(setting: Setting, me: str, private: Own) -> Role[Any]:
    *_, collector = setting.parties
    if me == collector:
        return partial(collect, people=setting.people, ring=setting.ring)
    return partial(platform, vector=private.data, ring=setting.ring, collector=collector)


SPEC = replace(
    secure_sum.SPEC,
    name="output-to-one-too-many",
    card=__doc__,
    shard=_shard,
    cost=lambda setting: {"shard": _cost(setting)},
)
