"""What an answer says beside an earlier one about the same people, where that was accepted."""

from __future__ import annotations

from collections.abc import Iterator

from privscore.consortium.policy import Fact
from privscore.inspect.ledger.account import Learned
from privscore.job.journal.answered import Difference
from privscore.runs.folder import RunFolder
from privscore.text.words import listed

_NAMED = 3  # people who are named; of more it is said how many they are


def repeated(run: RunFolder, members: frozenset[str]) -> Iterator[Learned]:
    """What the differences to earlier answers open to these: to the requester, who has both."""
    if run.agreement.requester not in members:
        return
    for each in run.record.differences:
        earlier = f"the answer of {each.at[:16].replace('T', ' ')} UTC (job {each.job[:8]})"
        yield from _platforms(each, earlier, members)
        yield from _people(run, each, earlier)


def _platforms(it: Difference, earlier: str, members: frozenset[str]) -> Iterator[Learned]:
    """The platforms that are in one of the two answers only."""
    names = [each for each in (*it.platforms_added, *it.platforms_gone) if each not in members]
    if not names:
        return
    one = len(names) == 1
    yield Learned(
        sentence=f"{'' if one else 'by adding and taking away, sums of '}the points of "
        f"{listed(names)}, for {it.people_in_both:,} people: {earlier} was about them too, "
        f"{_without(it)}",
        how="follows",
        fact=Fact.POINTS.word if one else "",
        of=tuple(names) if one else (),
        people=it.people_in_both,
    )


def _without(it: Difference) -> str:
    sets = ((it.platforms_gone, "with"), (it.platforms_added, "without"))
    return " and ".join(f"{word} {listed(names)}" for names, word in sets if names)


def _people(run: RunFolder, it: Difference, earlier: str) -> Iterator[Learned]:
    """The few people whom only one of the two answers is about."""
    if it.people_added:
        people = run.people(run.agreement.requester)
        names = [people[number] for number in it.people_added]
        who = listed(names) if len(names) <= _NAMED else f"{len(names):,} people"
        yield Learned(
            sentence=f"what {who} alone add to any statistics of this answer: {earlier} was about "
            "nearly the same people, and not about these",
            how="follows",
            people=len(names),
        )
    if it.people_gone:
        count = it.people_gone
        yield Learned(
            sentence=f"what {count:,} {'person' if count == 1 else 'people'} alone added to any "
            f"statistics of {earlier}, whom this answer leaves out",
            how="follows",
            people=count,
        )
