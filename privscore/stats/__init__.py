"""Population statistics: histograms of scores, tiers and coverage over all people, and no more.

By `shuffled-sum`: the requester sees every sum of points and every number of platforms once, in
an order that it does not know, and counts them. What leaves it are histograms without a cell of
fewer people than the policy asks for; no platform's part is opened to anybody.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from privscore.consortium import Consortium
from privscore.job import Opened, PartyJob, shards
from privscore.job.admission import own_list, refuse_method
from privscore.job.answers import completed
from privscore.job.journal import journal_of, placed
from privscore.job.journal.answered import Difference
from privscore.job.journal.fingerprints import forget_list
from privscore.job.opening import session_id
from privscore.methods.base import Answer, LocalData, RoleContext
from privscore.runtime.table_pool import OpenTables
from privscore.stats.cells import StatCell, coverage_cells, score_cells, tier_cells
from privscore.stats.shuffled_sum import ShuffledSum, shuffled
from privscore.text.histogram import bar
from privscore.text.progress import Progress
from privscore.text.words import listed
from protocols.core.local import run_local

SCHEMA = "privscore/statistics@1"
METHOD = ShuffledSum()

Points = NDArray[np.int32]


class Statistics(msgspec.Struct, frozen=True, kw_only=True):
    """What is known about everybody together, and who learned what for it."""

    schema: str = SCHEMA
    name: str
    purpose: str
    agreement_sha256: str
    job: str
    requester: str
    platforms: tuple[str, ...]  # whose points are in it
    people: int
    people_from: str  # "list" or "union"
    min_people: int  # in every cell
    scores: tuple[StatCell, ...]
    tiers: tuple[StatCell, ...]  # by number, -1 below them all
    coverage: tuple[StatCell, ...]  # by how many platforms know a person
    learned: dict[str, str]  # by party, or parties together
    differences: tuple[Difference, ...]  # to earlier answers, where the policy accepts that

    def __rich__(self) -> RenderableType:
        parts = {"score": self.scores, "tier": self.tiers, "known to platforms": self.coverage}
        return Group(
            f"[bold]{escape(self.name)}[/bold]: {self.people:,} people, "
            f"{len(self.platforms)} platforms; no cell under {self.min_people:,} people",
            *(_plot(title, cells) for title, cells in parts.items() if cells),
            *(Text(f"{who}: {what}") for who, what in self.learned.items()),
        )


@dataclass(frozen=True, slots=True)
class _Open:
    """A job that has been through its opening."""

    jobs: Mapping[str, PartyJob]
    job: bytes
    opened: Mapping[str, Opened]


def statistics(
    consortium: Consortium,
    *,
    people: Path | None = None,
    progress: Progress = lambda _phase, _done, _of: None,
) -> Statistics:
    """Play a job of all parties on this machine, and count.

    `people` is a file with the requester's list, as in `run`. Raises Refused for what must not
    run, and ProtocolError for a job that failed.
    """
    refuse_method(consortium, METHOD)
    agreement = consortium.agreement
    list_of_people = own_list(consortium, people)
    with (
        tempfile.TemporaryDirectory(prefix="privscore-") as name,
        closing(OpenTables(consortium)) as tables,
    ):
        begun = _open(consortium, Path(name), list_of_people, tables)
        columns = _columns(begun, tables, progress)
        answer = _play(consortium, begun, columns, progress)
    count = begun.opened[agreement.requester].people
    points, known = answer.totals[:count], answer.totals[count:]
    totals = completed(Answer(points, answer.platforms), agreement)
    scores = agreement.scorecard.clipped(totals + agreement.scorecard.base)
    least = agreement.policy.min_people
    journal = begun.jobs[agreement.requester].journal
    return Statistics(
        name=agreement.name,
        purpose=agreement.purpose,
        agreement_sha256=agreement.sha256.hex(),
        job=begun.job.hex(),
        requester=agreement.requester,
        platforms=answer.platforms,
        people=count,
        people_from="union" if list_of_people is None else "list",
        min_people=least,
        scores=tuple(score_cells(agreement.scorecard, agreement.tiers, scores, least)),
        tiers=tuple(tier_cells(agreement.tiers, scores, least)),
        coverage=tuple(coverage_cells(known, len(answer.platforms), least)),
        learned=_learned(agreement.requester, answer.platforms, list_of_people is None),
        differences=journal.differences if journal else (),
    )


def _open(
    consortium: Consortium, folder: Path, list_of_people: bytes | None, tables: OpenTables
) -> _Open:
    agreement = consortium.agreement
    jobs = {
        name: PartyJob(
            name,
            agreement,
            METHOD,
            scratch=folder / "scratch" / name,
            folder=folder / name,
            known=partial(tables.known, name) if name in agreement.data_parties else None,
            listed=list_of_people if name == agreement.requester else None,
            journal=journal_of(consortium, name, lists=True),
        )
        for name in agreement.party_ids
    }
    before = session_id(agreement.sha256, "greet")
    greeting = run_local({n: each.greet() for n, each in jobs.items()}, session=before)
    job: bytes = greeting.outputs[agreement.requester]
    roles = {name: each.opening() for name, each in jobs.items()}
    with placed(consortium):
        run = run_local(roles, session=session_id(job, "opening"), recording="outline")
    forget_list()
    return _Open(jobs, job, run.outputs)


def _columns(begun: _Open, tables: OpenTables, progress: Progress) -> dict[str, Points]:
    """Every platform's own work: its points, and whom it knows, in the order of the job."""
    found = {}
    platforms = [name for name, each in begun.jobs.items() if each.is_platform]
    for done, name in enumerate(platforms):
        progress("tables", done, len(platforms))
        job = begun.jobs[name]
        with tables.take(name) as table:
            job.aggregate_locally(table)
            known = table.known(job.people_file.read_bytes().rstrip(b"\n"))
        points = job.store.read(0, len(known), "points").points
        assert points is not None, "points were asked for"
        seed = METHOD.seed_of(begun.opened[name].material)
        found[name] = shuffled(seed, [points, known.astype(np.int32)])
    progress("tables", len(platforms), len(platforms))
    return found


