"""The sheet of one person, as it is shown: score, points, reasons, who took part, who learned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from privscore.text.words import listed


class SheetLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the card, as it went for this person."""

    reason: str
    platform: str
    column: str
    value: str = msgspec.field(name="found")  # the bin in words; of a weighted line, the value
    points: float | None  # None where the policy opens no score, or the points are hidden
    most: float | None  # that anybody could get here
    contested: bool


class TierPage(msgspec.Struct, frozen=True):
    """A tier, and how many points are lacking, 0 if it is reached; None where no score is shown."""

    name: str
    grants: str
    lacking: int | None


class Asked(msgspec.Struct, frozen=True):
    """What a question about this person opened, and to whom."""

    party: str
    fact: str
    value: str


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """What one person gets to see."""

    person: str
    name: str
    purpose: str
    method: str
    requester: str
    opens: str  # the most that the policy opens to the requester
    score: int | None
    probability: float | None  # of a good outcome, where the card says what scores stand for
    base: int
    clip: tuple[int, int]
    points_hidden_by: str  # the owner of hidden points, empty where there are none
    adds_up: bool | None  # whether base and points give the score; None where that is not shown
    decision: bool | None = None  # None where none was opened
    asked: tuple[Asked, ...] = ()  # what a question about this person opened
    tier: TierPage | None
    next: TierPage | None
    lines: tuple[SheetLine, ...]
    took_part: dict[str, str]  # by platform, in words
    learned: dict[str, tuple[str, ...]]  # by party, about this person
    contested: tuple[str, ...]
    off: tuple[str, ...]  # contested, and not used

    def __rich__(self) -> RenderableType:
        return Group(
            Text(f"The sheet of {self.person}: {self.name}, by {self.method}", "bold"),
            Text(self.purpose, "italic"),
            "",
            *self._account(),
            "",
            self._points(),
            *self._contested(),
            "\n[bold]Who took part[/bold]",
            *_grouped(self.took_part),
            "\n[bold]Who learned what about you[/bold]",
            *_grouped({party: "; ".join(facts) for party, facts in self.learned.items()}),
            "\nA platform that holds something wrong about you is named beside it. That the score "
            "was computed in private does not make it right.",
        )

    def _account(self) -> Iterator[Text]:
        if self.score is None:
            why = f"the policy opens no more than the {self.opens} to {self.requester}"
            yield Text(f"No score and no points are shown: {why}.")
        else:
            low, high = self.clip
            yield Text.assemble(
                "Score ", (f"{self.score}", "bold"), f", on a scale from {low} to {high}."
            )
        if self.probability is not None:
            yield Text(f"Its reader takes a good outcome for {self.probability:.1%} probable.")
        if self.decision is not None:
            yield Text(f"Decision: {'yes' if self.decision else 'no'}.")
        for answer in self.asked:
            yield Text(f"Asked about you: the {answer.fact} is {answer.value}, to {answer.party}.")
        if self.tier is not None:
            yield Text.assemble("Tier ", (self.tier.name, "bold"), f": {self.tier.grants}.")
        if self.next is not None:
            lacking = (
                "" if self.next.lacking is None else f" {self.next.lacking} points more give it."
            )
            yield Text(f"The next tier is {self.next.name}: {self.next.grants}.{lacking}")
        if self.points_hidden_by:
            yield Text(
                f"{self.points_hidden_by} hides the points of this card: nobody can tell you what "
                "each line added or cost. What the platforms found about you is below.",
                "bold",
            )
        if self.adds_up is False:
            yield Text(
                "The points that the platforms name do not add up to this score: contest it.",
                "bold red",
            )

    def _points(self) -> Table:
        table = Table()
        for column in ("reason", "asked from", "found"):
            table.add_column(column)
        shown = self.score is not None and not self.points_hidden_by
        if shown:
            table.add_column("points", justify="right")
            table.add_column("at most", justify="right")
        for line in self.lines:
            reason = f"{line.reason} (contested)" if line.contested else line.reason
            numbers = (_number(line.points), _number(line.most)) if shown else ()
            table.add_row(reason, f"{line.platform}: {line.column}", line.value, *numbers)
        if shown:
            total = sum(line.points or 0 for line in self.lines)
            table.add_section()
            table.add_row("everybody begins with", "", "", str(self.base), "")
            score = _number(self.base + total)
            table.add_row("[bold]total[/bold]", "", "", f"[bold]{score}[/bold]", "")
        return table

    def _contested(self) -> Iterator[Text]:
        if self.contested:
            yield Text(f"Contested, and used all the same: {', '.join(self.contested)}.", "bold")
        else:
            yield Text("No contested characteristic is in this score.")
        if self.off:
            yield Text(f"Contested, and not used: {', '.join(self.off)}.")


def _number(points: float | None) -> str:
    """Points as they are, real ones to a hundredth."""
    return f"{points:.2f}" if isinstance(points, float) else str(points)


def _grouped(texts: Mapping[str, str]) -> Iterator[Padding]:
    """A line for each text, behind the names of all whom it is about."""
    names: dict[str, list[str]] = {}
    for name, text in texts.items():
        names.setdefault(text, []).append(name)
    for text, about in names.items():
        yield Padding(Text(f"{listed(about)}: {text}"), (0, 0, 0, 2))
