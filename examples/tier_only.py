"""A method of one's own: a broker adds up, and tells who asks everybody's tier and no score."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from privscore.card.scorecard import tier_index
from privscore.consortium import Agreement
from privscore.consortium.policy import Fact
from privscore.methods.base import SpecMethod, contributors
from privscore.methods.context import Kept, LocalData, RoleContext
from privscore.methods.result import Result
from protocols import Message, Party, opened, role
from protocols.core.cast import Cast
from protocols.core.message import Disclosure
from protocols.core.party import Role
from protocols.sharing import secure_sum


class TierDisclosure(Disclosure):
    TIER = "in which tier everybody is"


@dataclass(frozen=True, slots=True)
class Tiers(Message):
    carries = opened(TierDisclosure.TIER)
    value: Kept  # int8, shape (people,): a tier's number, -1 below every tier


@role(Tiers)
async def tell(party: Party, job: RoleContext, add_up: Role[Any] | None) -> Kept | None:
    """The broker, of the secure sum's output, to whoever asks; a platform only adds up."""
    (broker,) = job.agreement.holders("aggregator")
    tiers = None if add_up is None else await add_up(party)
    if party.me == broker and tiers is not None:
        party.send_all(Tiers(tiers), to=job.agreement.requesters)
    if not job.is_requester:
        return None
    return (await party.receive(broker, Tiers, like=np.empty(job.people, np.int8))).value


class TierOnly(SpecMethod):
    name, summary = "tier-only", "a broker learns the total, who asks learns the tier"
    protocols = (secure_sum.SPEC,)

    def opens(self, agreement: Agreement, party: str) -> Fact:
        told = {name: Fact.TIER for name in agreement.requesters}
        return (told | {agreement.holders("aggregator")[0]: Fact.TOTAL}).get(party, Fact.NOTHING)

    def cast(self, agreement: Agreement) -> Cast:
        return {"platform": contributors(agreement), "requester": agreement.holders("aggregator")}

    def keep(self, context: RoleContext, data: LocalData, output: Any) -> Kept | None:
        agreement = context.agreement
        if output is None:
            return None
        total = self.ring(agreement).decode(output) + agreement.scorecard.base
        return tier_index(agreement.tiers, agreement.scorecard.clipped(total)).astype(np.int8)

    def shard(self, context: RoleContext, data: LocalData) -> Role[Kept | None] | None:
        return partial(tell, job=context, add_up=super().shard(context, data))

    def result(self, context: RoleContext, pieces: Any) -> Result | None:
        tiers = np.concatenate(pieces) if context.is_requester else None
        everybody = context.agreement.data_parties
        return None if tiers is None else Result(Fact.TIER, tiers, everybody)


METHOD = TierOnly()
