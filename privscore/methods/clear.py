"""The plaintext baseline, the central database: every platform shows the requester its columns.

Fast, exact and private to nobody. It satisfies no policy: it runs only when asked for by name, or
as what the other methods are compared with, and the ledger says that it opens everything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar

import numpy as np

from privscore.card.scorecard import Column, Earned, Numbers, Scorecard
from privscore.consortium import Agreement
from privscore.consortium.policy import Fact
from privscore.methods.base import Capability, Kept, LocalData, Method, Needs, RoleContext, Totals
from protocols.core.cost import Declared
from protocols.core.message import Message, opened
from protocols.core.party import Party, Role, role


@dataclass(frozen=True, slots=True)
class ClearColumn(Message):
    """One column of one platform, as it lies there."""

    carries = opened("columns")
    value: Column  # float64, shape (people,), NaN where unknown


@dataclass(frozen=True, slots=True)
class ClearPoints(Message):
    """The points that their owner hides from everybody else, as `Scorecard.numbers` has them."""

    carries = opened("the hidden points of the card")
    value: Numbers  # float64, shape (numbers,)


def total_points(agreement: Agreement, columns: Mapping[str, Column], people: int) -> Totals:
    """The points of everybody from all columns ("platform.column"): the ideal function.

    int64, shape (people,), the card's base left out.
    """
    card = agreement.scorecard
    total: Earned = np.zeros(people, np.int64 if card.is_whole else np.float64)
    for each in card.characteristics:
        own = [columns[name] for name in each.columns]
        total += each.score(each.combined(own) if each.combine else own[0])
    return total if card.is_whole else card.rounded(total)


@role()
async def show_points(party: Party, card: Scorecard, *, requester: str) -> bytes:
    """Show the requester the points that are mine."""
    # 0. Send the points as they are.
    party.send(requester, ClearPoints(card.numbers()))
    return b""


@role(ClearPoints)
async def see_points(party: Party, card: Scorecard, *, owner: str) -> bytes:
    """Take the owner's points, as many as the agreed card has."""
    like = np.empty(card.number_count)
    return (await party.receive(owner, ClearPoints, like=like)).value.tobytes()


@role()
async def keep_points(_party: Party, card: Scorecard) -> bytes:
    """The requester's part where the card is its own."""
    return card.numbers().tobytes()


@role()
async def platform(party: Party, columns: Mapping[str, Column], *, requester: str) -> None:
    """Show the requester all columns of mine that the card looks at."""
    # 1. Send every column as it is.
    for column in columns.values():
        party.send(requester, ClearColumn(column))


@role(ClearColumn)
async def look_up(
    party: Party, agreement: Agreement, own: Mapping[str, Column], people: int
) -> Totals:
    """Everybody's points, worked out from everybody's columns."""
    # 2. Take the columns in the order of the card, and look the points up.
    like = np.empty(people)
    columns: dict[str, Column] = {}
    for name in agreement.data_parties:
        for column in agreement.scorecard.columns_of(name):
            columns[f"{name}.{column}"] = (
                own[column]
                if name == party.me
                else (await party.receive(name, ClearColumn, like=like)).value
            )
    return total_points(agreement, columns, people)


class Clear(Method):
    """Raw columns to the requester, which does the look-ups."""

    name = "clear"
    summary = "the central database: every column goes to the requester; private to nobody"
    needs: ClassVar[Needs] = "columns"
    can = frozenset(Capability)
    private = False

    def opens(self, agreement: Agreement, party: str) -> Fact:
        """Everything, to the requester."""
        return Fact.COLUMNS if party == agreement.requester else Fact.NOTHING

    def opening(self, context: RoleContext) -> Role[bytes] | None:
        """Hidden points are shown to the requester, who keeps them for the job."""
        card, requester = context.agreement.scorecard, context.agreement.requester
        if card.secret is None:
            return None
        (owner,) = context.agreement.holders("card")
        if context.is_requester:
            if context.card is None:
                return partial(see_points, card=card, owner=owner)
            return partial(keep_points, card=context.card)
        if context.card is not None:
            return partial(show_points, card=context.card, requester=requester)
        return None

    def shard(self, context: RoleContext, data: LocalData) -> Role[Kept | None] | None:
        """Show my columns, or look everybody's points up."""
        columns = data.columns or {}
        if context.is_requester:
            agreement, card = context.agreement, context.agreement.scorecard
            if card.secret is not None:
                whole = card.with_numbers(np.frombuffer(context.material, np.float64))
                agreement = replace(agreement, scorecard=whole)
            return lambda party: look_up(party, agreement, columns, context.people)
        if context.is_platform:
            return lambda party: platform(party, columns, requester=context.agreement.requester)
        return None

    def cost(self, agreement: Agreement, people: int) -> Mapping[str, Declared]:
        """One round; 8 bytes a person for each column. Hidden points are shown in the opening."""
        columns = {
            name: len(agreement.scorecard.columns_of(name))
            for name in agreement.data_parties
            if name != agreement.requester
        }
        sent = {name: 8 * people * count for name, count in columns.items()}
        cost = {"shard": Declared(int(any(columns.values())), sent)}
        card, (owner, *_) = agreement.scorecard, (*agreement.holders("card"), "")
        if card.secret is not None and owner != agreement.requester:
            cost["opening"] = Declared(1, {owner: 8 * card.number_count})
        return cost


METHOD = Clear()
