"""The set of survivors: one, signed by a quorum, before anybody opens anything.

A platform's standing is one number: 0 for who dealt no shares, 1 for who was lost in some shard,
2 for who survived all of them. It says what the others may open of it: of the lost its mask key,
of a survivor its own mask; never both, which would open its vector.

Source: Bonawitz et al., CCS 2017 (eprint 2017/281), figure 4, round 3 (consistency check).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from protocols.aggregation.keys import Forged, bound, check_signature
from protocols.aggregation.plan import Flags, MaskingPlan
from protocols.aggregation.share_distribution import MASK_KEY, SELF_MASK, Octets
from protocols.core.errors import PeerFault
from protocols.core.message import PUBLIC, Message

LOST, SURVIVED = 1 << MASK_KEY, 1 << SELF_MASK

CommitAnswer: TypeAlias = Callable[[tuple[str, ...]], None]
"""What a runtime does before a sum over these survivors is answered for.

It notes them for good, or raises: the difference of two sums about the same people opens what the
one set of platforms has and the other has not.
"""


def no_journal(_: tuple[str, ...]) -> None:
    """Keep no record of this answer: for tests, and where there is no other about these people."""


@dataclass(frozen=True, slots=True)
class Survivors(Message):
    """How everybody stands, as the aggregator has it."""

    carries = PUBLIC
    standing: Flags  # U_3, and U_2 without it: uint8, shape (platforms,)


@dataclass(frozen=True, slots=True)
class Signature(Message):
    """A platform's signature on how everybody stands."""

    carries = PUBLIC
    signature: bytes  # sigma'_u: SIGNATURE_BYTES


@dataclass(frozen=True, slots=True)
class Signatures(Message):
    """A quorum of signatures, in the agreed order of their signers."""

    carries = PUBLIC
    signers: Flags  # a quorum of U_4: uint8, shape (platforms,), 1 for who signed
    signatures: Octets  # sigma'_v: shape (quorum, SIGNATURE_BYTES)


def standing_of(plan: MaskingPlan, present: Flags, survivors: Collection[str]) -> Flags:
    """How everybody stands, shape (platforms,): `survivors` are among those present."""
    return present * LOST + plan.flags(survivors) * np.uint8(SURVIVED - LOST)


def statement(session: bytes, setup_session: bytes, standing: Flags) -> bytes:
    """What is signed: for this closing, of the job that began with this setup."""
    return bound("survivors", session, setup_session, standing.tobytes())


# What a platform checks, in this order, before it opens anything. ---------------------------------


def check_one_kind_each(plan: MaskingPlan, standing: Flags, present: Flags) -> None:
    """Raise PeerFault unless of everybody who dealt one kind is to be opened, of others none."""
    if not np.array_equal(np.isin(standing, (LOST, SURVIVED)), present) or standing.max() > 2:
        raise PeerFault(plan.aggregator, "asks for what it may not have of some platform")


def check_enough(plan: MaskingPlan, standing: Flags, me: str) -> None:
    """Raise PeerFault unless a quorum survived, and I am among it."""
    survivors = plan.named(standing == SURVIVED)
    if me not in survivors:
        raise PeerFault(plan.aggregator, f"asks {me}, which it says was lost")
    if len(survivors) < plan.quorum:
        why = f"asks for the sum of {len(survivors)}; at least {plan.quorum} were agreed"
        raise PeerFault(plan.aggregator, why)


def check_quorum(plan: MaskingPlan, signed: Signatures, expected: bytes) -> None:
    """Raise PeerFault unless a quorum has signed the same statement: `expected`.

    An honest aggregator has checked every signature itself, so one that fails is its doing.
    """
    if signed.signers.max() > 1 or signed.signers.sum() != plan.quorum:
        raise PeerFault(plan.aggregator, f"shows another number of signers than {plan.quorum}")
    for name, signature in zip(plan.named(signed.signers), signed.signatures, strict=True):
        try:
            check_signature(plan.identities[name], signature.tobytes(), expected)
        except Forged as error:
            raise PeerFault(plan.aggregator, f"told {name} something else: {error}") from error
