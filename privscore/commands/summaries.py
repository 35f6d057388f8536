"""What `run` and `init` say at their end."""

from __future__ import annotations

from pathlib import Path

import msgspec
from rich.console import Group, RenderableType
from rich.table import Table

from privscore.plan.predicted import Predicted, recall
from privscore.runs import machine
from privscore.runs.record import RunRecord
from privscore.text.units import bytes_text
from privscore.text.wide_table import InParts
from protocols.core.cost import Cost


class RunSummary(msgspec.Struct, frozen=True, kw_only=True):
    """What `run` says at the end."""

    out: str
    scores: str
    method: str
    satisfies_policy: bool
    people: int
    people_from: str
    lost: tuple[str, ...]
    seconds: dict[str, float]
    costs: dict[str, dict[str, Cost]]
    peak_bytes: int  # over all processes; 0 where the system does not tell
    predicted: Predicted | None  # what `plan` said, if it was asked before on this machine

    def __rich__(self) -> RenderableType:
        phases = list(dict.fromkeys(phase for each in self.costs.values() for phase in each))
        table = Table()
        table.add_column("party")
        for column in (*(f"sent in\n{phase}" for phase in phases), "received", "sent per\nperson"):
            table.add_column(column, justify="right")
        for party, costs in self.costs.items():
            sent = [_sent(costs[phase]) if phase in costs else 0 for phase in phases]
            received = sum(
                each.received_payload_bytes + each.received_framing_bytes for each in costs.values()
            )
            table.add_row(
                party,
                *(bytes_text(each) if each else "-" for each in sent),
                bytes_text(received) if received else "-",
                f"{sum(sent) / self.people:.1f} B",
            )
        rounds = {
            phase: max(costs[phase].rounds for costs in self.costs.values() if phase in costs)
            for phase in phases
        }
        lines = [
            "rounds: " + ", ".join(f"{phase} {count}" for phase, count in rounds.items()),
            f"{sum(self.seconds.values()):.2f} s: "
            + ", ".join(f"{phase} {seconds:.2f}" for phase, seconds in self.seconds.items()),
        ]
        if self.predicted is not None:
            payload = sum(
                cost.sent_payload_bytes for costs in self.costs.values() for cost in costs.values()
            )
            lines.append(
                f"predicted, then measured: rounds {sum(self.predicted.rounds.values())}, "
                f"{sum(rounds.values())}; payload {self.predicted.total_payload_bytes:,} B, "
                f"{payload:,} B; {sum(self.predicted.seconds.values()):.2f} s, "
                f"{sum(self.seconds.values()):.2f} s; memory "
                f"{self.predicted.peak_bytes / 1e6:,.0f} MB, {self.peak_bytes / 1e6:,.0f} MB"
            )
        if not self.satisfies_policy:
            lines.append(
                f"{self.method} satisfies no policy: "
                "the requester has seen every column of every platform."
            )
        if self.lost:
            lines.append(
                f"without {', '.join(self.lost)}: lost on the way, so all of its lines count as "
                "missing for everybody."
            )
        if self.people_from == "union":
            lines.append("No list was given: the requester saw whom each platform knows.")
        lines.append(f"scores: {self.scores}" if self.scores else "Nobody was told any scores.")
        return Group(f"{self.method}: {self.people:,} people", InParts(table), *lines)


def _sent(cost: Cost) -> int:
    return cost.sent_payload_bytes + cost.sent_framing_bytes


def run_summary(record: RunRecord, out: Path, file: Path) -> RunSummary:
    """The summary of a run of `file` whose folder is `out`, beside what was predicted for it.

    To be made by the process that played it, whose memory it tells.
    """
    list_bytes = (out / record.requester / "people.txt").stat().st_size - 1  # without its last end
    platforms = [each["id"] for each in record.agreement["party"] if "data" in each["roles"]]
    lost = tuple(p for p in platforms if p not in record.platforms)
    scores = out / record.requester / "scores.csv"
    return RunSummary(
        out=str(out),
        scores=str(scores) if scores.exists() else "",
        method=record.method,
        satisfies_policy=record.satisfies_policy,
        people=record.people,
        people_from=record.people_from,
        lost=lost,
        seconds=record.seconds,
        costs=record.costs,
        peak_bytes=machine.peak_bytes(record.workers),
        predicted=None if lost or record.runtime != "memory" else recall(record, file, list_bytes),
    )


class InitSummary(msgspec.Struct, frozen=True):
    """What `init` says: where the file is, and what to do with it."""

    file: str
    next: tuple[str, ...]

    def __rich__(self) -> RenderableType:
        return Group(f"wrote {self.file}; next:", *(f"  {line}" for line in self.next))


def init_summary(path: Path) -> InitSummary:
    """The summary of a scenario written to `path`."""
    return InitSummary(
        str(path), (f"privscore check {path}", f"privscore run {path} --out {path.parent / 'run'}")
    )
