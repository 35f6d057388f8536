"""What a bad platform sends is refused, by name; what comes late is not in the sum."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from aggregation_jobs import DESK, RING, Job, is_sum, plan_of, silent, vectors

from protocols.aggregation import closing, dealing
from protocols.aggregation.attendance import Present
from protocols.aggregation.commitments import MASK_KEY, SELF_MASK
from protocols.aggregation.dealing import MASKING, SEALING, Deal, Dealer
from protocols.aggregation.masked import MaskedVector
from protocols.aggregation.opening import Keys, KeysAround
from protocols.aggregation.shamir import FIELD, evaluate
from protocols.aggregation.spec import insecure_identity
from protocols.aggregation.survivors import LOST, SURVIVED, Signature, Signatures, Survivors
from protocols.aggregation.unmasking import OpenedShares
from protocols.core.errors import LocalMisuse, PeerFault
from protocols.core.local import Network, Run
from protocols.core.message import ANY_SHAPE, Envelope, Message

PLAN = plan_of(4, 3)
GOOD, BAD, *_ = PLAN.platforms
GIVEN = vectors(PLAN, 5)

Change = Callable[[Any], Message]


def reworked(sender: str, kind: type[Message], change: Change, to: str | None = None) -> Network:
    """A network on which what `sender` sends of one kind arrives changed."""

    def tamper(envelope: Envelope) -> Envelope:
        if envelope.sender != sender or envelope.name.rpartition("/")[2] != kind.__name__:
            return envelope
        if to is not None and envelope.to != to:
            return envelope
        message = kind.decode(envelope.body, dict.fromkeys(kind.fields(), ANY_SHAPE))
        return replace(envelope, body=change(message).encode())

    return Network(tamper=tamper)


def flipped(field: str, index: Any = ...) -> Change:
    """The message with one bit changed in every entry of a part of an array, or of bytes."""

    def change(message: Any) -> Message:
        value = getattr(message, field)
        if isinstance(value, bytes):
            return replace(message, **{field: bytes([value[0] ^ 1]) + value[1:]})
        array = value.copy()
        array[index] ^= 1
        return replace(message, **{field: array})

    return change


def suspects(run: Run, of: str = DESK) -> tuple[str, ...]:
    """Whom a party blames; its run must have ended in that and in no output."""
    error = run.errors[of]
    assert isinstance(error, PeerFault), error
    assert run.outputs[of] is None
    return error.suspects


def masked_job() -> tuple[Job, Any]:
    """A job with one shard done."""
    job = Job(PLAN)
    job.open()
    return job, job.shard(0, GIVEN).outputs[DESK]


# In the opening. ----------------------------------------------------------------------------------


@pytest.mark.parametrize("field", ["keys", "signature"])
def test_keys_that_are_not_signed_as_they_are(field: str) -> None:
    assert suspects(Job(PLAN).open(reworked(BAD, Keys, flipped(field)))) == (BAD,)


def test_keys_that_the_aggregator_changed() -> None:
    run = Job(PLAN).open(reworked(DESK, KeysAround, flipped("keys"), to=GOOD))
    assert suspects(run, GOOD) == (DESK,)


@pytest.mark.parametrize("key", [SEALING, MASKING])
def test_a_key_of_low_order(key: int) -> None:
    """Signed and all: with it anybody could work out what is agreed on."""
    honest = Dealer.shown.fget  # type: ignore[attr-defined]

    def shown(dealer: Dealer) -> Any:
        keys = honest(dealer).copy()
        if dealer._me == BAD:
            keys[key] = 0
        return keys

    with patch.object(Dealer, "shown", property(shown)):
        run = Job(PLAN).open()
    assert suspects(run, GOOD) == (BAD,)


@pytest.mark.parametrize("field", ["sealed", "hashes", "signatures"])
def test_shares_changed_on_the_way_leave_two_suspects(field: str) -> None:
    """The dealer may have sent them so, the aggregator may have changed them."""
    place = PLAN.place[BAD]
    run = Job(PLAN).open(reworked(DESK, Deal, flipped(field, place), to=GOOD))
    assert suspects(run, GOOD) == (BAD, DESK)


def crooked(change: Callable[[Any], Any], what: str = "evaluate") -> Any:
    """Let one platform deal with a function of another's making."""
    honest, straight = Dealer.deal, getattr(dealing, what)

    def deal(dealer: Dealer, *args: Any) -> Deal:
        if dealer._me != BAD:
            return honest(dealer, *args)
        with patch.object(dealing, what, lambda *given: change(straight(*given))):
            return honest(dealer, *args)

    return patch.object(Dealer, "deal", deal)


