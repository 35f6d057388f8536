"""What was disclosed to parties in a run: by messages, as output, by keys, by a weak protocol."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from privscore.consortium.policy import FACT_WORDS, Fact
from privscore.inspect.ledger.account import SIZE, Learned
from privscore.inspect.ledger.evidence import Evidence, Received
from privscore.job.people_list import ListDisclosure
from privscore.methods.base import contributors
from privscore.methods.clear import ClearDisclosure
from privscore.methods.coalitions import exposed, promised
from privscore.text.words import counted, listed
from protocols.core.message import Carries, Key


def disclosed(evidence: Evidence, members: frozenset[str]) -> Iterator[Learned]:
    """All that the others disclosed to these parties together."""
    run = evidence.run
    incoming = [
        received
        for name in run.agreement.party_ids
        if name in members
        for received in evidence.received.get(name, ())
        if received.sender not in members
    ]
    counts = any(received.name == "PeopleCount" for received in incoming)
    if counts or members & set(run.agreement.requesters):
        yield Learned(
            sentence=f"how many people the job is about: {run.record.people:,}",
            how="message",
            fact=SIZE,
            people=run.record.people,
        )
    yield from _shown(evidence, incoming)
    yield from _output(evidence, members)
    yield from _decrypted(evidence, members)
    yield from _unknown_keys(evidence, members)
    yield from _unprotected(evidence, members)


def _shown(evidence: Evidence, incoming: Sequence[Received]) -> Iterator[Learned]:
    """What came in the clear."""
    senders: dict[tuple[Carries, bool], dict[str, None]] = defaultdict(dict)
    questions = {received.session for received in incoming if received.phase == "question"}
    for received in incoming:
        if received.carries.kind == "opened":
            asked = received.phase == "question"
            senders[received.carries, asked][received.sender] = None
    for (carries, asked), names in senders.items():
        sentence = f"{carries.sentence or carries.what}, shown in the clear by {listed([*names])}"
        if carries.what == ListDisclosure.KNOWN_PEOPLE.name:
            sentence += ": no list was given, so the union was taken in the open"
        if asked:
            sentence += f", in {counted(len(questions), 'question')} about one person each"
        word = carries.what.lower()
        yield Learned(
            sentence=sentence,
            how="message",
            fact=word if word in FACT_WORDS else "",
            of=tuple(names) if word in (Fact.POINTS.word, Fact.COLUMNS.word) else (),
            people=len(questions) if asked else evidence.run.record.people,
            what=carries.what,
        )


def _output(evidence: Evidence, members: frozenset[str]) -> Iterator[Learned]:
    """What the method gives them as an answer."""
    run = evidence.run
    for name in run.agreement.party_ids:
        output = evidence.outputs.get(name)
        opens = output.fact if output else run.method.opens(run.agreement, name)
        if name not in members or opens == Fact.NOTHING:
            continue
        below = [Fact(step).word for step in range(opens - 1, 0, -1)]
        included = f", and so {listed(below)}" if below else ""
        again = ""
        if output is not None and output.totals is not None:
            again = f" (worked out again {output.how})"
        lines = evidence.released if output is not None else ()
        released = "".join(f"; {line}" for line in lines)
        yield Learned(
            sentence=f"the {opens.word} of each of {run.record.people:,} people{included}, "
            f"as the output of {name}{again}{released}",
            how="output",
            fact=opens.word,
            people=run.record.people,
        )


def _decrypted(evidence: Evidence, members: frozenset[str]) -> Iterator[Learned]:
    """What their keys open among the ciphertexts that they saw.

    A ciphertext that was sent to somebody else holds its sender's data. So do those that the key's
    owner got from several senders; one from a single sender is what the method gives the owner,
    and stands under output.
    """
    run = evidence.run
    platforms = run.agreement.data_parties
    for (owner, protocol, name), ciphertexts in readable(evidence, members, members).items():
        senders = list(dict.fromkeys(received.sender for _, received in ciphertexts))
        as_output = len(senders) == 1 and all(receiver == owner for receiver, _ in ciphertexts)
        in_shards = all(received.phase != "setup" for _, received in ciphertexts)
        count = sum(received.messages for _, received in ciphertexts)
        values: tuple[str, ...] = ()
        card_parts: list[str] = []
        if not in_shards:
            card_parts = hidden_parts(evidence, members)
        elif not as_output:
            values = tuple(each for each in senders if each in platforms and each not in members)
        content = f": the points of {listed(values)}" if values else ""
        if card_parts:
            content = f": the hidden points of the card for the bins of {listed(card_parts)}"
        yield Learned(
            sentence=f"what is in {counted(count, 'ciphertext')} ({protocol}: {name}) "
            f"from {listed(senders)}, since {owner} has the key{content}",
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
    receivers = {
        receiver
        for ciphertexts in readable(evidence, members, members).values()
        for receiver, received in ciphertexts
        if received.phase == "setup" and received.sender in owners
    }
    return [name for name in agreement.data_parties if name in receivers]


def knows_card(evidence: Evidence, members: frozenset[str], facts: Sequence[Learned]) -> bool:
    """Whether these know every point of the card: it is public, theirs, or was shown to them."""
    agreement = evidence.run.agreement
    return (
        agreement.scorecard.secret is None
        or bool(members & set(agreement.holders("card")))
        or any(each.what == ClearDisclosure.HIDDEN_POINTS.name for each in facts)
    )


def keys_of(evidence: Evidence) -> dict[str, Key]:
    """The keys that the protocols of the run declare, with who holds them, by name."""
    run = evidence.run
    settings = ((spec, promised(run.method, spec, run.agreement)) for spec in run.method.protocols)
    keys = (key for spec, setting in settings if setting for key in spec.keys(setting))
    return {key.name: key for key in keys}


def readable(
    evidence: Evidence, seen_by: frozenset[str], owners: frozenset[str]
) -> dict[tuple[str, str, str], list[tuple[str, Received]]]:
    """Ciphertexts by holder of the key, protocol and name, each with the party that saw it.

    A joint key counts as that of all its holders together, if all of them are in `owners`.
    """
    keys = keys_of(evidence)
    readings: dict[tuple[str, str, str], list[tuple[str, Received]]] = defaultdict(list)
    receivers = [name for name in evidence.run.agreement.party_ids if name in seen_by]
    for receiver in receivers:
        for received in evidence.received.get(receiver, ()):
            key = keys.get(received.carries.what)
            if received.carries.kind != "ciphertext" or key is None or not key.opened_by(owners):
                continue
            holders = [name for name in key.held_by if name in owners]
            readers = holders if key.need == 1 else [listed(holders)]
            for reader in readers:
                readings[reader, received.protocol, received.name].append((receiver, received))
    return readings


def _unknown_keys(evidence: Evidence, members: frozenset[str]) -> Iterator[Learned]:
    """Ciphertexts under keys that no protocol of the run declares: nobody can tell who reads."""
    keys = keys_of(evidence)
    unknown = {
        (received.carries.what, received.protocol, received.name)
        for name in members
        for received in evidence.received.get(name, ())
        if received.carries.kind == "ciphertext" and received.carries.what not in keys
    }
    for key, protocol, name in sorted(unknown):
        yield Learned(
            sentence=f"cannot tell what is in {protocol}: {name}: no protocol of this run says "
            f"who holds the key {key!r}",
            how="key",
            people=evidence.run.record.people,
        )


def _unprotected(evidence: Evidence, members: frozenset[str]) -> Iterator[Learned]:
    """What the protocols of the run do not promise to withhold from these together."""
    run = evidence.run
    for spec in run.method.protocols:
        if promised(run.method, spec, run.agreement) is None:
            yield Learned(
                sentence=f"cannot tell what {spec.name} tells them: it promises nothing to parties "
                "in such places, or to so many platforms",
                how="protocol",
                people=run.record.people,
            )
            continue
        unprotected = exposed(run.method, spec, run.agreement, members) - members
        others = tuple(each for each in contributors(run.agreement) if each in unprotected)
        if others:
            yield Learned(
                sentence=f"what {listed(others)} put into {spec.name}: it promises nothing "
                "against these together",
                how="protocol",
                fact=Fact.POINTS.word,
                of=others,
                people=run.record.people,
            )
