"""How long the platforms' own tables take: read as a job reads them, and nothing else is done."""

from __future__ import annotations

import tempfile
import time
from contextlib import closing
from functools import partial
from pathlib import Path

import msgspec

from privscore.consortium import Consortium, load
from privscore.job.admission import own_list
from privscore.job.course import course
from privscore.job.journal import placed
from privscore.job.party_job import PartyJob
from privscore.job.people import first, known_by
from privscore.methods import named
from privscore.methods.base import Method
from privscore.runs import machine
from privscore.runtime.lockstep import Courses
from privscore.runtime.table_pool import OpenTables
from privscore.tables import count_people, union_of
from protocols.core.local import Network, run_local


class TableTimes(msgspec.Struct, frozen=True):
    """Whom the job is about, in numbers, and the seconds of each step on the platforms' side."""

    people: int
    list_bytes: int
    known_bytes: dict[str, int] | None  # by platform; None where the requester has a list
    known_s: float  # reading all tables for whom the platforms know, and exchanging that
    tables_s: float  # making points of all tables, and reading them if they were not


def read_tables(path: Path, method: str, people: int | None) -> TableTimes:
    """Read every table for the list of a job, or for the first `people` of it.

    Raises Refused for whatever a job would refuse about tables and list.
    """
    consortium, chosen = load(path), named(method)
    given = own_list(consortium, None)
    if given is None and people is not None:  # the first of a union are a list once the job begins
        given = union_of(known_by(consortium).values())
    with (
        closing(OpenTables(consortium)) as tables,
        tempfile.TemporaryDirectory(prefix="privscore-") as folder,
    ):
        known_bytes: dict[str, int] = {}
        jobs = _jobs(consortium, chosen, tables, Path(folder), known_bytes)
        courses = {name: course(job) for name, job in jobs.items()}
        plays = Courses(courses, first=consortium.agreement.requester)
        clock = time.perf_counter()
        if given is None:
            listed = _union(consortium, jobs, plays)
        known_s = time.perf_counter() - clock
        if given is not None:
            listed = first(consortium, given, people)
            for job in jobs.values():
                job.folder.mkdir(parents=True, exist_ok=True)
                job.people_file.write_bytes(listed + b"\n")
        clock = time.perf_counter()
        count = count_people(listed)
        for _ in tables.prepared(jobs, count, dict.fromkeys(jobs, b"")):
            pass
        tables_s = time.perf_counter() - clock
    return TableTimes(count, len(listed), known_bytes or None, known_s, tables_s)


def _jobs(
    consortium: Consortium,
    method: Method,
    tables: OpenTables,
    folder: Path,
    known_bytes: dict[str, int],
) -> dict[str, PartyJob]:
    """Everybody's part; `known_bytes` will have how many bytes each platform sent."""

    def known(name: str) -> bytes:
        people = tables.known(name)
        known_bytes[name] = len(people)
        return people

    agreement = consortium.agreement
    return {
        name: PartyJob(
            name,
            agreement,
            method,
            scratch=folder / "scratch" / name,
            folder=folder / "run" / name,
            known=partial(known, name) if name in agreement.data_parties else None,
            table=partial(tables.take, name) if name in agreement.data_parties else None,
            identity=consortium.identity_of(name),
        )
        for name in agreement.party_ids
    }


def _union(consortium: Consortium, jobs: dict[str, PartyJob], courses: Courses) -> bytes:
    """Everybody whom the platforms know, from the first two sessions of a job.

    Every platform has the list in its folder then. Raises Refused for too few people.
    """
    requester = consortium.agreement.requester
    with placed(consortium):
        for phase in ("greet", "people"):
            plays = {name: play for name, (play,) in courses.plays.items()}
            run = run_local(
                {name: play.role for name, play in plays.items()},
                session=plays[requester].session,
                network=Network(eager=phase == "people"),
                recording="outline",
                drop_bodies=True,
            )
            if phase == "greet":
                courses.resume({name: (output,) for name, output in run.outputs.items()})
    machine.give_back()
    return jobs[requester].people_file.read_bytes()[:-1]
