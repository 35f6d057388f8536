"""The memory runtime: every party of a job in one process, shards in workers.

Here all parties' courses go in step: what a server plays of one, this plays of everybody, with the
same roles and messages.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from privscore.consortium import Consortium
from privscore.files import new_folder
from privscore.job.admission import own_list, refuse_method, refuse_parties, whole_card
from privscore.job.course import Outcome, Play, course, idle
from privscore.job.greeting import Greeted
from privscore.job.journal import journal_of, placed
from privscore.job.journal.fingerprints import forget_list
from privscore.job.party_job import PartyJob
from privscore.job.shards import SHARD_PEOPLE
from privscore.methods import reference
from privscore.methods.base import Method
from privscore.runs import machine
from privscore.runs.record import RunRecord
from privscore.runtime.bookkeeping import FULL_RECORDING_PEOPLE, Bookkeeping
from privscore.runtime.lockstep import Courses
from privscore.runtime.table_pool import OpenTables
from privscore.runtime.worker import JobFolders, ShardTask, play_shards, without
from privscore.tables.id_index import count_people
from privscore.text.progress import Progress
from protocols.core.local import Network, run_local
from protocols.core.view import Recording


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
    refuse_parties(consortium, consortium.agreement.party_ids)
    whole_card(consortium)  # the owner's part is played too
    listed = own_list(consortium, people)
    with (
        new_folder(out.resolve()) as folder,  # other threads may be elsewhere meanwhile
        tempfile.TemporaryDirectory(prefix="privscore-", dir=folder.parent) as scratch,
        closing(tables or OpenTables(consortium)) as pool,
    ):
        folders = JobFolders(Path(scratch), folder)
        played = play_in_memory(
            consortium,
            method,
            folders,
            pool,
            listed,
            workers=workers,
            recording=recording,
            shard_people=shard_people,
            lost=lost or {},
            remember=remember and method.private,
            progress=progress,
        )
        return played.book.finish(
            consortium,
            method,
            people_from="union" if listed is None else "list",
            shard_people=shard_people,
            outcomes=played.outcomes,
            greeted=played.greeted,
            workers=played.workers,
            differences=played.differences,
        )


@dataclass(frozen=True)
class PlayedInMemory:
    """What came of all parties' courses."""

    outcomes: dict[str, Outcome]
    greeted: dict[str, Greeted]
    book: Bookkeeping
    workers: int
    differences: tuple[Any, ...]  # to earlier answers, where the policy accepts that


def play_in_memory(
    consortium: Consortium,
    method: Method,
    folders: JobFolders,
    tables: OpenTables,
    listed: bytes | None,
    *,
    workers: int | None = None,
    recording: Recording | None = None,
    shard_people: int = SHARD_PEOPLE,
    lost: Mapping[str, int],
    remember: bool,
    progress: Progress,
    writes_answers: bool = True,
) -> PlayedInMemory:
    """Play all parties' courses in step, in `folders`; see `run_job`.

    Without `writes_answers` the results are in the outcomes alone, and in no file.
    """
    agreement = consortium.agreement
    if listed is None:
        is_large = recording is None and tables.someone_knows(FULL_RECORDING_PEOPLE + 1)
    else:
        is_large = count_people(listed) > FULL_RECORDING_PEOPLE
    book = Bookkeeping(folders.folder, recording, is_large=is_large)
    jobs = {
        name: PartyJob(
            name,
            agreement,
            method,
            scratch=folders.scratch / name,
            folder=folders.folder / name,
            known=partial(tables.known, name) if name in agreement.data_parties else None,
            table=partial(tables.take, name) if name in agreement.data_parties else None,
            listed=listed if name == agreement.requester else None,
            journal=journal_of(consortium, name, lists=method.may_lose) if remember else None,
            card=consortium.card_of(name),
            identity=consortium.identity_of(name),
            spent=folders.spent(name),
            shard_people=shard_people,
            writes_answers=writes_answers,
        )
        for name in agreement.party_ids
    }
    run = _MemoryRun(consortium, method, folders, tables, jobs, book, lost, progress)
    with placed(consortium):
        outcomes = run.whole(workers)
    journal = jobs[agreement.requester].journal
    return PlayedInMemory(
        outcomes,
        run.greeted,
        book,
        run.workers,
        journal.differences if journal else (),
    )


