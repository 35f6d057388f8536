"""The sum itself: rings, blocks, shards laid end to end, and neighbourhoods."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from aggregation_jobs import DESK, Job, is_sum, plan_of, silent, vectors
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.aggregation import masked_input
from protocols.aggregation.masked_input import MaskedShard, combine
from protocols.aggregation.plan import MaskingPlan
from protocols.aggregation.spec import SPEC, insecure_identities
from protocols.core.coins import SeededCoins
from protocols.core.errors import LocalMisuse, Stalled
from protocols.core.play_job import rehearse
from protocols.core.ring import Ring


@pytest.mark.slow
@settings(max_examples=25)
@given(
    parties=st.integers(2, 6),
    bits=st.sampled_from([8, 32, 64]),
    people=st.integers(0, 50),
    shards=st.integers(1, 3),
    seed=st.integers(0, 2**16),
)
def test_the_aggregator_gets_the_sum_over_any_ring(
    parties: int, bits: int, people: int, shards: int, seed: int
) -> None:
    setting = SPEC.setting(parties, people, Ring(bits))
    given_vectors = SPEC.inputs(setting, np.random.default_rng(seed))
    job = rehearse(SPEC, setting, given_vectors, shards=shards)
    ideal = SPEC.ideal(setting, given_vectors)[DESK]
    assert [np.array_equal(each[DESK], ideal) for each in job.outputs] == [True] * shards


@pytest.mark.parametrize("block", [1, 3, 10, 11])
def test_masks_do_not_depend_on_the_size_of_a_block(
    block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both sides may cut as they like: a stream goes on where it stopped."""

    def streams() -> dict[str, list[SeededCoins]]:
        return {"add": [SeededCoins(b"1")], "subtract": [SeededCoins(b"2")]}

    vector = np.arange(10, dtype=np.uint32)
    whole = combine([vector, vector], **streams(), ring=Ring(32))
    monkeypatch.setattr(masked_input, "BLOCK_PEOPLE", block)
    assert np.array_equal(whole, combine([vector, vector], **streams(), ring=Ring(32)))


def test_a_job_without_a_shard_ends_without_a_sum() -> None:
    job = Job(plan_of(3, 2))
    job.open()
    assert job.close([]).outputs[DESK] == (job.plan.platforms, ())


def test_shards_laid_end_to_end_come_back_in_order() -> None:
    plan = plan_of(4, 3)
    job = Job(plan)
    job.open()
    given_vectors = [vectors(plan, people, people) for people in (5, 0, 3)]
    lost = [(), plan.platforms[:1], plan.platforms[3:]]
    kept = [
        job.shard(n, given_vectors[n], silent(lost[n], "MaskedVector")).outputs[DESK]
        for n in range(3)
    ]
    packed = np.concatenate([shard.pack(plan) for shard in kept])
    assert packed.dtype == np.uint8
    again = MaskedShard.unpack_all(packed, plan)
    for before, after in zip(kept, again, strict=True):
        assert before.session == after.session
        assert {n: v.tolist() for n, v in before.vectors.items()} == {
            n: v.tolist() for n, v in after.vectors.items()
        }


# Neighbourhoods. ----------------------------------------------------------------------------------


def ten_with_four_neighbours(threshold: int) -> MaskingPlan:
    identities = insecure_identities(f"shop{number}" for number in range(10))
    return MaskingPlan(DESK, identities, quorum=8, threshold=threshold, degree=4)


@pytest.mark.slow
def test_with_neighbours_any_two_may_be_lost_in_a_shard() -> None:
    plan = ten_with_four_neighbours(3)
    given_vectors = vectors(plan, 4)
    opened = Job(plan)
    opened.open()
    for lost in itertools.combinations(plan.platforms, 2):
        job = Job(plan, materials=opened.materials)
        kept = job.shard(0, given_vectors, silent(lost, "MaskedVector")).outputs[DESK]
        unmasked = job.close([kept]).outputs[DESK]
        assert is_sum(unmasked, [given_vectors], {*plan.platforms} - {*lost})


@pytest.mark.parametrize("step", ["Keys", "Deal"])
def test_with_neighbours_who_is_lost_in_the_opening_is_left_out(step: str) -> None:
    plan = ten_with_four_neighbours(3)
    given_vectors, lost = vectors(plan, 4), plan.platforms[4:6]
    job = Job(plan)
    job.open(silent(lost, step))
    kept = job.shard(0, given_vectors).outputs[DESK]
    assert is_sum(job.close([kept]).outputs[DESK], [given_vectors], {*plan.platforms} - {*lost})


def test_too_few_left_around_somebody_ends_the_opening() -> None:
    plan = ten_with_four_neighbours(4)
    job = Job(plan)
    around = plan.around(job.session("setup"))[0]
    lost = [plan.platforms[place] for place in around if place != 0][:2]
    run = job.open(silent(lost, "Keys"))
    assert isinstance(run.errors[DESK], Stalled)
    assert "fewer than 4 came in time around" in str(run.errors[DESK])
    assert plan.platforms[0] in str(run.errors[DESK])


@pytest.mark.long
def test_sixty_four_platforms_share_with_forty_four_each() -> None:
    identities = insecure_identities(f"shop{number}" for number in range(64))
    plan = MaskingPlan.bearing(DESK, identities, lost=3, colluders=12)
    assert plan.held == 45
    given_vectors, lost = vectors(plan, 3), plan.platforms[10:13]
    job = Job(plan)
    job.open()
    kept = job.shard(0, given_vectors, silent(lost, "MaskedVector")).outputs[DESK]
    assert is_sum(job.close([kept]).outputs[DESK], [given_vectors], {*plan.platforms} - {*lost})


# What the aggregator keeps. -----------------------------------------------------------------------


def test_where_nobody_may_be_lost_one_running_sum_a_person_is_kept() -> None:
    plan = plan_of(4, 4)
    job, given_vectors = Job(plan), vectors(plan, 6)
    job.open()
    kept = job.shard(0, given_vectors).outputs[DESK]
    assert [vector.shape for vector in kept.kept] == [(6,)]
    assert kept.names == plan.platforms
    with pytest.raises(LocalMisuse, match="only the sum over all who came was kept"):
        kept.rows_of(plan.platforms[:3])
    (packed,) = MaskedShard.unpack_all(kept.pack(plan), plan)
    assert is_sum(job.close([packed]).outputs[DESK], [given_vectors], plan.platforms)


def test_where_somebody_may_be_lost_every_vector_is_kept() -> None:
    plan = plan_of(4, 3)
    job = Job(plan)
    job.open()
    kept = job.shard(0, vectors(plan, 6), silent(plan.platforms[:1], "MaskedVector")).outputs[DESK]
    assert len(kept.kept) == len(kept.names) == 3
