"""A size that depends on a value: one byte of padding for everybody who has points.

The padding itself is zeros.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from protocols.core.message import ANY_SHAPE, PUBLIC, Message
from protocols.core.party import Party, Role, role
from protocols.core.ring import Ring, Vec
from protocols.core.spec import Own, Setting
from protocols.sharing import secure_sum

CAUGHT_BY = ("outline", "cost", "wrong shape", "exact")


@dataclass(frozen=True, slots=True)
class Padding(Message):
    """Bytes that say nothing, but for how many they are."""

    carries = PUBLIC
    zeros: bytes


@role()
async def platform(party: Party, vector: Vec, *, ring: Ring, collector: str) -> None:
    """Take part in the sum, and pad what is sent."""
    party.send(collector, Padding(bytes(np.count_nonzero(vector))))
    await secure_sum.platform(party, vector, ring=ring, collector=collector)


@role(Padding)
async def collect(party: Party, people: int, *, ring: Ring) -> Vec:
    """Drop the padding, and add up."""
    await party.receive_all(Padding, like={"zeros": ANY_SHAPE})
    return await secure_sum.collect(party, people, ring=ring)


def _shard(setting: Setting, me: str, private: Own) -> Role[Any]:
    *_, collector = setting.parties
    if me == collector:
        return partial(collect, people=setting.people, ring=setting.ring)
    return partial(platform, vector=private.data, ring=setting.ring, collector=collector)


SPEC = replace(secure_sum.SPEC, name="size-depends-on-value", card=__doc__, shard=_shard)
