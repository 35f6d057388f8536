"""What parties can work out from what was disclosed to them and from their own data.

By adding up, by subtraction from the answer, and where a sum can come about in one way only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from privscore.card import reachable
from privscore.card.scorecard import Characteristic
from privscore.consortium.policy import Fact
from privscore.inspect.ledger.account import Learned, NotChecked, answer_of, values_of
from privscore.inspect.ledger.disclosures import hidden_parts, knows_card
from privscore.inspect.ledger.evidence import Evidence
from privscore.text.words import listed

_DOUBLES: Final = 1e-6  # what sums of real points may differ by, in whatever order they are made


class CannotTell(Exception):
    """Why nobody can say here what a sum gives away, in words."""


def follows(
    evidence: Evidence, members: frozenset[str], facts: Sequence[Learned]
) -> Iterator[Learned | NotChecked]:
    """All that follows for these parties from `facts`, which they know, and their own data.

    Also what might follow, and could not be looked for.
    """
    run = evidence.run
    card, people, platforms = run.agreement.scorecard, run.record.people, run.record.platforms
    whole = knows_card(evidence, members, facts)
    with_points = members if whole else members & set(hidden_parts(evidence, members))
    of_all = [each for each in facts if each.how != "follows" or each.people == people]
    read = values_of(of_all, Fact.POINTS.word, Fact.COLUMNS.word) | with_points
    columns = values_of(facts, Fact.COLUMNS.word) | members
    combined = [each for each in card.combined if not set(each.platforms) <= columns]
    hidden = [name for name in platforms if name not in read]
    answer = answer_of(facts)
    if not hidden and not combined and answer < Fact.TOTAL:
        yield Learned(
            sentence=f"the total of each of {people:,} people, by adding up all points",
            how="follows",
            fact=Fact.TOTAL.word,
            people=people,
        )
    if not hidden or answer < Fact.SCORE:
        return
    known = [name for name in platforms if name in read]
    subtracted = f"the {answer.word} minus the points of {listed(known)}" if known else ""
    if combined or len(hidden) > 1:
        if known:
            terms = [*hidden, *(["the combined characteristics"] if combined else [])]
            yield Learned(
                sentence=f"the sum of the points of {listed(terms)}: {subtracted}",
                how="follows",
                people=people,
            )
        if not whole:
            return
        try:
            sure = int(np.count_nonzero(uniquely_determined(evidence, members, hidden, combined)))
        except CannotTell as error:
            yield NotChecked(tuple(hidden), str(error))
            return
        if sure:
            given = ", given whom each platform knows" if _sees_who(evidence, members) else ""
            yield Learned(
                sentence=f"the points of {listed(hidden)} one by one, for {sure:,} of {people:,} "
                f"people: their sum can come about in one way only{given}",
                how="follows",
                fact=Fact.POINTS.word,
                of=tuple(hidden),
                people=sure,
            )
        return
    yield Learned(
        sentence=f"the points of {hidden[0]}, by subtraction: {subtracted}"
        + _carried_out(evidence, known, hidden[0]),
        how="follows",
        fact=Fact.POINTS.word,
        of=tuple(hidden),
        people=people,
    )


def uniquely_determined(
    evidence: Evidence,
    members: frozenset[str],
    hidden: Sequence[str],
    combined: Sequence[Characteristic] = (),
) -> NDArray[np.bool_]:
    """Whose points at each of `hidden` follow, since their sum can come about in one way only.

    Shape (people,). These are known to parties that have the total, all other points, and the sum
    of no other line of the card than `combined`. Whoever was told whom a platform knows, also knows
    its points for everybody else: those for `missing`. Raises CannotTell.
    """
    run = evidence.run
    card, everybody = run.card, np.ones(run.record.people, np.bool_)
    left = _left(evidence, [name for name in run.record.platforms if name not in hidden])
    if left is None:
        raise CannotTell(evidence.output.how)
    if len(combined) < len(card.combined):
        raise CannotTell("no folder holds the points of what the card combines")
    if run.record.people_from == "union" and not evidence.known:
        raise CannotTell("nothing here says whom each platform named")
    who = evidence.known if _sees_who(evidence, members) else {}
    known = np.stack([who.get(name, everybody) for name in hidden])
    try:
        start = reachable.NOTHING.and_part(reachable.possible(combined))
        return _sure(start, [card.scored_locally_by(name) for name in hidden], known, left)
    except reachable.TooMany as error:
        raise CannotTell(str(error)) from error


def _sees_who(evidence: Evidence, members: frozenset[str]) -> bool:
    return bool(evidence.known) and evidence.run.agreement.requester in members


def _left(evidence: Evidence, known: Sequence[str]) -> NDArray[Any] | None:
    """What is left of the totals without the points of `known`, shape (people,).

    int64, or float64 where there are weights; then right to within a half, as totals were rounded.
    """
    totals = evidence.output.totals
    if totals is None or not set(known) <= set(evidence.run.parties):
        return None
    card, scored = evidence.run.card, evidence.run.record.platforms
    lost = [each for each in evidence.run.agreement.data_parties if each not in scored]
    left: NDArray[Any] = totals - sum(
        each.possible_points[-1] for name in lost for each in card.scored_locally_by(name)
    )
    for name in known:
        left = left - evidence.run.points(name)
    return left


def _carried_out(evidence: Evidence, known: Sequence[str], platform: str) -> str:
    """The subtraction on the values of this run, held against the platform's own folder."""
    if not evidence.run.is_whole:
        return ""
    left = _left(evidence, known)
    run = evidence.run
    if left is None or run.agreement.scorecard.combined:
        return ""
    within = 0.0 if run.card.is_whole else 0.5 + run.method.error_bound(run.agreement)
    equal = int(np.count_nonzero(np.abs(left - run.points(platform)) <= within + _DOUBLES))
    rounded = f" to within {within:.2g}" if within else ""
    return (
        f" (carried out: equal{rounded} to what the folder of {platform} holds, "
        f"for {equal:,} of {len(left):,} people)"
    )


def _sure(
    ways: reachable.Ways,
    parts: Sequence[Sequence[Characteristic]],
    known: NDArray[np.bool_],
    left: NDArray[np.int64],
) -> NDArray[np.bool_]:
    """Which of `left` determine all their parts; `known`, shape (parts, people), says who has one.

    People are split by who knows them, a platform at a time, so that what two groups have in
    common is worked out once.
    """
    if not parts:
        return ways.sure(left)
    first, *others = parts
    sure = np.zeros(len(left), np.bool_)
    for part, chosen in (
        (reachable.possible(first), known[0]),
        (reachable.unknown(first), ~known[0]),
    ):
        if chosen.any():
            sure[chosen] = _sure(ways.and_part(part), others, known[1:, chosen], left[chosen])
    return sure
