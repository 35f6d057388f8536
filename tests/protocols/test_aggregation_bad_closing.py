"""What a bad peer sends in the closing is refused, by name."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from aggregation_faults import (
    BAD,
    GIVEN,
    GOOD,
    PLAN,
    crooked,
    flipped,
    masked_job,
    reworked,
    suspects,
)
from aggregation_jobs import DESK, RING, Job, silent

from protocols.aggregation import closing, share_distribution
from protocols.aggregation.shamir import FIELD, evaluate
from protocols.aggregation.share_distribution import MASK_KEY, SELF_MASK, Deal
from protocols.aggregation.spec import insecure_identity
from protocols.aggregation.survivors import LOST, SURVIVED, Signature, Signatures, Survivors
from protocols.aggregation.unmasking import OpenedShares
from protocols.core.errors import PeerFault


def test_a_signature_that_does_not_hold() -> None:
    job, kept = masked_job()
    run = job.close([kept], reworked(BAD, Signature, flipped("signature")))
    assert suspects(run) == (BAD,)


@pytest.mark.parametrize(
    ("standing", "why"),
    [
        ((LOST, 2, 2, 2), "asks wallet, which it says was lost"),
        ((2, LOST, LOST, 2), "asks for the sum of 2; at least 3 were agreed"),
        ((2, 2, 2, 0), "asks for what it may not have"),
        ((2, 2, 2, LOST | SURVIVED), "asks for what it may not have"),
        ((2, 2, 2, 4), "asks for what it may not have"),
    ],
)
def test_a_standing_that_no_honest_aggregator_announces(
    standing: tuple[int, ...], why: str
) -> None:
    """Each is told to one platform, which dealt shares like the others."""
    job, kept = masked_job()
    told = Survivors(np.array(standing, np.uint8))
    run = job.close([kept], reworked(DESK, Survivors, lambda _: told, to=GOOD))
    assert suspects(run, GOOD) == (DESK,)
    assert why in str(run.errors[GOOD])


def test_a_standing_for_a_platform_that_dealt_no_shares() -> None:
    job = Job(PLAN)
    job.open(silent([BAD], "Deal"))
    kept = job.shard(0, GIVEN).outputs[DESK]
    for standing in (LOST, SURVIVED, 4):
        told = Survivors(np.array((2, standing, 2, 2), np.uint8))
        closing_job = Job(PLAN, materials=job.materials)
        run = closing_job.close([kept], reworked(DESK, Survivors, lambda _, t=told: t, to=GOOD))
        assert suspects(run, GOOD) == (DESK,)


def test_fewer_signatures_than_a_quorum() -> None:
    """Those that are shown hold; a third is missing."""

    def fewer(shown: Signatures) -> Signatures:
        signers = shown.signers.copy()
        signers[np.flatnonzero(signers)[-1]] = 0
        return replace(shown, signers=signers)

    job, kept = masked_job()
    run = job.close([kept], reworked(DESK, Signatures, fewer, to=GOOD))
    assert suspects(run, GOOD) == (DESK,)


@pytest.mark.parametrize("field", ["signers", "signatures"])
def test_signatures_that_the_aggregator_changed(field: str) -> None:
    job, kept = masked_job()
    run = job.close([kept], reworked(DESK, Signatures, flipped(field), to=GOOD))
    assert suspects(run, GOOD) == (DESK,)


@pytest.mark.parametrize("field", ["shares", "salts"])
def test_a_share_that_was_not_dealt_names_who_sent_it(field: str) -> None:
    job, kept = masked_job()
    run = job.close([kept], reworked(BAD, OpenedShares, flipped(field, (0, SELF_MASK))))
    assert suspects(run) == (BAD,)


def test_a_share_of_the_kind_that_nobody_asked_for() -> None:
    job, kept = masked_job()
    run = job.close([kept], reworked(BAD, OpenedShares, flipped("shares", (0, MASK_KEY))))
    assert suspects(run) == (BAD,)


def test_shares_for_a_platform_that_dealt_none() -> None:
    job = Job(PLAN)
    job.open(silent([GOOD], "Deal"))
    kept = job.shard(0, GIVEN).outputs[DESK]
    place = PLAN.place[GOOD]
    run = job.close([kept], reworked(BAD, OpenedShares, flipped("salts", (place, SELF_MASK))))
    assert suspects(run) == (BAD,)


def test_shares_that_do_not_reconstruct_name_their_dealer() -> None:
    def bent(shares: Any) -> Any:
        shares[0, SELF_MASK] ^= 1
        return shares

    with crooked(bent):
        job, kept = masked_job()
    assert suspects(job.close([kept])) == (BAD,)


def test_shares_of_another_seed_than_that_of_the_key_name_their_dealer() -> None:
    """It shows when the dealer is lost and its key must open."""
    other = evaluate(np.ones((1, 2, 4), np.uint32), range(1, PLAN.size + 1), FIELD)
    job = Job(PLAN)
    with crooked(lambda _: other):
        job.open()
    kept = job.shard(0, GIVEN, silent([BAD], "MaskedVector")).outputs[DESK]
    assert suspects(job.close([kept])) == (BAD,)


def test_a_dealer_without_a_valid_signature_shares_the_blame() -> None:
    """The holder took what the dealer had not signed: either may have lied."""
    job, kept = masked_job()
    with patch.object(share_distribution, "check_signature", lambda *_: None):
        job = Job(PLAN)
        job.open(reworked(BAD, Deal, flipped("signatures")))
    kept = job.shard(0, GIVEN).outputs[DESK]
    place = PLAN.place[BAD]
    wrong = reworked(GOOD, OpenedShares, flipped("shares", (place, SELF_MASK)))
    assert suspects(job.close([kept], wrong)) == (BAD, GOOD)


@pytest.mark.parametrize("party", [GOOD, DESK])
def test_who_may_not_answer_sends_nothing_in_the_closing(party: str) -> None:
    """Neither a signature nor a set of survivors leaves before the answer is noted."""
    job, kept = masked_job()

    def commit_answer(survivors: tuple[str, ...]) -> None:
        assert survivors == PLAN.platforms
        raise PeerFault(DESK, "asks again")

    refusing: Any = partial(
        closing.aggregator,
        plan=PLAN,
        material=job.materials[DESK],
        shards=[kept],
        ring=RING,
        **({"commit_answer": commit_answer} if party == DESK else {}),
    )
    run = job.play(
        "closing",
        lambda me: partial(
            closing.platform,
            plan=PLAN,
            material=job.materials[me],
            identity=insecure_identity(me),
            **({"commit_answer": commit_answer} if me == party else {}),
        ),
        refusing,
    )
    assert "asks again" in str(run.errors[party])
    assert not [m for view in run.views.values() for m in view.messages if m.sender == party]


def test_a_closing_with_another_partys_identity_is_refused() -> None:
    """A signature with the wrong identity key is no signature of this platform."""
    job, kept = masked_job()
    run = job.play(
        "closing",
        lambda me: partial(
            closing.platform,
            plan=PLAN,
            material=job.materials[me],
            identity=insecure_identity(GOOD if me == BAD else me),
        ),
        partial(
            closing.aggregator,
            plan=PLAN,
            material=job.materials[DESK],
            shards=[kept],
            ring=RING,
        ),
    )
    assert suspects(run) == (BAD,)
