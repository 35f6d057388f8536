"""A method that opens a tier alone: a broker adds up, and tells who asks everybody's tier."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from privscore.card.scorecard import tier_index
from privscore.consortium import Agreement
from privscore.consortium.policy import Fact
from privscore.methods.base import Method, contributors, points_ring
from privscore.methods.context import Kept, LocalData, RoleContext
from privscore.methods.result import Result
from protocols.core.cost import Declared
from protocols.core.message import Disclosure, Message, opened
from protocols.core.party import Party, Role, role
from protocols.core.spec import Phase
from protocols.sharing import secure_sum


class TierDisclosure(Disclosure):
    TIER = "in which tier everybody is"


@dataclass(frozen=True, slots=True)
class Tiers(Message):
    carries = opened(TierDisclosure.TIER)
    value: NDArray[np.int8]  # shape (people,), -1 below every tier


@role(Tiers)
async def read(party: Party, people: int, *, broker: str) -> NDArray[np.int8]:
    return (await party.receive(broker, Tiers, like=np.empty(people, np.int8))).value


@role()
async def tell(party: Party, agreement: Agreement, totals: NDArray[np.int64]) -> None:
    card = agreement.scorecard
    tiers = tier_index(agreement.tiers, card.clipped(totals + card.base)).astype(np.int8)
    party.send_all(Tiers(tiers), to=agreement.requesters)


class TierOnly(Method):
    name, summary = "tier-only", "a broker learns the total, who asks learns the tier; for tests"

    def opens(self, agreement: Agreement, party: str) -> Fact:
        told = {**dict.fromkeys(agreement.requesters, Fact.TIER), broker_of(agreement): Fact.TOTAL}
        return told.get(party, Fact.NOTHING)

    def phases(self, agreement: Agreement) -> tuple[Phase, ...]:
        return ("shard",)

    def shard(self, context: RoleContext, data: LocalData) -> Role[Kept | None] | None:
        agreement, broker = context.agreement, broker_of(context.agreement)
        ring, circle = points_ring(agreement), (*contributors(agreement), broker)
        if context.is_requester:
            return partial(read, people=context.people, broker=broker)
        if context.me == broker:

            async def add_up(party: Party) -> None:
                sums = await secure_sum.collect(party.among(circle), context.people, ring=ring)
                await tell(party, agreement, ring.decode(sums))

            return add_up
        if data.points is None:
            return None
        vector = data.points.astype(ring.dtype)
        give = partial(secure_sum.platform, vector=vector, ring=ring, collector=broker)
        return lambda party: give(party.among(circle))

    def result(self, context: RoleContext, pieces: list[Kept]) -> Result | None:
        if not context.is_requester:
            return None
        return Result(Fact.TIER, np.concatenate(pieces), context.agreement.data_parties)

    def cost(self, agreement: Agreement, people: int) -> Mapping[Phase, Declared]:
        senders = contributors(agreement)
        vector = len(senders) * people * points_ring(agreement).item_bytes
        tiers = {broker_of(agreement): people * len(agreement.requesters)}
        return {"shard": Declared(3, dict.fromkeys(senders, vector) | tiers)}


def broker_of(agreement: Agreement) -> str:
    return agreement.holders("aggregator")[0]


METHOD = TierOnly()
