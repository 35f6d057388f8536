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
from privscore.inspect.ledger.disclosures import readable, told
from privscore.inspect.ledger.earlier_answers import repeated
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
    found = accounts(evidence, coalition, hits)
    standings = (*found.parties, *([found.together] if found.together else []))
    beyond = [each for one in standings for each in one.learned if each.how == "found"]
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
        parties=found.parties,
        together=found.together,
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
        bool(it.public_key) and shown.get(it.id) == it.public_key for it in run.agreement.parties
    ]
    if all(named):
        return "named in the agreement"
    return "some named" if any(named) else "made for this run"


def accounts(
    evidence: Evidence, coalition: tuple[str, ...] = (), hits: tuple[Hit, ...] = ()
) -> Accounts:
    """The accounts alone, without any check; `hits` are what a scan found, if there was one."""
    each = tuple(_account(evidence, (party,), hits) for party in coalition or evidence.run.parties)
    return Accounts(each, _account(evidence, coalition, hits) if coalition else None)


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


def _account(evidence: Evidence, members: tuple[str, ...], hits: tuple[Hit, ...]) -> Account:
    among, people = frozenset(members), evidence.run.record.people
    facts: tuple[Learned, ...] = (
        *told(evidence, among),
        *repeated(evidence.run, among),
    )
    accounts, not_checked = _with_what_follows(evidence, among, facts)
    if beyond := unaccounted(hits, among, accounts, people):
        accounts, not_checked = _with_what_follows(evidence, among, (*facts, *beyond))
    return Account(
        members=members,
        saw=_saw(evidence, among),
        learned=(accounts := (*accounts, *_own_data(evidence, among))),
        not_checked=not_checked,
        could_decrypt=tuple(_could_decrypt(evidence, among)),
        row=row(accounts, people, not_checked),
    )


def _with_what_follows(
    evidence: Evidence, members: frozenset[str], facts: tuple[Learned, ...]
) -> tuple[tuple[Learned, ...], tuple[NotChecked, ...]]:
    """`facts` and what follows from them, and what could not be looked for."""
    found = [*follows(evidence, members, facts)]
    return (
        (*facts, *(each for each in found if isinstance(each, Learned))),
        tuple(each for each in found if isinstance(each, NotChecked)),
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
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for name in sorted(members):
        for each in evidence.received.get(name, ()):
            if each.sender not in members:
                sums[each.carries.kind][0] += each.messages
                sums[each.carries.kind][1] += each.payload_bytes
    return tuple(TrafficByKind(f"{kind} message", *counts) for kind, counts in sorted(sums.items()))


def _could_decrypt(evidence: Evidence, members: frozenset[str]) -> list[str]:
    """What these could read if others passed on the ciphertexts that they were sent."""
    others = frozenset(evidence.received) - members
    return [
        f"could read {counted(sum(each.messages for _, each in found), 'ciphertext')} "
        f"({protocol}: {name}) if {listed(list(dict.fromkeys(to for to, _ in found)))} passed "
        f"them on: {owner} has the key"
        for (owner, protocol, name), found in readable(evidence, others, members).items()
    ]
