"""Seven lies of an aggregator, each with the guard that stops it, which can be left out.

Every attack is a function of whether its guard stands. The platforms are honest; what the
aggregator sends is not. It wants the victim's vector, and has it if `Outcome.won`.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from unittest.mock import patch

import numpy as np
from aggregation_jobs import DESK, RING, Job, plan_of, silent, vectors
from aggregation_liar import Loot, ask, pass_on

from protocols.aggregation import closing
from protocols.aggregation.masked_input import MaskedShard
from protocols.aggregation.material import AggregatorMaterial
from protocols.aggregation.plan import Flags, MaskingPlan
from protocols.aggregation.survivors import LOST, SURVIVED, standing_of
from protocols.core.local import Run
from protocols.core.ring import Vec

PLAN = plan_of(8, 6)
VICTIM = PLAN.platforms[3]
OTHERS = tuple(name for name in PLAN.platforms if name != VICTIM)
PEOPLE = 20
UNKNOWN = 7  # the points of a person whom a platform does not know: on the card, so public


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an attack was after, what it recovered, and the runs in which it lied."""

    wanted: Vec
    recovered: Vec | None
    runs: Sequence[Run]

    @property
    def won(self) -> bool:
        """Whether the aggregator has what it was after."""
        return self.recovered is not None and np.array_equal(self.recovered, self.wanted)


def without(guard: str, *, unless: bool) -> Any:
    """Leave a check of the platforms' closing out, unless it is to stand."""
    return contextlib.nullcontext() if unless else patch.object(closing, guard, lambda *_: None)


class OpenJob:
    """A job of which all is done but the closing; its aggregator is about to lie."""

    def __init__(self, plan: MaskingPlan = PLAN) -> None:
        self.job, self.given = Job(plan), vectors(plan, PEOPLE)
        self.job.open()
        self.shard: MaskedShard = self.job.shard(0, self.given).outputs[DESK]
        kept = AggregatorMaterial.unpack(self.job.materials[DESK])
        self.loot = Loot(plan, kept, RING)
        self.everybody = standing_of(plan, kept.present, plan.platforms)

    def standing(self, *lost: str) -> Flags:
        """Everybody's standing if these were lost."""
        return np.where(self.job.plan.flags(lost), np.uint8(LOST), self.everybody)

    def ask(self, told: dict[str, Flags]) -> Run:
        """One closing in which each platform is told how everybody stands."""
        desk = partial(ask, plan=self.job.plan, told=told, loot=self.loot)
        return self.job.close([self.shard], desk=desk)

    def victim(self, *runs: Run) -> Outcome:
        """What the loot says of the victim's vector."""
        return Outcome(self.given[VICTIM], self.loot.vector_of(VICTIM, self.shard), runs)


def splits_the_survivors(guarded: bool) -> Outcome:
    """Half of them are told that the victim survived, the others that it was lost.

    Where as many share holders as are needed sit in each half, only the signatures stop it.
    """
    world = OpenJob(MaskingPlan(DESK, PLAN.identities, quorum=6, threshold=4, degree=7))
    halves = dict.fromkeys(PLAN.platforms[:4], world.everybody) | dict.fromkeys(
        PLAN.platforms[4:], world.standing(VICTIM)
    )
    with without("check_quorum", unless=guarded):
        return world.victim(world.ask(halves))


def splits_below_the_threshold(guarded: bool) -> Outcome:
    """Every platform is told of other losses, never more than two of five, and three are left out.

    With 2t > n + c nobody's seed and key open together, but without the signatures the sum over
    two platforms opens where three at least were agreed.
    """
    plan = plan_of(5, 3)
    world = OpenJob(plan)
    a, b, c, d, e = plan.platforms
    lost = {a: (c, d), b: (e, c), c: (d, e), d: (c, e), e: (c, d)}
    with without("check_quorum", unless=guarded):
        run = world.ask({name: world.standing(*names) for name, names in lost.items()})
    two = RING.total([world.given[a], world.given[b]])
    return Outcome(two, world.loot.sum_of((a, b), world.shard), [run])


