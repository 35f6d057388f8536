"""How long the platforms' own tables take: read as a job reads them, and nothing else is done."""

from __future__ import annotations

import tempfile
import time
from contextlib import closing
from pathlib import Path

import msgspec

from privscore.consortium import load
from privscore.job.admission import own_list
from privscore.methods import named
from privscore.reading.whom import first, known_by
from privscore.runtime.open_tables import OpenTables
from privscore.runtime.worker import Place
from privscore.tables import count_people, union_of
from privscore.tables.people import with_list
from privscore.tables.roll import Roll


class TableTimes(msgspec.Struct, frozen=True):
    """Whom the job is about, in numbers, and the seconds of each step on the platforms' side."""

    people: int
    list_bytes: int
    known_bytes: dict[str, int] | None  # by platform; None where the requester has a list
    known_s: float  # reading all tables for whom the platforms know, and their union
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
        platforms = consortium.agreement.data_parties
        clock = time.perf_counter()
        known_bytes, everybody = {}, Roll({})
        for name in platforms if not own else ():
            known = tables.known(name)
            everybody, known_bytes[name] = with_list(everybody, known), len(known)
        listed = first(consortium, own or everybody.people(), people)
        known_s = time.perf_counter() - clock if known_bytes else 0.0
        place = Place(Path(folder) / "scratch", Path(folder) / "run")
        jobs = {
            name: place.party_job(name, consortium.agreement, chosen)
            for name in consortium.agreement.data_parties
        }
        for job in jobs.values():
            job.folder.mkdir(parents=True, exist_ok=True)
            job.people_file.write_bytes(listed + b"\n")
        clock = time.perf_counter()
        for _ in tables.aggregated(jobs):
            pass
        tables_s = time.perf_counter() - clock
    return TableTimes(count_people(listed), len(listed), known_bytes or None, known_s, tables_s)
