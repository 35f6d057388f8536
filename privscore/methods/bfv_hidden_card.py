"""A secret scorecard: its owner encrypts the points, each platform picks what it cannot read.

The card travels once a job, a ciphertext for every bin. The requester holds the only key, the
aggregator none; the owner sees no answer. Parameters follow from the range of the points.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from privscore.card.scorecard import Scorecard
from privscore.consortium.agreement import Agreement
from privscore.methods.base import (
    Capability,
    Kept,
    LocalData,
    Needs,
    RoleContext,
    Totals,
    contributors,
    within,
)
from privscore.methods.bfv_sum import OPENINGS
from privscore.methods.homomorphic import Encrypted, aggregator_of
from protocols.core.cost import Declared
from protocols.core.errors import LocalMisuse
from protocols.core.party import Party, Role
from protocols.encryption import bfv_hidden_card, ciphertext_sum, encrypted_card
from protocols.encryption.params.exact import Checked, Wish, plan
from protocols.encryption.params.noise import Circuit


class BfvHiddenCard(Encrypted):
    """Points that only the card's owner knows, selected and added up under encryption."""

    name = "bfv-hidden-card"
    summary = "BFV over a card that only its owner knows; exact; honest-but-curious"
    needs: ClassVar[Needs] = "bins"
    can = frozenset({Capability.HIDE_POINTS})
    protocols = (bfv_hidden_card.SPEC,)

    def planned(self, agreement: Agreement) -> Checked:
        """See `parameters`."""
        return parameters(agreement)

    def roles_unfit(self, agreement: Agreement) -> list[str]:
        """Where points are hidden, they and the key may not meet in one hand."""
        requester = agreement.requester
        found = []
        if agreement.scorecard.secret is not None and requester in agreement.data_parties:
            found.append(
                f"{self.name} needs a requester without data where points are hidden: its key "
                "would open those of its own bins"
            )
        if not agreement.holders("card"):
            found.append(f"{self.name} needs an owner of the card: `owner` in [scorecard]")
        if not _givers(agreement):
            found.append(f"{self.name} needs a platform that scores a line of the card by itself")
        return found

    def opening(self, context: RoleContext) -> Role[bytes] | None:
        """The requester makes a key; the owner encrypts its points, to each platform its own."""
        agreement = context.agreement
        circle = _circle(agreement)
        if context.me not in circle:
            return None
        mine: dict[str, Any] = {"checked": parameters(agreement), "requester": agreement.requester}
        self.refuse_too_many(agreement, context.people)
        owner = _owner(agreement)
        if context.me == owner:
            if context.card is None:
                raise LocalMisuse(f"{owner} owns the card and does not have it")
            numbers = {name: _numbers(context.card, name) for name in _givers(agreement)}
            return within(circle, partial(encrypted_card.write, numbers=numbers, **mine))
        if context.is_requester:
            return within(circle, partial(encrypted_card.make_key, checked=parameters(agreement)))
        count = sum(_bins(agreement).get(context.me, ()))
        return within(circle, partial(encrypted_card.take, owner=owner, count=count, **mine))

    def shard(self, context: RoleContext, data: LocalData) -> Role[Kept | None] | None:
        """Pick my people's points, add what the others picked, or read the totals."""
        agreement, aggregator = context.agreement, aggregator_of(context.agreement)
        given, circle = _givers(agreement), _circle(context.agreement)
        mine: dict[str, Any] = {"checked": parameters(agreement), "material": context.material}
        if context.is_requester:
            mine |= {"people": context.people, "contributors": given, "aggregator": aggregator}
            own = _own_points(context, data)

            async def read(party: Party) -> Kept:
                return own + await bfv_hidden_card.receive(party.among(circle), **mine)

            return read
        if context.me in given:
            mine |= {"choices": data.bins, "bins": _bins(agreement)[context.me]}
        if context.me == aggregator:
            mine |= {"people": context.people, "contributors": given}
            mine |= {"requester": agreement.requester}
            return within(circle, partial(bfv_hidden_card.aggregate, **mine))
        if context.me in given:
            return within(circle, partial(bfv_hidden_card.platform, aggregator=aggregator, **mine))
        return None

    def cost(self, agreement: Agreement, people: int) -> Mapping[str, Declared]:
        """A key to everybody and the card once; then one ciphertext for every N people."""
        checked, given = parameters(agreement), _givers(agreement)
        return {
            "opening": encrypted_card.declared(
                checked,
                {name: sum(bins) for name, bins in _bins(agreement).items()},
                owner=_owner(agreement),
                requester=agreement.requester,
                everybody=_circle(agreement),
            ),
            "shard": ciphertext_sum.declared(
                checked, people, contributors=given, aggregator=aggregator_of(agreement)
            ),
        }


@functools.lru_cache(maxsize=8)
def parameters(agreement: Agreement) -> Checked:
    """Parameters in which no total of this card can wrap; NoParameters if there are none."""
    scorecard, given = agreement.scorecard, _givers(agreement)
    if (secret := scorecard.secret) is not None:
        least, most = secret.least, secret.most
    else:
        every = [
            point
            for name in given
            for each in scorecard.scored_locally_by(name)
            for point in each.possible_points
        ]
        least, most = math.floor(min(every)), math.ceil(max(every))
    return plan(
        Wish(
            circuit=Circuit.select(_bins(agreement).values()),
            parties=len(given),
            least=least,
            most=most,
            openings=OPENINGS,
        )
    )


def _bins(agreement: Agreement) -> dict[str, tuple[int, ...]]:
    """How many bins each line of each giver has, the one of who is unknown included."""
    return {
        name: tuple(each.missing_bin + 1 for each in agreement.scorecard.scored_locally_by(name))
        for name in _givers(agreement)
    }


def _numbers(whole: Scorecard, platform: str) -> NDArray[np.int64]:
    """All points of a platform's lines, in order, shape (bins,)."""
    return np.array(
        [point for each in whole.scored_locally_by(platform) for point in each.possible_points],
        np.int64,
    )


def _own_points(context: RoleContext, data: LocalData) -> Totals | int:
    """What a requester with data adds at home; its points are public, or the method is unfit."""
    if data.bins is None:
        return 0
    total = np.zeros(context.people, np.int64)
    for each, index in zip(
        context.agreement.scorecard.scored_locally_by(context.me), data.bins, strict=True
    ):
        total += each.earned(index)
    return total


def _givers(agreement: Agreement) -> tuple[str, ...]:
    """The contributors that score a line of the card: there is nothing to pick for the others."""
    return tuple(
        name for name in contributors(agreement) if agreement.scorecard.scored_locally_by(name)
    )


def _owner(agreement: Agreement) -> str:
    return agreement.holders("card")[0]


def _circle(agreement: Agreement) -> tuple[str, ...]:
    others = (aggregator_of(agreement), _owner(agreement), agreement.requester)
    return tuple(dict.fromkeys((*_givers(agreement), *others)))


METHOD = BfvHiddenCard()
