"""A person's own sheet: score, points and reasons, who took part, and who learned what.

Every platform is asked for what it holds about this one person; the requester's file gives score
and tier, as far as the policy opens them to the requester.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from privscore.card.scorecard import Characteristic, Scorecard, Tier
from privscore.consortium.policy import Fact
from privscore.errors import Refused
from privscore.inspect.ledger.person import learned_about
from privscore.inspect.sheet_page import Asked, Sheet, SheetLine, TierPage
from privscore.job.answers import read_answers
from privscore.methods.result import Result
from privscore.methods.rules import stated_error
from privscore.runs.folder import RunFolder
from privscore.runtime.questions import ask, can_ask

Answers: TypeAlias = Mapping[str, NDArray[np.int64]]


def explain(run: RunFolder, person: str) -> Sheet:
    """The sheet of one person of a run, with the answer of the first requester that has scores.

    Raises Refused where the policy gives no sheets, and for somebody whom the run is not about.
    """
    agreement = run.agreement
    if not agreement.policy.sheet:
        raise Refused(
            f"the policy of {agreement.name} gives nobody a sheet (`sheet = false`)",
            "Ask its parties to agree on another policy.",
            file=run.path,
        )
    run.need_whole("a sheet")
    requester, answers = _answered(run)
    try:
        index = run.people(requester).index(person)
    except ValueError:
        raise Refused(
            f"the run is about nobody called {person!r}",
            "Write the id as the platforms do, with its capitals and zeros.",
            file=run.path,
        ) from None
    asked: tuple[Asked, ...] = ()
    if can_ask(run):
        run, results = ask(run, index)
        asked = tuple(_asked(run, name, result) for name, result in results.items())
    opens = agreement.policy.allowed(requester)
    # What the plaintext baseline shows the requester beyond the policy is on no sheet.
    steps = {"score": Fact.SCORE, "tier": Fact.TIER, "decision": Fact.DECISION}
    opened = {name: column for name, column in answers.items() if steps[name] <= opens}
    score = int(opened["score"][index]) if "score" in opened else None
    tier = int(opened["tier"][index]) if "tier" in opened else None
    decision = bool(opened["decision"][index]) if "decision" in opened else None
    card = agreement.scorecard
    shown = score is not None and card.secret is None
    lines = [line for name in agreement.data_parties for line in _lines(run, name, index, shown)]
    lines.sort(key=lambda line: (line.points or 0) - (line.most or 0))  # what costs most, first
    return Sheet(
        person=person,
        name=agreement.name,
        purpose=agreement.purpose,
        method=run.record.method,
        requester=requester,
        opens=opens.word,
        score=score,
        decision=decision,
        asked=asked,
        probability=_probability(card, score),
        base=card.base,
        clip=card.clip,
        points_hidden_by=agreement.holders("card")[0] if card.secret is not None else "",
        adds_up=_adds_up(run, lines, score),
        tier=_tier(agreement.tiers, tier, score),
        next=_tier(agreement.tiers, None if tier is None else tier + 1, score),
        lines=tuple(lines),
        took_part={name: _took_part(run, name, index) for name in agreement.data_parties},
        learned=learned_about(run, index),
        contested=tuple(each.name for each in card.characteristics if each.contested),
        off=tuple(each.name for each in card.disabled),
    )


def _asked(run: RunFolder, name: str, result: Result) -> Asked:
    """What a question about one person opened to a party, in words."""
    value = int(result.values[0])
    if result.fact == Fact.TIER:
        tiers = run.agreement.tiers
        text = tiers[value].name if 0 <= value < len(tiers) else "below every tier"
    elif result.fact == Fact.DECISION:
        text = "yes" if value else "no"
    else:
        text = str(value + run.agreement.scorecard.base if result.fact == Fact.TOTAL else value)
    return Asked(name, result.fact.word, text)


def _answered(run: RunFolder) -> tuple[str, Answers]:
    """The first requester with scores that the policy opens to it, and what its file says.

    Where nobody has scores, the first of those to whom the policy opens most.
    """
    policy = run.agreement.policy
    for name in run.agreement.requesters:
        answers = _answers_of(run, name)
        if policy.allowed(name) >= Fact.SCORE and "score" in answers:
            return name, answers
    shown_most = max(run.agreement.requesters, key=policy.allowed)
    return shown_most, _answers_of(run, shown_most)


def _answers_of(run: RunFolder, requester: str) -> Answers:
    path = run.folder(requester) / "scores.csv"
    return read_answers(path, run.agreement) if path.is_file() else {}


def _lines(run: RunFolder, platform: str, person: int, shown: bool) -> Iterator[SheetLine]:
    """What one platform says of person number `person`."""
    card = run.agreement.scorecard
    lost = platform not in run.record.platforms
    earned = run.earned(platform) if shown else ()
    for number, (characteristic, values, bins) in enumerate(
        zip(card.scored_locally_by(platform), run.values(platform), run.bins(platform), strict=True)
    ):
        index = characteristic.missing_bin if lost else int(bins[person])
        points = None
        if shown and lost:
            points = characteristic.possible_points[-1]
        elif shown:
            points = earned[number][person].item()
        has_value = characteristic.weighted and index == 0
        yield SheetLine(
            reason=characteristic.reason,
            platform=platform,
            column=characteristic.columns[0].partition(".")[2],
            value=f"{values[person]:g}" if has_value else _bin(characteristic, index),
            points=points,
            most=max(characteristic.possible_points) if shown else None,
            contested=characteristic.contested,
        )


def _bin(characteristic: Characteristic, index: int) -> str:
    """A bin in words."""
    bins = characteristic.bins
    if index == characteristic.missing_bin:
        return "unknown"
    if not bins:
        return "any"
    if index == 0:
        return f"below {bins[0]}"
    if index == len(bins):
        return f"{bins[-1]} or more"
    return f"{bins[index - 1]} to below {bins[index]}"


def _probability(card: Scorecard, score: int | None) -> float | None:
    if card.odds is None or score is None:
        return None
    return float(card.odds.probability(np.array(score)))


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


def _took_part(run: RunFolder, platform: str, person: int) -> str:
    characteristics = run.agreement.scorecard.scored_locally_by(platform)
    if platform not in run.record.platforms:
        return "was lost in this run; everybody counts as unknown to it"
    if not characteristics:
        return "is asked for nothing by itself"
    indices = [int(bins[person]) for bins in run.bins(platform)]
    if indices == [characteristic.missing_bin for characteristic in characteristics]:
        return "gave nothing about you: no record of you, no value, or not with your consent"
    return "took part"
