"""What a comparison found, and how it looks: in a terminal, as JSON, as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import msgspec
from rich import box
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.markup import escape
from rich.table import Table

from privscore.compare.coalitions import Coalitions
from privscore.text.units import seconds_text
from privscore.text.wide_table import InParts
from privscore.text.words import listed

SCHEMA = "privscore/comparison@1"

State: TypeAlias = Literal["ran", "refused", "failed"]


class Traffic(msgspec.Struct, frozen=True):
    """Bytes that one party sent and received, framing included."""

    sent_bytes: int
    received_bytes: int


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """One job of one method, from its first message to the requester's answer."""

    largest_error_points: int | None  # against `clear`; None where no score is opened
    tier_changes: int | None  # None where no tier is opened
    seconds: dict[str, float]  # by phase
    setup_s: float  # people, setup and local aggregation
    online_s: float  # from the first shard to the answer
    times_clear: float | None  # set-up and online, against `clear`'s
    rounds: dict[str, int]  # by phase
    traffic: dict[str, Traffic]  # by party
    sent_bytes_by_kind: dict[str, int]  # share, ciphertext, ...; framing is a kind of its own
    sent_bytes_per_person: float  # all parties together
    busiest: str  # the party with most bytes, sent and received
    busiest_bytes_per_person: float
    peak_bytes: int  # over all processes of the job; 0 where the system does not tell


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One method. `why` says why it may not run, how it failed, or why it satisfies no policy."""

    method: str
    summary: str
    state: State
    why: str = ""
    measured: Measured | None = None
    learns: dict[str, str] = {}  # party -> the most that it learns; who learns nothing is left out
    coalitions: Coalitions | None = None
    not_hidden: tuple[str, ...] = ()  # what its protocols declare as leaked
    error_bound_points: float = 0.0  # of a total before it is rounded, as stated before the run
    stated_error_points: int = 0  # ... and of a score, in whole points


class Sample(msgspec.Struct, frozen=True):
    """One job about so many of the people."""

    method: str
    people: int
    setup_s: float
    online_s: float
    peak_bytes: int


class Sized(msgspec.Struct, frozen=True):
    """What a method declares for the same card in the hands of so many platforms."""

    method: str
    platforms: int
    payload_bytes_per_person: float
    rounds: int


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """All methods on the same people of one consortium."""

    schema: str = SCHEMA
    name: str
    purpose: str
    agreement_sha256: str
    requester: str  # who asks
    requesters: tuple[str, ...]  # who gets an answer
    platforms: tuple[str, ...]
    people: int
    lost: tuple[str, ...] = ()  # that fell silent; the plaintext is worked out without them
    rows: tuple[Row, ...]
    by_people: tuple[Sample, ...] = ()  # measured, where it was asked for
    by_platforms: tuple[Sized, ...] = ()  # from the declared formulas
    machine: dict[str, str | int | float]
    versions: dict[str, str]

    def json(self) -> bytes:
        """Everything, as one line."""
        return msgspec.json.encode(self)

    def csv(self) -> str:
        """One line a method; every party's bytes in columns of their own."""
        text = io.StringIO()
        lines = [self._flat(row) for row in self.rows]
        names = list(dict.fromkeys(name for line in lines for name in line))
        writer = csv.DictWriter(text, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(lines)
        return text.getvalue()

    def _flat(self, row: Row) -> dict[str, object]:
        flat: dict[str, object] = {"method": row.method, "state": row.state, "why": row.why}
        flat |= {f"learns.{party}": row.learns.get(party, "nothing") for party in self.parties}
        flat["harmless_coalitions"] = str(row.coalitions or "")
        flat["error_bound_points"] = row.error_bound_points
        flat["stated_error_points"] = row.stated_error_points
        if row.measured is not None:
            flat |= _flattened(msgspec.to_builtins(row.measured))
        return flat

    @property
    def parties(self) -> tuple[str, ...]:
        """The platforms, then the requesters."""
        return tuple(dict.fromkeys((*self.platforms, *self.requesters)))

    def __rich__(self) -> RenderableType:
        return _Sheet(self)


class Column(msgspec.Struct, frozen=True):
    """One figure of a measured method: its title over two lines, and how it is written."""

    title: str
    text: Callable[[Measured], str]


def _count(value: int | None) -> str:
    return "-" if value is None else f"{value:,}"


def _times(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


OPENED_NOTE = (
    "What a method opens, by its declaration, and which parties may put together all they saw and "
    "still learn no more than that. What the answer itself tells is always there: from a sum, the "
    "requester and all platforms but one can subtract. That there is a job, and about how many "
    "people, all parties know; the platforms know who. The ledger of a run says what was learned "
    "in it."
)
COLUMNS = (
    Column("error\npoints", lambda row: _count(row.largest_error_points)),
    Column("tiers\nmoved", lambda row: _count(row.tier_changes)),
    Column("set-up\ns", lambda row: seconds_text(row.setup_s)),
    Column("online\ns", lambda row: seconds_text(row.online_s)),
    Column("times\nclear", lambda row: _times(row.times_clear)),
    Column("bytes a\nperson", lambda row: f"{row.sent_bytes_per_person:,.0f}"),
    Column(
        "busiest\nparty",
        lambda row: f"{row.busiest_bytes_per_person:,.0f} {row.busiest}",
    ),
    Column("rounds\n", lambda row: _count(sum(row.rounds.values()))),
    Column("memory\nMB", lambda row: f"{row.peak_bytes / 1e6:,.0f}" if row.peak_bytes else "-"),
)


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A comparison in a terminal, as wide as that is."""

    comparison: Comparison

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        shown = self.comparison
        lost = f", without {listed(shown.lost)}" if shown.lost else ""
        others = [name for name in shown.requesters if name != shown.requester]
        also = f", {listed(others)} is answered too" if others else ""
        yield (
            f"[bold]{escape(shown.name)}[/bold]: {shown.people:,} people, "
            f"{len(shown.platforms)} platforms, {shown.requester} asks{also}{lost}"
        )
        yield InParts(self._costs())
        yield self._opened()
        yield f"{OPENED_NOTE}\n"
        yield from filter(None, map(stated_text, shown.rows))
        yield from map(escape, filter(None, map(policy_text, shown.rows)))

    def _costs(self) -> Table:
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), collapse_padding=True)
        table.add_column("method")
        for column in COLUMNS:
            table.add_column(column.title, justify="right")
        for row in self.comparison.rows:
            table.add_row(f"[bold]{row.method}[/bold]", *figures_of(row))
        return table

    def _opened(self) -> Table:
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), collapse_padding=True)
        for title in ("method", "opens, to whom", "harmless coalitions"):
            table.add_column(title)
        for row in self.comparison.rows:
            table.add_row(f"[bold]{row.method}[/bold]", opened_text(row), coalition_text(row))
        return table


def stated_text(row: Row) -> str:
    """How far an approximate method said that it could be off, and how far it was, in a line."""
    if row.measured is None or not row.error_bound_points:
        return ""
    measured = row.measured.largest_error_points
    comparison = "not measured: no score is opened"
    if measured is not None:
        comparison = f"measured {measured}"
        if measured > row.stated_error_points:
            comparison += ", which is more: do not use it"
    return (
        f"{row.method} states totals off by at most {row.error_bound_points:.2g} before they are "
        f"rounded, so scores by at most {row.stated_error_points}; {comparison}"
    )


def figures_of(row: Row) -> list[str]:
    """What a row has for each of COLUMNS."""
    return ["-" if row.measured is None else column.text(row.measured) for column in COLUMNS]


def policy_text(row: Row) -> str:
    """Why a method may not run under this policy, or how it failed, in a line."""
    if row.state == "ran":
        return row.why
    return f"{row.method} {'may not run' if row.state == 'refused' else 'failed'}: {row.why}"


def opened_text(row: Row) -> str:
    """What a method opens to whom by its declaration, in a line."""
    opened = [f"{party}: {fact}" for party, fact in row.learns.items()]
    return "; ".join([*opened, "the others: nothing"])


def coalition_text(row: Row) -> str:
    """Which coalitions are harmless under a method, in a line."""
    return "not declared" if row.coalitions is None else str(row.coalitions)


def _flattened(value: dict[str, Any], path: str = "") -> dict[str, object]:
    flat: dict[str, object] = {}
    for key, inner in value.items():
        name = f"{path}.{key}" if path else key
        flat |= _flattened(inner, name) if isinstance(inner, dict) else {name: inner}
    return flat
