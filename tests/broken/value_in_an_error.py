"""A value in an error text: the collector finds a total too high, and says how high it is.

Points are at most 1,000 here; a lie in any share makes the total random.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from protocols.core.errors import PeerFault
from protocols.core.party import Party, Role, role
from protocols.core.ring import Ring, Vec
from protocols.core.spec import Inputs, Own, Setting
from protocols.sharing import secure_sum

CAUGHT_BY = ("errors",)


HIGHEST = 1_000


@role()
async def platform(party: Party, vector: Vec, *, ring: Ring, collector: str) -> None:
    """Take part in the sum."""
    await secure_sum.platform(party, vector, ring=ring, collector=collector)


@role()
async def collect(party: Party, people: int, *, ring: Ring) -> Vec:
    """The sum, if it can be one."""
    total = ring.reduce(await secure_sum.collect(party, people, ring=ring))
    if (total > HIGHEST * len(party.others)).any():
        raise PeerFault(party.others, f"sent what adds up to {total.max()}")
    return total


def _inputs(setting: Setting, dice: np.random.Generator) -> Inputs:
    drawn = secure_sum.SPEC.inputs(setting, dice)
    return {
        name: vector % setting.ring.dtype.type(min(HIGHEST, 1 << setting.ring.bits))
        for name, vector in drawn.items()
    }


def _shard(setting: Setting, me: str, private: Own) -> Role[Any]:
    *_, collector = setting.parties
    if me == collector:
        return partial(collect, people=setting.people, ring=setting.ring)
    return partial(platform, vector=private.data, ring=setting.ring, collector=collector)


SPEC = replace(
    secure_sum.SPEC, name="value-in-an-error", card=__doc__, shard=_shard, inputs=_inputs
)
