"""The demonstration: a made-up society scored by every method, and an honest word about it."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import msgspec
from rich.console import Group, RenderableType

from privscore import consortium
from privscore.commands.society import make_society
from privscore.compare import compare
from privscore.compare.comparison import Comparison, Row
from privscore.text.progress import Progress
from privscore.text.words import listed

PEOPLE = 10_000
LIMITS = (
    "That is all that cryptography does here: it makes the central database unnecessary. It does "
    "not make the card fair, keep the score voluntary, or stop all parties from acting together."
)


class Demonstration(msgspec.Struct, frozen=True, kw_only=True):
    """The society, the comparison, what to keep in mind, and what to do next."""

    people: int
    events: int
    comparison: Comparison
    honest: str
    next: tuple[str, ...]

    def __rich__(self) -> RenderableType:
        return Group(
            f"A made-up society of {self.people:,} people, of whom eight platforms have seen "
            f"{self.events:,} events in a year. Each platform has worked out its own features by "
            "its own SQL; now one score is due from all of them.\n",
            self.comparison,
            f"\n{self.honest}",
            "\nnext:",
            *(f"  {line}" for line in self.next),
        )


def demonstrate(
    people: int = PEOPLE,
    methods: Sequence[str] | None = None,
    progress: Progress = lambda _phase, _done, _of: None,
) -> Demonstration:
    """Make a society, run every method on it, and hold the answers side by side."""
    with tempfile.TemporaryDirectory(prefix="privscore-") as name:
        town = make_society(Path(name) / "society", people=people, features=True, progress=progress)
        loaded = consortium.load(Path(town.consortium))
        comparison = compare(loaded, methods, progress=progress)
    return Demonstration(
        people=town.people,
        events=town.events,
        comparison=comparison,
        honest=honest_word(comparison.rows),
        next=(
            f"{_command()} society town --people {people}",
            f"{_command()} compare town/society.toml --html report.html",
        ),
    )


def _command() -> str:
    """How to call privscore from where this was called."""
    name = "privscore"
    called = sys.argv[0] if Path(sys.argv[0]).name == name else name
    return name if shutil.which(name) else called


def honest_word(rows: Sequence[Row]) -> str:
    """What the rows show, and what no row can show, as one paragraph."""
    baseline, *others = rows
    private = [(row, row.measured) for row in others if row.measured is not None]
    if baseline.measured is None:  # nothing to hold them against
        private = []
    exact = [
        (row, measured)
        for row, measured in private
        if measured.largest_error_points in (0, None) and measured.tier_changes == 0
    ]
    sentences = []
    if exact:
        times = [measured.times_clear for _, measured in exact if measured.times_clear is not None]
        least, most = f"{min(times):.1f}", f"{max(times):.1f}"
        taken = least if least == most else f"{least} to {most}"
        sentences.append(
            f"Under {listed([row.method for row, _ in exact])} every answer is the one that "
            f"{baseline.method} gives, bit for bit; {_opened([row for row, _ in exact])}, and it "
            f"took {taken} times as long, in one run each."
        )
    for row, measured in private:
        if (row, measured) not in exact:
            sentences.append(
                f"{row.method} is off by up to {measured.largest_error_points} points, which moved "
                f"{measured.tier_changes} people to another tier."
            )
    not_run = [row.method for row in rows if row.measured is None]
    if not_run:
        sentences.append(f"{listed(not_run)} did not run, for the reasons above.")
    return " ".join([*sentences, LIMITS])


def _opened(rows: Sequence[Row]) -> str:
    """What these methods open."""
    facts = sorted({f"the {fact} ({party})" for row in rows for party, fact in row.learns.items()})
    return f"all that they open is {listed(facts)}"
