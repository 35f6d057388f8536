"""A person's own sheet: score, points and reasons, who took part, and who learned what.

Every platform is asked for what it holds about this one person; the requester's file gives score
and tier, as far as the policy opens them to the requester.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec
import numpy as np
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from privscore.card.scorecard import Characteristic, Scorecard, Tier
from privscore.consortium.policy import Fact
from privscore.errors import Refused
from privscore.inspect.ledger.person import learned_about
from privscore.job.answers import read_answers
from privscore.methods.rules import stated_error
from privscore.runs.folder import RunFolder
from privscore.text.words import listed


class SheetLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the card, as it went for this person."""

    reason: str
    platform: str
    column: str
    found: str  # the bin in words, or the value of a weighted line
    points: float | None  # None where the policy opens no score, or the points are hidden
    most: float | None  # that anybody could get here
    contested: bool


class TierPage(msgspec.Struct, frozen=True):
    """A tier, and how many points are lacking, 0 if it is reached; None where no score is shown."""

    name: str
    grants: str
    lacking: int | None


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
        for column in ("points", "at most") if shown else ():
            table.add_column(column, justify="right")
        for line in self.lines:
            reason = f"{line.reason} (contested)" if line.contested else line.reason
            numbers = (_number(line.points), _number(line.most)) if shown else ()
            table.add_row(reason, f"{line.platform}: {line.column}", line.found, *numbers)
        if shown:
            total = sum(line.points or 0 for line in self.lines)
            table.add_section()
            table.add_row("everybody begins with", "", "", str(self.base), "")
            whole = _number(self.base + total)
            table.add_row("[bold]total[/bold]", "", "", f"[bold]{whole}[/bold]", "")
        return table

    def _contested(self) -> Iterator[Text]:
        if self.contested:
            yield Text(f"Contested, and used all the same: {', '.join(self.contested)}.", "bold")
        else:
            yield Text("No contested characteristic is in this score.")
        if self.off:
            yield Text(f"Contested, and not used: {', '.join(self.off)}.")


def explain(run: RunFolder, person: str) -> Sheet:
    """The sheet of one person of a run.

    Raises Refused where the policy gives no sheets, and for somebody whom the run is not about.
    """
    agreement = run.agreement
    if not agreement.policy.sheet:
        raise Refused(
            f"the policy of {agreement.name} gives nobody a sheet (`sheet = false`)",
            "Ask its parties to agree on another policy.",
            file=run.path,
        )
    try:
        at = run.people(agreement.requester).index(person)
    except ValueError:
        raise Refused(
            f"the run is about nobody called {person!r}",
            "Write the id as the platforms do, with its capitals and zeros.",
            file=run.path,
        ) from None
    opens = agreement.policy.allowed(agreement.requester)
    answers = read_answers(run.folder(agreement.requester) / "scores.csv", agreement)
    score = int(answers["score"][at]) if opens >= Fact.SCORE else None
    tier = int(answers["tier"][at]) if opens >= Fact.TIER else None
    card = agreement.scorecard
    shown = score is not None and card.secret is None
    lines = [line for name in agreement.data_parties for line in _lines(run, name, at, shown)]
    lines.sort(key=lambda line: (line.points or 0) - (line.most or 0))  # what costs most, first
    return Sheet(
        person=person,
        name=agreement.name,
        purpose=agreement.purpose,
        method=run.record.method,
        requester=agreement.requester,
        opens=opens.word,
        score=score,
        probability=_probability(card, score),
        base=card.base,
        clip=card.clip,
        points_hidden_by=agreement.holders("card")[0] if card.secret is not None else "",
        adds_up=_adds_up(run, lines, score),
        tier=_tier(agreement.tiers, tier, score),
        next=_tier(agreement.tiers, None if tier is None else tier + 1, score),
        lines=tuple(lines),
        took_part={name: _took_part(run, name, at) for name in agreement.data_parties},
        learned=learned_about(run, at),
        contested=tuple(each.name for each in card.characteristics if each.contested),
        off=tuple(each.name for each in card.disabled),
    )


def _lines(run: RunFolder, platform: str, at: int, shown: bool) -> Iterator[SheetLine]:
    """What one platform says of one person."""
    own = run.agreement.scorecard.scored_locally_by(platform)
    lost = platform not in run.record.platforms
    earned = run.earned(platform) if shown else ()
    found = zip(own, run.values(platform), run.bins(platform), strict=True)
    for number, (each, values, bins) in enumerate(found):
        index = each.missing_bin if lost else int(bins[at])
        points = None
        if shown:
            points = each.possible_points[-1] if lost else earned[number][at].item()
        yield SheetLine(
            reason=each.reason,
            platform=platform,
            column=each.columns[0].partition(".")[2],
            found=f"{values[at]:g}" if each.weighted and index == 0 else _bin(each, index),
            points=points,
            most=max(each.possible_points) if shown else None,
            contested=each.contested,
        )


def _bin(each: Characteristic, index: int) -> str:
    """A bin in words."""
    if index == each.missing_bin:
        return "unknown"
    if not each.bins:
        return "any"
    if index == 0:
        return f"below {each.bins[0]}"
    if index == len(each.bins):
        return f"{each.bins[-1]} or more"
    return f"{each.bins[index - 1]} to below {each.bins[index]}"


def _probability(card: Scorecard, score: int | None) -> float | None:
    if card.odds is None or score is None:
        return None
    return float(card.odds.probability(np.array(score)))


def _number(points: float | None) -> str:
    """Points as they are, real ones to a hundredth."""
    return f"{points:.2f}" if isinstance(points, float) else str(points)


def _tier(tiers: tuple[Tier, ...], number: int | None, score: int | None) -> TierPage | None:
    if number is None or not 0 <= number < len(tiers):
        return None
    tier = tiers[number]
    return TierPage(tier.name, tier.grants, None if score is None else max(tier.from_ - score, 0))


def _adds_up(run: RunFolder, lines: Sequence[SheetLine], score: int | None) -> bool | None:
    card = run.agreement.scorecard
    if score is None or card.combined or card.secret is not None:
        return None
    low, high = card.clip
    total = round(card.base + sum(line.points or 0 for line in lines))
    return abs(min(max(total, low), high) - score) <= stated_error(run.method, run.agreement)


def _took_part(run: RunFolder, platform: str, at: int) -> str:
    own = run.agreement.scorecard.scored_locally_by(platform)
    if platform not in run.record.platforms:
        return "was lost in this run; everybody counts as unknown to it"
    if not own:
        return "is asked for nothing by itself"
    found = run.bins(platform)
    if all(int(bins[at]) == each.missing_bin for each, bins in zip(own, found, strict=True)):
        return "gave nothing about you: no record of you, no value, or not with your consent"
    return "took part"


def _grouped(texts: Mapping[str, str]) -> Iterator[Padding]:
    """A line for each text, behind the names of all whom it is about."""
    names: dict[str, list[str]] = {}
    for name, text in texts.items():
        names.setdefault(text, []).append(name)
    for text, about in names.items():
        yield Padding(Text(f"{listed(about)}: {text}"), (0, 0, 0, 2))
