"""Many methods on the same people, one table: what privacy costs, and what it buys."""

from __future__ import annotations

import tempfile
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray
from rich.console import Group, RenderableType
from rich.table import Table

from privscore.answers import read_answers
from privscore.consortium import Consortium
from privscore.memory import Progress, run_job
from privscore.methods import available
from privscore.methods.base import Method, objections
from privscore.policy import Fact
from privscore.run_folder import RunRecord


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One method. `refused` says why it cannot run; the figures are None then."""

    method: str
    refused: str | None = None
    people: int | None = None
    largest_error_points: int | None = None
    tier_changes: int | None = None
    setup_s: float | None = None
    online_s: float | None = None
    sent_bytes_per_person: float | None = None
    rounds: int | None = None
    opens: dict[str, str] = msgspec.field(default_factory=dict)  # party -> the most it learns


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """All methods on one consortium."""

    name: str
    rows: tuple[Row, ...]

    def __rich__(self) -> RenderableType:
        table = Table()
        table.add_column("method", no_wrap=True)
        for column in ("error", "tiers changed", "set-up", "online", "sent per person", "rounds"):
            table.add_column(column, justify="right")
        table.add_column("who learns what")
        for row in self.rows:
            if row.refused is not None:
                table.add_row(row.method, *[""] * 6, f"refused: {row.refused}")
                continue
            table.add_row(
                row.method,
                f"{row.largest_error_points} points",
                f"{row.tier_changes} of {row.people:,}",
                f"{row.setup_s:.2f} s",
                f"{row.online_s:.2f} s",
                f"{row.sent_bytes_per_person:.1f} B",
                str(row.rounds),
                "; ".join(f"{party}: {fact}" for party, fact in row.opens.items()),
            )
        return Group(self.name, table)


def compare(
    consortium: Consortium,
    progress: Progress = lambda _phase, _done, _of: None,
) -> Comparison:
    """Run every method on the people of one consortium and hold the answers against `clear`'s."""
    rows = []
    baseline: dict[str, NDArray[np.int64]] | None = None
    with tempfile.TemporaryDirectory(prefix="privscore-") as folder:
        for method in available().values():
            found = objections(method, consortium.agreement)
            if method.private and found:
                rows.append(Row(method=method.name, refused=found[0]))
                continue
            out = Path(folder) / method.name
            record = run_job(consortium, method, out, progress=progress)
            answers = read_answers(out / record.requester / "scores.csv", consortium.agreement)
            baseline = answers if baseline is None else baseline
            rows.append(_row(method, consortium, record, answers, baseline))
    return Comparison(name=consortium.agreement.name, rows=tuple(rows))


def _row(
    method: Method,
    consortium: Consortium,
    record: RunRecord,
    answers: dict[str, NDArray[np.int64]],
    baseline: dict[str, NDArray[np.int64]],
) -> Row:
    spent = [cost for phases in record.costs.values() for cost in phases.values()]
    sent = sum(cost.sent_payload_bytes + cost.sent_framing_bytes for cost in spent)
    phases = {phase for each in record.costs.values() for phase in each}
    facts = {p: method.opens(consortium.agreement, p) for p in consortium.agreement.party_ids}
    return Row(
        method=method.name,
        people=record.people,
        largest_error_points=int(np.abs(answers["score"] - baseline["score"]).max()),
        tier_changes=int(np.count_nonzero(answers["tier"] != baseline["tier"])),
        setup_s=round(record.seconds["opening"] + record.seconds["tables"], 4),
        online_s=round(record.seconds["shards"] + record.seconds["closing"], 4),
        sent_bytes_per_person=sent / record.people,
        rounds=sum(
            max(each[phase].rounds for each in record.costs.values() if phase in each)
            for phase in phases
        ),
        opens={party: fact.word for party, fact in facts.items() if fact > Fact.NOTHING},
    )