def asks_both_kinds(guarded: bool) -> Outcome:
    """The victim is said to stand as lost and as survived, to everybody."""
    world = OpenJob()
    both_kinds = np.where(PLAN.flags([VICTIM]), np.uint8(LOST | SURVIVED), world.everybody)
    with without("check_one_kind_each", unless=guarded):
        return world.victim(world.ask(dict.fromkeys(PLAN.platforms, both_kinds)))


def asks_twice(guarded: bool) -> Outcome:
    """A second closing, after the first has opened the victim's own mask, says it was lost."""
    world = OpenJob()
    world.ask(dict.fromkeys(PLAN.platforms, world.everybody))
    if not guarded:
        world.job.once.clear()
    again = world.ask(dict.fromkeys(PLAN.platforms, world.standing(VICTIM)))
    return world.victim(again)


def announces_too_few(guarded: bool) -> Outcome:
    """Nobody but the victim has survived, everybody is told."""
    world = OpenJob()
    with without("check_enough", unless=guarded):
        run = world.ask(dict.fromkeys(PLAN.platforms, world.standing(*OTHERS)))
    return Outcome(world.given[VICTIM], world.loot.sum_of((VICTIM,), world.shard), [run])


def replays_an_old_round(guarded: bool) -> Outcome:
    """The same session once more, about people whom the victim does not know: the same masks."""
    world = OpenJob()
    if not guarded:
        world.job.once.clear()
    strangers = dict.fromkeys(PLAN.platforms, np.full(PEOPLE, UNKNOWN, RING.dtype))
    again = world.job.shard(0, strangers)
    masked_again = again.outputs[DESK]
    if masked_again is None:
        return Outcome(world.given[VICTIM], None, [again])
    difference = world.shard.vectors[VICTIM] - masked_again.vectors[VICTIM]
    return Outcome(world.given[VICTIM], difference + RING.dtype.type(UNKNOWN), [again])


def changes_the_weights_for_one(guarded: bool) -> Outcome:
    """The victim is given another agreement, by which it weighs 1 and all others 0.

    The id of a job is a hash of the agreement as each party has it. Without that guard, it is not.
    """
    given = vectors(PLAN, PEOPLE)
    weights = {name: int(name == VICTIM) for name in PLAN.platforms}
    job = Job(PLAN)
    if guarded:
        job.agreed = {
            name: hashlib.sha256(f"weight {weights[name]}".encode()).hexdigest() for name in weights
        }
        run = job.open(desk=partial(pass_on, plan=PLAN))
        return Outcome(given[VICTIM], None, [run])
    run = job.open()
    weighted = {name: vector * RING.dtype.type(weights[name]) for name, vector in given.items()}
    kept = job.shard(0, weighted).outputs[DESK]
    return Outcome(given[VICTIM], job.close([kept]).outputs[DESK].totals[0], [run])


def asks_again_without_the_victim(guarded: bool) -> Outcome:
    """A second job about the same people; the victim is said to be late. The sums differ by it."""
    given = vectors(PLAN, PEOPLE)
    first, second = Job(PLAN, "first job"), Job(PLAN, "second job")
    for job in (first, second):
        job.open()
    everybody = first.close([first.shard(0, given).outputs[DESK]])
    answered = everybody.outputs[VICTIM] if guarded else None
    kept = second.shard(0, given, silent([VICTIM], "MaskedVector")).outputs[DESK]
    others = second.close([kept], answered=answered)
    if others.outputs[DESK] is None:
        return Outcome(given[VICTIM], None, [others])
    difference = everybody.outputs[DESK].totals[0] - others.outputs[DESK].totals[0]
    return Outcome(given[VICTIM], difference, [others])


ATTACKS = (
    splits_the_survivors,
    splits_below_the_threshold,
    asks_both_kinds,
    asks_twice,
    announces_too_few,
    replays_an_old_round,
    changes_the_weights_for_one,
    asks_again_without_the_victim,
)
