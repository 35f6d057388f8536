"""A method that opens nothing: two parties keep shares of every total, and a question opens one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from privscore.consortium import Agreement
from privscore.consortium.policy import Fact
from privscore.methods.base import Method, contributors, points_ring
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
async def share(
    party: Party, vector: Vec | None, people: int, givers: Sequence[str], ring: Ring
) -> Vec | None:
    keepers = party.circle[:2]
    held = ring.zeros(people)
    if vector is not None:
        for keeper, piece in zip(keepers, split(vector, 2, ring, party.coins), strict=True):
            held = piece if keeper == party.me else held
            if keeper != party.me:
                party.send(keeper, KeptShare(piece))
    if party.me not in keepers:
        return None
    shares = await party.receive_all(
        KeptShare, of=[name for name in givers if name != party.me], like=held
    )
    return ring.total([held, *(message.value for message in shares.values())])


@role(RowShare)
async def open_row(
    party: Party, left: Mapping[str, Vec], row: int, keepers: Sequence[str], asker: str, ring: Ring
) -> Any:
    if party.me in keepers:
        party.send(asker, RowShare(left["share"][row : row + 1]))
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
        givers, ring = contributors(context.agreement), points_ring(context.agreement)
        if context.me not in givers:
            return None
        vector = None if data.points is None else data.points.astype(ring.dtype)
        play = partial(share, vector=vector, people=context.people, givers=givers, ring=ring)
        return lambda party: play(party.among(givers))

    def result(self, context: RoleContext, pieces: Sequence[Kept]) -> Result | None:
        return None

    def leaves(self, agreement: Agreement, party: str) -> tuple[str, ...]:
        return ("share",) if party in contributors(agreement)[:2] else ()

    def leave(self, context: RoleContext, pieces: Sequence[Kept]) -> Mapping[str, NDArray[Any]]:
        names = self.leaves(context.agreement, context.me)
        return {name: np.concatenate(pieces) for name in names}

    def question(
        self, context: RoleContext, left: Mapping[str, NDArray[Any]], row: int
    ) -> Role[Result | None] | None:
        agreement = context.agreement
        return partial(
            open_row,
            left=left,
            row=row,
            keepers=contributors(agreement)[:2],
            asker=agreement.requester,
            ring=points_ring(agreement),
        )

    def cost(self, agreement: Agreement, people: int) -> Mapping[Phase, Declared]:
        vector = people * points_ring(agreement).item_bytes
        givers = contributors(agreement)
        return {"shard": Declared(1, {n: vector * (1 + (n not in givers[:2])) for n in givers})}


METHOD = LeftAsShares()
