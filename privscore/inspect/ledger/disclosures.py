"""What parties were told in a run: by messages, as output, by their keys, by a weak protocol."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from privscore.consortium.policy import FACT_WORDS, Fact
from privscore.consortium.shape import ROLES
from privscore.inspect.ledger.account import SIZE, Learned
from privscore.inspect.ledger.evidence import Evidence, Received
from privscore.job.opening import KnownPeople
from privscore.methods.base import contributors
from privscore.methods.clear import ClearPoints
from privscore.methods.coalitions import exposed
from privscore.text.words import counted, listed


def told(evidence: Evidence, members: frozenset[str]) -> Iterator[Learned]:
    """All that these parties were told together by the others."""
    run = evidence.run
    came = [
        each
        for name in run.agreement.party_ids
        if name in members
        for each in evidence.received[name]
        if each.sender not in members
    ]
    if run.agreement.requester in members or any(each.name == "PeopleCount" for each in came):
        yield Learned(
            sentence=f"how many people the job is about: {run.record.people:,}",
            how="message",
            fact=SIZE,
            people=run.record.people,
        )
    yield from _shown(evidence, came)
    yield from _output(evidence, members)
    yield from _decrypted(evidence, members)
    yield from _unprotected(evidence, members)


def _shown(evidence: Evidence, came: Sequence[Received]) -> Iterator[Learned]:
    """What came in the clear."""
    senders: dict[str, dict[str, None]] = defaultdict(dict)
    for each in came:
        if each.carries.kind == "opened":
            senders[each.carries.what][each.sender] = None
    for what, names in senders.items():
        sentence = f"{what}, shown in the clear by {listed([*names])}"
        if what == Fact.COLUMNS.word:
            sentence = f"every column that the card looks at, {sentence.partition(', ')[2]}"
        if what == KnownPeople.carries.what:
            sentence += ": no list was given, so the union was taken in the open"
        yield Learned(
            sentence=sentence,
            how="message",
            fact=what if what in FACT_WORDS else "",
            of=tuple(names) if what in FACT_WORDS else (),
            people=evidence.run.record.people,
            what=what,
        )


def _output(evidence: Evidence, members: frozenset[str]) -> Iterator[Learned]:
    """What the method gives them as an answer."""
    run, output = evidence.run, evidence.output
    for name in run.agreement.party_ids:
        mine = name == run.agreement.requester
        opens = output.fact if mine else run.method.opens(run.agreement, name)
        if name not in members or opens == Fact.NOTHING:
            continue
        below = [Fact(step).word for step in range(opens - 1, 0, -1)]
        so = f", and so {listed(below)}" if below else ""
        again = f" (worked out again {output.how})" if mine and output.totals is not None else ""
        released = "".join(f"; {line}" for line in evidence.released) if mine else ""
        yield Learned(
            sentence=f"the {opens.word} of each of {run.record.people:,} people{so}, "
            f"as the output of {name}{again}{released}",
            how="output",
            fact=opens.word,
            people=run.record.people,
        )


def _decrypted(evidence: Evidence, members: frozenset[str]) -> Iterator[Learned]:
    """What their keys open among the ciphertexts that they saw.

    A ciphertext that somebody else was sent holds what its sender brought. So do those that the
    key's owner was sent by several; one from a single sender is what the method gives the owner,
    and stands under output.
    """
    run = evidence.run
    for (owner, protocol, name), found in readable(evidence, members, members).items():
        senders = list(dict.fromkeys(each.sender for _, each in found))
        as_output = len(senders) == 1 and all(to == owner for to, _ in found)
        in_shards = all(each.phase != "opening" for _, each in found)
        own = [each for each in senders if each in run.agreement.data_parties]
        others = tuple(each for each in own if each not in members)
        values = others if in_shards and not as_output else ()
        said = f": the points of {listed(values)}" if values else ""
        if card_parts := hidden_parts(evidence, members) if not in_shards else []:
            said = f": the hidden points of the card for the bins of {listed(card_parts)}"
        yield Learned(
            sentence=f"what is in {counted(sum(each.messages for _, each in found), 'ciphertext')} "
            f"({protocol}: {name}) from {listed(senders)}, since {owner} has the key" + said,
            how="key",
            fact=Fact.POINTS.word if values else "",
            of=values,
            people=run.record.people,
        )


def hidden_parts(evidence: Evidence, members: frozenset[str]) -> list[str]:
    """The platforms whose part of a hidden card these together can read: for its own bins."""
    agreement = evidence.run.agreement
    if agreement.scorecard.secret is None:
        return []
    owners = agreement.holders("card")
    came = [
        to
        for found in readable(evidence, members, members).values()
        for to, each in found
        if each.phase == "opening" and each.sender in owners
    ]
    return [name for name in agreement.data_parties if name in came]


def knows_card(evidence: Evidence, members: frozenset[str], facts: Sequence[Learned]) -> bool:
    """Whether these know every point of the card: it is public, theirs, or was shown to them."""
    agreement = evidence.run.agreement
    return (
        agreement.scorecard.secret is None
        or bool(members & set(agreement.holders("card")))
        or any(each.what == ClearPoints.carries.what for each in facts)
    )


def readable(
    evidence: Evidence, seen_by: frozenset[str], owners: frozenset[str]
) -> dict[tuple[str, str, str], list[tuple[str, Received]]]:
    """Ciphertexts by owner of the key, protocol and name, each with the party that saw it."""
    agreement = evidence.run.agreement
    found: dict[tuple[str, str, str], list[tuple[str, Received]]] = defaultdict(list)
    for to in agreement.party_ids:
        for each in evidence.received[to] if to in seen_by else ():
            if each.carries.kind != "ciphertext":
                continue
            whose = each.carries.what
            holders = agreement.holders(whose) if whose in ROLES else (whose,)
            for owner in owners.intersection(holders):
                found[owner, each.protocol, each.name].append((to, each))
    return found


def _unprotected(evidence: Evidence, members: frozenset[str]) -> Iterator[Learned]:
    """What the protocols of the run do not promise to withhold from these together."""
    run = evidence.run
    for spec in run.method.protocols:
        read = exposed(spec, run.agreement, members)
        others = tuple(each for each in contributors(run.agreement) if each in read - members)
        if others:
            yield Learned(
                sentence=f"what {listed(others)} put into {spec.name}: it promises nothing "
                "against these together",
                how="protocol",
                fact=Fact.POINTS.word,
                of=others,
                people=run.record.people,
            )
