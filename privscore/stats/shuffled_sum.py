"""Sums in an order that only the platforms know: so the requester sees values and not whose.

    who         sends            in        to                   learns
    platform    ShuffleSeed      setup     every other one      the order
    everybody   as masked-sum    ...       ...                  the requester: the sums, shuffled

The platforms put all people into one random order, the same at each, before they mask; the rest is
`masked-sum`, unchanged. What comes out for the requester is every sum once, and nothing that ties
a sum to a person or to a place in a list. Several columns have an order each, so that the sums of
one say nothing about who has which sum in another.

Safe against: the requester, lying, as `masked-sum` is; any platforms without it. Not hidden from
the requester together with one platform: the order, and so everybody's sums. That is what
`masked-sum` gives the requester alone; so it may run where that one may.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from privscore.consortium.agreement import Agreement
from privscore.consortium.policy import Fact
from privscore.methods.base import contributors
from privscore.methods.context import Kept, LocalData, Points, RoleContext
from privscore.methods.masked_sum import MaskedSum
from privscore.methods.result import Result
from protocols.core.cast import Cast
from protocols.core.coins import SEED_BYTES, SeededCoins
from protocols.core.cost import Declared
from protocols.core.message import SHARE, Message
from protocols.core.party import Party, Role, role
from protocols.core.ring import Ring
from protocols.core.spec import Phase

_NO_SEED = bytes(SEED_BYTES)


@dataclass(frozen=True, slots=True)
class ShuffleSeed(Message):
    """A platform's part of the seed of the order, for the other platforms alone."""

    carries = SHARE
    seed: bytes


@role(ShuffleSeed)
async def agree(party: Party) -> bytes:
    """A platform's part: the seed of the order, which depends on a part of mine."""
    part = ShuffleSeed(party.coins.bytes(SEED_BYTES))
    party.send_all(part)
    received = await party.receive_all(ShuffleSeed, like={"seed": SEED_BYTES})
    parts = {party.me: part, **received}
    return hashlib.sha256(b"".join(parts[name].seed for name in party.circle)).digest()


def shuffled(seed: bytes, columns: Sequence[NDArray[np.int32]]) -> NDArray[np.int32]:
    """The columns end to end, each in a random order of its own that the seed gives."""
    coins = SeededCoins(seed)
    return np.concatenate(
        [
            column[np.argsort(coins.fork(f"column {number}").uniform(Ring(64), len(column)))]
            for number, column in enumerate(columns)
        ]
    )


class ShuffledSum(MaskedSum):
    """Masked sums whose people are in an order that the requester does not know.

    There are two values for each person, both shuffled: the points, and whether a platform knows
    it.
    """

    name = "shuffled-sum"
    summary = "masked sums of people in a random order: values, and not whose"
    rows_per_person = 2

    def opens(self, agreement: Agreement, party: str) -> Fact:
        """Who asks learns every total, and not whose; nobody else anything."""
        return Fact.TOTAL if party == agreement.requester else Fact.NOTHING

    def cast(self, agreement: Agreement) -> Cast:
        """As `masked-sum`; other requesters than the one that asks get no statistics."""
        return {**super().cast(agreement), "requester": (agreement.requester,)}

    def setup(self, context: RoleContext) -> Role[bytes] | None:
        """As `masked-sum`; before that the platforms agree on an order."""
        prepare = super().setup(context)
        if prepare is None:
            return None

        async def play(party: Party) -> bytes:
            if context.me == context.agreement.requester:
                return _NO_SEED + await prepare(party)
            seed = await agree(party.among(contributors(context.agreement)))
            return seed + await prepare(party)

        return play

    def rearrange(self, material: bytes, points: Points, known: NDArray[np.bool_]) -> Points:
        """A platform's points and whom it knows, shuffled, end to end."""
        return shuffled(material[:SEED_BYTES], [points, known.astype(np.int32)])

    def shard(self, context: RoleContext, data: LocalData) -> Role[Kept | None] | None:
        """See `MaskedSum.shard`."""
        return super().shard(_without_seed(context), data)

    def closing(self, context: RoleContext, pieces: Sequence[Kept]) -> Role[Result | None] | None:
        """See `MaskedSum.closing`."""
        return super().closing(_without_seed(context), pieces)

    def cost(self, agreement: Agreement, people: int) -> Mapping[Phase, Declared]:
        """As `masked-sum`, and a seed from every platform to every other one."""
        costs, platforms = super().cost(agreement, people), contributors(agreement)
        seeds = dict.fromkeys(platforms, (len(platforms) - 1) * SEED_BYTES)
        return {**costs, "setup": Declared(1, seeds).then(costs["setup"])}


def _without_seed(context: RoleContext) -> RoleContext:
    return replace(context, material=context.material[SEED_BYTES:])


METHOD = ShuffledSum()
