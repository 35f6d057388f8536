"""An order that depends on a value: who has points for everybody greets first, others at the end.

Both messages are sent in any case, and neither says anything by itself.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from protocols.core.message import PUBLIC, Message
from protocols.core.party import Party, Role, role
from protocols.core.ring import Ring, Vec
from protocols.core.spec import Own, Setting
from protocols.sharing import secure_sum
from protocols.sharing.secure_sum import Share

CAUGHT_BY = ("outline", "exact")


@dataclass(frozen=True, slots=True)
class Greeting(Message):
    """Nothing at all."""

    carries = PUBLIC


@role(Share)
async def platform(party: Party, vector: Vec, *, ring: Ring, collector: str) -> None:
    """Take part in the sum, and greet before or after."""
    if vector.all():
        party.send(collector, Greeting())
    await secure_sum.platform(party, vector, ring=ring, collector=collector)
    if not vector.all():
        party.send(collector, Greeting())


@role(Greeting)
async def collect(party: Party, people: int, *, ring: Ring) -> Vec:
    """Add up, and take the greetings."""
    total = await secure_sum.collect(party, people, ring=ring)
    await party.receive_all(Greeting)
    return total


def _shard(setting: Setting, me: str, private: Own) -> Role[Any]:
    *_, collector = setting.parties
    if me == collector:
        return partial(collect, people=setting.people, ring=setting.ring)
    return partial(platform, vector=private.data, ring=setting.ring, collector=collector)


SPEC = replace(secure_sum.SPEC, name="order-depends-on-value", card=__doc__, shard=_shard)
