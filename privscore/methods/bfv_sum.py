"""Exact homomorphic encryption: each platform encrypts its points, an aggregator adds ciphertexts.

The requester holds the only key, the aggregator none. Parameters follow from the card's ranges.
"""

from __future__ import annotations

import functools
from typing import Any

from privscore.consortium.agreement import Agreement
from privscore.methods.base import contributors
from privscore.methods.context import LocalData, RoleContext
from privscore.methods.homomorphic import KeyOfOne
from protocols.encryption import bfv_sum
from protocols.encryption.params.exact import Checked, Wish, plan
from protocols.encryption.params.noise import Circuit

OPENINGS = 1 << 14  # ciphertexts that a job may decrypt: 67 million people at 4,096 in each


class BfvSum(KeyOfOne):
    """Points under the requester's key, added up by a party that cannot read them."""

    name = "bfv-sum"
    summary = "BFV ciphertexts added by a party without a key; exact; honest-but-curious"
    protocols = (bfv_sum.SPEC,)

    def planned(self, agreement: Agreement) -> Checked:
        """See `parameters`."""
        return parameters(agreement)

    def own_data(self, context: RoleContext, data: LocalData) -> Any:
        """My points, if I give any."""
        return data.points if context.me in contributors(context.agreement) else None


@functools.lru_cache(maxsize=8)
def parameters(agreement: Agreement) -> Checked:
    """Parameters in which no total of this card can wrap; NoParameters if there are none."""
    givers = contributors(agreement)
    ranges = [agreement.scorecard.points_range(name) for name in givers]
    return plan(
        Wish(
            circuit=Circuit.add(len(givers)),
            parties=len(givers),
            least=min(low for low, _ in ranges),
            most=max(high for _, high in ranges),
            openings=OPENINGS,
        )
    )


METHOD = BfvSum()
