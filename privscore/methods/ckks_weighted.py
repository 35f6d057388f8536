"""A model whose weights stay with their owner, over approximate ciphertexts of reals.

The card's owner encrypts every number of it under the requester's key, once a job. A platform
multiplies them, blind, by its own columns: of 0 and 1, one for each bin and one for the unknown;
of a weighted line the values themselves, as parts of the largest there can be, and the unknown.
What the requester reads is released first, and rounded to whole points after that. How far it can
be off follows from the card's ranges and is known before anything runs.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from privscore.card.scorecard import Column, Scorecard
from privscore.consortium.agreement import Agreement
from privscore.methods.base import Capability, contributors
from privscore.methods.context import Kept, LocalData, Need, RoleContext
from privscore.methods.homomorphic import KeyOfOne, aggregator_of, card_at_owner
from protocols.core.errors import PeerFault
from protocols.encryption import ckks_weighted
from protocols.encryption.ckks_weighted import WeightedParameters
from protocols.encryption.params.approximate import (
    ApproximateWish,
    CheckedApproximate,
    Reals,
    plan_approximate,
)
from protocols.encryption.params.planning import NoParameters
from protocols.encryption.release import ledger_line

OPENINGS = 1 << 10  # ciphertexts that a job may release: 8 million people at 8,192 in each
PRECISIONS = tuple(2.0**-bits for bits in range(2, 9))  # of a total, in points
REAL_PRECISION = 2.0**-6  # at least, where few real totals are to be rounded another way


class CkksWeighted(KeyOfOne):
    """Every platform weighs its own columns with numbers that it cannot read."""

    name = "ckks-weighted"
    summary = "weights and sums under CKKS, released with a stated error; honest-but-curious"
    needs: ClassVar[frozenset[Need]] = frozenset({"columns"})
    can = frozenset({Capability.REAL_WEIGHTS, Capability.HIDE_POINTS})
    protocols = (ckks_weighted.SPEC,)

    def planned(self, agreement: Agreement) -> CheckedApproximate:
        """See `parameters`."""
        return parameters(agreement)

    def roles_unfit(self, agreement: Agreement) -> list[str]:
        """Card and sum belong to two parties; hidden points and the key may not meet."""
        if _owner(agreement) in ("", aggregator_of(agreement)):
            return [
                f"{self.name} needs an owner of the card apart from the aggregator: `owner` in "
                "[scorecard]"
            ]
        if agreement.scorecard.secret and set(agreement.requesters) & set(agreement.data_parties):
            return [
                f"{self.name} needs a requester without data where points are hidden: it could not "
                "score its own"
            ]
        if not any(_counts(agreement).values()):
            return [f"{self.name} needs a platform that scores a line of the card by itself"]
        return []

    def error_bound(self, agreement: Agreement) -> float:
        """What the planner vouches for."""
        return parameters(agreement).error_bound

    def released(self, agreement: Agreement, people: int) -> str:
        """What the release step says of itself."""
        return ledger_line(parameters(agreement), people)

    def parameters(
        self, agreement: Agreement, identities: Mapping[str, bytes]
    ) -> WeightedParameters:
        """The planned ones, and how many numbers of the card each platform gets."""
        return WeightedParameters(parameters(agreement), _counts(agreement))

    def setup_data(self, context: RoleContext) -> dict[str, Reals] | None:
        """The owner brings the card, to each platform its own part."""
        if context.me not in context.agreement.holders("card"):
            return None
        whole = card_at_owner(context)
        return {name: numbers_of(whole, name) for name in contributors(context.agreement)}

    def own_data(self, context: RoleContext, data: LocalData) -> Reals | None:
        """My columns, as the card weighs them."""
        agreement = context.agreement
        if context.me not in contributors(agreement):
            return None
        return columns_of(agreement.scorecard, context.me, data.columns or {}, context.people)

    def keep(self, context: RoleContext, data: LocalData, output: Any) -> Kept | None:
        """What is released, with a requester's own points, as whole points."""
        if output is None or not context.is_requester:
            return None
        agreement, checked = context.agreement, parameters(context.agreement)
        scorecard = agreement.scorecard
        at_home = np.zeros(context.people)
        if data.columns is not None:
            at_home += scorecard.local_points(context.me, data.columns, people=context.people)
        low, high = (end - scorecard.base for end in scorecard.bounds())
        total = at_home + output
        # The ends of the range are whole, totals are not yet: they may pass it by a half.
        inside = np.clip(total, low, high)
        if not (np.abs(total - inside) <= checked.error_bound + 0.5).all():
            suspects = (*contributors(agreement), aggregator_of(agreement))
            raise PeerFault(
                tuple(dict.fromkeys(suspects)), "made up a total outside the range of the card"
            )
        return scorecard.rounded(inside)


