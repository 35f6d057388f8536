"""Additive secret sharing: the requester learns every total, the platforms learn nothing."""

from __future__ import annotations

from collections.abc import Mapping

from privscore.consortium import Agreement
from privscore.consortium.policy import Fact
from privscore.methods.base import Kept, LocalData, Method, RoleContext, contributors, points_ring
from protocols.core.cost import Declared
from protocols.core.party import Party, Role
from protocols.sharing import secure_sum


class SecretSum(Method):
    """Each platform adds up its own points and shares the sum out; the requester collects."""

    name = "secret-sum"
    summary = "additive secret sharing among the platforms; exact; honest-but-curious"
    protocols = (secure_sum.SPEC,)

    def opens(self, agreement: Agreement, party: str) -> Fact:
        """The requester learns the unclipped total, nobody else anything."""
        return Fact.TOTAL if party == agreement.requester else Fact.NOTHING

    def shard(self, context: RoleContext, data: LocalData) -> Role[Kept | None] | None:
        """Share my points out, or collect the sum. A requester with data adds its own at home."""
        circle = _circle(context.agreement)
        ring = points_ring(context.agreement)
        if context.is_requester:

            async def collect(party: Party) -> Kept:
                total = await secure_sum.collect(party.among(circle), context.people, ring=ring)
                own = 0 if data.points is None else data.points
                return ring.decode(total) + own

            return collect
        if context.is_platform and data.points is not None:
            vector = data.points.astype(ring.dtype)

            async def platform(party: Party) -> None:
                await secure_sum.platform(
                    party.among(circle), vector, ring=ring, collector=context.agreement.requester
                )

            return platform
        return None

    def cost(self, agreement: Agreement, people: int) -> Mapping[str, Declared]:
        """Two rounds; every platform sends one vector to each other one and to the requester."""
        senders = contributors(agreement)
        each = len(senders) * people * points_ring(agreement).item_bytes
        return {"shard": Declared(2, dict.fromkeys(senders, each))}


def _circle(agreement: Agreement) -> tuple[str, ...]:
    return (*contributors(agreement), agreement.requester)


METHOD = SecretSum()
