"""The plaintext baseline, the central database: every platform shows the requester its columns.

Fast, exact and private to nobody. It satisfies no policy: it runs only when asked for by name, or
as what the other methods are compared with, and the ledger says that it opens everything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar

import numpy as np

from privscore.card.scorecard import Column, Earned, Numbers, Scorecard
from privscore.consortium import Agreement
from privscore.consortium.policy import Fact
from privscore.methods.base import Capability, Method
from privscore.methods.context import Kept, LocalData, Need, RoleContext, Totals
from protocols.core.cost import Declared
from protocols.core.message import Disclosure, Message, opened
from protocols.core.party import Party, Role, role
from protocols.core.spec import Phase


class ClearDisclosure(Disclosure):
    """What the baseline shows."""

    COLUMNS = "every column that the card looks at"
    HIDDEN_POINTS = "the hidden points of the card"


@dataclass(frozen=True, slots=True)
class ClearColumn(Message):
    """One column of one platform, as it lies there."""

    carries = opened(ClearDisclosure.COLUMNS)
    value: Column  # float64, shape (people,), NaN where unknown


@dataclass(frozen=True, slots=True)
class ClearPoints(Message):
    """The points that their owner hides from everybody else, as `Scorecard.numbers` has them."""

    carries = opened(ClearDisclosure.HIDDEN_POINTS)
    value: Numbers  # float64, shape (numbers,)


def total_points(agreement: Agreement, columns: Mapping[str, Column], people: int) -> Totals:
    """The points of everybody from all columns ("platform.column"): the ideal function.

    int64, shape (people,), the card's base left out.
    """
    card = agreement.scorecard
    total: Earned = np.zeros(people, np.int64 if card.is_whole else np.float64)
    for line in card.characteristics:
        values = [columns[name] for name in line.columns]
        total += line.score(line.combined(values) if line.combine else values[0])
    return total if card.is_whole else card.rounded(total)


@role()
async def show_points(party: Party, card: Scorecard, *, requesters: Sequence[str]) -> bytes:
    """Show the requesters the points that are mine; keep them if I am one."""
    # 0. Send the points as they are.
    party.send_all(ClearPoints(card.numbers()), to=[n for n in requesters if n != party.me])
    return card.numbers().tobytes() if party.me in requesters else b""


@role(ClearPoints)
async def see_points(party: Party, card: Scorecard, *, owner: str) -> bytes:
    """Take the owner's points, as many as the agreed card has."""
    like = np.empty(card.number_count)
    return (await party.receive(owner, ClearPoints, like=like)).value.tobytes()


@role()
async def platform(
    party: Party, columns: Mapping[str, Column], *, requesters: Sequence[str]
) -> None:
    """Show the requesters all columns of mine that the card looks at."""
    # 1. Send every column as it is.
    for column in columns.values():
        party.send_all(ClearColumn(column), to=[n for n in requesters if n != party.me])


@role(ClearColumn)
async def look_up(
    party: Party, agreement: Agreement, own_columns: Mapping[str, Column], people: int
) -> Totals:
    """Everybody's points, worked out from everybody's columns."""
    # 2. Take the columns in the order of the card, and look the points up.
    like = np.empty(people)
    columns: dict[str, Column] = {}
    for name in agreement.data_parties:
        for column in agreement.scorecard.columns_of(name):
            columns[f"{name}.{column}"] = (
                own_columns[column]
                if name == party.me
                else (await party.receive(name, ClearColumn, like=like)).value
            )
    return total_points(agreement, columns, people)


class Clear(Method):
    """Raw columns to the requester, which does the look-ups."""

    name = "clear"
    summary = "the central database: every column goes to the requester; private to nobody"
    needs: ClassVar[frozenset[Need]] = frozenset({"columns"})
    can = frozenset(Capability)
    private = False

    def opens(self, agreement: Agreement, party: str) -> Fact:
        """Everything, to whoever asks."""
        return Fact.COLUMNS if party in agreement.requesters else Fact.NOTHING

    def phases(self, agreement: Agreement) -> tuple[Phase, ...]:
        """Hidden points are shown before anything else."""
        hidden = agreement.scorecard.secret is not None
        return ("setup", "shard") if hidden else ("shard",)

    def setup(self, context: RoleContext) -> Role[bytes] | None:
        """Hidden points are shown to the requesters, who keep them for the job."""
        card, requesters = context.agreement.scorecard, context.agreement.requesters
        if card.secret is None:
            return None
        (owner,) = context.agreement.holders("card")
        if context.me == owner and context.card is not None:
            return partial(show_points, card=context.card, requesters=requesters)
        if context.is_requester:
            return partial(see_points, card=card, owner=owner)
        return None

    def shard(self, context: RoleContext, data: LocalData) -> Role[Kept | None] | None:
        """Show my columns, or look everybody's points up; a requester with data does both."""
        columns, requesters = data.columns or {}, context.agreement.requesters
        agreement, card = context.agreement, context.agreement.scorecard
        if context.is_requester and card.secret is not None:
            whole = card.with_numbers(np.frombuffer(context.material, np.float64))
            agreement = replace(agreement, scorecard=whole)
        others = [name for name in requesters if name != context.me]

        async def play(party: Party) -> Kept | None:
            if context.is_platform and others:
                await platform(party, columns, requesters=others)
            if context.is_requester:
                return await look_up(party, agreement, columns, context.people)
            return None

        return play if context.is_platform or context.is_requester else None

    def cost(self, agreement: Agreement, people: int) -> Mapping[Phase, Declared]:
        """One round; 8 bytes a person for each column. Hidden points are shown in the setup."""
        askers = {
            name: sum(1 for asker in agreement.requesters if asker != name)
            for name in agreement.party_ids
        }
        columns = {
            name: len(agreement.scorecard.columns_of(name)) * askers[name]
            for name in agreement.data_parties
            if askers[name]
        }
        sent = {name: 8 * people * count for name, count in columns.items()}
        cost: dict[Phase, Declared] = {"shard": Declared(int(any(columns.values())), sent)}
        card, (owner, *_) = agreement.scorecard, (*agreement.holders("card"), "")
        if card.secret is not None and askers.get(owner):
            cost["setup"] = Declared(1, {owner: 8 * card.number_count * askers[owner]})
        return cost


METHOD = Clear()
