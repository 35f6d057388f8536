"""One party's part in a job, over a transport: what a server plays, and each of our processes.

Nothing here knows of another party's data or files: what is not the agreement's comes from the
party's own part of it, and everything else in messages.
"""

from __future__ import annotations

import time
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from privscore.consortium import Consortium
from privscore.errors import Refused
from privscore.job.admission import own_list, refuse_parties
from privscore.job.course import Outcome, Play, course, idle
from privscore.job.ids import session_id
from privscore.job.journal import Journal, placed
from privscore.job.journal.fingerprints import forget_list
from privscore.job.party_job import PartyJob
from privscore.job.shards import SHARD_PEOPLE
from privscore.methods.base import Method
from privscore.runs import machine
from privscore.runs.record import PartyRecord, write_party
from privscore.runs.view_file import save_view
from privscore.runtime.bookkeeping import FULL_RECORDING_PEOPLE, add_cost, now, party_record
from privscore.tables import Table, open_table
from privscore.text.progress import Progress
from protocols.core.abort import Abort
from protocols.core.cost import Cost
from protocols.core.link import Link
from protocols.core.party import Party, Role
from protocols.core.session import Session
from protocols.core.transport import Transport
from protocols.core.view import Recording, View
from protocols.core.wire import Once

T = TypeVar("T")

_LOOK_S = 0.05  # between two looks at whether what was sent has left


@dataclass(frozen=True, slots=True)
class OwnPart:
    """What one party brings to a job, and where its files go.

    `consortium` has the private part of `me` alone. `scratch` is for the job's duration, `folder`
    the party's own folder of the run. `people` is the requester's list, instead of its file's own.
    Without a wish for the `recording`, everything is kept of a job about few people. `silent_from`
    is a drill: the party falls silent from that shard on. `journal` has its earlier answers.
    """

    me: str
    consortium: Consortium
    method: Method
    scratch: Path
    folder: Path
    spent: Once
    journal: Journal | None = None
    people: Path | None = None
    recording: Recording | None = None
    shard_people: int = SHARD_PEOPLE
    silent_from: int | None = None


@dataclass(frozen=True, slots=True)
class PlayedPart:
    """What came of it: the party's record, and when each step of its job had ended (Unix time)."""

    record: PartyRecord
    ended: tuple[tuple[str, float], ...]


def play_party(
    own_part: OwnPart,
    transport: Transport,
    *,
    deadline_s: float = 600.0,
    progress: Progress = lambda _phase, _done, _of: None,
) -> PlayedPart:
    """Play a whole job of one party and leave its part of the run in its folder.

    Its table is read and checked before anything is sent. Nobody is waited for longer than
    `deadline_s`. Raises Refused for what must not run and ProtocolError for a run that failed; the
    peers are told either way, and the folder is left as far as it had come.
    """
    part = _Part(own_part, transport, deadline_s, progress)
    try:
        with placed(own_part.consortium):
            return part.whole()
    except Refused:
        part.refuse()
        raise
    except BaseException as error:
        part.link.leave(part.session, error)
        raise


