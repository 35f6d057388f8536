"""How opened shares become seeds, and seeds the masks that are still on the sum of survivors.

A survivor's own mask comes off with its seed. What a lost platform's neighbours added or took
away for it has lost its counterpart: the lost one's mask key gives those masks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from protocols.aggregation.commitments import (
    KINDS,
    LIMBS,
    SALT_BYTES,
    Octets,
    hash_share,
    statement,
)
from protocols.aggregation.keys import Forged, check_signature
from protocols.aggregation.masked_input import MaskedShard
from protocols.aggregation.masks import combine
from protocols.aggregation.material import AggregatorMaterial
from protocols.aggregation.plan import Flags, MaskingPlan
from protocols.aggregation.shamir import FIELD, Elements, Inconsistent, reconstruct
from protocols.aggregation.share_distribution import blaming, mask_key, pair_seed
from protocols.aggregation.survivors import LOST, SURVIVED
from protocols.core.coins import Coins
from protocols.core.errors import PeerFault, Stalled
from protocols.core.message import SHARE, Message
from protocols.core.ring import Ring, Vec


@dataclass(frozen=True, slots=True)
class OpenedShares(Message):
    """Of each neighbour the one share that may open; zero where none may."""

    carries = SHARE
    shares: Elements  # shape (held, KINDS, LIMBS)
    salts: Octets  # shape (held, KINDS, SALT_BYTES)

    @classmethod
    def blank(cls, held: int) -> OpenedShares:
        """Nothing opened, for `held` neighbours."""
        return cls(
            np.zeros((held, KINDS, LIMBS), np.uint32), np.zeros((held, KINDS, SALT_BYTES), np.uint8)
        )


def allowed(standing: Flags) -> NDArray[np.bool_]:
    """Which kinds may open, shape (*standing.shape, KINDS): the bits of the standing."""
    return (standing[..., np.newaxis] >> np.arange(KINDS) & 1).astype(bool)


class Unmasker:
    """The aggregator's book of opened shares, of one kind for each platform."""

    def __init__(self, plan: MaskingPlan, kept: AggregatorMaterial, standing: Flags) -> None:
        self._plan, self._kept, self._standing = plan, kept, standing
        self._around = plan.around(kept.opening)
        self._shares: dict[int, dict[int, Elements]] = {
            dealer: {} for dealer in np.flatnonzero(standing).tolist()
        }

    def take(self, holder: str, opened: OpenedShares) -> None:
        """Note what one platform opened.

        Raises PeerFault, naming it, for a share that was not asked for or not dealt.
        """
        place = self._plan.place[holder]
        here = self._around[place]
        may = allowed(self._standing[here])
        if np.any(opened.shares[~may]) or np.any(opened.salts[~may]):
            raise PeerFault(holder, "opened shares that nobody asked for")
        for row, kind in np.argwhere(may).tolist():
            dealer, share = int(here[row]), opened.shares[row, kind]
            salt = opened.salts[row, kind]
            found = hash_share(self._kept.opening, dealer, place, kind, share, salt)
            at = int(np.searchsorted(self._around[dealer], place))
            if found != self._kept.hashes[dealer, at, kind].tobytes():
                raise PeerFault(
                    self._who_lied(dealer, at, holder),
                    f"a share of {self._plan.platforms[dealer]} is not the one that was dealt",
                )
            self._shares[dealer][place + 1] = share

    def _who_lied(self, dealer: int, at: int, holder: str) -> tuple[str, ...]:
        """The holder, unless the dealer never signed what it is said to have dealt."""
        name, hashes = self._plan.platforms[dealer], self._kept.hashes[dealer, at]
        signature = self._kept.signatures[dealer, at].tobytes()
        said = statement(self._kept.opening, name, holder, hashes)
        try:
            check_signature(self._plan.identities[name], signature, said)
        except Forged:
            return (name, holder)
        return (holder,)

    def seeds(self) -> dict[int, Elements]:
        """The one seed of each platform that may open, by place.

        Raises Stalled, naming whose shares are too few, and PeerFault for a dealer whose shares
        do not fit each other or the key that it showed.
        """
        plan = self._plan
        few = [plan.platforms[d] for d, held in self._shares.items() if len(held) < plan.threshold]
        if few:
            raise Stalled(
                (), f"fewer than {plan.threshold} shares came in time of {', '.join(few)}"
            )
        found = {}
        for dealer, held in self._shares.items():
            name = plan.platforms[dealer]
            try:
                seed = reconstruct(np.stack([*held.values()]), [*held], plan.threshold, FIELD)
            except Inconsistent as error:
                raise PeerFault(name, f"dealt shares that do not fit: {error}") from error
            if self._standing[dealer] == LOST:
                public = mask_key(seed, self._kept.opening, name).public
                if public != self._kept.mask_keys[dealer].tobytes():
                    raise PeerFault(name, "dealt shares of a seed that is not its key's")
            found[dealer] = seed
        return found

    def left_over(self, seeds: dict[int, Elements]) -> tuple[list[bytes], list[bytes]]:
        """The seeds of the masks that the survivors' sum lacks, and of those it has too many."""
        lacks: list[bytes] = []
        has: list[bytes] = []
        for dealer, seed in seeds.items():
            if self._standing[dealer] == SURVIVED:
                has.append(seed.tobytes())
                continue
            key = mask_key(seed, self._kept.opening, self._plan.platforms[dealer])
            for other in self._around[dealer][self._standing[self._around[dealer]] == SURVIVED]:
                first, second = sorted((dealer, int(other)))
                pair = (self._plan.platforms[first], self._plan.platforms[second])
                theirs = self._kept.mask_keys[other].tobytes()
                with blaming(self._plan.platforms[other]):
                    mask = pair_seed(key, theirs, self._kept.opening, pair)
                (has if other < dealer else lacks).append(mask)
        return lacks, has


def unmask(
    shard: MaskedShard,
    survivors: Sequence[str],
    lacks: Sequence[bytes],
    has: Sequence[bytes],
    *,
    coins: Coins,
    ring: Ring,
) -> Vec:
    """The sum of the survivors' vectors in one shard, shape (people,)."""
    return combine(
        shard.rows_of(survivors),
        add=[coins.expand(seed, shard.session) for seed in lacks],
        take_away=[coins.expand(seed, shard.session) for seed in has],
        ring=ring,
    )
