"""What a job is expected to cost, and where that is kept until the job has run.

A plan is kept in the user's cache (`$XDG_CACHE_HOME/privscore`, or `~/.cache/privscore`), one file
for each agreement, consortium file and length of the list of people. It holds sizes and seconds,
and nobody's data.
"""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path

import msgspec
from rich import box
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table

from privscore.errors import Refused
from privscore.files import write
from privscore.methods.rules import error_text
from privscore.runs import machine
from privscore.runs.record import RunRecord
from privscore.text.units import seconds_text
from privscore.text.wide_table import InParts

SCHEMA = "privscore/plan@3"
_TITLES = (
    "rounds\n", "payload a\nperson", "set-up\ns", "online\ns", "in all\ns", "memory\nMB",
    "workers\n",
)  # fmt: skip


class Predicted(msgspec.Struct, frozen=True, kw_only=True):
    """What a job of one method will cost."""

    rounds: dict[str, int]  # by phase
    payload_bytes: dict[str, dict[str, int]]  # by phase and sender
    seconds: dict[str, float]  # by phase
    workers: int
    peak_bytes: int  # over all processes; 0 where the system does not tell

    @property
    def total_payload_bytes(self) -> int:
        """Payload of all senders in all phases."""
        return sum(count for sent in self.payload_bytes.values() for count in sent.values())


class MethodForecast(msgspec.Struct, frozen=True, kw_only=True):
    """One method: why it may not run, if it may not, and what it would cost if it can."""

    method: str
    objections: tuple[str, ...]
    predicted: Predicted | None
    error_bound_points: float = 0.0  # of a total before it is rounded; 0: exact
    stated_error_points: int = 0  # ... and of a score, in whole points

    def __str__(self) -> str:
        if self.objections:
            return "; ".join(self.objections)
        off = error_text(self.error_bound_points, self.stated_error_points)
        return "; ".join(filter(None, [f"{self.method} may run", off]))


class Forecast(msgspec.Struct, frozen=True, kw_only=True):
    """What to expect of every method on one consortium, on one machine."""

    schema: str = SCHEMA
    name: str
    agreement_sha256: str
    file: str  # the consortium file, whole path
    people: int
    people_from: str  # "list" or "union", as in a run
    list_bytes: int
    methods: tuple[MethodForecast, ...]
    machine: dict[str, str | int | float]
    versions: dict[str, str]

    def __rich__(self) -> RenderableType:
        where = "the requester's list" if self.people_from == "list" else "the platforms' union"
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), collapse_padding=True)
        table.add_column("method")
        for title in _TITLES:
            table.add_column(title, justify="right")
        for forecast in self.methods:
            if forecast.predicted is not None:
                table.add_row(f"[bold]{forecast.method}[/bold]", *self._figures(forecast.predicted))
        return Group(
            f"[bold]{escape(self.name)}[/bold]: {self.people:,} people, from {where}; predicted",
            InParts(table),
            *(escape(str(each)) for each in self.methods),
        )

    def _figures(self, predicted: Predicted) -> tuple[str, ...]:
        """What stands under each of _TITLES."""
        setup = sum(predicted.seconds[step] for step in ("people", "setup", "tables"))
        whole = sum(predicted.seconds.values())
        return (
            str(sum(predicted.rounds.values())),
            f"{predicted.total_payload_bytes / self.people:,.1f} B",
            seconds_text(setup),
            seconds_text(whole - setup),
            seconds_text(whole),
            f"{predicted.peak_bytes / 1e6:,.0f}" if predicted.peak_bytes else "-",
            str(predicted.workers),
        )


def keep(plan: Forecast) -> bool:
    """Keep a plan, replacing an older one for the same job; False if it cannot be written."""
    path = _place(plan.agreement_sha256, plan.file, plan.people_from, plan.list_bytes)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, msgspec.json.encode(plan).decode())
    except (OSError, Refused):
        return False
    return True


def recall(record: RunRecord, file: Path, list_bytes: int) -> Predicted | None:
    """What was predicted for such a job, if it was planned on this machine with these versions.

    `file` is the consortium file of the job, and `list_bytes` the length of its list of people:
    other tables take another time, and another list has other bytes.
    """
    path = _place(record.agreement_sha256, str(file.resolve()), record.people_from, list_bytes)
    try:
        plan = msgspec.json.decode(path.read_bytes(), type=Forecast)
    except (OSError, msgspec.DecodeError):
        return None
    if (plan.schema, plan.machine, plan.versions) != (SCHEMA, record.machine, machine.versions()):
        return None
    return next((each.predicted for each in plan.methods if each.method == record.method), None)


def _place(agreement_sha256: str, file: str, people_from: str, list_bytes: int) -> Path:
    caches = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    job = "\0".join((agreement_sha256, file, people_from, str(list_bytes)))
    return Path(caches) / "privscore" / f"plan-{sha256(job.encode()).hexdigest()[:32]}.json"
