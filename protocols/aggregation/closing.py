"""The closing, once per job: one set of survivors, one unmasking, one sum.

    8  aggregator  says who survived every shard
    9  platform    signs that, if it may be
   10  aggregator  shows a quorum of signatures
   11  platform    opens, of every neighbour, the one share that the set of survivors allows
   12  aggregator  puts the seeds together and takes the masks off the sum, in every shard

Nothing is opened before the last shard is in: a seed opens its masks in all of them, so whoever
was lost in one is out of all. A second set in the same job would open both kinds of somebody's
shares, so there is none: what a platform may do once, it marks as done before it does it.

Source: Bonawitz et al., CCS 2017 (eprint 2017/281), figure 4, rounds 3 and 4.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from protocols.aggregation.keys import SIGNATURE_BYTES, Forged, check_signature, sign
from protocols.aggregation.masked_input import MaskedShard
from protocols.aggregation.material import AggregatorMaterial, PlatformMaterial
from protocols.aggregation.plan import MaskingPlan
from protocols.aggregation.survivors import (
    SURVIVED,
    CommitAnswer,
    Signature,
    Signatures,
    Survivors,
    check_enough,
    check_one_kind_each,
    check_quorum,
    no_journal,
    standing_of,
    statement,
)
from protocols.aggregation.unmasking import OpenedShares, Unmasker, allowed, unmask
from protocols.core.errors import PeerFault, Stalled
from protocols.core.message import Like
from protocols.core.party import Party, role
from protocols.core.ring import Ring, Vec


class UnmaskedSum(NamedTuple):
    """What comes of a job: who is in the sum, and the sum for every shard, in their order."""

    survivors: tuple[str, ...]
    totals: tuple[Vec, ...]  # shape (people,) each


@role(Survivors, Signatures)
async def platform(
    party: Party,
    plan: MaskingPlan,
    material: bytes,
    identity: Ed25519PrivateKey,
    *,
    commit_answer: CommitAnswer = no_journal,
) -> tuple[str, ...]:
    """A platform's part: the survivors for whose sum it opened shares.

    `commit_answer` is called with them before anything is signed; what it raises ends the role.
    """
    kept = PlatformMaterial.unpack(material)
    # 9. Sign how everybody stands, if that is a set that I agreed to be in and may answer for;
    #    only ever one.
    party.once("survivors", job=kept.setup_session)
    told = await party.receive(plan.aggregator, Survivors, like=kept.present)
    standing = told.standing
    check_one_kind_each(plan, standing, kept.present)
    check_enough(plan, standing, party.me)
    survivors = plan.named(standing == SURVIVED)
    commit_answer(survivors)
    signed_text = statement(party.session, kept.setup_session, standing)
    party.send(plan.aggregator, Signature(sign(identity, signed_text)))

    # 11. Once a quorum has signed the same, open of every neighbour the kind that its standing
    #     allows.
    signatures = np.zeros((plan.quorum, SIGNATURE_BYTES), np.uint8)
    like: dict[str, Like] = {"signers": kept.present, "signatures": signatures}
    check_quorum(plan, await party.receive(plan.aggregator, Signatures, like=like), signed_text)
    neighbours = plan.around(kept.setup_session)[plan.place[party.me]]
    opens = allowed(standing[neighbours])[..., np.newaxis]
    party.send(plan.aggregator, OpenedShares(kept.shares * opens, kept.salts * opens))
    return survivors


@role(Signature, OpenedShares)
async def aggregator(
    party: Party,
    plan: MaskingPlan,
    material: bytes,
    shards: Sequence[MaskedShard],
    *,
    ring: Ring,
    commit_answer: CommitAnswer = no_journal,
) -> UnmaskedSum:
    """The aggregator's part: the sum of the survivors' vectors. Raises Stalled for too few.

    `commit_answer` is called with the survivors before anybody else learns of them; what it raises
    ends the role.
    """
    kept = AggregatorMaterial.unpack(material)
    # 8. Survivors are those who came in every shard. Ask each of them to sign that.
    party.once("survivors", job=kept.setup_session)
    dealers = plan.named(kept.present)
    survivors = tuple(name for name in dealers if all(name in shard.names for shard in shards))
    if len(survivors) < plan.quorum:
        raise Stalled((), f"{len(survivors)} of the {plan.quorum} needed came in every shard")
    commit_answer(survivors)
    standing = standing_of(plan, kept.present, survivors)
    for name in survivors:
        party.send(name, Survivors(standing))

    # 10. Show each who signed a quorum of signatures.
    like: dict[str, Like] = {"signature": SIGNATURE_BYTES}
    signed = await party.gather(Signature, of=survivors, need=plan.quorum, like=like)
    signed_text = statement(party.session, kept.setup_session, standing)
    for name, message in signed.items():
        try:
            check_signature(plan.identities[name], message.signature, signed_text)
        except Forged as error:
            raise PeerFault(name, f"signed the survivors: {error}") from error
    signers = [*signed][: plan.quorum]
    octets = np.frombuffer(b"".join(signed[name].signature for name in signers), np.uint8)
    shown = octets.reshape(plan.quorum, SIGNATURE_BYTES)
    for name in signed:
        party.send(name, Signatures(plan.flags(signers), shown))

    # 12. Put together what they open, and take the masks off the survivors' sum in every shard.
    blank = OpenedShares.blank(plan.held)
    opened = await party.gather(
        OpenedShares,
        of=signed,
        need=plan.threshold,
        like={"shares": blank.shares, "salts": blank.salts},
    )
    unmasker = Unmasker(plan, kept, standing)
    for name, shares in opened.items():
        unmasker.take(name, shares)
    missing, left_over = unmasker.mask_seeds(unmasker.seeds())
    sums = [
        unmask(shard, survivors, missing, left_over, coins=party.coins, ring=ring)
        for shard in shards
    ]
    return UnmaskedSum(survivors, tuple(sums))
