"""How long the platforms' own tables take: read as a job reads them, and nothing else is done."""

from __future__ import annotations

import tempfile
import time
from contextlib import closing
from functools import partial
from pathlib import Path

import msgspec

from privscore.consortium import Consortium, load
from privscore.job import PartyJob
from privscore.job.admission import own_list
from privscore.job.journal import placed
from privscore.job.people import first, known_by
from privscore.methods import named
from privscore.runs import machine
from privscore.runtime.table_pool import OpenTables
from privscore.runtime.worker import JobFolders
from privscore.tables import count_people, union_of
from protocols.core.local import Network, run_local

_OPENS_NOTHING = "secret-sum"


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
    own = own_list(consortium, None)
    if own is None and people is not None:  # the first of a union are a list by the time of the job
        own = union_of(known_by(consortium).values())
    with (
        closing(OpenTables(consortium)) as tables,
        tempfile.TemporaryDirectory(prefix="privscore-") as folder,
    ):
        place = JobFolders(Path(folder) / "scratch", Path(folder) / "run")
        jobs = {
            name: place.party_job(name, consortium.agreement, chosen)
            for name in consortium.agreement.data_parties
        }
        known_bytes: dict[str, int] = {}
        clock = time.perf_counter()
        if own is None:
            listed = _asked(consortium, tables, place, known_bytes)
        known_s = time.perf_counter() - clock
        if own is not None:
            listed = first(consortium, own, people)
            for job in jobs.values():
                job.folder.mkdir(parents=True, exist_ok=True)
                job.people_file.write_bytes(listed + b"\n")
        clock = time.perf_counter()
        for _ in tables.aggregated(jobs):
            pass
        tables_s = time.perf_counter() - clock
    return TableTimes(count_people(listed), len(listed), known_bytes or None, known_s, tables_s)


def _asked(
    consortium: Consortium, tables: OpenTables, place: JobFolders, known_bytes: dict[str, int]
) -> bytes:
    """Everybody whom the platforms know, found out as in a job whose method opens nothing itself.

    Every platform has the list in its folder then, and `known_bytes` how many bytes it sent. Raises
    Refused for too few people.
    """
    agreement = consortium.agreement

    def known(name: str) -> bytes:
        people = tables.known(name)
        known_bytes[name] = len(people)
        return people

    jobs = {
        name: PartyJob(
            name,
            agreement,
            named(_OPENS_NOTHING),
            scratch=place.scratch / name,
            folder=place.folder / name,
            known=partial(known, name) if name in agreement.data_parties else None,
        )
        for name in agreement.party_ids
    }
    with placed(consortium):
        run_local(
            {name: each.opening() for name, each in jobs.items()},
            session=bytes(32),
            network=Network(eager=True),
            recording="outline",
            drop_bodies=True,
        )
    machine.give_back()
    return jobs[agreement.requester].people_file.read_bytes()[:-1]
