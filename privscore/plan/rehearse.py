"""How long a method takes on this machine: jobs of a few sizes on made-up people, in seconds."""

from __future__ import annotations

import tempfile
from pathlib import Path

import msgspec

from privscore.consortium import load
from privscore.job.shards import SHARD_PEOPLE
from privscore.methods import named
from privscore.runs.record import RunRecord
from privscore.runtime.bookkeeping import FULL_RECORDING_PEOPLE
from privscore.runtime.local import run_job
from privscore.runtime.synthetic_tables import MadeUpTables, made_up_card, made_up_list
from protocols.core.view import Recording

FIRST_PEOPLE = 2_048
TIMES = 8  # closer together, and the noise of both tilts the line


class Rehearsed(msgspec.Struct, frozen=True):
    """The smallest and the largest job that were played, in this order, and the rounds of both."""

    people: tuple[int, int]
    seconds: tuple[dict[str, float], dict[str, float]]  # by phase, as a run counts them
    rounds: dict[str, int]  # of a job with a list
    batch: int = 1  # people whom a shard handles together

    def predicted(self, phase: str, people: int) -> float:
        """Seconds of a phase for so many people, on the line through both jobs.

        Beyond both never more than in proportion to the larger one, however steep the line. What a
        shard handles in batches takes as long for a part of one as for a whole one. A phase that
        took longer in the small job, which loads libraries as every job does, takes that long.
        """
        small, large = self.people
        small_s, large_s = (seconds.get(phase, 0.0) for seconds in self.seconds)
        large_s = max(small_s, large_s)
        if phase == "shards":
            small, large, people = (_whole(each, self.batch) for each in (small, large, people))
        person_s = (large_s - small_s) / (large - small) if large > small else 0.0
        if people > large:
            person_s = min(person_s, large_s / large)
        return max(large_s + (people - large) * person_s, 0.0)


def rehearse(path: Path, method: str, people: int, budget_s: float) -> Rehearsed:
    """Play a small job and one as large as `budget_s` lasts for, up to `people` or one shard.

    The large one is at least `TIMES` the small one, whatever the budget. Both have a list, so that
    no seconds go into a union of people. Raises Refused where the method would.
    """
    consortium, chosen = made_up_card(load(path)), named(method)
    recording: Recording = "full" if people <= FULL_RECORDING_PEOPLE else "outline"
    least, batch = consortium.agreement.policy.min_people, chosen.batch(consortium.agreement)
    most = max(min(people, SHARD_PEOPLE), least)

    def play(people: int, folder: Path) -> RunRecord:
        people = max(min(_whole(people, batch), most), least)
        folder.mkdir()
        listed = folder / "list.txt"
        listed.write_bytes(made_up_list(people))
        return run_job(
            consortium,
            chosen,
            folder / "run",
            people=listed,
            workers=1,
            recording=recording,
            tables=MadeUpTables(consortium, people),
            remember=False,
        )

    with tempfile.TemporaryDirectory(prefix="privscore-") as folder:
        small = large = play(min(FIRST_PEOPLE, -(-most // TIMES)), Path(folder, "small"))
        if small.people < most:  # shards grow in proportion at most, and the rest hardly
            times = max(TIMES, int(budget_s / small.seconds["shards"]))
            large = play(small.people * times, Path(folder, "large"))
    phases = dict.fromkeys(phase for costs in small.costs.values() for phase in costs)
    return Rehearsed(
        (small.people, large.people),
        (small.seconds, large.seconds),
        {
            phase: max(costs[phase].rounds for costs in small.costs.values() if phase in costs)
            for phase in phases
        },
        batch,
    )


def _whole(people: int, batch: int) -> int:
    """As many people as whole batches hold."""
    return -(-people // batch) * batch
