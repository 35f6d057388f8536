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
from functools import partial
from typing import Any, ClassVar

import numpy as np

from privscore.card.scorecard import Column, Scorecard
from privscore.consortium.agreement import Agreement
from privscore.methods.base import (
    Capability,
    Kept,
    LocalData,
    Needs,
    RoleContext,
    contributors,
    within,
)
from privscore.methods.homomorphic import Encrypted, aggregator_of
from protocols.core.cost import Declared
from protocols.core.errors import LocalMisuse, PeerFault
from protocols.core.party import Party, Role
from protocols.encryption import ciphertext_sum, ckks_weighted, encrypted_card
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


class CkksWeighted(Encrypted):
    """Every platform weighs its own columns with numbers that it cannot read."""

    name = "ckks-weighted"
    summary = "weights and sums under CKKS, released with a stated error; honest-but-curious"
    needs: ClassVar[Needs] = "columns"
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
        if agreement.scorecard.secret and agreement.requester in agreement.data_parties:
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

    def opening(self, context: RoleContext) -> Role[bytes] | None:
        """The requester makes a key, the owner encrypts the card, the platforms keep it."""
        agreement, owner = context.agreement, _owner(context.agreement)
        circle, checked = _circle(agreement), parameters(agreement)
        if context.me not in circle:
            return None
        self.refuse_too_many(agreement, context.people)
        mine: dict[str, Any] = {"checked": checked, "requester": agreement.requester}
        if context.me == owner:
            if context.card is None:
                raise LocalMisuse(f"{owner} owns the card and does not have it")
            numbers = {name: numbers_of(context.card, name) for name in contributors(agreement)}
            return within(circle, partial(encrypted_card.write, numbers=numbers, **mine))
        if context.is_requester:
            return within(circle, partial(encrypted_card.make_key, checked=checked))
        count = _counts(agreement).get(context.me, 0)
        return within(circle, partial(encrypted_card.take, owner=owner, count=count, **mine))

    def shard(self, context: RoleContext, data: LocalData) -> Role[Kept | None] | None:
        """Weigh my columns, add what the others weighed, or read the totals."""
        agreement, aggregator = context.agreement, aggregator_of(context.agreement)
        given = contributors(agreement)
        if context.is_requester:
            return _reading(context, data)
        if context.me not in (*given, aggregator):
            return None
        mine: dict[str, Any] = {"checked": parameters(agreement), "material": context.material}
        if context.me in given:
            columns = data.columns or {}
            mine["columns"] = columns_of(agreement.scorecard, context.me, columns, context.people)
        circle = _circle(agreement)
        if context.me != aggregator:
            return within(circle, partial(ckks_weighted.platform, aggregator=aggregator, **mine))
        mine |= {"people": context.people, "contributors": given, "requester": agreement.requester}
        return within(circle, partial(ckks_weighted.aggregate, **mine))

    def cost(self, agreement: Agreement, people: int) -> Mapping[str, Declared]:
        """A key to everybody and the card once; then a ciphertext for every N people from each."""
        checked = parameters(agreement)
        return {
            "opening": encrypted_card.declared(
                checked,
                _counts(agreement),
                owner=_owner(agreement),
                requester=agreement.requester,
                everybody=_circle(agreement),
            ),
            "shard": ciphertext_sum.declared(
                checked,
                people,
                contributors=contributors(agreement),
                aggregator=aggregator_of(agreement),
            ),
        }


# The card as numbers, and a platform's data as the columns that they weigh. -----------------------


def numbers_of(card: Scorecard, platform: str) -> Reals:
    """All that the card weighs a platform's columns with, in points: float64, shape (numbers,)."""
    found: list[float] = []
    for each in card.scored_locally_by(platform):
        *given, missing = each.numbers
        found += (given[0] * each.max_abs_value, missing) if each.weighted else each.numbers
    return np.array(found, np.float64)


def columns_of(card: Scorecard, platform: str, columns: Mapping[str, Column], people: int) -> Reals:
    """What each of these numbers is multiplied by, from -1 to 1, shape (numbers, people)."""
    rows = np.zeros((_count(card, platform), people))
    left = iter(rows)
    for each in card.scored_locally_by(platform):
        values = columns[each.columns[0].partition(".")[2]]
        if each.weighted:
            unknown = np.isnan(values)
            np.divide(values, each.max_abs_value or 1, out=next(left), where=~unknown)
            next(left)[:] = unknown
            continue
        index = each.bin(values)
        for number in range(each.missing_bin + 1):
            np.equal(index, number, out=next(left), casting="unsafe")
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


# Who reads, and who takes part. -------------------------------------------------------------------


def _reading(context: RoleContext, data: LocalData) -> Role[Kept]:
    """The requester's part: what is released, its own points with it, as whole points."""
    agreement, checked = context.agreement, parameters(context.agreement)
    scorecard, given = agreement.scorecard, contributors(agreement)
    aggregator = aggregator_of(agreement)
    own = np.zeros(context.people)
    if data.columns is not None:
        own += scorecard.local_points(context.me, data.columns, people=context.people)
    low, high = (end - scorecard.base for end in scorecard.bounds())

    async def read(party: Party) -> Kept:
        released = await ckks_weighted.receive(
            party.among(_circle(agreement)),
            context.people,
            checked=checked,
            material=context.material,
            contributors=given,
            aggregator=aggregator,
        )
        total = own + released
        # The ends of the range are whole, totals are not yet: they may pass it by a half.
        inside = np.clip(total, low, high)
        if not (np.abs(total - inside) <= checked.error_bound + 0.5).all():
            suspects = tuple(dict.fromkeys((*given, aggregator)))
            raise PeerFault(suspects, "made up a total outside the range of the card")
        return scorecard.rounded(inside)

    return read


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


def _circle(agreement: Agreement) -> tuple[str, ...]:
    others = (aggregator_of(agreement), _owner(agreement), agreement.requester)
    return tuple(dict.fromkeys((*contributors(agreement), *others)))


METHOD = CkksWeighted()