class _Part:
    """A job of one party while it is played."""

    def __init__(
        self, own_part: OwnPart, transport: Transport, deadline_s: float, progress: Progress
    ) -> None:
        self.own_part = own_part
        self.agreement = own_part.consortium.agreement
        self.session = session_id(self.agreement.sha256, "greet")  # the one that is played
        self.link = Link(transport, deadline_s=deadline_s)
        self._transport, self._deadline_s, self._progress = transport, deadline_s, progress
        self._recording = own_part.recording
        self._unsaved: list[tuple[str, View]] = []  # until it is known how views are kept
        self._costs: dict[str, Cost] = {}
        self._ended: list[tuple[str, float]] = []
        self._silent = False

    def refuse(self) -> None:
        """Tell the others that this party will not go on; why, stands in its own report."""
        self.link.leave(self.session, Abort.refusal(self.own_part.me))

    def whole(self) -> PlayedPart:
        """All sessions of the party's course, and its record at the end."""
        own_part = self.own_part
        refuse_parties(own_part.consortium, [own_part.me])
        started = now()
        table = self._own_table()
        self._step("tables")
        with table or nullcontext():
            job = self._job(table)
            outcome = self._sessions(job)
        assert job.greeted is not None, "a job that has ended began with a greeting"
        record = party_record(
            own_part.me,
            self.agreement,
            own_part.method,
            outcome,
            job.greeted,
            people_from=job.people_from,
            shard_people=own_part.shard_people,
            recording=self._recording or "full",
            started=started,
            costs=self._costs,
            differences=own_part.journal.differences if self._asks and own_part.journal else (),
        )
        record = write_party(own_part.folder, record)
        self._step("answer")
        if not self._silent:
            self.link.finish(deadline_s=self._deadline_s)
        return PlayedPart(record, tuple(self._ended))

    @property
    def _asks(self) -> bool:
        return self.own_part.me == self.agreement.requester

    def _own_table(self) -> Table | None:
        if self.own_part.me not in self.agreement.data_parties:
            return None
        return open_table(self.own_part.consortium, self.own_part.me)

    def _job(self, table: Table | None) -> PartyJob:
        own_part = self.own_part
        return PartyJob(
            own_part.me,
            self.agreement,
            own_part.method,
            scratch=own_part.scratch,
            folder=own_part.folder,
            known=table.people if table else None,
            table=partial(_same, table) if table else None,
            listed=own_list(own_part.consortium, own_part.people) if self._asks else None,
            journal=own_part.journal,
            card=own_part.consortium.card_of(own_part.me),
            identity=own_part.consortium.identity_of(own_part.me),
            spent=own_part.spent,
            shard_people=own_part.shard_people,
        )

    def _sessions(self, job: PartyJob) -> Outcome:
        course_of_job = course(job)
        plays = next(course_of_job)
        while True:
            phase = plays[0].phase
            results = tuple(self._tuple(job, plays))
            if phase == "people":
                self._choose_recording(results[0])
            if phase != "greet":  # which is over when everybody is there: a part of the next step
                self._step("shards" if phase == "shard" else phase)
            machine.give_back()
            try:
                plays = course_of_job.send(results)
            except StopIteration as stop:
                outcome: Outcome = stop.value
                return outcome
            forget_list()
            if plays[0].phase == "shard":  # its own work on its table lies before these
                self._step("tables")

    def _tuple(self, job: PartyJob, plays: tuple[Play, ...]) -> list[Any]:
        results = []
        for done, play in enumerate(plays):
            if play.shard is not None:
                self._progress("shards", done, len(plays))
            results.append(self._play(job, play))
        if plays[0].shard is not None:
            self._progress("shards", len(plays), len(plays))
        return results

    def _play(self, job: PartyJob, play: Play) -> Any:
        """One session: over the link, or without a word where the party has fallen silent."""
        self.session = play.session
        self._fall_silent_at(play)
        session = Session(
            self.own_part.me,
            self.agreement.party_ids,
            idle if self._silent else self._refusing(play.role),
            session=play.session,
            once=job.spent,
            recording=self._recording or "full",
            drop_bodies=True,
        )
        if self._silent:
            session.start()
        else:
            self.link.drive(session)
        self._keep(play.name, session.view())
        add_cost(self._costs, play.phase, session.cost)
        return session.result

    def _refusing(self, role: Role[T]) -> Role[T]:
        """The role, whose refusal is told as one: the link would take it for a failure of ours."""

        async def play(party: Party) -> T:
            try:
                return await role(party)
            except Refused:
                self.refuse()
                raise

        return play

    def _fall_silent_at(self, play: Play) -> None:
        """In a drill: the connections end once what belongs to earlier sessions has left."""
        first = self.own_part.silent_from
        if first is None or self._silent:
            return
        if play.phase == "closing" or (play.shard is not None and play.shard.number >= first):
            self._silent = True
            self._transport.close_sending()
            until = time.monotonic() + self._deadline_s
            while self._transport.unsent() and time.monotonic() < until:
                self._transport.next(time.monotonic() + _LOOK_S)  # nobody reads it any more
            self._transport.close()

    # What is noted. -----------------------------------------------------------------------------

    def _choose_recording(self, people: int) -> None:
        if self._recording is None:
            self._recording = "outline" if people > FULL_RECORDING_PEOPLE else "full"
        unsaved, self._unsaved = self._unsaved, []
        for name, view in unsaved:
            self._keep(name, view)

    def _keep(self, name: str, view: View) -> None:
        if self._recording is None:
            self._unsaved.append((name, view))
            return
        kept = view if self._recording == "full" else view.without_bodies()
        save_view(kept, self.own_part.folder / "view", name)

    def _step(self, name: str) -> None:
        self._ended.append((name, time.time()))


def _same(table: Table) -> Table:
    return table
