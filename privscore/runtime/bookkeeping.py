"""What a runtime notes while a job runs: views, costs by party and phase, seconds by step."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from privscore.consortium import Agreement, Consortium
from privscore.job.course import Outcome, Play
from privscore.job.greeting import Greeted
from privscore.job.journal.answered import Difference
from privscore.job.people_list import PeopleFrom
from privscore.methods.base import Method
from privscore.methods.rules import objections
from privscore.runs import machine
from privscore.runs.record import (
    PartyRecord,
    RunRecord,
    files_in,
    finish,
    hashes,
    write_party,
)
from privscore.runs.view_file import save_view
from protocols.core.cost import Cost
from protocols.core.local import Run
from protocols.core.view import Recording

STEPS = ("people", "setup", "tables", "shards", "closing", "answer")  # of a run, on the clock
FULL_RECORDING_PEOPLE = 10_000  # of a job about more, only an outline is kept


class Bookkeeping:
    """The notes of one run, whose folder is `folder`; `recording` is how its views are kept.

    Without a wish for it, everything is kept of a job about few people: `is_large` says that there
    are many before anybody has counted, `count_people` how many there are.
    """

    def __init__(self, folder: Path, recording: Recording | None, *, is_large: bool) -> None:
        self.folder, self._is_wished = folder, recording is not None
        self.recording: Recording = recording or ("outline" if is_large else "full")
        self._unsaved: list[tuple[Play, Run]] = []  # until everybody is counted
        self.seconds: dict[str, float] = dict.fromkeys(STEPS, 0.0)
        self.costs: dict[str, dict[str, Cost]] = {}
        self._started = now()
        self._hashed: dict[str, str] = {}

    @contextmanager
    def timed(self, step: str) -> Iterator[None]:
        """Add the seconds of the block to those of a step."""
        clock = time.perf_counter()
        yield
        self.seconds[step] = round(self.seconds[step] + time.perf_counter() - clock, 4)

    @contextmanager
    def hashing_beside(self) -> Iterator[None]:
        """Hash what is there by now, in a thread beside the block."""
        with ThreadPoolExecutor(1) as beside:
            hashed = beside.submit(hashes, self.folder, files_in(self.folder))
            yield
            self._hashed = hashed.result()

    def account(self, play: Play, run: Run) -> None:
        """Keep what everybody saw in a session, and what it cost them."""
        self.count(play.phase, run.costs)
        self._unsaved.append((play, run))
        if play.phase == "greet":
            return
        for held_play, held_run in self._unsaved:
            for party, view in held_run.views.items():
                kept = view if self.recording == "full" else view.without_bodies()
                save_view(kept, self.folder / party / "view", held_play.name)
        self._unsaved.clear()

    def count_people(self, people: int) -> None:
        """Say about how many people the job is, before the session that told it is kept."""
        if not self._is_wished and people > FULL_RECORDING_PEOPLE:
            self.recording = "outline"

    def count(self, phase: str, costs: Mapping[str, Cost]) -> None:
        """Add to what a phase has cost each party."""
        for party, cost in costs.items():
            add_cost(self.costs.setdefault(party, {}), phase, cost)

    def finish(
        self,
        consortium: Consortium,
        method: Method,
        *,
        people_from: PeopleFrom,
        shard_people: int,
        outcomes: Mapping[str, Outcome],
        greeted: Mapping[str, Greeted],
        workers: int,
        differences: tuple[Difference, ...],
    ) -> RunRecord:
        """Write every party's `party.json`, and the `run.json` that joins them."""
        agreement = consortium.agreement
        parties = []
        for name, outcome in outcomes.items():
            record = party_record(
                name,
                agreement,
                method,
                outcome,
                greeted[name],
                people_from=people_from,
                shard_people=shard_people,
                recording=self.recording,
                started=self._started,
                costs=self.costs.get(name, {}),
                differences=differences if name == agreement.requester else (),
            )
            inside = {
                path.removeprefix(f"{name}/"): value
                for path, value in self._hashed.items()
                if path.startswith(f"{name}/")
            }
            parties.append(write_party(self.folder / name, record, inside))
        return finish(
            self.folder,
            parties,
            requester=agreement.requester,
            workers=workers,
            seconds=self.seconds,
            machine=machine.machine(),
        )


def now() -> str:
    """The time, as records have it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def add_cost(costs: dict[str, Cost], phase: str, cost: Cost) -> None:
    """Add to what a phase has cost a party; shards stand beside one another, all else in turn."""
    add = Cost.beside if phase == "shard" else Cost.then
    costs[phase] = add(costs[phase], cost) if phase in costs else cost


def party_record(
    name: str,
    agreement: Agreement,
    method: Method,
    outcome: Outcome,
    greeted: Greeted,
    *,
    people_from: PeopleFrom,
    shard_people: int,
    recording: Recording,
    started: str,
    costs: Mapping[str, Cost],
    differences: tuple[Difference, ...],
) -> PartyRecord:
    """The record of one party's part, which does not name its files yet."""
    return PartyRecord(
        party=name,
        name=agreement.name,
        method=method.name,
        satisfies_policy=not objections(method, agreement),
        job=greeted.job.hex(),
        agreement_sha256=agreement.sha256.hex(),
        agreement=msgspec.json.decode(agreement.encode()),
        platforms=outcome.platforms,
        people=outcome.people,
        people_from=people_from,
        shards=outcome.shards,
        shard_people=shard_people,
        recording=recording,
        started=started,
        identities={party: key.hex() for party, key in greeted.identities.items()},
        costs=dict(costs),
        versions=machine.versions(),
        files={},
        differences=differences,
    )
