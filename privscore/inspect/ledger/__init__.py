"""The ledger: who learned what in a run, computed from what everybody was sent.

A party's ledger is its output, every value that came to it in the clear, what its keys open among
the ciphertexts that it saw, what its protocols declare, and what follows from these; a coalition's
is that of the union. What a person knew before is in none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from privscore.consortium.policy import Fact
from privscore.errors import Refused
from privscore.inspect.ledger.account import Learned, NotChecked, row
from privscore.inspect.ledger.checks import (
    check_outlines,
    check_scan,
    check_small_ring,
    unaccounted,
)
from privscore.inspect.ledger.checks.value_scan import Hit, scan, why_not
from privscore.inspect.ledger.disclosures import disclosed, readable
from privscore.inspect.ledger.earlier_answers import from_earlier_answers
from privscore.inspect.ledger.evidence import Evidence, gather
from privscore.inspect.ledger.inference import follows
from privscore.inspect.ledger.page import Account, IdentityKeys, Ledger, TrafficByKind
from privscore.runs.folder import RunFolder
from privscore.text.words import counted, listed

__all__ = ["Account", "Accounts", "Ledger", "accounts", "gather", "ledger", "members_of"]


class Accounts(NamedTuple):
    """What each party learned, and what a coalition did together, if one was asked for."""

    parties: tuple[Account, ...]
    together: Account | None


def ledger(run: RunFolder, coalition: tuple[str, ...] = ()) -> Ledger:
    """Who learned what; of a coalition, what each of its members and all of them together learned.

    Makes every check that the recording allows. Raises Refused for a view that is not of this job.
    """
    evidence = gather(run)
    unscanned = why_not(evidence)
    hits = () if unscanned else scan(evidence)
    parties, together = accounts(evidence, coalition, hits)
    everyone = parties if together is None else (*parties, together)
    beyond = [each for account in everyone for each in account.learned if each.how == "found"]
    card = run.agreement.scorecard
    return Ledger(
        name=run.record.name,
        purpose=run.agreement.purpose,
        method=run.record.method,
        satisfies_policy=run.record.satisfies_policy,
        people=run.record.people,
        people_from=run.record.people_from,
        platforms=len(run.agreement.data_parties),
        recording=run.record.recording,
        identities=identity_keys(run),
        contested=tuple(each.name for each in card.characteristics if each.contested),
        off=tuple(each.name for each in card.disabled),
        leakage={spec.name: spec.leakage for spec in run.method.protocols},
        parties=parties,
        together=together,
        checks=(
            check_outlines(evidence),
            check_small_ring(evidence),
            check_scan(hits, list(dict.fromkeys(beyond)), unscanned),
        ),
    )


def identity_keys(run: RunFolder) -> IdentityKeys:
    """Whether the keys by which parties knew each other stand in the agreement."""
    shown = run.record.identities
    named = [
        bool(party.public_key) and shown.get(party.id) == party.public_key
        for party in run.agreement.parties
    ]
    if all(named):
        return "named in the agreement"
    return "some named" if any(named) else "made for this run"


def accounts(
    evidence: Evidence, coalition: tuple[str, ...] = (), hits: tuple[Hit, ...] = ()
) -> Accounts:
    """The accounts alone, without any check; `hits` are what a scan found, if there was one."""
    names = coalition or evidence.run.parties
    parties = tuple(_account(evidence, (name,), hits) for name in names)
    return Accounts(parties, _account(evidence, coalition, hits) if coalition else None)


def members_of(run: RunFolder, words: str) -> tuple[str, ...]:
    """The parties that `a,b,c` names, in the agreed order.

    Raises Refused for a name that is no party, and for none at all.
    """
    names = {word.strip() for word in words.split(",") if word.strip()}
    if not names:
        raise Refused(
            "the coalition names nobody",
            f"Name some of {', '.join(run.parties)}, with commas between them.",
            file=run.path,
        )
    for name in sorted(names):
        run.party(name)
    return tuple(name for name in run.parties if name in names)


def _account(evidence: Evidence, parties: tuple[str, ...], hits: tuple[Hit, ...]) -> Account:
    members, people = frozenset(parties), evidence.run.record.people
    facts: tuple[Learned, ...] = (
        *disclosed(evidence, members),
        *from_earlier_answers(evidence.run, members),
    )
    learned, not_checked = _with_what_follows(evidence, members, facts)
    beyond = unaccounted(hits, members, learned, people)
    if beyond:
        learned, not_checked = _with_what_follows(evidence, members, (*facts, *beyond))
    learned = (*learned, *_own_data(evidence, members))
    return Account(
        members=parties,
        saw=_saw(evidence, members),
        learned=learned,
        not_checked=not_checked,
        could_decrypt=tuple(_could_decrypt(evidence, members)),
        row=row(learned, people, not_checked),
    )


def _with_what_follows(
    evidence: Evidence, members: frozenset[str], facts: tuple[Learned, ...]
) -> tuple[tuple[Learned, ...], tuple[NotChecked, ...]]:
    """`facts` and what follows from them, and what could not be looked for."""
    deduced = [*follows(evidence, members, facts)]
    return (
        (*facts, *(each for each in deduced if isinstance(each, Learned))),
        tuple(each for each in deduced if isinstance(each, NotChecked)),
    )


def _own_data(evidence: Evidence, members: frozenset[str]) -> Iterator[Learned]:
    """What nobody has to learn: all platforms together hold all data of the job."""
    platforms = evidence.run.agreement.data_parties
    if len(members) > 1 and members.issuperset(platforms):
        yield Learned(
            sentence=f"everything: every column of {listed(platforms)} is their own, and nothing "
            "in a job can be hidden from all who hold its data",
            how="own data",
            fact=Fact.COLUMNS.word,
            of=platforms,
            people=evidence.run.record.people,
        )


def _saw(evidence: Evidence, members: frozenset[str]) -> tuple[TrafficByKind, ...]:
    """What came from outside, by kind."""
    messages: dict[str, int] = defaultdict(int)
    payload_bytes: dict[str, int] = defaultdict(int)
    for name in sorted(members):
        for received in evidence.received.get(name, ()):
            if received.sender not in members:
                messages[received.carries.kind] += received.messages
                payload_bytes[received.carries.kind] += received.payload_bytes
    return tuple(
        TrafficByKind(f"{kind} message", messages[kind], payload_bytes[kind])
        for kind in sorted(messages)
    )


def _could_decrypt(evidence: Evidence, members: frozenset[str]) -> list[str]:
    """What these could read if others passed on the ciphertexts that they were sent."""
    others = frozenset(evidence.received) - members
    sentences = []
    for (owner, protocol, name), ciphertexts in readable(evidence, others, members).items():
        count = sum(received.messages for _, received in ciphertexts)
        receivers = list(dict.fromkeys(receiver for receiver, _ in ciphertexts))
        sentences.append(
            f"could read {counted(count, 'ciphertext')} ({protocol}: {name}) if "
            f"{listed(receivers)} passed them on: {owner} has the key"
        )
    return sentences
