"""The memory runtime: every party of a job on this machine, shards in worker processes.

A server plays one `PartyJob`; this plays all of them, with the same roles and messages.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

import msgspec
import numpy as np

from privscore.consortium import Consortium
from privscore.consortium.policy import Fact
from privscore.files import new_folder
from privscore.job import SHARD_PEOPLE, Opened, PartyJob, shards
from privscore.job.admission import own_list, refuse_method, whole_card
from privscore.job.answers import completed, write_scores
from privscore.job.journal import journal_of, placed
from privscore.job.journal.fingerprints import forget_list
from privscore.job.opening import session_id
from privscore.methods.base import Answer, Method, objections
from privscore.runs import machine
from privscore.runs.record import RunRecord, files_in, finish, hashes
from privscore.runs.view_file import save_view
from privscore.runtime.table_pool import OpenTables
from privscore.runtime.worker import JobFolders, ShardTask, idle, play_shards, without
from privscore.tables.id_index import count_people
from privscore.text.progress import Progress
from protocols.core.cost import Cost
from protocols.core.local import Network, Run, run_local
from protocols.core.view import Recording

FULL_RECORDING_PEOPLE = 10_000

T = TypeVar("T")
R = TypeVar("R")


def run_job(
    consortium: Consortium,
    method: Method,
    out: Path,
    *,
    people: Path | None = None,
    workers: int | None = None,
    recording: Recording | None = None,
    shard_people: int = SHARD_PEOPLE,
    lost: Mapping[str, int] | None = None,
    tables: OpenTables | None = None,
    remember: bool = True,
    progress: Progress = lambda _phase, _done, _of: None,
) -> RunRecord:
    """Play a whole job of all parties and leave its folder at `out`.

    `people` is a file with the requester's list; without one the file's own is taken, and without
    that everybody whom any platform knows. `lost` is a drill: these platforms fall silent from the
    shard of that number on; `tables` are others than the file's, for a rehearsal. `remember` keeps
    and asks the parties' journals of answers, beside the file; without it the answers must go to
    nobody. Raises Refused for what must not run, and ProtocolError for a run that failed; either
    way nothing but a journal is left behind.
    """
    machine.share_heap()
    refuse_method(consortium, method)
    whole_card(consortium)  # the owner's part is played too
    listed = own_list(consortium, people)
    with (
        new_folder(out.resolve()) as folder,  # other threads may be elsewhere meanwhile
        tempfile.TemporaryDirectory(prefix="privscore-", dir=folder.parent) as scratch,
    ):
        place = JobFolders(Path(scratch), folder)
        with closing(tables or OpenTables(consortium)) as read:
            play = _Play(
                consortium,
                method,
                place,
                read,
                recording,
                progress,
                shard_people,
                lost or {},
                remember and method.private,
            )
            return play.whole(listed, workers)


@dataclass
class _Play:
    """One job of all parties, step by step."""

    consortium: Consortium
    method: Method
    place: JobFolders
    tables: OpenTables
    recording: Recording | None
    progress: Progress
    shard_people: int
    lost: Mapping[str, int]
    remember: bool
    seconds: dict[str, float] = field(default_factory=dict)
    costs: dict[str, dict[str, Cost]] = field(default_factory=dict)

    def whole(self, listed: bytes | None, workers: int | None) -> RunRecord:
        """Opening, local aggregation, shards, closing, answer."""
        started = datetime.now(UTC).isoformat(timespec="seconds")
        agreement = self.consortium.agreement
        jobs = {name: self._party_job(name, listed) for name in agreement.party_ids}
        with self._timed("opening"):
            if listed is None:
                many = self.tables.someone_knows(FULL_RECORDING_PEOPLE + 1)
            else:
                many = count_people(listed) > FULL_RECORDING_PEOPLE
            job, opened, recording = self._open(jobs, many)
            machine.give_back()
        people = opened[agreement.requester].people
        cut = shards(people, self.shard_people)
        with self._timed("tables"):
            self._aggregate(jobs)
            machine.give_back()
        with self._timed("shards"):
            count = self._play(
                workers,
                [
                    ShardTask(
                        agreement.encode(),
                        self.method.name,
                        job,
                        shard,
                        {name: each.material for name, each in opened.items()},
                        self.place,
                        recording,
                        frozenset(p for p, first in self.lost.items() if first <= shard.number),
                    )
                    for shard in cut
                ],
            )
        with self._timed("closing"):
            answer = self._close(jobs, job, opened, len(cut), recording)
            machine.give_back()
        with self._timed("answer"), ThreadPoolExecutor(1) as beside:
            files = files_in(self.place.folder)
            hashed = beside.submit(hashes, self.place.folder, files)
            self._answer(answer)
        journal = jobs[agreement.requester].journal
        return finish(
            self.place.folder,
            RunRecord(
                name=agreement.name,
                method=self.method.name,
                satisfies_policy=not objections(self.method, agreement),
                job=job.hex(),
                agreement_sha256=agreement.sha256.hex(),
                agreement=msgspec.json.decode(agreement.encode()),
                requester=agreement.requester,
                platforms=answer.platforms,
                people=people,
                people_from="union" if listed is None else "list",
                shards=len(cut),
                shard_people=self.shard_people,
                workers=count,
                recording=recording,
                started=started,
                seconds=self.seconds,
                costs=self.costs,
                versions=machine.versions(),
                machine=machine.machine(),
                files=hashed.result(),
                differences=journal.differences if journal else (),
            ),
        )

    def _party_job(self, name: str, listed: bytes | None) -> PartyJob:
        agreement = self.consortium.agreement
        return PartyJob(
            name,
            agreement,
            self.method,
            scratch=self.place.scratch / name,
            folder=self.place.folder / name,
            known=partial(self.tables.known, name) if name in agreement.data_parties else None,
            listed=listed if name == agreement.requester else None,
            journal=journal_of(self.consortium, name, lists=self.method.may_lose)
            if self.remember
            else None,
            card=self.consortium.card_of(name),
        )

    def _open(
        self, jobs: dict[str, PartyJob], many: bool
    ) -> tuple[bytes, dict[str, Opened], Recording]:
        agreement = self.consortium.agreement
        before = session_id(agreement.sha256, "greet")
        greeting = run_local({n: each.greet() for n, each in jobs.items()}, session=before)
        job: bytes = greeting.outputs[agreement.requester]
        roles = {name: each.opening() for name, each in jobs.items()}
        wish = self.recording or ("outline" if many else "full")
        with placed(self.consortium):
            run = run_local(
                roles,
                session=session_id(job, "opening"),
                network=Network(eager=True),  # one list after the other
                recording=wish,
                drop_bodies=True,
            )
        forget_list()
        opened: dict[str, Opened] = run.outputs
        people = opened[agreement.requester].people
        recording = self.recording or ("full" if people <= FULL_RECORDING_PEOPLE else "outline")
        self._account("greet", "opening", greeting, recording)
        self._account("opening", "opening", run, recording)
        return job, opened, recording

    def _aggregate(self, jobs: dict[str, PartyJob]) -> None:
        """Every platform's table becomes what the method needs of it."""
        platforms = self.consortium.agreement.data_parties
        self.progress("tables", 0, len(platforms))
        for done, _ in enumerate(self.tables.aggregated(jobs), 1):
            self.progress("tables", done, len(platforms))
        machine.give_back()
        with placed(self.consortium):
            for name in sorted(jobs, key=lambda name: name != self.consortium.agreement.requester):
                jobs[name].record_answer_early()
        forget_list()

    def _close(
        self,
        jobs: dict[str, PartyJob],
        job: bytes,
        opened: dict[str, Opened],
        count: int,
        recording: Recording,
    ) -> Answer:
        agreement = self.consortium.agreement
        roles = {name: each.closing(opened[name], count) for name, each in jobs.items()}
        if any(roles.values()):
            with placed(self.consortium):
                run = run_local(
                    {
                        name: idle if name in self.lost or each is None else each
                        for name, each in roles.items()
                    },
                    session=session_id(job, "closing"),
                    network=without(self.lost),
                )
            forget_list()
            self._account("closing", "closing", run, recording)
            answer: Answer = run.outputs[agreement.requester]
            return answer
        kept = jobs[agreement.requester].kept(count)
        if kept is None:
            raise RuntimeError(f"{self.method.name} left {agreement.requester} nothing")
        return Answer(np.asarray(kept, np.int64), agreement.data_parties)

    def _answer(self, answer: Answer) -> None:
        agreement = self.consortium.agreement
        totals = completed(answer, agreement)
        folder = self.place.folder / agreement.requester
        shows = agreement.policy.allowed(agreement.requester)
        if not self.method.private:
            shows = Fact.COLUMNS
        write_scores(folder / "scores.csv", folder / "people.txt", totals, agreement, shows)

    # How a step is played, timed and counted. ---------------------------------------------------

    def _account(self, name: str, phase: str, run: Run, recording: Recording) -> None:
        for party, view in run.views.items():
            kept = view if recording == "full" else view.without_bodies()
            save_view(kept, self.place.folder / party / "view", name)
        self._count(phase, run.costs, Cost.then)

    def _play(self, workers: int | None, tasks: Sequence[ShardTask]) -> int:
        self.progress("shards", 0, len(tasks))
        most = 1
        for done, (costs, used) in enumerate(play_shards(tasks, workers), 1):
            self._count("shard", costs, Cost.beside)
            self.progress("shards", done, len(tasks))
            most = max(most, used)
        return most

    def _count(self, phase: str, costs: dict[str, Cost], add: Callable[[Cost, Cost], Cost]) -> None:
        for party, cost in costs.items():
            phases = self.costs.setdefault(party, {})
            phases[phase] = add(phases[phase], cost) if phase in phases else cost

    @contextmanager
    def _timed(self, phase: str) -> Iterator[None]:
        clock = time.perf_counter()
        yield
        self.seconds[phase] = round(time.perf_counter() - clock, 4)
