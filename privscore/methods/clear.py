"""The plaintext baseline, the central database: every platform shows the requester its columns.

Fast, exact and private to nobody. It satisfies no policy: it runs only when asked for by name, or
as what the other methods are compared with, and the ledger says that it opens everything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from privscore.consortium import Agreement
from privscore.methods.base import Capability, Kept, LocalData, Method, Needs, Seat, Totals
from privscore.policy import Fact
from privscore.scorecard import Column
from protocols.core.cost import Declared
from protocols.core.message import Message, opened
from protocols.core.party import Party, Role, role


@dataclass(frozen=True, slots=True)
class ClearColumn(Message):
    """One column of one platform, as it lies there."""

    carries = opened("columns")
    value: Column  # float64, shape (people,), NaN where unknown


def total_points(agreement: Agreement, columns: Mapping[str, Column], people: int) -> Totals:
    """The points of everybody from all columns ("platform.column"): the ideal function.

    int64, shape (people,), the card's base left out.
    """
    total = np.zeros(people, np.int64)
    for each in agreement.scorecard.characteristics:
        own = [columns[name] for name in each.columns]
        total += each.score(each.combined(own) if each.combine else own[0])
    return total


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

    def shard(self, seat: Seat, data: LocalData) -> Role[Kept | None] | None:
        """Show my columns, or look everybody's points up."""
        columns = data.columns or {}
        if seat.is_requester:
            return lambda party: look_up(party, seat.agreement, columns, seat.people)
        if seat.is_platform:
            return lambda party: platform(party, columns, requester=seat.agreement.requester)
        return None

    def cost(self, agreement: Agreement, people: int) -> Mapping[str, Declared]:
        """One round; 8 bytes a person for each column."""
        columns = {
            name: len(agreement.scorecard.columns_of(name))
            for name in agreement.data_parties
            if name != agreement.requester
        }
        sent = {name: 8 * people * count for name, count in columns.items()}
        return {"shard": Declared(int(any(columns.values())), sent)}


METHOD = Clear()
