"""What each party learned about one person, in words for that person."""

from __future__ import annotations

from collections.abc import Iterator

from privscore.consortium.policy import Fact
from privscore.inspect.ledger.account import SIZE, Learned, NotChecked
from privscore.inspect.ledger.disclosures import told
from privscore.inspect.ledger.earlier_answers import repeated
from privscore.inspect.ledger.evidence import Evidence, gather
from privscore.inspect.ledger.inference import follows, spelled_out
from privscore.job.people_list import ListDisclosure
from privscore.runs.folder import RunFolder
from privscore.text.words import listed


def learned_about(run: RunFolder, person: int) -> dict[str, tuple[str, ...]]:
    """What each party learned about person number `person`; by party, a phrase for each thing.

    From the accounts alone: no check is made. Raises Refused for a view that is not of this job.
    """
    evidence = gather(run)
    found = {}
    for party in run.parties:
        members = frozenset([party])
        facts = (*told(evidence, members), *repeated(run, members))
        phrases = [
            phrase
            for each in (*facts, *follows(evidence, members, facts))
            for phrase in _phrases(evidence, party, each, person)
        ]
        found[party] = tuple(phrases) or ("nothing that is accounted for",)
    return found


def _phrases(
    evidence: Evidence, party: str, fact: Learned | NotChecked, person: int
) -> Iterator[str]:
    if isinstance(fact, NotChecked):
        yield fact.sentence
    elif fact.what == ListDisclosure.PEOPLE.name:
        yield "that the job is about you"
    elif fact.what == ListDisclosure.KNOWN_PEOPLE.name:
        know = [name for name, known in evidence.known.items() if known[person]]
        yield f"which platforms know you{f': {listed(know)}' if know else ''}"
    elif fact.fact == Fact.COLUMNS.word:
        yield f"every value of yours that the card looks at, from {listed(fact.of)}"
    elif fact.fact == Fact.POINTS.word:
        if (
            fact.people == evidence.run.record.people
            or (spelled_out(evidence, frozenset([party]), fact.of)[person])
        ):
            yield f"your points at {listed(fact.of)}, one by one"
    elif fact.fact and fact.fact != SIZE:
        below = [Fact(step).word for step in range(Fact.named(fact.fact) - 1, 0, -1)]
        yield f"your {fact.fact}{f', and so {listed(below)}' if below else ''}"
    elif fact.how != "message" or fact.what:
        yield fact.sentence