def test_a_share_that_is_not_the_one_that_was_signed() -> None:
    with crooked(lambda hashes: hashes[::-1].copy(), "hash_shares"):
        run = Job(PLAN).open()
    assert suspects(run, GOOD) == (BAD,)


# In a shard. --------------------------------------------------------------------------------------


def test_what_comes_late_is_not_in_the_sum() -> None:
    job = Job(PLAN)
    job.open()
    late = Network(late=lambda envelope: envelope.sender == BAD)
    kept = job.shard(0, GIVEN, late).outputs[DESK]
    found = job.close([kept]).outputs[DESK]
    assert is_sum(found, [GIVEN], {*PLAN.platforms} - {BAD})


def test_a_vector_of_the_wrong_length() -> None:
    job = Job(PLAN)
    job.open()
    longer = reworked(BAD, MaskedVector, lambda m: MaskedVector(np.append(m.value, m.value[:1])))
    assert suspects(job.shard(0, GIVEN, longer)) == (BAD,)


def test_a_second_vector() -> None:
    job = Job(PLAN)
    job.open()
    twice = Network(tamper=lambda e: [e, e] if e.sender == BAD else e)
    assert suspects(job.shard(0, GIVEN, twice)) == (BAD,)


def test_a_vector_of_another_ring_is_our_own_mistake() -> None:
    job = Job(PLAN)
    job.open()
    run = job.shard(0, {**GIVEN, GOOD: GIVEN[GOOD].astype(np.uint64)})
    assert isinstance(run.errors[GOOD], LocalMisuse)


# In the closing. ----------------------------------------------------------------------------------


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


@pytest.mark.parametrize(
    "flags", [(0, 1, 1, 1), (1, 1, 0, 0), (1, 1, 1, 2)], ids=["not me", "too few", "no flag"]
)
@pytest.mark.parametrize("number", [0, 1])
def test_a_list_of_platforms_that_no_honest_aggregator_sends(
    flags: tuple[int, ...], number: int
) -> None:
    def tamper(envelope: Envelope) -> Envelope:
        if (envelope.to, envelope.name, envelope.number) != (GOOD, "opening/Present", number):
            return envelope
        return replace(envelope, body=Present(np.array(flags, np.uint8)).encode())

    assert suspects(Job(PLAN).open(Network(tamper=tamper)), GOOD) == (DESK,)


def test_a_dealer_who_did_not_come_on() -> None:
    """Nobody joins between the two lists."""

    def tamper(envelope: Envelope) -> Envelope:
        if (envelope.to, envelope.name, envelope.number) != (GOOD, "opening/Present", 1):
            return envelope
        return replace(envelope, body=Present(np.ones(4, np.uint8)).encode())

    lose = silent([BAD], "Keys").tamper
    network = Network(tamper=lambda e: (found := lose(e)) and tamper(found))
    assert suspects(Job(PLAN).open(network), GOOD) == (DESK,)


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
    with patch.object(dealing, "check_signature", lambda *_: None):
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

    def answer(survivors: tuple[str, ...]) -> None:
        assert survivors == PLAN.platforms
        raise PeerFault(DESK, "asks again")

    refusing: Any = partial(
        closing.aggregator,
        plan=PLAN,
        material=job.materials[DESK],
        shards=[kept],
        ring=RING,
        **({"answer": answer} if party == DESK else {}),
    )
    run = job.play(
        "closing",
        lambda me: partial(
            closing.platform,
            plan=PLAN,
            material=job.materials[me],
            identity=insecure_identity(me),
            **({"answer": answer} if me == party else {}),
        ),
        refusing,
    )
    assert "asks again" in str(run.errors[party])
    assert not [m for view in run.views.values() for m in view.messages if m.sender == party]


# Ours. --------------------------------------------------------------------------------------------


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
