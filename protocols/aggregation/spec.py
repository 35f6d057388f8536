"""What the checks, the docs and the ledger are told about masked sums."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import protocols.aggregation
from protocols.aggregation import closing, masked_input, setup
from protocols.aggregation.keys import KEY_BYTES, SIGNATURE_BYTES, public_identity
from protocols.aggregation.masked_input import MaskedShard
from protocols.aggregation.plan import MaskingPlan
from protocols.aggregation.share_distribution import (
    HASH_BYTES,
    HOLDERS_KEY,
    KINDS,
    LIMBS,
    SALT_BYTES,
    SEALED_BYTES,
    Octets,
)
from protocols.core.cast import ANY
from protocols.core.cost import Declared
from protocols.core.message import Key
from protocols.core.party import Party, Role
from protocols.core.ring import Ring, Vec
from protocols.core.spec import Own, Phase, Setting, Small, Spec, uniform_vectors


@functools.cache
def insecure_identity(name: str) -> Ed25519PrivateKey:
    """An identity key that anybody can work out from the name: for examples and tests."""
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(name.encode()).digest())


def insecure_identities(names: Iterable[str]) -> dict[str, bytes]:
    """Their public halves, as an agreement would have them."""
    return {name: public_identity(insecure_identity(name)) for name in names}


def ideal(vectors: Mapping[str, Vec], setting: Setting) -> Vec:
    """What a trusted third party would tell the aggregator: the sum of the survivors' vectors."""
    return setting.ring.total(vectors.values())


def cost(plan: MaskingPlan, people: int, item_bytes: int) -> dict[Phase, Declared]:
    """Rounds and payload bytes of a job in which nobody is lost; one shard of `people`."""
    n, held = plan.size, plan.held
    keys = 2 * KEY_BYTES + SIGNATURE_BYTES
    deal = held * (SEALED_BYTES + KINDS * HASH_BYTES + SIGNATURE_BYTES)
    shown = n + plan.quorum * SIGNATURE_BYTES
    opened = held * KINDS * (4 * LIMBS + SALT_BYTES)

    def phase(rounds: int, platform: int, aggregator: int) -> Declared:
        sent = {**dict.fromkeys(plan.platforms, platform), plan.aggregator: n * aggregator}
        return Declared(rounds, {name: size for name, size in sent.items() if size})

    return {
        "setup": phase(4, keys + deal, 2 * n + held * keys + deal),
        "shard": phase(1, people * item_bytes, 0),
        "closing": phase(4, SIGNATURE_BYTES + opened, n + shown),
    }


def _plan(setting: Setting) -> MaskingPlan:
    """The method's plan, or one that bears the loss of a third and as many colluders as it can."""
    if isinstance(setting.parameters, MaskingPlan):
        return setting.parameters
    identities = insecure_identities(setting.holders("platform"))
    lost = setting.size // 3
    return MaskingPlan.bearing(setting.holder("requester"), identities, lost=lost, colluders=0)


def _identity(me: str, private: Own) -> Ed25519PrivateKey:
    if not private.identity:
        return insecure_identity(me)
    return Ed25519PrivateKey.from_private_bytes(private.identity)


def _setup(setting: Setting, me: str, private: Own) -> Role[Any]:
    plan = _plan(setting)
    if me == plan.aggregator:
        return partial(setup.aggregator, plan=plan)
    return partial(setup.platform, plan=plan, identity=_identity(me, private))


def _shard(setting: Setting, me: str, private: Own) -> Role[Any]:
    plan, ring = _plan(setting), setting.ring
    if me != plan.aggregator:
        return partial(
            masked_input.platform,
            vector=private.data,
            plan=plan,
            material=private.material,
            ring=ring,
        )

    async def aggregator(party: Party) -> Octets:
        shard = await masked_input.aggregator(
            party, setting.people, plan, private.material, ring=ring
        )
        return shard.pack(plan)

    return aggregator


def _closing(setting: Setting, me: str, private: Own) -> Role[Any]:
    plan = _plan(setting)

    async def aggregator(party: Party) -> tuple[Vec, ...]:
        shards = MaskedShard.unpack_all(np.concatenate(private.kept), plan)
        answer = await closing.aggregator(
            party,
            plan,
            private.material,
            shards,
            ring=setting.ring,
            commit_answer=private.commit_answer,
        )
        return answer.totals

    async def platform(party: Party) -> None:
        await closing.platform(
            party,
            plan,
            private.material,
            _identity(me, private),
            commit_answer=private.commit_answer,
        )

    return aggregator if me == plan.aggregator else platform


def _harmless(setting: Setting, coalition: frozenset[str]) -> bool:
    plan = _plan(setting)
    colluders = len(coalition - {plan.aggregator})
    return plan.aggregator not in coalition or 2 * plan.quorum > plan.size + colluders


SPEC = Spec(
    name="masked-sum",
    card=protocols.aggregation.__doc__,
    places={"platform": ANY, "requester": 1},
    keys=lambda _: (Key(HOLDERS_KEY),),  # everybody has one of its own
    inputs=lambda setting, dice: uniform_vectors(setting.holders("platform"), setting, dice),
    ideal=lambda setting, inputs: {setting.holder("requester"): ideal(inputs, setting)},
    setup=_setup,
    shard=_shard,
    closing=_closing,
    cost=lambda setting: cost(_plan(setting), setting.people, setting.ring.item_bytes),
    harmless=_harmless,
    leakage="The number of people and of platforms, who takes part, and who is lost.",
    sizes=range(2, 17),
    drop_outs=lambda setting: setting.size - _plan(setting).quorum,
    exact=(Small(3, Ring(2), (0, 1, 3)), Small(4, Ring(1))),
)