def _play(
    consortium: Consortium, begun: _Open, columns: Mapping[str, Points], progress: Progress
) -> Answer:
    """The shards, one after the other, and the closing."""
    agreement = consortium.agreement
    cut = shards(2 * begun.opened[agreement.requester].people)
    for shard in cut:
        progress("shards", shard.number, len(cut))
        part = slice(shard.start, shard.start + shard.people)
        roles: dict[str, Any] = {}
        for name, opened in begun.opened.items():
            data = LocalData(points=columns[name][part] if name in columns else None)
            roles[name] = METHOD.shard(
                RoleContext(name, agreement, shard.people, opened.material), data
            )
        run = run_local(
            {name: each for name, each in roles.items() if each},
            session=session_id(begun.job, "shard", shard.number),
            recording="outline",
        )
        begun.jobs[agreement.requester].keep(shard, run.outputs[agreement.requester])
    progress("shards", len(cut), len(cut))
    closings = {
        name: begun.jobs[name].closing(each, len(cut)) for name, each in begun.opened.items()
    }
    with placed(consortium):
        run = run_local(
            {name: each for name, each in closings.items() if each},
            session=session_id(begun.job, "closing"),
            recording="outline",
        )
    answer: Answer = run.outputs[agreement.requester]
    return answer


def _learned(requester: str, platforms: tuple[str, ...], union: bool) -> dict[str, str]:
    """Who learns what, as `shuffled-sum` declares it."""
    lists = "whom each platform knows, since no list was given; " if union else ""
    return {
        requester: f"{lists}everybody's sum of points and number of platforms, each once and in an "
        "order of its own that it does not know: values, and not whose",
        listed(platforms): "whom the job is about",
        f"{requester} together with a platform": "whose the values are",
    }


def _plot(title: str, cells: tuple[StatCell, ...]) -> Table:
    table = Table(box=None, title_justify="left")
    table.add_column(title, justify="right")
    table.add_column("")
    table.add_column("people", justify="right")
    most = max(cell.people for cell in cells)
    for cell in cells:
        table.add_row(cell.label, bar(cell.people / most), f"{cell.people:,}")
    return table
