"""What one worker does, a process of its own: one shard, with all its parties.

Tasks are plain values: the agreement as bytes, names, numbers and where the columns lie. The
worker builds the roles itself, so nothing executable crosses between processes.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from privscore.consortium.agreement import Agreement
from privscore.job.course import idle, shard_play
from privscore.job.greeting import Greeted
from privscore.job.party_job import PartyJob
from privscore.job.shards import Shard
from privscore.job.spent import SpentInFolder
from privscore.methods import referenced
from privscore.runs.pool import PROBE_SHARDS, in_threads, wanted
from privscore.runs.view_file import save_view
from privscore.runs.worker_processes import Workers
from protocols.core.cost import Cost
from protocols.core.local import Network, run_local
from protocols.core.view import Recording


@dataclass(frozen=True, slots=True)
class JobFolders:
    """Where a job's files lie: `scratch/PARTY` while it runs, `folder/PARTY` for good."""

    scratch: Path
    folder: Path

    def spent(self, party: str) -> SpentInFolder:
        """Where a party marks labels as spent: all processes of this job look at the same place."""
        return SpentInFolder(self.scratch / party / "spent")


@dataclass(frozen=True, slots=True)
class ShardTask:
    """Play one shard, all parties of it."""

    agreement: bytes
    method: str  # see `methods.reference`
    greeted: Mapping[str, Greeted]
    shard: Shard
    material: Mapping[str, bytes]
    folders: JobFolders
    recording: Recording
    lost: frozenset[str]  # platforms that are silent in it


def play_shards(
    tasks: Sequence[ShardTask], workers: int | None
) -> Iterator[tuple[dict[str, Cost], int]]:
    """Play shards, each by whichever process is free: costs, and how many processes there are.

    This process is one of them. Without a number of `workers` the first shards tell how many are
    worth their start.
    """
    spent_s = 0.0
    tried = PROBE_SHARDS if workers is None else 0
    for task in tasks[:tried]:
        clock = time.process_time()
        costs = play_shard(task)
        spent_s = time.process_time() - clock  # the last one counts: the first loads libraries
        yield costs, 1
    remaining = tasks[tried:]
    count = wanted(spent_s * len(remaining)) if workers is None else workers
    if count == 1:
        yield from ((play_shard(task), 1) for task in remaining)
        return
    free: SimpleQueue[Callable[[ShardTask], dict[str, Cost]]] = SimpleQueue()
    failures: list[Exception] = []

    def play(task: ShardTask) -> dict[str, Cost]:
        process = free.get()
        try:
            if failures:  # whoever takes the next task may be faster than who cancels it
                raise failures[0]
            return process(task)
        except Exception as failure:
            failures.append(failure)
            raise
        finally:
            free.put(process)

    with Workers(count - 1) as pool, ThreadPoolExecutor(count) as threads:
        free.put(play_shard)
        for _ in range(count - 1):
            free.put(lambda task: pool.submit(play_shard, task).result())
        try:
            for each in as_completed([threads.submit(play, task) for task in remaining]):
                yield each.result(), count
        finally:
            threads.shutdown(cancel_futures=True)


def play_shard(task: ShardTask) -> dict[str, Cost]:
    """All parties' parts in one shard; their views and what they keep go to their folders."""
    agreement = _agreement(task.agreement)
    method = referenced(task.method)
    jobs = {
        name: PartyJob(
            name,
            agreement,
            method,
            scratch=task.folders.scratch / name,
            folder=task.folders.folder / name,
            spent=task.folders.spent(name),
            greeted=task.greeted[name],
        )
        for name in agreement.party_ids
    }
    plays = {name: shard_play(job, task.shard, task.material[name]) for name, job in jobs.items()}
    run = run_local(
        {name: idle if name in task.lost else play.role for name, play in plays.items()},
        session=plays[agreement.requester].session,
        once=lambda name: jobs[name].spent,
        network=without(task.lost),
        recording=task.recording,
    )

    def put_away(name: str) -> None:
        save_view(run.view(name), jobs[name].folder / "view", plays[name].name)

    for _ in in_threads(put_away, [*jobs]):  # most of it is hashing what came
        pass
    return run.costs


def without(lost: Collection[str]) -> Network:
    """A network on which nothing comes from these parties, and nothing gets to them."""
    return Network(tamper=lambda e: None if e.sender in lost or e.to in lost else e)


@functools.lru_cache(maxsize=1)
def _agreement(body: bytes) -> Agreement:
    return Agreement.decode(body)
