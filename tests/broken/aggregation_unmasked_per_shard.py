"""Unmasked per shard: the keys are the job's, but each shard is closed on its own.

A platform that came to the first shard and was lost in the second has its own mask opened for the
one and its mask key for the other. Each opens its masks in both, so its vector in the first shard
lies open to the aggregator, which has told no lie. What stops it: a platform closes a job once.
"""

from __future__ import annotations

from functools import partial

from aggregation_jobs import DESK, RING, Job, plan_of, silent, vectors
from aggregation_liar import Loot, ask

from protocols.aggregation.material import AggregatorMaterial
from protocols.aggregation.survivors import standing_of
from protocols.core.ring import Vec

PLAN = plan_of(8, 6)
VICTIM = PLAN.platforms[3]
PEOPLE = 20


def recovered(guarded: bool) -> tuple[Vec, Vec | None]:
    """The victim's vector in the first shard, and what an honest aggregator can make of it.

    Unless `guarded`, the platforms forget after each shard that they have closed the job.
    """
    given = [vectors(PLAN, PEOPLE, seed) for seed in (1, 2)]
    job = Job(PLAN)
    job.open()
    loot = Loot(PLAN, AggregatorMaterial.unpack(job.materials[DESK]), RING)
    kept = []
    for number, lost in enumerate(((), (VICTIM,))):
        kept.append(job.shard(number, given[number], silent(lost, "MaskedVector")).outputs[DESK])
        standing = standing_of(PLAN, loot.kept.present, kept[number].vectors)
        told = dict.fromkeys(kept[number].vectors, standing)
        desk = partial(ask, plan=PLAN, told=told, loot=loot)
        if not guarded:
            job.once.clear()
        job.close([kept[number]], phase=f"closing of shard {number}", desk=desk)
    return given[0][VICTIM], loot.vector_of(VICTIM, kept[0])
