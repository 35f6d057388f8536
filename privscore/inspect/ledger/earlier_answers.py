"""What an answer and an earlier one about the same people say together, where both were allowed."""

from __future__ import annotations

from collections.abc import Iterator

from privscore.consortium.policy import Fact
from privscore.inspect.ledger.account import Learned
from privscore.job.journal.answered import Difference
from privscore.runs.folder import RunFolder
from privscore.text.words import listed

_NAMED = 3  # people who are named; of more it is said how many they are


def from_earlier_answers(run: RunFolder, members: frozenset[str]) -> Iterator[Learned]:
    """What the differences to earlier answers open to these: to the requester, who has both."""
    if run.agreement.requester not in members:
        return
    for difference in run.record.differences:
        minute = difference.answered_at[:16].replace("T", " ")
        earlier = f"the answer of {minute} UTC (job {difference.job[:8]})"
        yield from _platforms(difference, earlier, members)
        yield from _people(run, difference, earlier)


def _platforms(difference: Difference, earlier: str, members: frozenset[str]) -> Iterator[Learned]:
    """The platforms that are in one of the two answers only."""
    changed = (*difference.platforms_added, *difference.platforms_gone)
    names = [name for name in changed if name not in members]
    if not names:
        return
    alone = len(names) == 1
    yield Learned(
        sentence=f"{'' if alone else 'by adding and subtracting, sums of '}the points of "
        f"{listed(names)}, for {difference.people_in_both:,} people: {earlier} was about them too, "
        f"{_without(difference)}",
        how="follows",
        fact=Fact.POINTS.word if alone else "",
        of=tuple(names) if alone else (),
        people=difference.people_in_both,
    )


def _without(difference: Difference) -> str:
    sets = ((difference.platforms_gone, "with"), (difference.platforms_added, "without"))
    return " and ".join(f"{word} {listed(names)}" for names, word in sets if names)


def _people(run: RunFolder, difference: Difference, earlier: str) -> Iterator[Learned]:
    """The few people whom only one of the two answers is about."""
    if difference.people_added:
        people = run.people(run.agreement.requester)
        names = [people[number] for number in difference.people_added]
        who = listed(names) if len(names) <= _NAMED else f"{len(names):,} people"
        yield Learned(
            sentence=f"what {who} alone add to any statistics of this answer: {earlier} was about "
            "nearly the same people, and not about these",
            how="follows",
            people=len(names),
        )
    if difference.people_gone:
        count = difference.people_gone
        yield Learned(
            sentence=f"what {count:,} {'person' if count == 1 else 'people'} alone added to any "
            f"statistics of {earlier}, whom this answer leaves out",
            how="follows",
            people=count,
        )