@dataclass
class _MemoryRun:
    """One job of all parties: their courses, and how the sessions of each phase are played."""

    consortium: Consortium
    method: Method
    folders: JobFolders
    tables: OpenTables
    jobs: dict[str, PartyJob]
    book: Bookkeeping
    lost: Mapping[str, int]
    progress: Progress
    workers: int = 1

    @property
    def greeted(self) -> dict[str, Greeted]:
        """What each party learned of the others in the greeting, once it is over."""
        return {name: job.greeted for name, job in self.jobs.items() if job.greeted is not None}

    def whole(self, workers: int | None) -> dict[str, Outcome]:
        """All sessions, in the order of the courses."""
        requester = self.consortium.agreement.requester
        courses = Courses({name: course(job) for name, job in self.jobs.items()}, first=requester)
        phases = self.method.phases(self.consortium.agreement)
        people, materials = 0, dict.fromkeys(self.jobs, b"")
        while plays := courses.plays:
            (phase,) = {play.phase for play in plays[requester]}
            if phase == "shard":
                with self.book.timed("shards"):
                    results = self._shards(plays, materials, workers)
            else:
                with self.book.timed("people" if phase == "greet" else phase):
                    results = self._together(plays)
                    machine.give_back()
            if phase == "people":
                people = results[requester][0]
            if phase == "setup":
                materials = {name: result or b"" for name, (result,) in results.items()}
            if phase == ("setup" if "setup" in phases else "people"):
                self._prepare(people, materials)
            if phase == ("closing" if "closing" in phases else "shard"):
                with self.book.timed("answer"), self.book.hashing_beside():
                    courses.resume(results)
            else:
                with self.book.timed("tables"):
                    courses.resume(results)
            forget_list()
        return courses.outcomes

    def _together(self, plays: Mapping[str, tuple[Play, ...]]) -> dict[str, tuple[Any, ...]]:
        """Everybody's part in one session, in this process."""
        parts = {name: play for name, (play,) in plays.items()}
        play = next(iter(parts.values()))
        silent = self.lost if play.phase == "closing" else {}
        network = without(silent) if silent else Network(eager=play.phase == "people")
        run = run_local(
            {name: idle if name in silent else part.role for name, part in parts.items()},
            session=play.session,
            once=lambda name: self.jobs[name].spent,
            network=network,
            recording=self.book.recording,
            drop_bodies=True,
        )
        if play.phase == "people":
            self.book.count_people(run.outputs[self.consortium.agreement.requester])
        self.book.account(play, run)
        return {name: (output,) for name, output in run.outputs.items()}

    def _prepare(self, people: int, materials: Mapping[str, bytes]) -> None:
        """Every platform's table becomes what the method needs of it, side by side."""
        with self.book.timed("tables"):
            platforms = self.consortium.agreement.data_parties
            self.progress("tables", 0, len(platforms))
            for done, _ in enumerate(self.tables.prepared(self.jobs, people, materials), 1):
                self.progress("tables", done, len(platforms))
            machine.give_back()

    def _shards(
        self,
        plays: Mapping[str, tuple[Play, ...]],
        materials: Mapping[str, bytes],
        workers: int | None,
    ) -> dict[str, tuple[Any, ...]]:
        """All shards, each with all its parties in whichever process is free."""
        agreement = self.consortium.agreement
        encoded, method, greeted = agreement.encode(), reference(self.method), self.greeted
        tasks = [
            ShardTask(
                encoded,
                method,
                greeted,
                play.shard,
                materials,
                self.folders,
                self.book.recording,
                frozenset(p for p, first in self.lost.items() if first <= play.shard.number),
            )
            for play in plays[agreement.requester]
            if play.shard is not None
        ]
        self.progress("shards", 0, len(tasks))
        for done, (costs, used) in enumerate(play_shards(tasks, workers), 1):
            self.book.count("shard", costs)
            self.progress("shards", done, len(tasks))
            self.workers = max(self.workers, used)
        return {name: (None,) * len(parts) for name, parts in plays.items()}
