"""What each party learned about one person, in words for that person."""

from __future__ import annotations

from collections.abc import Iterator

from privscore.consortium.policy import Fact
from privscore.inspect.ledger.account import SIZE, Learned, NotChecked
from privscore.inspect.ledger.disclosures import disclosed
from privscore.inspect.ledger.earlier_answers import from_earlier_answers
from privscore.inspect.ledger.evidence import Evidence, gather
from privscore.inspect.ledger.inference import follows, uniquely_determined
from privscore.job.people_list import ListDisclosure
from privscore.runs.folder import RunFolder
from privscore.text.words import listed


def learned_about(run: RunFolder, person: int) -> dict[str, tuple[str, ...]]:
    """What each party learned about person number `person`; by party, a phrase for each thing.

    From the accounts alone: no check is made. Raises Refused for a view that is not of this job.
    """
    evidence = gather(run)
    phrases_by_party = {}
    for party in run.parties:
        members = frozenset([party])
        facts = (*disclosed(evidence, members), *from_earlier_answers(run, members))
        phrases = [
            phrase
            for fact in (*facts, *follows(evidence, members, facts))
            for phrase in _phrases(evidence, party, fact, person)
        ]
        phrases_by_party[party] = tuple(phrases) or ("nothing that is accounted for",)
    return phrases_by_party


def _phrases(
    evidence: Evidence, party: str, fact: Learned | NotChecked, person: int
) -> Iterator[str]:
    if isinstance(fact, NotChecked):
        yield fact.sentence
    elif fact.what == ListDisclosure.PEOPLE.name:
        yield "that the job is about you"
    elif fact.what == ListDisclosure.KNOWN_PEOPLE.name:
        platforms = [name for name, known in evidence.known.items() if known[person]]
        names = f": {listed(platforms)}" if platforms else ""
        yield f"which platforms know you{names}"
    elif fact.fact == Fact.COLUMNS.word:
        yield f"every value of yours that the card looks at, from {listed(fact.of)}"
    elif fact.fact == Fact.POINTS.word:
        of_everybody = fact.people == evidence.run.record.people
        if of_everybody or uniquely_determined(evidence, frozenset([party]), fact.of)[person]:
            yield f"your points at {listed(fact.of)}, one by one"
    elif fact.fact and fact.fact != SIZE:
        below = [Fact(step).word for step in range(Fact.named(fact.fact) - 1, 0, -1)]
        included = f", and so {listed(below)}" if below else ""
        yield f"your {fact.fact}{included}"
    elif fact.how != "message" or fact.what:
        yield fact.sentence
