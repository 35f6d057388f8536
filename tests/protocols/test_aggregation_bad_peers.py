"""What a bad peer sends before the closing is refused, by name; what comes late is left out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from aggregation_faults import BAD, GIVEN, GOOD, PLAN, crooked, flipped, reworked, suspects
from aggregation_jobs import DESK, Job, is_sum, silent

from protocols.aggregation.masked_input import MaskedVector
from protocols.aggregation.participants import Present
from protocols.aggregation.setup import Keys, KeysAround
from protocols.aggregation.share_distribution import MASKING, SEALING, Deal, Dealer
from protocols.core.errors import LocalMisuse
from protocols.core.local import Network
from protocols.core.message import Envelope

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


def test_a_share_that_is_not_the_one_that_was_signed() -> None:
    with crooked(lambda hashes: hashes[::-1].copy(), "hash_shares"):
        run = Job(PLAN).open()
    assert suspects(run, GOOD) == (BAD,)


@pytest.mark.parametrize(
    "flags", [(0, 1, 1, 1), (1, 1, 0, 0), (1, 1, 1, 2)], ids=["not me", "too few", "no flag"]
)
@pytest.mark.parametrize("number", [0, 1])
def test_a_list_of_platforms_that_no_honest_aggregator_sends(
    flags: tuple[int, ...], number: int
) -> None:
    def tamper(envelope: Envelope) -> Envelope:
        if (envelope.to, envelope.name, envelope.number) != (GOOD, "setup/Present", number):
            return envelope
        return replace(envelope, body=Present(np.array(flags, np.uint8)).encode())

    assert suspects(Job(PLAN).open(Network(tamper=tamper)), GOOD) == (DESK,)


def test_a_dealer_who_did_not_come_on() -> None:
    """Nobody joins between the two lists."""

    def tamper(envelope: Envelope) -> Envelope:
        if (envelope.to, envelope.name, envelope.number) != (GOOD, "setup/Present", 1):
            return envelope
        return replace(envelope, body=Present(np.ones(4, np.uint8)).encode())

    lose = silent([BAD], "Keys").tamper

    def lose_and_tamper(envelope: Envelope) -> Envelope | None:
        kept = lose(envelope)
        return None if kept is None else tamper(kept)

    assert suspects(Job(PLAN).open(Network(tamper=lose_and_tamper)), GOOD) == (DESK,)


# In a shard. --------------------------------------------------------------------------------------


def test_what_comes_late_is_not_in_the_sum() -> None:
    job = Job(PLAN)
    job.open()
    late = Network(late=lambda envelope: envelope.sender == BAD)
    kept = job.shard(0, GIVEN, late).outputs[DESK]
    unmasked = job.close([kept]).outputs[DESK]
    assert is_sum(unmasked, [GIVEN], {*PLAN.platforms} - {BAD})


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
