"""What an aggregator needs that lies: roles that say what it likes, and a bag for shares."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from protocols.aggregation import closing, setup
from protocols.aggregation.keys import KEY_BYTES, SIGNATURE_BYTES
from protocols.aggregation.masked_input import MaskedShard, combine
from protocols.aggregation.material import AggregatorMaterial
from protocols.aggregation.participants import Present
from protocols.aggregation.plan import Flags, MaskingPlan
from protocols.aggregation.setup import Keys, KeysAround
from protocols.aggregation.shamir import FIELD, Elements, reconstruct
from protocols.aggregation.share_distribution import (
    KINDS,
    MASK_KEY,
    SELF_MASK,
    Deal,
    mask_key,
    pair_seed,
)
from protocols.aggregation.survivors import Signature, Signatures, Survivors, standing_of
from protocols.aggregation.unmasking import OpenedShares, Unmasker, unmask
from protocols.core.coins import SeededCoins
from protocols.core.message import Like, Message
from protocols.core.party import Party, role
from protocols.core.ring import Ring, Vec


def posing_as(module: Any, *takes: type[Message]) -> Callable[[Any], Any]:
    """Mark a role that sends and takes the messages of another module's roles."""

    def mark(play: Callable[..., Awaitable[Any]]) -> Any:
        play.__module__ = module.__name__
        return role(*takes)(play)  # type: ignore[arg-type]

    return mark


@dataclass
class Loot:
    """Every share that an aggregator got hold of, of both kinds, and what they open."""

    plan: MaskingPlan
    kept: AggregatorMaterial
    ring: Ring
    shares: dict[tuple[int, int], dict[int, Elements]] = field(default_factory=dict)

    def take(self, holder: str, opened: OpenedShares) -> None:
        place = self.plan.place[holder]
        for row, dealer in enumerate(self.plan.around(self.kept.setup_session)[place].tolist()):
            for kind in range(KINDS):
                if opened.salts[row, kind].any():
                    shares = self.shares.setdefault((dealer, kind), {})
                    shares[place + 1] = opened.shares[row, kind]

    def seed(self, name: str, kind: int) -> Elements | None:
        shares = self.shares.get((self.plan.place[name], kind), {})
        if len(shares) < self.plan.threshold:
            return None
        return reconstruct(np.stack([*shares.values()]), [*shares], self.plan.threshold, FIELD)

    def vector_of(self, victim: str, shard: MaskedShard) -> Vec | None:
        """A platform's vector, if both its own mask and its mask key are open."""
        self_mask_seed, seed = (self.seed(victim, kind) for kind in (SELF_MASK, MASK_KEY))
        if self_mask_seed is None or seed is None:
            return None
        key, place = mask_key(seed, self.kept.setup_session, victim), self.plan.place[victim]
        subtract, add = [self_mask_seed.tobytes()], []
        for other in np.flatnonzero(self.kept.present).tolist():
            if other != place:
                first, second = (self.plan.platforms[p] for p in sorted((place, other)))
                public_key = self.kept.mask_keys[other].tobytes()
                mask = pair_seed(key, public_key, self.kept.setup_session, (first, second))
                (subtract if place < other else add).append(mask)
        coins = SeededCoins()
        return combine(
            [shard.vectors[victim]],
            add=[coins.expand(mask, shard.session) for mask in add],
            subtract=[coins.expand(mask, shard.session) for mask in subtract],
            ring=self.ring,
        )

    def sum_of(self, names: Sequence[str], shard: MaskedShard) -> Vec | None:
        """The sum of some vectors, if their own masks and everybody else's mask keys are open."""
        seeds = {}
        for name in self.plan.platforms:
            seed = self.seed(name, SELF_MASK if name in names else MASK_KEY)
            if seed is None:
                return None
            seeds[self.plan.place[name]] = seed
        standing = standing_of(self.plan, self.kept.present, names)
        missing, left_over = Unmasker(self.plan, self.kept, standing).mask_seeds(seeds)
        return unmask(shard, names, missing, left_over, coins=SeededCoins(), ring=self.ring)


@posing_as(closing, Signature, OpenedShares)
async def ask(party: Party, plan: MaskingPlan, told: Mapping[str, Flags], loot: Loot) -> None:
    """Tell each platform what it likes, show it the best signatures there are, take what opens."""
    for name, standing in told.items():
        party.send(name, Survivors(standing))
    signed = await party.gather(Signature, of=told, need=0, like={"signature": SIGNATURE_BYTES})
    for name in signed:
        fit = {n: np.array_equal(told[n], told[name]) for n in signed}
        best = sorted(signed, key=lambda n, fit=fit: not fit[n])[: plan.quorum]  # type: ignore[misc]
        best.sort(key=plan.place.__getitem__)
        shown = np.zeros((plan.quorum, SIGNATURE_BYTES), np.uint8)
        for row, signer in enumerate(best):
            shown[row] = np.frombuffer(signed[signer].signature, np.uint8)
        party.send(name, Signatures(plan.flags(best), shown))
    blank = OpenedShares.blank(plan.held)
    like = {"shares": blank.shares, "salts": blank.salts}
    for name, opened in (await party.gather(OpenedShares, of=signed, need=0, like=like)).items():
        loot.take(name, opened)


@posing_as(setup, Keys, Deal)
async def pass_on(party: Party, plan: MaskingPlan) -> None:
    """Pass everything on in the opening, and look at no signature."""
    around = plan.around(party.session)
    keys = np.zeros((plan.size, 2, KEY_BYTES), np.uint8)
    signatures = np.zeros((plan.size, SIGNATURE_BYTES), np.uint8)
    like: dict[str, Like] = {"keys": keys[0], "signature": SIGNATURE_BYTES}
    for name, shown in (await party.gather(Keys, of=plan.platforms, need=0, like=like)).items():
        keys[plan.place[name]] = shown.keys
        signatures[plan.place[name]] = np.frombuffer(shown.signature, np.uint8)
    for name in plan.platforms:
        here = around[plan.place[name]]
        party.send(name, Present(plan.flags(plan.platforms)))
        party.send(name, KeysAround(keys[here], signatures[here]))
    blank = Deal.blank(plan.held).arrays
    await party.gather(Deal, of=plan.platforms, need=0, like=blank)
