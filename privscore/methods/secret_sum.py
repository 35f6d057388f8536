"""Additive secret sharing: the requester learns every total, the platforms learn nothing."""

from __future__ import annotations

from privscore.consortium import Agreement
from privscore.consortium.policy import Fact
from privscore.methods.base import SpecMethod
from protocols.sharing import secure_sum


class SecretSum(SpecMethod):
    """Each platform adds up its own points and shares the sum out; the requester collects."""

    name = "secret-sum"
    summary = "additive secret sharing among the platforms; exact; honest-but-curious"
    protocols = (secure_sum.SPEC,)

    def opens(self, agreement: Agreement, party: str) -> Fact:
        """The requester learns the unclipped total, nobody else anything."""
        return Fact.TOTAL if party in agreement.requesters else Fact.NOTHING


METHOD = SecretSum()
