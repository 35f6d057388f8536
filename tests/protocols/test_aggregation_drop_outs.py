"""Every set of drop-outs that the threshold allows, at every step: exact, or nothing at all."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator

import pytest
from aggregation_jobs import DESK, Job, is_sum, lossy, opened_by, plan_of, silent, vectors

from protocols.aggregation import closing, setup, share_distribution, survivors
from protocols.aggregation.keys import check_signature
from protocols.aggregation.plan import MaskingPlan
from protocols.core.errors import Stalled
from protocols.core.local import Run

pytestmark = pytest.mark.slow

SIZES = [(3, 2), (4, 3), (5, 3), (6, 4), (7, 5), (8, 6)]  # platforms, threshold
STEPS = ["Keys", "Deal", "MaskedVector", "Signature", "OpenedShares"]
PEOPLE = 5
SEED = b"the same keys in every opening, so that the same signatures are checked once"


@pytest.fixture(autouse=True, scope="module")
def _signatures_checked_once() -> Iterator[None]:
    """The same verdict on the same bytes, for all the platforms that look at them."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (setup, share_distribution, closing, survivors):
            patch.setattr(module, "check_signature", checked_once)
        yield


checked_once = functools.cache(check_signature)


def bearable(plan: MaskingPlan) -> Iterator[tuple[str, ...]]:
    """Every set of platforms that may be lost, nobody included."""
    for size in range(plan.size - plan.quorum + 1):
        yield from itertools.combinations(plan.platforms, size)


def refused(run: Run) -> bool:
    """Whether the aggregator gave up for want of messages."""
    return run.outputs[DESK] is None and isinstance(run.errors[DESK], Stalled)


@pytest.fixture(scope="module", params=SIZES, ids=lambda size: f"{size[0]} platforms, t={size[1]}")
def opened(request: pytest.FixtureRequest) -> Job:
    """A job whose opening everybody came through."""
    job = Job(plan_of(*request.param))
    job.open()
    return job


@pytest.mark.parametrize("step", ["Keys", "Deal"])
def test_whoever_is_lost_in_the_opening_is_left_out(opened: Job, step: str) -> None:
    plan = opened.plan
    given = vectors(plan, PEOPLE)
    for lost in bearable(plan):
        job = Job(plan, seed=SEED)
        job.open(silent(lost, step))
        kept = job.shard(0, given).outputs[DESK]
        unmasked = job.close([kept]).outputs[DESK]
        assert is_sum(unmasked, [given], {*plan.platforms} - {*lost})


@pytest.mark.parametrize("step", ["Keys", "Deal"])
def test_one_too_many_lost_in_the_opening_ends_it(opened: Job, step: str) -> None:
    plan = opened.plan
    lost = plan.platforms[: plan.size - plan.quorum + 1]
    run = Job(plan).open(silent(lost, step))
    assert refused(run)
    assert not any(run.outputs.values())


@pytest.mark.parametrize("where", [0, 1])
def test_whoever_is_lost_in_one_shard_is_out_of_all(opened: Job, where: int) -> None:
    """Lost in the first and back in the second, or lost in the second only."""
    plan = opened.plan
    given = [vectors(plan, PEOPLE, seed) for seed in (1, 2)]
    for lost in bearable(plan):
        job = Job(plan, materials=opened.materials)
        networks = [silent(lost if shard == where else (), "MaskedVector") for shard in (0, 1)]
        kept = [job.shard(n, given[n], networks[n]).outputs[DESK] for n in (0, 1)]
        assert is_sum(job.close(kept).outputs[DESK], given, {*plan.platforms} - {*lost})


def test_one_too_many_lost_in_a_shard_ends_it(opened: Job) -> None:
    plan = opened.plan
    given = vectors(plan, PEOPLE)
    for lost in itertools.combinations(plan.platforms, plan.size - plan.quorum + 1):
        job = Job(plan, materials=opened.materials)
        assert refused(job.shard(0, given, silent(lost, "MaskedVector")))


def test_one_too_many_lost_over_all_shards_unmasks_nothing(opened: Job) -> None:
    plan = opened.plan
    given = vectors(plan, PEOPLE)
    lost = plan.platforms[: plan.size - plan.quorum + 1]
    job = Job(plan, materials=opened.materials)
    kept = [
        job.shard(0, given, silent(lost[:1], "MaskedVector")).outputs[DESK],
        job.shard(1, given, silent(lost[1:], "MaskedVector")).outputs[DESK],
    ]
    run = job.close(kept)
    assert refused(run)
    assert not opened_by(run)
    assert all(isinstance(error, Stalled) for error in run.errors.values())


@pytest.mark.parametrize("step", ["Signature", "OpenedShares"])
def test_whoever_is_lost_in_the_closing_is_still_in_the_sum(opened: Job, step: str) -> None:
    plan = opened.plan
    given = vectors(plan, PEOPLE)
    kept = Job(plan, materials=opened.materials).shard(0, given).outputs[DESK]
    for lost in bearable(plan):
        run = Job(plan, materials=opened.materials).close([kept], silent(lost, step))
        assert is_sum(run.outputs[DESK], [given], plan.platforms)


def test_one_too_many_lost_before_signing_unmasks_nothing(opened: Job) -> None:
    plan = opened.plan
    kept = Job(plan, materials=opened.materials).shard(0, vectors(plan, PEOPLE)).outputs[DESK]
    for lost in itertools.combinations(plan.platforms, plan.size - plan.quorum + 1):
        run = Job(plan, materials=opened.materials).close([kept], silent(lost, "Signature"))
        assert refused(run)
        assert not opened_by(run)


def test_one_too_many_lost_before_opening_shares_leaves_too_few_of_every_seed(
    opened: Job,
) -> None:
    plan = opened.plan
    kept = Job(plan, materials=opened.materials).shard(0, vectors(plan, PEOPLE)).outputs[DESK]
    lost = plan.platforms[: plan.size - plan.quorum + 1]
    run = Job(plan, materials=opened.materials).close([kept], silent(lost, "OpenedShares"))
    assert refused(run)
    assert len(opened_by(run)) == plan.threshold - 1


@pytest.mark.parametrize("first", STEPS)
@pytest.mark.parametrize("second", STEPS)
def test_two_lost_at_different_steps_are_borne_together(first: str, second: str) -> None:
    plan = plan_of(5, 3)
    first_lost, second_lost, *others = plan.platforms
    lost_at = {first_lost: first, second_lost: second}
    job, given = Job(plan, seed=SEED), vectors(plan, PEOPLE)
    job.open(lossy(lost_at))
    kept = job.shard(0, given, lossy(lost_at)).outputs[DESK]
    unmasked = job.close([kept], lossy(lost_at)).outputs[DESK]
    masked = [name for name, step in lost_at.items() if step in ("Signature", "OpenedShares")]
    assert is_sum(unmasked, [given], {*others, *masked})
