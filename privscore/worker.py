"""What one worker process does: one platform's table, or one shard with all its parties.

Tasks are plain values: the agreement as bytes, names, numbers and where the columns lie. The
worker builds the roles itself, so nothing executable crosses between processes.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from privscore.agreement import Agreement
from privscore.consortium import Consortium
from privscore.job import PartyJob, Shard, shards
from privscore.local_data import LocalStore
from privscore.methods import named
from privscore.methods.base import Needs
from privscore.opening import session_id
from privscore.recording import save_view
from privscore.tables import BLOCK_PEOPLE, open_table
from protocols.core.cost import Cost
from protocols.core.local import run_local
from protocols.core.party import Party
from protocols.core.view import Recording


@dataclass(frozen=True, slots=True)
class Place:
    """Where a job's files lie: `scratch/PARTY` while it runs, `folder/PARTY` for good."""

    scratch: Path
    folder: Path

    def store(self, agreement: Agreement, party: str) -> LocalStore:
        """One platform's flat files."""
        return LocalStore(self.scratch / party, self.folder / party, agreement, party)


@dataclass(frozen=True, slots=True)
class TableTask:
    """Run one platform's SQL and keep what the job needs of it."""

    consortium: Consortium
    party: str
    people: int
    needs: Needs
    place: Place


@dataclass(frozen=True, slots=True)
class ShardTask:
    """Play one shard, all parties of it."""

    agreement: bytes
    method: str
    job: bytes
    shard: Shard
    material: Mapping[str, bytes]
    place: Place
    recording: Recording


def aggregate_locally(task: TableTask) -> str:
    """A platform's local aggregation: its table becomes points on its own disk."""
    store = task.place.store(task.consortium.agreement, task.party)
    listed = (task.place.folder / task.party / "people.txt").read_bytes().rstrip(b"\n")
    names = task.consortium.agreement.scorecard.columns_of(task.party)
    sizes = (shard.people for shard in shards(task.people, BLOCK_PEOPLE))
    with open_table(task.consortium, task.party) as table:
        store.fill(table.columns(listed, names), sizes, task.needs)
    return task.party


def play_shard(task: ShardTask) -> dict[str, Cost]:
    """All parties' parts in one shard; their views and what they keep go to their folders."""
    agreement = _agreement(task.agreement)
    method = named(task.method)
    jobs = {
        name: PartyJob(
            name,
            agreement,
            method,
            scratch=task.place.scratch / name,
            folder=task.place.folder / name,
        )
        for name in agreement.party_ids
    }
    run = run_local(
        {name: job.shard(task.shard, task.material[name]) or idle for name, job in jobs.items()},
        session=session_id(task.job, "shard", task.shard.number),
        recording=task.recording,
    )
    for name, job in jobs.items():
        job.keep(task.shard, run.outputs[name])
        save_view(run.views[name], job.folder / "view", f"shard-{task.shard.number:05d}")
    return run.costs


async def idle(party: Party) -> Any:
    """The part of a party that has none."""


@functools.lru_cache(maxsize=1)
def _agreement(body: bytes) -> Agreement:
    return Agreement.decode(body)
