"""Local aggregation: each platform adds up its own people, and only the sum over all can be opened.

The requester adds up masked vectors; the masks cancel in the sum of those who stayed. It survives
drop-outs and a requester that lies about them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from privscore.consortium.agreement import Agreement
from privscore.consortium.policy import Fact
from privscore.methods.base import (
    Answer,
    Capability,
    Kept,
    LocalData,
    Method,
    RoleContext,
    contributors,
    points_ring,
)
from protocols.aggregation import closing, masked_input, setup
from protocols.aggregation.keys import KEY_BYTES, public_identity
from protocols.aggregation.masked_input import MaskedShard
from protocols.aggregation.plan import MaskingPlan
from protocols.aggregation.spec import SPEC, cost
from protocols.core.cost import Declared
from protocols.core.message import PUBLIC, Message
from protocols.core.party import Party, Role, role
from protocols.core.ring import Vec


@dataclass(frozen=True, slots=True)
class Identity(Message):
    """A platform's Ed25519 public key for this job, shown to everybody over private channels."""

    carries = PUBLIC
    key: bytes


@role(Identity)
async def meet(party: Party, own: bytes | None, platforms: tuple[str, ...]) -> dict[str, bytes]:
    """Everybody's part: the platforms' identity keys, from each platform itself."""
    if own is not None:
        party.send_all(Identity(own))
    others = [name for name in platforms if name != party.me]
    keys = await party.receive_all(Identity, of=others, like={"key": KEY_BYTES})
    known = {name: message.key for name, message in keys.items()}
    return {name: known.get(name, own or b"") for name in platforms}


class MaskedSum(Method):
    """Points under masks that cancel in the sum over the platforms that stay."""

    name = "masked-sum"
    summary = "local aggregates under masks; survives drop-outs and a requester that lies; exact"
    can = frozenset({Capability.DROPOUT})
    protocols = (SPEC,)

    def opens(self, agreement: Agreement, party: str) -> Fact:
        """The requester learns the unclipped total, nobody else anything."""
        return Fact.TOTAL if party == agreement.requester else Fact.NOTHING

    def unfit(self, agreement: Agreement) -> list[str]:
        """The requester adds up, so it may not bring data of its own."""
        if agreement.requester in agreement.data_parties:
            return [
                f"{self.name} needs a requester without data, which adds up what it cannot read"
            ]
        return []

    def opening(self, context: RoleContext) -> Role[bytes] | None:
        """Meet, agree on keys, and share the seeds of all masks."""
        agreement = context.agreement
        platforms = contributors(agreement)
        if context.me not in _circle(agreement):
            return None

        async def prepare(party: Party) -> bytes:
            inner = party.among(_circle(agreement))
            if context.is_requester:
                identities = await meet(inner, None, platforms)
                plan = _plan(agreement, identities)
                return _pack(b"", identities, await setup.aggregator(inner, plan))
            secret = inner.coins.fork("identity").bytes(KEY_BYTES)
            identity = Ed25519PrivateKey.from_private_bytes(secret)
            identities = await meet(inner, public_identity(identity), platforms)
            plan = _plan(agreement, identities)
            return _pack(secret, identities, await setup.platform(inner, plan, identity))

        return prepare

    def shard(self, context: RoleContext, data: LocalData) -> Role[Kept | None] | None:
        """Send my points under masks, or keep whatever masked points come in time."""
        agreement, ring = context.agreement, points_ring(context.agreement)
        if context.me not in _circle(agreement):
            return None
        kept = _unpack(agreement, context.material)
        if context.is_requester:

            async def keep(party: Party) -> Kept:
                inner = party.among(_circle(agreement))
                came = await masked_input.aggregator(
                    inner, context.people, kept.plan, kept.material, ring=ring
                )
                return came.pack(kept.plan)

            return keep
        vector: Vec = np.zeros(0, ring.dtype)
        if data.points is not None:
            vector = data.points.astype(ring.dtype)
        play = partial(
            masked_input.platform, vector=vector, plan=kept.plan, material=kept.material, ring=ring
        )
        return lambda party: play(party.among(_circle(agreement)))

    def closing(self, context: RoleContext, kept: Kept | None) -> Role[Answer | None] | None:
        """One set of survivors, one unmasking, one sum."""
        agreement, ring = context.agreement, points_ring(context.agreement)
        if context.me not in _circle(agreement):
            return None
        mine = _unpack(agreement, context.material)

        async def add_up(party: Party) -> Answer | None:
            inner = party.among(_circle(agreement))
            if not context.is_requester:
                identity = Ed25519PrivateKey.from_private_bytes(mine.secret)
                await closing.platform(
                    inner, mine.plan, mine.material, identity, commit_answer=context.commit_answer
                )
                return None
            octets = np.zeros(0, np.uint8) if kept is None else kept
            shards = MaskedShard.unpack_all(octets, mine.plan)
            found = await closing.aggregator(
                inner,
                mine.plan,
                mine.material,
                shards,
                ring=ring,
                commit_answer=context.commit_answer,
            )
            return Answer(ring.decode(np.concatenate(found.totals)), found.survivors)

        return add_up

    def cost(self, agreement: Agreement, people: int) -> Mapping[str, Declared]:
        """One element a person and platform; an opening and a closing that do not grow."""
        platforms = contributors(agreement)
        plan = _plan(agreement, dict.fromkeys(platforms, bytes(KEY_BYTES)))
        own = cost(plan, people, points_ring(agreement).item_bytes)
        met = dict.fromkeys(platforms, len(platforms) * KEY_BYTES)
        opened = Declared(1, met).then(own["opening"])
        return {"opening": opened, "shard": own["shard"], "closing": own["closing"]}


@dataclass(frozen=True, slots=True)
class _Kept:
    """What a party keeps for the job: its identity if it is a platform, and the protocol's own."""

    secret: bytes
    plan: MaskingPlan
    material: bytes


def _plan(agreement: Agreement, identities: Mapping[str, bytes]) -> MaskingPlan:
    """Bear the loss of a quarter of the platforms, or of none, and all colluders that leaves."""
    size = len(identities)
    lost = max(1, size // 4) if agreement.policy.dropout == "neutral" else 0
    colluders = max(0, 2 * (size - lost) - size - 1)
    return MaskingPlan.bearing(agreement.requester, identities, lost=lost, colluders=colluders)


def _pack(secret: bytes, identities: Mapping[str, bytes], material: bytes) -> bytes:
    return bytes([len(secret)]) + secret + b"".join(identities.values()) + material


def _unpack(agreement: Agreement, packed: bytes) -> _Kept:
    platforms = contributors(agreement)
    start = 1 + packed[0]
    end = start + KEY_BYTES * len(platforms)
    keys = {
        name: packed[start + KEY_BYTES * k : start + KEY_BYTES * (k + 1)]
        for k, name in enumerate(platforms)
    }
    return _Kept(packed[1:start], _plan(agreement, keys), packed[end:])


def _circle(agreement: Agreement) -> tuple[str, ...]:
    return (*contributors(agreement), agreement.requester)


METHOD = MaskedSum()
