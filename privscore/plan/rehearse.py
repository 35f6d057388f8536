"""How long a method takes on this machine: jobs of a few sizes on made-up people, in seconds."""

from __future__ import annotations

import itertools
import tempfile
import time
from pathlib import Path

import msgspec

from privscore.consortium import load
from privscore.job import SHARD_PEOPLE
from privscore.methods import named
from privscore.plan.made_up import MadeUpTables, made_up_card, made_up_list
from privscore.runtime.memory import FULL_RECORDING_PEOPLE, run_job
from privscore.runtime.run_folder import RunRecord
from protocols.core.view import Recording

FIRST_PEOPLE = 2_048


class Rehearsed(msgspec.Struct, frozen=True):
    """The smallest and the largest job that were played, in this order, and the rounds of both."""

    people: tuple[int, int]
    seconds: tuple[dict[str, float], dict[str, float]]  # by phase, as a run counts them
    rounds: dict[str, int]
    batch: int = 1  # people whom a shard handles together

    def predicted(self, phase: str, people: int) -> float:
        """Seconds of a phase for so many people, on the line through both jobs.

        Beyond both never more than in proportion to the larger one, however steep the line. What a
        shard handles in batches takes as long for a part of one as for a whole one.
        """
        if phase == "shards":
            people = -(-people // self.batch) * self.batch
        (few, more), (short, long) = self.people, (each[phase] for each in self.seconds)
        each_s = max(long - short, 0) / (more - few) if more > few else 0.0
        if people > more:
            each_s = min(each_s, long / more)
        return max(long + (people - more) * each_s, 0.0)


def rehearse(path: Path, method: str, people: int, listed: bool, budget_s: float) -> Rehearsed:
    """Play a small job and as large a one, up to `people` or one shard, as the budget lasts for.

    The first one loads libraries and tells the rounds; it has a list if `listed`. The others have
    one, so that no seconds go into a union of people. Raises Refused where the method would.
    """
    consortium, chosen = made_up_card(load(path)), named(method)
    least = consortium.agreement.policy.min_people
    recording: Recording = "full" if people <= FULL_RECORDING_PEOPLE else "outline"
    with tempfile.TemporaryDirectory(prefix="privscore-") as name:
        folder, number = Path(name), itertools.count()

        def play(size: int, listed: bool) -> RunRecord:
            made_up = folder / "list.txt"
            made_up.write_bytes(made_up_list(size))
            return run_job(
                consortium,
                chosen,
                folder / f"{next(number)}",
                people=made_up if listed else None,
                workers=1,
                recording=recording,
                tables=MadeUpTables(consortium, size),
                remember=False,
            )

        most = max(min(people, SHARD_PEOPLE), least)
        batch = chosen.batch(consortium.agreement)

        def whole(people: int) -> int:
            return max(min(-(-people // batch) * batch, most), least)

        few = whole(min(FIRST_PEOPLE, -(-most // 4)))
        counted = play(few, listed)
        clock = time.perf_counter()
        played = [play(few, True)]
        left_s = budget_s - (time.perf_counter() - clock)
        if few < most:  # shards take longer in proportion at most, and the rest hardly grows
            times = left_s / played[0].seconds["shards"]
            played.append(play(whole(few * max(2, int(times))), True))
    phases = dict.fromkeys(phase for costs in counted.costs.values() for phase in costs)
    return Rehearsed(
        (played[0].people, played[-1].people),
        (played[0].seconds, played[-1].seconds),
        {
            phase: max(costs[phase].rounds for costs in counted.costs.values() if phase in costs)
            for phase in phases
        },
        batch,
    )
