"""A method that opens nothing: two parties keep shares of every total, and a question opens one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from privscore.consortium import Agreement
from privscore.consortium.policy import Fact
from privscore.methods.base import Method, contributors, within
from privscore.methods.context import Kept, LocalData, RoleContext
from privscore.methods.result import Result
from protocols.core.cost import Declared
from protocols.core.message import SHARE, Disclosure, Message, opened
from protocols.core.party import Party, Role, role
from protocols.core.ring import Ring, Vec
from protocols.core.spec import Phase
from protocols.sharing.secure_sum import split


class TotalDisclosure(Disclosure):
    TOTAL = "a share of one person's total, which with the other one is that total"


@dataclass(frozen=True, slots=True)
class KeptShare(Message):
    carries = SHARE
    value: Vec


@dataclass(frozen=True, slots=True)
class RowShare(Message):
    carries = opened(TotalDisclosure.TOTAL)
    value: Vec


@role(KeptShare)
async def share(party: Party, vector: Vec, keepers: Sequence[str], ring: Ring) -> Vec | None:
    pieces = dict(zip(keepers, split(vector, len(keepers), ring, party.coins), strict=True))
    kept = pieces.pop(party.me, None)
    for keeper, piece in pieces.items():
        party.send(keeper, KeptShare(piece))
    if kept is None:
        return None
    shares = await party.receive_all(KeptShare, like=vector)
    return ring.total([kept, *(message.value for message in shares.values())])


@role(RowShare)
async def open_row(
    party: Party, share: Vec | None, keepers: Sequence[str], asker: str, ring: Ring
) -> Result | None:
    if share is not None:
        party.send(asker, RowShare(share))
    if party.me != asker:
        return None
    shares = await party.receive_all(RowShare, of=keepers, like=ring.zeros(1))
    total = ring.decode(ring.total(message.value for message in shares.values()))
    return Result(Fact.TOTAL, total, ())


class LeftAsShares(Method):
    name, summary = "left-as-shares", "totals stay as shares at two platforms; for tests"

    def opens(self, agreement: Agreement, party: str) -> Fact:
        return Fact.NOTHING

    def opens_by_question(self, agreement: Agreement, party: str) -> Fact:
        return Fact.TOTAL if party == agreement.requester else Fact.NOTHING

    def phases(self, agreement: Agreement) -> tuple[Phase, ...]:
        return ("shard", "question")

    def shard(self, context: RoleContext, data: LocalData) -> Role[Kept | None] | None:
        if (vector := self.own_data(context, data)) is None:
            return None
        givers, ring = contributors(context.agreement), self.ring(context.agreement)
        return within(givers, partial(share, vector=vector, keepers=givers[:2], ring=ring))

    def leaves(self, agreement: Agreement, party: str) -> tuple[str, ...]:
        return ("share",) if party in contributors(agreement)[:2] else ()

    def question(
        self, context: RoleContext, left: Mapping[str, Vec], row: int
    ) -> Role[Result | None] | None:
        agreement, held = context.agreement, left["share"][row : row + 1] if left else None
        asker, keepers = agreement.requester, contributors(agreement)[:2]
        return partial(
            open_row, share=held, keepers=keepers, asker=asker, ring=self.ring(agreement)
        )

    def cost(self, agreement: Agreement, people: int) -> Mapping[Phase, Declared]:
        vector, givers = people * self.ring(agreement).item_bytes, contributors(agreement)
        return {"shard": Declared(1, {n: vector * (1 + (n not in givers[:2])) for n in givers})}


METHOD = LeftAsShares()
