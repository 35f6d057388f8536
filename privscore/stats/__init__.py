"""Population statistics: histograms of scores, tiers and coverage over all people, and no more.

By `shuffled-sum`: the requester sees every sum of points and every number of platforms once, in
an order that it does not know, and counts them. What leaves it are histograms without a cell of
fewer people than the policy asks for; no platform's part is opened to anybody.
"""

from __future__ import annotations

import tempfile
from contextlib import closing
from pathlib import Path

import msgspec
import numpy as np
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from privscore.consortium import Agreement, Consortium
from privscore.consortium.policy import Fact
from privscore.job.admission import own_list, refuse_method, refuse_parties
from privscore.job.answers import completed
from privscore.job.journal.answered import Difference
from privscore.methods.result import Result
from privscore.runtime.local import play_in_memory
from privscore.runtime.table_pool import OpenTables
from privscore.runtime.worker import JobFolders
from privscore.stats.cells import StatCell, coverage_cells, score_cells, tier_cells
from privscore.stats.shuffled_sum import METHOD
from privscore.text.histogram import bar
from privscore.text.progress import Progress
from privscore.text.words import listed

SCHEMA = "privscore/statistics@1"


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
    refuse_parties(consortium, consortium.agreement.party_ids)
    agreement = consortium.agreement
    list_of_people = own_list(consortium, people)
    with (
        tempfile.TemporaryDirectory(prefix="privscore-") as name,
        closing(OpenTables(consortium)) as tables,
    ):
        played = play_in_memory(
            consortium,
            METHOD,
            JobFolders(Path(name) / "scratch", Path(name) / "run"),
            tables,
            list_of_people,
            workers=1,
            recording="outline",
            lost={},
            remember=True,
            progress=progress,
            writes_answers=False,
        )
    outcome = played.outcomes[agreement.requester]
    assert outcome.result is not None, "the requester of shuffled sums has a result"
    points, known = np.split(outcome.result.values, 2)
    totals = completed(Result(Fact.TOTAL, points, outcome.platforms), agreement)
    scores = agreement.scorecard.clipped(totals + agreement.scorecard.base)
    least = agreement.policy.min_people
    return Statistics(
        name=agreement.name,
        purpose=agreement.purpose,
        agreement_sha256=agreement.sha256.hex(),
        job=played.greeted[agreement.requester].job.hex(),
        requester=agreement.requester,
        platforms=outcome.platforms,
        people=outcome.people,
        people_from="union" if list_of_people is None else "list",
        min_people=least,
        scores=tuple(score_cells(agreement.scorecard, agreement.tiers, scores, least)),
        tiers=tuple(tier_cells(agreement.tiers, scores, least)),
        coverage=tuple(coverage_cells(known, len(outcome.platforms), least)),
        learned=_learned(agreement, outcome.platforms, list_of_people is None),
        differences=played.differences,
    )


def _learned(agreement: Agreement, platforms: tuple[str, ...], union: bool) -> dict[str, str]:
    """Who learns what, as `shuffled-sum` declares it."""
    requester = agreement.requester
    told = dict.fromkeys((*platforms, *agreement.requesters))
    listeners = [name for name in told if name != requester]
    lists = "whom each platform knows, since no list was given; " if union else ""
    return {
        requester: f"{lists}everybody's sum of points and number of platforms, each once and in an "
        "order of its own that it does not know: values, and not whose",
        listed(listeners): "whom the job is about",
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
