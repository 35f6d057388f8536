"""A secret scorecard: its owner encrypts the points, each platform picks what it cannot read.

The card travels once a job, a ciphertext for every bin. The requester holds the only key, the
aggregator none; the owner sees no answer. Parameters follow from the range of the points.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from privscore.card.scorecard import Scorecard
from privscore.consortium.agreement import Agreement
from privscore.methods.base import Capability, contributors
from privscore.methods.bfv_sum import OPENINGS
from privscore.methods.context import LocalData, Need, RoleContext, Totals
from privscore.methods.homomorphic import KeyOfOne, card_at_owner
from protocols.encryption import bfv_hidden_card
from protocols.encryption.bfv_hidden_card import HiddenCardParameters
from protocols.encryption.params.exact import Checked, Wish, plan
from protocols.encryption.params.noise import Circuit


class BfvHiddenCard(KeyOfOne):
    """Points that only the card's owner knows, selected and added up under encryption."""

    name = "bfv-hidden-card"
    summary = "BFV over a card that only its owner knows; exact; honest-but-curious"
    needs: ClassVar[frozenset[Need]] = frozenset({"bins"})
    can = frozenset({Capability.HIDE_POINTS})
    protocols = (bfv_hidden_card.SPEC,)

    def planned(self, agreement: Agreement) -> Checked:
        """See `parameters`."""
        return parameters(agreement)

    def roles_unfit(self, agreement: Agreement) -> list[str]:
        """Where points are hidden, they and the key may not meet in one hand."""
        problems = []
        with_data = set(agreement.requesters) & set(agreement.data_parties)
        if agreement.scorecard.secret is not None and with_data:
            problems.append(
                f"{self.name} needs a requester without data where points are hidden: its key "
                "would open those of its own bins"
            )
        if not agreement.holders("card"):
            problems.append(f"{self.name} needs an owner of the card: `owner` in [scorecard]")
        if not _givers(agreement):
            problems.append(
                f"{self.name} needs a platform that scores a line of the card by itself"
            )
        return problems

    def givers(self, agreement: Agreement) -> tuple[str, ...]:
        """The contributors that score a line of the card."""
        return _givers(agreement)

    def parameters(
        self, agreement: Agreement, identities: Mapping[str, bytes]
    ) -> HiddenCardParameters:
        """The planned ones, and how many bins each platform picks from."""
        return HiddenCardParameters(parameters(agreement), _bins(agreement))

    def setup_data(self, context: RoleContext) -> dict[str, NDArray[np.int64]] | None:
        """The owner brings its points, to each platform its own."""
        if context.me not in context.agreement.holders("card"):
            return None
        whole = card_at_owner(context)
        return {name: _numbers(whole, name) for name in _givers(context.agreement)}

    def own_data(self, context: RoleContext, data: LocalData) -> Any:
        """The bins of my people, if I give any points."""
        return data.bins if context.me in _givers(context.agreement) else None

    def points_at_home(self, context: RoleContext, data: LocalData) -> Totals | int:
        """What a requester with data adds; its points are public, or the method is unfit."""
        if data.bins is None:
            return 0
        total = np.zeros(context.people, np.int64)
        lines = context.agreement.scorecard.scored_locally_by(context.me)
        for line, index in zip(lines, data.bins, strict=True):
            total += line.earned(index)
        return total


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
            for line in scorecard.scored_locally_by(name)
            for point in line.possible_points
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


def _givers(agreement: Agreement) -> tuple[str, ...]:
    """The contributors that score a line of the card: there is nothing to pick for the others."""
    return tuple(
        name for name in contributors(agreement) if agreement.scorecard.scored_locally_by(name)
    )


METHOD = BfvHiddenCard()
