"""How opened shares become seeds, and seeds the masks that are still on the sum of survivors.

A survivor's own mask comes off with its seed. What a lost platform's neighbours added or took
away for it has lost its counterpart: the lost one's mask key gives those masks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from protocols.aggregation.keys import Forged, check_signature
from protocols.aggregation.masked_input import MaskedShard, combine
from protocols.aggregation.material import AggregatorMaterial
from protocols.aggregation.plan import Flags, MaskingPlan
from protocols.aggregation.shamir import FIELD, Elements, Inconsistent, reconstruct
from protocols.aggregation.share_distribution import (
    KINDS,
    LIMBS,
    SALT_BYTES,
    Octets,
    blaming,
    hash_share,
    mask_key,
    pair_seed,
    statement,
)
from protocols.aggregation.survivors import LOST, SURVIVED
from protocols.core.coins import Coins
from protocols.core.errors import PeerFault, Stalled
from protocols.core.message import SHARE, Message
from protocols.core.ring import Ring, Vec


@dataclass(frozen=True, slots=True)
class OpenedShares(Message):
    """Of each neighbour the one share that may open; zero where none may."""

    carries = SHARE
    # s_{v,u}^SK of each v in U_2 \ U_3, b_{v,u} of each v in U_3: shape (held, KINDS, LIMBS)
    shares: Elements
    salts: Octets  # of the same shares, ours: shape (held, KINDS, SALT_BYTES)

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
    """The opened shares, of one kind for each platform, and the seeds that they give."""

    def __init__(self, plan: MaskingPlan, kept: AggregatorMaterial, standing: Flags) -> None:
        self._plan, self._kept, self._standing = plan, kept, standing
        self._around = plan.around(kept.setup_session)
        self._shares: dict[int, dict[int, Elements]] = {
            dealer: {} for dealer in np.flatnonzero(standing).tolist()
        }

    def take(self, holder: str, opened: OpenedShares) -> None:
        """Note what one platform opened.

        Raises PeerFault, naming it, for a share that was not asked for or not dealt.
        """
        place = self._plan.place[holder]
        neighbours = self._around[place]
        may = allowed(self._standing[neighbours])
        if np.any(opened.shares[~may]) or np.any(opened.salts[~may]):
            raise PeerFault(holder, "opened shares that nobody asked for")
        for row, kind in np.argwhere(may).tolist():
            dealer, share = int(neighbours[row]), opened.shares[row, kind]
            salt = opened.salts[row, kind]
            opened_hash = hash_share(self._kept.setup_session, dealer, place, kind, share, salt)
            holder_row = int(np.searchsorted(self._around[dealer], place))
            if opened_hash != self._kept.hashes[dealer, holder_row, kind].tobytes():
                raise PeerFault(
                    self._who_lied(dealer, holder_row, holder),
                    f"a share of {self._plan.platforms[dealer]} is not the one that was dealt",
                )
            self._shares[dealer][place + 1] = share

    def _who_lied(self, dealer: int, holder_row: int, holder: str) -> tuple[str, ...]:
        """The holder, unless the dealer never signed what it is said to have dealt."""
        name, hashes = self._plan.platforms[dealer], self._kept.hashes[dealer, holder_row]
        signature = self._kept.signatures[dealer, holder_row].tobytes()
        signed_text = statement(self._kept.setup_session, name, holder, hashes)
        try:
            check_signature(self._plan.identities[name], signature, signed_text)
        except Forged:
            return (name, holder)
        return (holder,)

    def seeds(self) -> dict[int, Elements]:
        """The one seed of each platform that may open, by place.

        Raises Stalled, naming whose shares are too few, and PeerFault for a dealer whose shares
        do not fit each other or the key that it showed.
        """
        plan = self._plan
        lacking = [
            plan.platforms[dealer]
            for dealer, held in self._shares.items()
            if len(held) < plan.threshold
        ]
        if lacking:
            raise Stalled(
                (), f"fewer than {plan.threshold} shares came in time of {', '.join(lacking)}"
            )
        seeds = {}
        for dealer, held in self._shares.items():
            name = plan.platforms[dealer]
            try:
                seed = reconstruct(np.stack([*held.values()]), [*held], plan.threshold, FIELD)
            except Inconsistent as error:
                raise PeerFault(name, f"dealt shares that do not fit: {error}") from error
            if self._standing[dealer] == LOST:
                public = mask_key(seed, self._kept.setup_session, name).public
                if public != self._kept.mask_keys[dealer].tobytes():
                    raise PeerFault(name, "dealt shares of a seed that is not its key's")
            seeds[dealer] = seed
        return seeds

    def mask_seeds(self, seeds: dict[int, Elements]) -> tuple[list[bytes], list[bytes]]:
        """The seeds of the masks that the survivors' sum lacks, and of those still on it."""
        missing: list[bytes] = []
        left_over: list[bytes] = []
        for dealer, seed in seeds.items():
            if self._standing[dealer] == SURVIVED:
                left_over.append(seed.tobytes())
                continue
            key = mask_key(seed, self._kept.setup_session, self._plan.platforms[dealer])
            neighbours = self._around[dealer]
            for survivor in neighbours[self._standing[neighbours] == SURVIVED]:
                first, second = sorted((dealer, int(survivor)))
                pair = (self._plan.platforms[first], self._plan.platforms[second])
                peer_key = self._kept.mask_keys[survivor].tobytes()
                with blaming(self._plan.platforms[survivor]):
                    mask_seed = pair_seed(key, peer_key, self._kept.setup_session, pair)
                # The earlier of the two added the mask, the later one subtracted it.
                (left_over if survivor < dealer else missing).append(mask_seed)
        return missing, left_over


def unmask(
    shard: MaskedShard,
    survivors: Sequence[str],
    missing: Sequence[bytes],
    left_over: Sequence[bytes],
    *,
    coins: Coins,
    ring: Ring,
) -> Vec:
    """The sum of the survivors' vectors in one shard, shape (people,)."""
    return combine(
        shard.rows_of(survivors),
        add=[coins.expand(seed, shard.session) for seed in missing],
        subtract=[coins.expand(seed, shard.session) for seed in left_over],
        ring=ring,
    )
