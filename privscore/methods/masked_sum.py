"""Local aggregation: each platform adds up its own people, and only the sum over all can be opened.

The requester adds up masked vectors; the masks cancel in the sum of those who stayed. It survives
drop-outs and a requester that lies about them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from privscore.consortium.agreement import Agreement
from privscore.consortium.policy import Fact
from privscore.methods.base import Capability, SpecMethod, contributors
from privscore.methods.context import Kept, LocalData, RoleContext
from protocols.aggregation.keys import KEY_BYTES
from protocols.aggregation.plan import MaskingPlan
from protocols.aggregation.spec import SPEC


class MaskedSum(SpecMethod):
    """Points under masks that cancel in the sum over the platforms that stay."""

    name = "masked-sum"
    summary = "local aggregates under masks; survives drop-outs and a requester that lies; exact"
    can = frozenset({Capability.DROPOUT})
    protocols = (SPEC,)

    def opens(self, agreement: Agreement, party: str) -> Fact:
        """The requester learns the unclipped total, nobody else anything."""
        return Fact.TOTAL if party in agreement.requesters else Fact.NOTHING

    def unfit(self, agreement: Agreement) -> list[str]:
        """The requester adds up, so it may not bring data of its own."""
        if set(agreement.requesters) & set(agreement.data_parties):
            return [
                f"{self.name} needs a requester without data, which adds up what it cannot read"
            ]
        return []

    def parameters(self, agreement: Agreement, identities: Mapping[str, bytes]) -> MaskingPlan:
        """Bear the loss of a quarter of the platforms, or of none, and all colluders that leaves.

        Without `identities` the plan is good for its sizes alone.
        """
        platforms = contributors(agreement)
        size = len(platforms)
        lost = max(1, size // 4) if agreement.policy.dropout == "neutral" else 0
        colluders = max(0, 2 * (size - lost) - size - 1)
        keys = {name: identities.get(name, bytes(KEY_BYTES)) for name in platforms}
        return MaskingPlan.bearing(agreement.requester, keys, lost=lost, colluders=colluders)

    def keep(self, context: RoleContext, data: LocalData, output: Any) -> Kept | None:
        """The masked points of a shard, as they came: they are opened in the closing."""
        return None if output is None else output


METHOD = MaskedSum()
