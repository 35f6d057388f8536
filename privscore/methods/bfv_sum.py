"""Exact homomorphic encryption: each platform encrypts its points, an aggregator adds ciphertexts.

The requester holds the only key, the aggregator none. Parameters follow from the card's ranges.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from functools import partial
from typing import Any

from privscore.consortium.agreement import Agreement
from privscore.methods.base import Kept, LocalData, RoleContext, contributors, within
from privscore.methods.homomorphic import Encrypted, aggregator_of
from protocols.core.cost import Declared
from protocols.core.party import Party, Role
from protocols.encryption import bfv_sum, ciphertext_sum, keys
from protocols.encryption.params.exact import Checked, Wish, plan
from protocols.encryption.params.noise import Circuit

OPENINGS = 1 << 14  # ciphertexts that a job may decrypt: 67 million people at 4,096 in each


class BfvSum(Encrypted):
    """Points under the requester's key, added up by a party that cannot read them."""

    name = "bfv-sum"
    summary = "BFV ciphertexts added by a party without a key; exact; honest-but-curious"
    protocols = (bfv_sum.SPEC,)

    def planned(self, agreement: Agreement) -> Checked:
        """See `parameters`."""
        return parameters(agreement)

    def opening(self, context: RoleContext) -> Role[bytes] | None:
        """The requester makes a key and hands its public half out."""
        agreement = context.agreement
        if context.me not in _circle(agreement):
            return None
        checked, circle, owner = parameters(agreement), _circle(agreement), agreement.requester
        self.refuse_too_many(agreement, context.people)
        if context.is_requester:
            return within(circle, partial(keys.hand_out, checked=checked))
        return within(circle, partial(keys.take, checked=checked, owner=owner))

    def shard(self, context: RoleContext, data: LocalData) -> Role[Kept | None] | None:
        """Encrypt my points, add what the others encrypted, or read the totals."""
        agreement = context.agreement
        if context.me not in _circle(agreement):
            return None
        given = contributors(agreement)
        mine: dict[str, Any] = {"checked": parameters(agreement), "material": context.material}
        aggregator = aggregator_of(agreement)
        if context.is_requester:
            mine |= {"people": context.people, "contributors": given, "aggregator": aggregator}
            own = 0 if data.points is None else data.points

            async def read(party: Party) -> Kept:
                return own + await bfv_sum.receive(party.among(_circle(agreement)), **mine)

            return read
        points = data.points if context.me in given else None
        if context.me == aggregator:
            mine |= {"people": context.people, "contributors": given, "points": points}
            mine |= {"requester": agreement.requester}
            return within(_circle(agreement), partial(bfv_sum.aggregate, **mine))
        mine |= {"points": points}
        return within(_circle(agreement), partial(bfv_sum.platform, aggregator=aggregator, **mine))

    def cost(self, agreement: Agreement, people: int) -> Mapping[str, Declared]:
        """A public key to everybody once; then one ciphertext for every N people from each."""
        checked = parameters(agreement)
        circle = _circle(agreement)
        return {
            "opening": keys.declared(checked, owner=agreement.requester, everybody=circle),
            "shard": ciphertext_sum.declared(
                checked,
                people,
                contributors=contributors(agreement),
                aggregator=aggregator_of(agreement),
            ),
        }


@functools.lru_cache(maxsize=8)
def parameters(agreement: Agreement) -> Checked:
    """Parameters in which no total of this card can wrap; NoParameters if there are none."""
    given = contributors(agreement)
    ranges = [agreement.scorecard.points_range(name) for name in given]
    return plan(
        Wish(
            circuit=Circuit.add(len(given)),
            parties=len(given),
            least=min(low for low, _ in ranges),
            most=max(high for _, high in ranges),
            openings=OPENINGS,
        )
    )


def _circle(agreement: Agreement) -> tuple[str, ...]:
    return tuple(
        dict.fromkeys((*contributors(agreement), aggregator_of(agreement), agreement.requester))
    )


METHOD = BfvSum()