# The card as numbers, and a platform's data as the columns that they weigh. -----------------------


def numbers_of(card: Scorecard, platform: str) -> Reals:
    """All that the card weighs a platform's columns with, in points: float64, shape (numbers,)."""
    numbers: list[float] = []
    for line in card.scored_locally_by(platform):
        *given, missing = line.numbers
        numbers += (given[0] * line.max_abs_value, missing) if line.weighted else line.numbers
    return np.array(numbers, np.float64)


def columns_of(card: Scorecard, platform: str, columns: Mapping[str, Column], people: int) -> Reals:
    """What each of these numbers is multiplied by, from -1 to 1, shape (numbers, people)."""
    rows = np.zeros((_count(card, platform), people))
    rows_left = iter(rows)
    for line in card.scored_locally_by(platform):
        values = columns[line.columns[0].partition(".")[2]]
        if line.weighted:
            unknown = np.isnan(values)
            np.divide(values, line.max_abs_value or 1, out=next(rows_left), where=~unknown)
            next(rows_left)[:] = unknown
            continue
        index = line.bin(values)
        for number in range(line.missing_bin + 1):
            np.equal(index, number, out=next(rows_left), casting="unsafe")
    return rows


@functools.lru_cache(maxsize=8)
def parameters(agreement: Agreement) -> CheckedApproximate:
    """The finest precision that the smallest parameters give; NoParameters if there are none."""
    sizes = _counts(agreement).values()
    largest = max(1.0, _largest(agreement))

    def planned(precision: float) -> CheckedApproximate:
        return plan_approximate(
            ApproximateWish(
                parties=len(sizes),
                openings=OPENINGS,
                columns=max(sizes),
                altogether=sum(sizes),
                column_limit=1.0,
                weight_limit=largest,
                precision=precision,
            )
        )

    whole = agreement.scorecard.is_whole
    first, *finer = [each for each in PRECISIONS if whole or each <= REAL_PRECISION]
    finest = planned(first)
    for precision in finer:
        try:
            candidate = planned(precision)
        except NoParameters:
            break
        if candidate.ciphertext_bytes > finest.ciphertext_bytes:
            break
        finest = candidate
    return finest


# Who gets how many numbers, and how large they are. -----------------------------------------------


def _counts(agreement: Agreement) -> dict[str, int]:
    """How many numbers of the card each contributor gets."""
    return {name: _count(agreement.scorecard, name) for name in contributors(agreement)}


def _count(card: Scorecard, platform: str) -> int:
    return sum(each.missing_bin + 1 for each in card.scored_locally_by(platform))


def _largest(agreement: Agreement) -> float:
    """How large a number of the card can be in size; of hidden ones, what is public."""
    card = agreement.scorecard
    if card.secret is not None:
        return float(max(abs(card.secret.least), abs(card.secret.most)))
    numbers = [numbers_of(card, name) for name in contributors(agreement)]
    return float(np.abs(np.concatenate(numbers)).max(initial=0))


def _owner(agreement: Agreement) -> str:
    """Who encrypts the card; empty if nobody is there to."""
    return next(iter(agreement.holders("card")), "")


METHOD = CkksWeighted()
